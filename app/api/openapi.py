"""The OpenAPI 3.1 description, made of the same table that serves the requests, so it cannot lag behind it."""

from hashlib import sha256
from threading import Lock
from typing import Any

import orjson

from app.api.call import Answer, Call, Endpoint
from app.api.performing import returns_id
from app.api.reading import line_fields, shown_fields
from app.api.routes import RouteTable
from app.api.schemas import UUID_TEXT, Schema, field_schema, input_schema, object_schema
from app.platform.registry import Registry
from app.platform.views import Field, ListView, Parameter
from app.platform.webhooks.catalogue import EventKind, catalogue_of, envelope_schema, event_meaning, event_title

VERSION = "1"
RANGES = frozenset(("money", "price", "quantity", "percent", "number", "date", "instant"))
REFERENCES = "#/components/schemas/"
ABOUT = """Derived from the same actions and views as the portal.

**Values.** Ids, decimals, days and instants are JSON strings. Write decimals as strings (`"12.50"`) or whole
numbers; numbers with a fraction or exponent are refused. Unknown fields and parameters are refused.

**Lists.** `name=a,b` any of; `name.ge= .le= .gt= .lt= .ne= .contains= .empty=` on every filterable field;
`q=` search; `sort=-ordered_on,number`; `group=`; `size=`; go on with `cursor=` from `next_cursor`.
`fields=` chooses, `expand=customer_id` (or `*`) adds what a reference is called and says.

**Changes.** Send an `Idempotency-Key` and repeat freely: the first answer is given again. `?dry_run=1` answers
the effects and changes nothing. `If-Match: "v3"` (from `ETag`) refuses a stale change with 412.

**Refusals** are `application/problem+json` with a stable `code`, in the language of `Accept-Language` (en, zh)."""


class Description:
    """The document, written once a process at its first request."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.table: RouteTable | None = None
        self._text: tuple[bytes, str] | None = None
        self._lock = Lock()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its own operation."""
        return (Endpoint("GET", ("openapi.json",), "api.read_description", self.answer, public=True),)

    def answer(self, call: Call) -> Answer:
        """GET `/openapi.json`."""
        text, tag = self.text()
        headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
        if tag in call.headers.get("if-none-match", ""):
            return Answer(None, 304, headers)
        return Answer(headers=headers, body=text)

    def text(self) -> tuple[bytes, str]:
        """The JSON and its tag."""
        with self._lock:
            if self._text is None:
                assert self.table is not None
                body = orjson.dumps(describe(self.registry, self.table))
                self._text = body, f'"{sha256(body).hexdigest()[:20]}"'
            return self._text


def describe(registry: Registry, table: RouteTable) -> dict[str, Any]:
    """The whole document."""
    schemas: Schema = dict(_SCHEMAS)
    paths: dict[str, Schema] = {}
    for endpoint in table.endpoints:
        paths.setdefault(endpoint.template, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hanse", "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in ("api", *(module.name for module in registry.modules))],
        "paths": dict(sorted(paths.items())),
        "webhooks": {kind.name: {"post": _webhook(kind)} for kind in catalogue_of(registry).kinds},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "`hanse_…` API token"}},
            "schemas": dict(sorted(schemas.items())),
            "responses": _RESPONSES,
            "parameters": _PARAMETERS,
        },
    }


FRESH = "Asks for a fresh sign-in, which no token can give: refused with `identity.stepup_required`."


def _operation(endpoint: Endpoint, schemas: Schema) -> Schema:
    operation: Schema = {
        "operationId": endpoint.name,
        "summary": summary_of(endpoint),
        "tags": [_tag(endpoint)],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": UUID_TEXT} for name in endpoint.parameters
        ],
        "responses": {},
    }
    if endpoint.action is not None and endpoint.action.fresh:
        operation["description"] = FRESH
    if endpoint.public:
        operation["security"] = []
        operation["responses"] = {
            "200": {"description": "The description or page"},
            "304": {"description": "Unchanged"},
        }
        return operation
    if endpoint.method == "GET":
        operation["parameters"] += _reading_parameters(endpoint)
        operation["responses"]["200"] = _content(_reading_schema(endpoint, schemas))
        if endpoint.resource is not None and endpoint.name == _item_name(endpoint):
            operation["responses"]["304"] = {"description": "Unchanged"}
        problems = ["401", "403", "404", "409", "422", "429", "503"]
    else:
        _change(endpoint, operation, schemas)
        problems = ["400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"]
    operation["responses"] |= {status: {"$ref": f"#/components/responses/{status}"} for status in problems}
    return operation


def _webhook(kind: EventKind) -> Schema:
    """What a subscriber is sent when it happens."""
    return {
        "summary": event_title("en", kind),
        "description": event_meaning("en", kind),
        "tags": [kind.module],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in _SIGNED.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": envelope_schema(kind)}}},
        "responses": {"2XX": {"description": "Taken; anything else is tried again for 24 hours"}},
    }


