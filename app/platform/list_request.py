"""What a reader asks of a list, read from a query string. The grammar is the same for pages and REST:

`state=draft,confirmed` any of; `ordered_on.ge=2026-11-01`, `.le .gt .lt .ne .contains .empty`;
`q=` search; `tab=` shared view; `sort=-ordered_on,number`; `group=customer_id`; `cursor=`; `size=`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from app.kernel.errors import Invalid
from app.platform.views import ListView

SIZES = (50, 100, 200)
DEFAULT_SIZE = 80
MAX_SIZE = 500
COUNT_LIMIT = 10_000
MAX_DIGITS = 30
"""Decimal exponent beyond which a typed number is a mistake; the database could not hold it."""
OPERATORS = ("eq", "ne", "ge", "le", "gt", "lt", "contains", "empty")
_RESERVED = frozenset(
    ("q", "tab", "sort", "group", "cursor", "size", "columns", "fields", "expand", "dry_run", "format")
)


@dataclass(frozen=True)
class Filter:
    """One condition: field name, operator, values as typed in (parsed against the column when run)."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ListRequest:
    """What a reader asks of a list; everything in it comes from the URL."""

    filters: tuple[Filter, ...] = ()
    search: str = ""
    tab: str = ""
    sort: tuple[str, ...] = ()
    group: str = ""
    cursor: str = ""
    size: int = DEFAULT_SIZE
    columns: tuple[str, ...] = ()


def parse_request(view: ListView, parameters: Sequence[tuple[str, str]] | Mapping[str, str]) -> ListRequest:
    """The request in a query string. Unknown names are Invalid `filter.unknown`; empty values are left out."""
    pairs = list(parameters.items()) if isinstance(parameters, Mapping) else list(parameters)
    spoilt = next((name for name, value in pairs if "\0" in value), None)
    if spoilt is not None:
        raise Invalid("filter.value", field=spoilt.partition(".")[0], value="")
    given = {name: value for name, value in pairs if name in _RESERVED}
    filters: list[Filter] = []
    for name, value in pairs:
        if name in _RESERVED or not value:
            continue
        key, _, operator = name.partition(".")
        operator = operator or "eq"
        if operator not in OPERATORS:
            raise Invalid("filter.operator", field=name, operator=operator)
        values = tuple(part for part in value.split(",") if part) if operator in ("eq", "ne") else (value,)
        filters.append(Filter(key, operator, values))
    size = given.get("size", "")
    if size and not (size.isascii() and size.isdigit()):
        raise Invalid("filter.size", field="size")
    return ListRequest(
        filters=tuple(filters),
        search=given.get("q", "").strip(),
        tab=given.get("tab", ""),
        sort=tuple(part for part in given.get("sort", "").split(",") if part),
        group=given.get("group", ""),
        cursor=given.get("cursor", ""),
        size=min(max(int(size), 1), MAX_SIZE) if size else DEFAULT_SIZE,
        columns=tuple(part for part in given.get("columns", "").split(",") if part),
    )


def typed_value(column: Any, value: str, name: str, zone: str) -> Any:
    """A typed value for the column; Invalid `filter.value` names the field. An instant without offset is the reader's."""
    kind = column.type.python_type
    typed: Any
    try:
        if kind is Decimal:
            typed = Decimal(value)
        elif kind is datetime:
            instant = datetime.fromisoformat(value)
            typed = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(zone))
        elif kind is date:
            typed = date.fromisoformat(value)
        elif kind is bool:
            typed = {"1": True, "true": True, "0": False, "false": False}[value.lower()]
        else:
            typed = kind(value)
    except (ValueError, KeyError, InvalidOperation):
        raise Invalid("filter.value", field=name, value=value) from None
    vast = kind is Decimal and (not typed.is_finite() or abs(typed.adjusted()) > MAX_DIGITS)
    if vast or (kind is int and abs(typed) >= 1 << 63):
        raise Invalid("filter.value", field=name, value=value)
    return typed
