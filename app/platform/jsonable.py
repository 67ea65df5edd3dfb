"""Values as JSON keeps them: ids, dates and decimals as text, dataclasses and schemas as objects."""

from decimal import Decimal
from typing import Any

import orjson
from pydantic import BaseModel

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS


def plain(value: Any) -> Any:
    """What orjson does not know by itself."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def jsonable(value: Any) -> Any:
    """JSON values: UUID, dates and decimals as strings, dataclasses as objects."""
    return orjson.loads(orjson.dumps(value, default=plain, option=orjson.OPT_NON_STR_KEYS))


def canonical(value: Any) -> bytes:
    """One byte sequence for equal values: what fingerprints are taken of."""
    return orjson.dumps(value, default=plain, option=OPTIONS)