_SIGNED = {
    "Hanse-Event-Id": "The same in every attempt: what was handled once needs no second time",
    "Hanse-Event": "The event's name, as in the body",
    "Hanse-Timestamp": "Seconds since 1970; refuse what is more than five minutes off",
    "Hanse-Signature": "`v1=` and the hex HMAC-SHA256 of timestamp, a dot and the body; several, by commas, while a "
    "secret is changed",
}


def summary_of(endpoint: Endpoint) -> str:
    """What an operation does, in the words of its docstring."""
    if endpoint.action is not None:
        return endpoint.action.summary.rstrip(".")
    noun = endpoint.resource.noun.replace("_", " ") if endpoint.resource else ""
    if endpoint.report is not None:
        return f"Report: {endpoint.report.name.replace('_', ' ')}"
    if endpoint.resource is not None and endpoint.name == f"{endpoint.resource.module}.list_{endpoint.resource.noun}":
        return f"List: {noun}"
    if endpoint.name == _item_name(endpoint):
        return f"Read: {noun}"
    return (endpoint.run.__doc__ or endpoint.name).partition(": ")[2].rstrip(".") or endpoint.name


def _tag(endpoint: Endpoint) -> str:
    if endpoint.public:
        return "api"
    return endpoint.name.partition(".")[0]


def _item_name(endpoint: Endpoint) -> str:
    return f"{endpoint.resource.module}.read_{endpoint.resource.noun}" if endpoint.resource else ""


def _content(schema: Schema, description: str = "Done") -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _change(endpoint: Endpoint, operation: Schema, schemas: Schema) -> None:
    """Parameters, body and outcome of an unsafe operation."""
    act = endpoint.action
    assert act is not None
    operation["parameters"] += [
        {"$ref": "#/components/parameters/dry_run"},
        {"$ref": "#/components/parameters/idempotency_key"},
    ]
    drop = {endpoint.record} if endpoint.record else set()
    if endpoint.name.endswith(("create_comment", "create_attachment")):
        drop |= {"kind", "record_id"}
    bodiless = endpoint.name.endswith((".confirm_attachment", ".delete_attachment", ".cancel_job"))
    loose = {"version"} if endpoint.record and endpoint.method == "PATCH" else set()
    if endpoint.record:
        operation["parameters"].append({"$ref": "#/components/parameters/if_match"})
    body, definitions = input_schema(act, drop, loose)
    if body.get("properties") and not bodiless:
        schemas.update(definitions)
        schemas[endpoint.name] = body
        operation["requestBody"] = {
            "required": bool(body.get("required")),
            "content": {"application/json": {"schema": {"$ref": REFERENCES + endpoint.name}}},
        }
    outcome = {"$ref": REFERENCES + ("ChangedRecord" if returns_id(act) else "Outcome")}
    operation["responses"]["200"] = _content(outcome)
    if act.verb == "create":
        operation["responses"]["201"] = _content(outcome, "Created")
    operation["responses"]["202"] = {"$ref": "#/components/responses/202"}


def _reading_parameters(endpoint: Endpoint) -> list[Schema]:
    if endpoint.report is not None:
        return [_report_parameter(parameter) for parameter in endpoint.report.parameters]
    resource = endpoint.resource
    if resource is None or not endpoint.fields:
        return []
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in ("fields", "expand")]
    if endpoint.name == _item_name(endpoint) or resource.list is None:
        return shared
    return [*shared, *_list_parameters(resource.list)]


def _list_parameters(view: ListView) -> list[Schema]:
    names = ("search", "sort", "cursor", "size")
    found: list[Schema] = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    if view.tabs:
        found.append(_query("tab", {"type": "string", "enum": [tab.name for tab in view.tabs]}))
    if view.group_by:
        found.append(_query("group", {"type": "string", "enum": [attribute.key for attribute in view.group_by]}))
    shown = [field for field in view.fields if field.searchable]
    filtered = [Field(a) for a in view.filters] + [f for f in shown if not view.filters or f.source in view.filters]
    filtered += [Field(name=name) for name in view.searches]
    for field in {field.key: field for field in filtered}.values():
        found.append(_query(field.key, {"type": "string"}))
        if field.shown_as in RANGES:
            value = {"type": "string", **{k: v for k, v in field_schema(field).items() if k == "format"}}
            found += [_query(f"{field.key}.ge", value), _query(f"{field.key}.le", value)]
    return found


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


def _report_parameter(parameter: Parameter) -> Schema:
    schema: Schema = {"type": "string"}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    elif parameter.kind in ("date", "ref"):
        schema["format"] = "date" if parameter.kind == "date" else "uuid"
    elif parameter.kind == "flag":
        schema["enum"] = ["1", "true", "0", "false"]
    return _query(parameter.name, schema)


