"""Every event a webhook can carry, read from the event dataclasses the modules declare: name, payload, schema.

`sales.order_confirmed` is the module and the class name; the record is the first id among its fields, and what
happens to one record is delivered in order. A payload holds ids and few facts: who wants more asks the API, which
answers as things are now and only what the asker may see.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from app.adapters.db import Model
from app.kernel.text import path_of
from app.platform import i18n
from app.platform.events import Columns, Event
from app.platform.registry import Registry

PING = "webhook.ping"
"""What the test button sends; subscribed to by nobody, understood by everybody."""
API = "/api/v1"

Schema = dict[str, Any]
_PLAIN: dict[Any, Schema] = {
    UUID: {"type": "string", "format": "uuid"},
    Decimal: {"type": "string", "format": "decimal"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
}


@dataclass(frozen=True)
class EventKind:
    """One event as subscribers know it."""

    name: str
    """`sales.order_confirmed`"""
    fact: str
    """The name of its class, as the outbox keeps it."""
    record_field: str
    """Which of its fields names the record; empty where the event is about none."""
    record_kind: str
    """`sales.order`; empty where no page of that name exists."""
    model: type[Model] | None
    schema: Schema
    """Of `data`."""
    columns: Mapping[str, tuple[str, ...]]
    """Field of rows -> what the columns are called."""

    @property
    def module(self) -> str:
        return self.name.partition(".")[0]

    def lane(self, body: Mapping[str, Any]) -> str:
        """Events of one lane are delivered in order: those of one record, or those that are about none."""
        return str(body[self.record_field]) if self.record_field else self.name

    def data(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The event's own part of a payload, from what the outbox keeps."""
        return {name: self._shown(name, value) for name, value in body.items()}

    def record(self, body: Mapping[str, Any], label: str | None) -> dict[str, Any] | None:
        """What it is about, with where the API shows it."""
        if not self.record_field:
            return None
        key = body[self.record_field]
        module, _, noun = self.record_kind.partition(".")
        path = f"{API}/{module}/{path_of(noun)}/{key}" if self.record_kind else None
        return {"kind": self.record_kind or None, "id": key, "label": label, "path": path}

    def _shown(self, name: str, value: Any) -> Any:
        names = self.columns.get(name)
        return value if names is None else [dict(zip(names, row, strict=True)) for row in value]


class EventCatalogue:
    """The events of a registry's modules; those a module keeps to itself (`internal`) are left out."""

    def __init__(self, registry: Registry) -> None:
        modules = {module.name for module in registry.modules}
        found = [_kind(registry, event, module) for event in _all() if (module := _module_of(event)) in modules]
        order = [module.name for module in registry.modules]
        self.kinds: Sequence[EventKind] = sorted(found, key=lambda kind: (order.index(kind.module), kind.name))
        self.by_name: Mapping[str, EventKind] = {kind.name: kind for kind in self.kinds}
        self.by_fact: Mapping[str, EventKind] = {kind.fact: kind for kind in self.kinds}
        if len(self.by_fact) != len(self.kinds):
            raise TypeError("two events share a class name; the outbox could not tell them apart")


def envelope_schema(kind: EventKind) -> Schema:
    """The whole body of a delivery."""
    text, maybe = {"type": "string"}, {"type": ["string", "null"]}
    record: Schema = {
        "type": ["object", "null"],
        "properties": {"kind": maybe, "id": _PLAIN[UUID], "label": maybe, "path": maybe},
        "required": ["kind", "id", "label", "path"],
    }
    properties: Schema = {
        "id": _PLAIN[UUID],
        "event": {"const": kind.name},
        "at": _PLAIN[datetime],
        "tenant_id": _PLAIN[UUID],
        "company_id": {"type": ["string", "null"], "format": "uuid"},
        "record": record if kind.record_field else {"type": "null"},
        "data": kind.schema,
    }
    return {"type": "object", "properties": {**properties, "event": {**text, **properties["event"]}},
            "required": list(properties)}  # fmt: skip


@lru_cache(maxsize=4)
def catalogue_of(registry: Registry) -> EventCatalogue:
    """A registry's catalogue, made once."""
    return EventCatalogue(registry)


def event_title(locale: str, kind: EventKind) -> str:
    """What it is called."""
    return i18n.text(locale, f"choice.{kind.name}")


def event_meaning(locale: str, kind: EventKind) -> str:
    """When it happens."""
    return i18n.text(locale, f"event.{kind.name}")


def event_name(event: type[Event], module: str) -> str:
    """`OrderConfirmed` of sales -> `sales.order_confirmed`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", event.__name__).lower()
    return f"{module}.{words}"


def _all() -> Iterable[type[Event]]:
    """Declared events. A dataclass with slots replaces the class it was made of, which lingers among the subclasses."""
    for event in Event.__subclasses__():
        declared = getattr(sys.modules.get(event.__module__), event.__name__, None) is event
        if declared and not event.internal:
            yield event


def _module_of(event: type[Event]) -> str:
    parts = event.__module__.split(".")
    if parts[:2] == ["app", "modules"]:
        return parts[2]
    return "platform" if parts[:2] == ["app", "platform"] else ""


def _kind(registry: Registry, event: type[Event], module: str) -> EventKind:
    hints = get_type_hints(event, include_extras=True)
    names = [field.name for field in fields(event)]
    record_field = next((name for name in names if hints[name] is UUID and name.endswith("_id")), "")
    resource = registry.resources.get(f"{module}.{record_field.removesuffix('_id')}")
    properties = {name: schema_of(hints[name]) for name in names}
    columns = {name: column.names for name in names if (column := _columns(hints[name])) is not None}
    return EventKind(
        name=event_name(event, module),
        fact=event.__name__,
        record_field=record_field,
        record_kind=resource.name if resource else "",
        model=resource.model if resource else None,
        schema={"type": "object", "properties": properties, "required": names},
        columns=columns,
    )


def _columns(hint: Any) -> Columns | None:
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((mark for mark in marks if isinstance(mark, Columns)), None)


def schema_of(hint: Any) -> Schema:
    """The JSON schema of a field's type; TypeError for a type events do not use."""
    columns = _columns(hint)
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    origin, arms = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        rest = [arm for arm in arms if arm is not NoneType]
        if len(rest) == 1:
            schema = schema_of(rest[0])
            return {**schema, "type": [schema["type"], "null"]}
    if origin is tuple and len(arms) == 2 and arms[1] is Ellipsis:
        return {"type": "array", "items": _row(arms[0], columns)}
    raise TypeError(f"an event field cannot be a {hint}")


def _row(hint: Any, columns: Columns | None) -> Schema:
    """A row of named columns, or a plain value."""
    if columns is None:
        return schema_of(hint)
    parts = [schema_of(part) for part in get_args(hint)]
    properties = dict(zip(columns.names, parts, strict=True))
    return {"type": "object", "properties": properties, "required": list(columns.names)}
