"""Keyset paging: a cursor is the sort key of the last row seen, opaque to callers."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.kernel.errors import Invalid

Row = TypeVar("Row")
_TAGS: dict[str, Callable[[str], Any]] = {
    "d": date.fromisoformat,
    "t": datetime.fromisoformat,
    "n": Decimal,
    "u": UUID,
    "s": str,
    "i": int,
}


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    for tag, kind in (("n", Decimal), ("u", UUID), ("i", int), ("s", str)):
        if isinstance(value, kind):
            return [tag, str(value)]
    raise TypeError(f"a cursor cannot hold {type(value).__name__}")


def encode_cursor(values: Sequence[Any]) -> str:
    """Sort key values as an opaque URL-safe string."""
    text = json.dumps([_tagged(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """The values again; Invalid `page.cursor` for anything that is not a cursor of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded.encode()))
        return [part if part is None or isinstance(part, bool) else _TAGS[part[0]](part[1]) for part in parts]
    except (ValueError, KeyError, TypeError, IndexError, ArithmeticError, binascii.Error):
        raise Invalid("page.cursor", field="cursor") from None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page; `next_cursor` is None on the last page."""

    rows: list[Row]
    next_cursor: str | None = None
