"""The reference for people: every operation of the API on one page, in the reader's language, without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.api.call import Answer, Call, Endpoint
from app.api.errors import STATUS
from app.api.openapi import describe, summary_of
from app.api.routes import RouteTable
from app.platform import i18n
from app.platform.registry import Registry
from app.platform.webhooks.catalogue import catalogue_of, event_meaning, event_title

TEMPLATES = Path(__file__).with_name("templates")
LAYOUT = TEMPLATES / "reference.css"
TAGS = {"en": "en", "zh_CN": "zh-CN"}
SAMPLE = TEMPLATES / "verify_webhook.py.txt"
TOPICS = ("authentication", "values", "lists", "changes", "versions", "problems", "limits", "webhooks")


@dataclass(frozen=True)
class Row:
    """A field of a body, or a parameter."""

    name: str
    kind: str
    required: bool
    label: str = ""


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    anchor: str
    method: str
    path: str
    title: str
    summary: str
    parameters: Sequence[Row]
    body: Sequence[Row]


@dataclass(frozen=True)
class Chapter:
    """The operations of one noun, or of one module's reports."""

    anchor: str
    title: str
    operations: Sequence[Operation]


@dataclass(frozen=True)
class EventEntry:
    """An event as the page shows it: its payload's own part, rows of it below their list."""

    name: str
    title: str
    meaning: str
    record: str
    data: Sequence[Row]


class ReferencePage:
    """Rendered once a language and process."""

    def __init__(self, registry: Registry, styles: Sequence[str]) -> None:
        self.registry, self.styles = registry, styles
        self.table: RouteTable | None = None
        self._pages: dict[str, bytes] = {}
        self._lock = Lock()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its own operations: the page and its layout."""
        return (
            Endpoint("GET", ("reference",), "api.read_reference", self.answer, public=True),
            Endpoint("GET", ("reference.css",), "api.read_reference_layout", self.layout, public=True),
        )

    def layout(self, call: Call) -> Answer:  # noqa: ARG002  # a handler takes its call
        """GET `/reference.css`: how the page is laid out."""
        headers = {"Cache-Control": "public, max-age=300"}
        return Answer(headers=headers, media_type="text/css; charset=utf-8", body=LAYOUT.read_bytes())

    def answer(self, call: Call) -> Answer:
        """GET `/reference`; `?lang=en` or `zh_CN` overrides the browser's wish."""
        wish = call.parameter("lang")
        locale = wish if wish in i18n.LOCALES else call.locale
        headers = {
            "Cache-Control": "public, max-age=300",
            "Content-Language": TAGS[locale],
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        }
        return Answer(headers=headers, media_type="text/html; charset=utf-8", body=self.page(locale))

    def page(self, locale: str) -> bytes:
        """The page in one language."""
        with self._lock:
            if locale not in self._pages:
                assert self.table is not None
                text = (
                    _environment(locale)
                    .get_template("reference.html")
                    .render(
                        styles=self.styles,
                        tag=TAGS[locale],
                        other=next(other for other in i18n.LOCALES if other != locale),
                        topics=TOPICS,
                        statuses=sorted({*STATUS.values(), 400, 401, 412, 413, 415, 428, 429, 503}),
                        chapters=chapters(self.registry, self.table, locale),
                        events=events(self.registry, locale),
                        sample=SAMPLE.read_text(encoding="utf-8"),
                    )
                )
                self._pages[locale] = text.encode()
            return self._pages[locale]


@lru_cache(maxsize=4)
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = lambda key, **facts: i18n.text(locale, key, **facts)
    return environment


def chapters(registry: Registry, table: RouteTable, locale: str) -> list[Chapter]:
    """All operations, by module and noun in the table's order."""
    described = describe(registry, table)
    schemas = described["components"]["schemas"]
    shared = described["components"]["parameters"]
    found: dict[str, list[Operation]] = {}
    for endpoint in table.endpoints:
        if endpoint.public:
            continue
        operation = described["paths"][endpoint.template][endpoint.method.lower()]
        parameters = [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in operation["parameters"]]
        found.setdefault(_chapter(endpoint), []).append(
            Operation(
                anchor=endpoint.name,
                method=endpoint.method,
                path=endpoint.template,
                title=_title(endpoint, locale),
                summary=summary_of(endpoint),
                parameters=[_parameter(given, locale) for given in parameters],
                body=_body(endpoint, schemas, locale),
            )
        )
    return [Chapter(name, _chapter_title(name, locale), found[name]) for name in found]


