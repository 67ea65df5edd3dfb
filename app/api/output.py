"""Values into JSON: decimals as plain strings, days and instants in ISO 8601, instants in UTC. No float, ever."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from pydantic import BaseModel

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def instant_text(value: datetime) -> str:
    """`2026-01-31T09:30:00Z`; naive instants are taken for UTC."""
    aware = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, BaseModel):
        return value.model_dump()
    return str(value)


def to_json(value: Any) -> bytes:
    """The JSON text of an answer."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)
