"""Posted texts become arguments, or findings beside their fields."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field as Limit

from app.kernel.errors import Invalid
from app.platform.actions import Action
from app.platform.work import Work
from app.web.forms import Form, Reader
from app.web.inputs import plain_number, read_day, read_number, slots_of

KEY = "0190a000-0000-7000-8000-000000000001"


@dataclass(frozen=True, kw_only=True)
class OrderLineInput:
    item_id: UUID
    quantity: Annotated[Decimal, Limit(gt=0)]
    price: Decimal | None = None
    free: bool = False


def create_thing(
    work: Work,
    name: Annotated[str, Limit(min_length=1, max_length=10)],
    on: date,
    kind: Literal["a", "b"] = "a",
    limit: Decimal | None = None,
    urgent: bool = False,
    tags: list[str] | None = None,
    lines: list[OrderLineInput] | None = None,
) -> UUID:
    """Make a thing."""
    raise NotImplementedError


THING = Action("sales", create_thing)


def read(pairs: list[tuple[str, str]], shown: tuple[str, ...] = ()) -> tuple[Reader, Form]:
    reader = Reader(THING, locale="en", shown=shown)
    return reader, reader.read(pairs)


def mistakes(pairs: list[tuple[str, str]], shown: tuple[str, ...] = ()) -> dict[str | None, str]:
    reader, form = read(pairs, shown)
    with pytest.raises(Invalid) as caught:
        reader.arguments(form)
    return {finding.field: finding.code for finding in caught.value.findings}


GOOD = [("name", " Bolt "), ("on", "2026-11-24")]


def test_slots_follow_the_signature() -> None:
    slots = slots_of(THING)
    assert {name: slot.shape for name, slot in slots.items()} == {
        "name": "text",
        "on": "date",
        "kind": "choice",
        "limit": "decimal",
        "urgent": "flag",
        "tags": "list",
        "lines": "lines",
    }
    assert slots["kind"].choices == ("a", "b")
    assert [part.name for part in slots["lines"].parts] == ["item_id", "quantity", "price", "free"]


def test_typed_arguments() -> None:
    pairs = [*GOOD, ("limit", "1,234.50"), ("urgent", "1"), ("tags", "x"), ("tags", "y"), ("csrf", "t")]
    pairs += [("lines.0.item_id", KEY), ("lines.0.quantity", "2"), ("lines.0.price", ""), ("lines.0.id", "")]
    pairs += [("lines.1.item_id", ""), ("lines.1.quantity", "")]
    pairs += [("lines.7.item_id", KEY), ("lines.7.quantity", "0.5"), ("lines.7.free", "1")]
    reader, form = read(pairs)
    assert reader.arguments(form) == {
        "name": "Bolt",
        "on": date(2026, 11, 24),
        "limit": Decimal("1234.50"),
        "urgent": True,
        "tags": ["x", "y"],
        "lines": [
            OrderLineInput(item_id=UUID(KEY), quantity=Decimal(2)),
            OrderLineInput(item_id=UUID(KEY), quantity=Decimal("0.5"), free=True),
        ],
    }


def test_an_unticked_flag_is_no_only_where_it_was_offered() -> None:
    reader, form = read(GOOD)
    assert "urgent" not in reader.arguments(form)
    reader, form = read(GOOD, shown=("urgent",))
    assert reader.arguments(form)["urgent"] is False


def test_every_mistake_is_said_beside_its_field() -> None:
    pairs = [("name", ""), ("on", "yesterday"), ("kind", "z"), ("limit", "1,5")]
    pairs += [("lines.3.item_id", "x"), ("lines.3.quantity", "-1")]
    assert mistakes(pairs) == {
        "name": "input.required",
        "on": "input.not_a_date",
        "kind": "input.choice",
        "limit": "input.not_a_number",
        "lines.0.item_id": "input.not_an_id",
        "lines.0.quantity": "input.not_positive",
    }


def test_limits_of_the_action_hold() -> None:
    assert mistakes([("name", "x" * 11), ("on", "2026-11-24")]) == {"name": "input.too_long"}


def test_a_missing_required_field_is_required() -> None:
    assert mistakes([("name", "x")]) == {"on": "input.required"}


@pytest.mark.parametrize(
    "name", ["company_id", "lines.0.net", "lines.x.quantity", "name.first", "work", "lines.99999.price"]
)
def test_unknown_fields_are_refused(name: str) -> None:
    assert mistakes([*GOOD, (name, "1")]) == {None: "input.unknown_field"}


def test_control_characters_are_refused() -> None:
    assert mistakes([("name", "a\x00b"), ("on", "2026-11-24")]) == {"name": "input.control_character"}


def test_what_was_typed_is_kept() -> None:
    _, form = read([("name", "x"), ("limit", "1,5"), ("lines.4.quantity", "many")])
    assert form.raw["limit"] == "1,5"
    assert form.lines["lines"] == [{"quantity": "many"}]


def test_incomplete_arguments_for_a_preview() -> None:
    reader, form = read([("lines.0.quantity", "3"), ("limit", "x")])
    given_ = reader.incomplete(form)
    assert given_["on"] is None
    assert given_["limit"] is None
    assert given_["lines"][0].quantity == Decimal(3)
    assert given_["lines"][0].item_id is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1234.5", "1234.5"),
        ("−3", "-3"),
        (" 12 % ", "12"),
        ("１２．５", "12.5"),
        (".5", "0.5"),
        ("1,000,000", "1000000"),
    ],
)
def test_numbers_as_people_write_them(text: str, value: str) -> None:
    assert read_number(text, "en") == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1,5", "1,23,456", "1.2.3", "abc", "", ".", "1e5", "NaN", "Infinity", "--1", "1" * 41]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="input"):
        read_number(text, "en")


def test_german_separators() -> None:
    assert read_number("1.234,50", "de_DE") == Decimal("1234.50")
    with pytest.raises(ValueError, match="input"):
        read_number("1.5", "de_DE")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**14), max_value=10**14))
def test_a_number_shown_is_the_number_read(value: Decimal) -> None:
    assert read_number(plain_number(value), "en") == value
    assert read_number(f"{value:,f}", "en") == value


@pytest.mark.parametrize("text", ["2026-02-29", "2026-13-01", "26-1-1", "2026-1"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match="input"):
        read_day(text)


def test_days_in_several_spellings() -> None:
    assert {read_day(text) for text in ("2026-01-31", "2026/1/31", "20260131", "2026年1月31日")} == {date(2026, 1, 31)}