def _reading_schema(endpoint: Endpoint, schemas: Schema) -> Schema:
    """What a reading operation answers."""
    resource = endpoint.resource
    if endpoint.report is not None:
        return {"$ref": REFERENCES + "Report"}
    if resource is None or not endpoint.fields:
        return {"type": "object"}
    versioned = "version" in resource.model.__mapper__.columns
    if endpoint.name == _item_name(endpoint):
        schema = object_schema(shown_fields(resource), versioned=versioned)
        for lines in resource.document.lines if resource.document else ():
            line = object_schema(line_fields(lines), versioned=False)
            schema["properties"][lines.argument] = {"type": "array", "items": line}
    else:
        assert resource.list is not None
        row = object_schema(resource.list.fields, versioned=versioned)
        schema = {
            "type": "object",
            "properties": {
                "data": {"type": "array", "items": row},
                "next_cursor": {"type": ["string", "null"]},
                "count": {"type": ["integer", "null"], "description": "Exact up to 10,000, null beyond"},
                "totals": {"type": "object", "additionalProperties": {"type": "string", "format": "decimal"}},
                "groups": {"type": "array", "items": {"type": "object"}},
            },
            "required": ["data", "next_cursor", "count", "totals"],
        }
    schemas[endpoint.name] = schema
    return {"$ref": REFERENCES + endpoint.name}


_PROBLEM: Schema = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; write programs against it"},
        "detail": {"type": "string"},
        "facts": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "`lines.0.quantity`"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "facts": {"type": "object"},
                },
                "required": ["field", "code", "message"],
            },
        },
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
}
_SCHEMAS: Schema = {
    "Problem": _PROBLEM,
    "Pending": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("pending", "code", "detail", "request_id")},
        "required": ["pending", "code"],
    },
    "Reference": {
        "type": ["object", "null"],
        "properties": {"id": UUID_TEXT, "label": {"type": "string"}},
        "required": ["id", "label"],
    },
    "ChangedRecord": {
        "type": "object",
        "properties": {
            "id": UUID_TEXT,
            "result": UUID_TEXT,
            "dry_run": {"type": "boolean"},
            "effects": {"type": "array"},
        },
        "required": ["id", "result"],
    },
    "Outcome": {
        "type": "object",
        "properties": {"result": {}, "dry_run": {"type": "boolean"}, "effects": {"type": "array"}},
        "required": ["result"],
    },
    "Report": {
        "type": "object",
        "properties": {
            "parameters": {"type": "object"},
            "currency": {"type": "string"},
            "columns": {"type": "array", "items": {"type": "object"}},
            "rows": {"type": "array", "items": {"type": "object"}},
            "totals": {"type": "object"},
            "checks": {"type": "array", "items": {"type": "object"}},
            "notes": {"type": "array", "items": {"type": "object"}},
            "next_cursor": {"type": ["string", "null"]},
        },
        "required": ["columns", "rows", "totals"],
    },
}
_STATUSES = {
    "400": "The request cannot be read",
    "401": "No valid token",
    "403": "The token may not do this",
    "404": "No such record for this token",
    "409": "The state of things forbids it",
    "412": "The record has changed since that version",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "The input is wrong",
    "428": "Say which version is changed",
    "429": "Too many requests; see Retry-After",
    "503": "Busy; see Retry-After",
}
_RESPONSES: Schema = {
    "202": _content({"$ref": REFERENCES + "Pending"}, "Waiting for an approval"),
    **{
        status: {
            "description": text,
            "content": {"application/problem+json": {"schema": {"$ref": REFERENCES + "Problem"}}},
        }
        for status, text in _STATUSES.items()
    },
}
_PARAMETERS: Schema = {
    "dry_run": {
        **_query("dry_run", {"type": "string", "enum": ["1", "true", "0", "false"]}),
        "description": "Answer the effects and change nothing",
    },
    "idempotency_key": {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "if_match": {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string", "pattern": '^(\\*|"v[0-9]{1,9}")$'},
    },
    "fields": {**_query("fields", {"type": "string"}), "description": "Names to answer, by commas; `lines.quantity`"},
    "expand": {**_query("expand", {"type": "string"}), "description": "References to answer whole, by commas, or `*`"},
    "search": {**_query("q", {"type": "string"}), "description": "Words to search"},
    "sort": {**_query("sort", {"type": "string"}), "description": "Names by commas, `-` for descending"},
    "cursor": {
        **_query("cursor", {"type": "string", "maxLength": 2000}),
        "description": "`next_cursor` of the page before",
    },
    "size": _query("size", {"type": "integer", "minimum": 1, "maximum": 500, "default": 80}),
}
