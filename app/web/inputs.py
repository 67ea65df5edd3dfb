"""What an action takes, as slots a form can fill, and the reading of one typed text into one value.

The slots follow from the action's signature alone, so a form can never offer what the action does not know.
Readers raise `ValueError` with a refusal code of the `input.` family; `forms` puts it beside the field.
"""

import dataclasses
import re
import types
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from inspect import Parameter
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import MISSING, BaseModel

from app.platform.actions import Action
from app.platform.formats import separators

Shape = Literal["text", "flag", "integer", "decimal", "date", "instant", "id", "choice", "list", "lines", "group"]

_SHAPES: dict[type[Any], Shape] = {
    str: "text",
    bool: "flag",
    int: "integer",
    Decimal: "decimal",
    datetime: "instant",
    date: "date",
    UUID: "id",
}
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_BREAKS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Slot:
    """One argument, or one field of a line: its shape, and whether it may be left out or empty."""

    name: str
    shape: Shape
    optional: bool = False
    """None is a legal value."""
    required: bool = False
    """There is no default."""
    choices: tuple[str, ...] = ()
    parts: tuple["Slot", ...] = ()
    """The fields of a line or a group; the one nameless item of a list."""


@lru_cache(maxsize=2000)
def slots_of(act: Action[..., Any]) -> dict[str, Slot]:
    """The action's arguments as slots, by name and in order."""
    return {
        name: _slot(name, act.hints[name], required=parameter.default is Parameter.empty)
        for name, parameter in act.parameters.items()
    }


def _slot(name: str, hint: Any, *, required: bool) -> Slot:
    hint, optional = _bare(hint)
    origin = get_origin(hint)
    if origin is Literal:
        return Slot(name, "choice", optional, required, tuple(str(value) for value in get_args(hint)))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        item = _slot("", get_args(hint)[0], required=True)
        if item.shape == "group":
            return Slot(name, "lines", optional, required, parts=item.parts)
        return Slot(name, "list", optional, required, parts=(item,))
    if not isinstance(hint, type):
        return Slot(name, "text", optional, required)
    if issubclass(hint, Enum):
        return Slot(name, "choice", optional, required, tuple(str(member.value) for member in hint))
    if dataclasses.is_dataclass(hint) or issubclass(hint, BaseModel):
        return Slot(name, "group", optional, required, parts=_parts(hint))
    return Slot(name, _SHAPES.get(hint, "text"), optional, required)


def _bare(hint: Any) -> tuple[Any, bool]:
    """The type without its annotations, None and MISSING (not given), and whether None was among it."""
    optional = False
    while (origin := get_origin(hint)) in (Annotated, Union, types.UnionType):
        arms = [arm for arm in get_args(hint) if arm is not type(None) and arm is not MISSING]
        optional = optional or (origin is not Annotated and type(None) in get_args(hint))
        hint = arms[0]
    return hint, optional


def _parts(kind: type[Any]) -> tuple[Slot, ...]:
    hints = get_type_hints(kind, include_extras=True)
    if issubclass(kind, BaseModel):
        fields = {name: field.is_required() for name, field in kind.model_fields.items()}
    else:
        fields = {
            field.name: field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            for field in dataclasses.fields(kind)
        }
    return tuple(_slot(name, hints[name], required=required) for name, required in fields.items())


def read_text(slot: Slot, text: str, locale: str, zone: str = "UTC") -> Any:
    """The value a non-empty text stands for; ValueError with a refusal code where it stands for none."""
    if _BREAKS.search(text):
        raise ValueError("input.control_character")
    if slot.choices and text not in slot.choices:
        raise ValueError("input.choice")
    if slot.shape in ("integer", "decimal"):
        number = read_number(text, locale)
        return _whole(number) if slot.shape == "integer" else number
    if slot.shape == "instant":
        return _instant(text, zone)
    reader = _READERS.get(slot.shape)
    if reader is None:
        raise ValueError("input.malformed")
    return reader(text)


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise ValueError("input.not_an_integer")
    return int(number)


def read_number(text: str, locale: str) -> Decimal:
    """A figure as people of the locale write it: 1,234.50, full-width digits, a real minus, a percent sign.

    Group marks must stand where they group: `1,5` is refused where the comma groups thousands, because
    it would silently become 15.
    """
    group, point = separators(locale)
    plain = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-").removesuffix("%").strip()
    plain = plain.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    mark = re.escape(group)
    if not re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}({mark}\d{{3}})+)?({re.escape(point)}\d*)?", plain) or not re.search(
        r"\d", plain
    ):
        raise ValueError("input.not_a_number")
    if len(plain) > 40:
        raise ValueError("input.not_a_number")
    try:
        return Decimal(plain.replace(group, "").replace(point, "."))
    except InvalidOperation:
        raise ValueError("input.not_a_number") from None


def read_day(text: str) -> date:
    """A day: 2026-11-24, 2026/11/24, 20261124, 2026年11月24日."""
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        raise ValueError("input.not_a_date")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError("input.not_a_date") from None


def _instant(text: str, zone: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("input.not_an_instant") from None
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "on", "yes"):
        return True
    if text.lower() in ("0", "false", "off", "no"):
        return False
    raise ValueError("input.not_a_boolean")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError("input.not_an_id") from None


_READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "choice": str,
    "flag": _flag,
    "date": read_day,
    "id": _id,
}


def raw_text(value: Any) -> str:
    """A value as the raw text of an input: ISO day, plain decimal, "1" for a set flag, the id of a reference."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def plain_number(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros behind the point."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
