"""JSON schemas: of inputs from the actions' signatures, of outputs from the views' fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.dialects.postgresql import JSONB

from app.api.expanding import sibling, target_of
from app.api.inputs import DECIMALS, INTEGER_LIMIT, WHOLE_DIGITS
from app.platform.actions import Action
from app.platform.views import Field

Schema = dict[str, Any]

LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_BIG = 10**WHOLE_DIGITS - 1
DECIMAL_TEXT: Schema = {
    "type": "string",
    "format": "decimal",
    "pattern": rf"^-?[0-9]{{1,{WHOLE_DIGITS}}}(\.[0-9]{{1,{DECIMALS}}})?$",
}
UUID_TEXT: Schema = {"type": "string", "format": "uuid"}
_KINDS: dict[str, Schema] = {
    "money": {"type": "string", "format": "decimal"},
    "price": {"type": "string", "format": "decimal"},
    "quantity": {"type": "string", "format": "decimal"},
    "percent": {"type": "string", "format": "decimal"},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "flag": {"type": "boolean"},
    "ref": UUID_TEXT,
    "text": {"type": "string"},
    "memo": {"type": "string"},
    "code": {"type": "string"},
    "state": {"type": "string"},
    "choice": {"type": "string"},
    "email": {"type": "string"},
    "phone": {"type": "string"},
    "url": {"type": "string"},
}


def field_schema(shown: Field) -> Schema:
    """What one shown value looks like; nothing is promised of computed values but that they are JSON."""
    if shown.source is None or shown.compute is not None:
        return {}
    column = shown.source.property.columns[0]
    if isinstance(column.type, JSONB):
        return {}
    if isinstance(column.type, Integer):
        schema: Schema = {"type": "integer"}
    elif shown.shown_as == "number":
        schema = {"type": "string", "format": "decimal"}
    else:
        schema = dict(_KINDS.get(shown.shown_as, {}))
    if column.nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if shown.choices and schema.get("type") == "string":
        schema["examples"] = list(shown.choices)
    return schema


def object_schema(fields: Iterable[Field], *, versioned: bool, labelled: bool = True) -> Schema:
    """A row, an item or a line: its id and what the view shows; references may stand beside their ids."""
    properties: Schema = {"id": UUID_TEXT}
    if versioned:
        properties["version"] = {"type": "integer"}
    for shown in fields:
        properties[shown.key] = field_schema(shown)
        for extra in (shown.currency, shown.unit):
            if extra is not None:
                properties.setdefault(extra.key, field_schema(Field(extra)))
        if labelled and target_of(shown) is not None:
            properties.setdefault(sibling(shown.key), {"$ref": "#/components/schemas/Reference"})
    return {"type": "object", "properties": properties, "required": ["id"]}


def input_schema(act: Action[..., Any], drop: Iterable[str] = (), loose: Iterable[str] = ()) -> tuple[Schema, Schema]:
    """The body of an action and its definitions by name; `drop` leaves out what the address says, `loose` makes
    optional what a header may say instead.
    """
    schema = act.input.model_json_schema(ref_template=f"#/components/schemas/{act.module}.{{model}}")
    definitions: Schema = {f"{act.module}.{name}": _tidy(given) for name, given in schema.pop("$defs", {}).items()}
    body = _tidy(schema)
    for name in drop:
        body["properties"].pop(name, None)
    optional = {*drop, *loose}
    required = [name for name in body.get("required", []) if name not in optional]
    body.pop("required", None)
    if required:
        body["required"] = required
    return body, definitions


def _tidy(schema: Any, *, named: bool = False) -> Any:
    """Without pydantic's titles; decimals and whole numbers as this door takes them. `named`: keys are names."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: value if key in ("default", "enum", "const", "examples") else _tidy(value, named=key == "properties")
        for key, value in schema.items()
        if named or key != "title" or not isinstance(value, str)
    }
    if named:
        return found
    if found.get("type") == "integer":
        found.setdefault("minimum", -INTEGER_LIMIT)
        found.setdefault("maximum", INTEGER_LIMIT)
    parts = found.get("anyOf")
    if isinstance(parts, list) and any(part.get("type") == "number" for part in parts if isinstance(part, Mapping)):
        found["anyOf"] = _decimals(parts)
    return found


def _decimals(parts: list[Schema]) -> list[Schema]:
    """Pydantic's number-or-text as text or whole number."""
    number = next(part for part in parts if part.get("type") == "number")
    limits: Schema = {name: int(number[name]) for name in LIMITS if name in number}
    whole: Schema = {"type": "integer", "minimum": -_BIG, "maximum": _BIG, **limits}
    text = dict(DECIMAL_TEXT)
    if any(limits.get(name, -1) >= 0 for name in ("minimum", "exclusiveMinimum")):
        text["pattern"] = text["pattern"].replace("-?", "", 1)
    rest = [part for part in parts if part.get("type") not in ("number", "string")]
    return [text, whole, *rest]