def events(registry: Registry, locale: str) -> list[EventEntry]:
    """Every event a webhook can carry, by module."""
    return [
        EventEntry(
            kind.name, event_title(locale, kind), event_meaning(locale, kind), kind.record_kind, _data(kind.schema)
        )
        for kind in catalogue_of(registry).kinds
    ]


def _data(schema: dict[str, Any], prefix: str = "") -> list[Row]:
    rows: list[Row] = []
    for name, given in schema["properties"].items():
        maybe = isinstance(given["type"], list)
        kind = (
            "list"
            if given["type"] == "array"
            else given.get("format") or (given["type"][0] if maybe else given["type"])
        )
        rows.append(Row(prefix + name, kind, not maybe))
        if "properties" in given.get("items", {}):
            rows += _data(given["items"], f"{prefix}{name}.")
    return rows


def _chapter(endpoint: Endpoint) -> str:
    if endpoint.resource is not None:
        return endpoint.resource.name
    if endpoint.report is not None:
        return f"{endpoint.report.module}.reports"
    return "account" if endpoint.segments[0] in ("me", "jobs") else ".".join(endpoint.segments[:2])


def _chapter_title(name: str, locale: str) -> str:
    known = i18n.messages(locale)
    if name == "account" or name.endswith(".reports"):
        module = name.partition(".")[0]
        heading = i18n.text(locale, f"api.reference.{'account' if name == 'account' else 'reports'}")
        return heading if name == "account" else f"{known.get(f'module.{module}', module)}: {heading}"
    return next((known[key] for key in (f"{name}#plural", name) if key in known), name)


def _title(endpoint: Endpoint, locale: str) -> str:
    known = i18n.messages(locale)
    if endpoint.action is not None:
        act = endpoint.action
        ids = (act.name, f"verb.{act.verb}.button", f"verb.{act.verb}")
        return next((known[key] for key in ids if key in known), summary_of(endpoint))
    if endpoint.report is not None:
        return known.get(f"{endpoint.report.module}.{endpoint.report.name}", summary_of(endpoint))
    if endpoint.resource is not None and endpoint.fields:
        listed = endpoint.name.endswith(f".list_{endpoint.resource.noun}")
        return i18n.text(locale, "api.reference.list" if listed else "api.reference.item")
    return summary_of(endpoint)


def _parameter(given: dict[str, Any], locale: str) -> Row:
    label = i18n.messages(locale).get(f"api.parameter.{given['name'].lower().replace('-', '_')}", "")
    return Row(given["name"], _kind(given.get("schema", {})), bool(given.get("required")), label)


def _body(endpoint: Endpoint, schemas: dict[str, Any], locale: str) -> list[Row]:
    """The fields of the body; those of lines below their list, dotted."""
    act = endpoint.action
    if act is None or endpoint.name not in schemas:
        return []
    rows: list[Row] = []
    known = i18n.messages(locale)

    def walk(schema: dict[str, Any], prefix: str) -> None:
        for name, given in schema.get("properties", {}).items():
            ids = (f"{act.module}.{act.noun}.{name}", f"field.{name}")
            label = next((known[key] for key in ids if key in known), "")
            rows.append(Row(prefix + name, _kind(given), name in schema.get("required", []), label))
            inner = _reference(given)
            if inner in schemas and prefix.count(".") < 2:
                walk(schemas[inner], f"{prefix}{name}.")

    walk(schemas[endpoint.name], "")
    return rows


def _reference(schema: dict[str, Any]) -> str:
    """The definition a value or its list items refer to."""
    for part in (schema, *schema.get("anyOf", ())):
        found = part.get("$ref") or part.get("items", {}).get("$ref")
        if found:
            return str(found).rsplit("/", 1)[1]
    return ""


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    parts = schema.get("anyOf", [schema])
    words: list[str] = []
    for part in parts:
        if "enum" in part or "const" in part:
            words.append(" | ".join(str(value) for value in part.get("enum", [part.get("const")])))
        elif part.get("type") == "array":
            words.append("list")
        elif part.get("type") == "null":
            continue
        elif "$ref" in part:
            words.append("object")
        else:
            words.append(str(part.get("format") or part.get("type") or "any"))
    return "decimal" if "decimal" in words else " | ".join(dict.fromkeys(words))
