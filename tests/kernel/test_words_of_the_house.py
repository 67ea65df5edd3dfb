"""Ids, dates, lifecycles, cursors and names."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import dates, text
from app.kernel.errors import Conflict, Finding, Invalid
from app.kernel.ids import new_id
from app.kernel.lifecycle import Lifecycle
from app.kernel.page import decode_cursor, encode_cursor
from app.kernel.quantity import Quantity


def test_ids_rise_and_are_version_seven() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert {key.version for key in made} == {7}
    assert {key.variant for key in made} == {UUID(int=0x8000_0000_0000_0000).variant}


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 12, 15), 1, date(2025, 1, 15)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
    ],
)
def test_months_later(day: date, months: int, later: date) -> None:
    assert dates.add_months(day, months) == later


@pytest.mark.parametrize(("day", "start"), [(1, 1), (10, 1), (11, 11), (20, 11), (21, 21), (31, 21)])
def test_ten_day_grain(day: int, start: int) -> None:
    assert dates.ten_day_start(date(2026, 1, day)) == date(2026, 1, start)


def test_a_lifecycle_refuses_what_it_does_not_know() -> None:
    life = Lifecycle("draft", {"confirm": {"draft": "confirmed"}, "cancel": {"draft": "cancelled"}})
    assert life.after("confirm", "draft") == "confirmed"
    assert life.states == ["draft", "confirmed", "cancelled"]
    assert not life.may("confirm", "confirmed")
    with pytest.raises(Conflict) as refused:
        life.after("confirm", "cancelled")
    assert refused.value.facts == {"verb": "confirm", "state": "cancelled"}


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.dates(),
    st.uuids(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC)),
)


@given(st.lists(values, max_size=5))
def test_a_cursor_comes_back_as_it_went(keys: list[Any]) -> None:
    assert decode_cursor(encode_cursor(keys)) == keys


@pytest.mark.parametrize("broken", ["", "x", "!!!!", "WyJ6Il0", encode_cursor([Decimal(1)])[:-3]])
def test_a_foreign_cursor_is_refused(broken: str) -> None:
    with pytest.raises(Invalid, match=r"page\.cursor"):
        decode_cursor(broken)


@pytest.mark.parametrize(
    ("noun", "path"),
    [
        ("order", "orders"),
        ("party", "parties"),
        ("tax_code", "tax-codes"),
        ("delivery", "deliveries"),
        ("box", "boxes"),
    ],
)
def test_paths_of_nouns(noun: str, path: str) -> None:
    assert text.path_of(noun) == path


@pytest.mark.parametrize("name", ["t_1", "acme"])
def test_safe_schema_names(name: str) -> None:
    assert text.is_schema_name(name)


@pytest.mark.parametrize("name", ["", "1t", "t-1", "t;drop", "T_1", "t" * 42, "t\n"])
def test_unsafe_schema_names(name: str) -> None:
    assert not text.is_schema_name(name)


def test_several_findings_in_one_refusal() -> None:
    refusal = Invalid.of([Finding("a.b", "lines.0.x", {"n": 1}), Finding("c.d", "lines.1.y")])
    assert refusal.code == "a.b"
    assert [finding.field for finding in refusal.findings] == ["lines.0.x", "lines.1.y"]


def test_units_do_not_mix() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        Quantity(Decimal(1), "KGM") + Quantity(Decimal(1), "H87")
    assert Quantity(Decimal(2), "KGM").converted(Decimal(1000), "GRM") == Quantity(Decimal(2000), "GRM")


def test_a_business_day_is_in_the_companys_zone() -> None:
    instant = dates.now()
    assert instant.tzinfo is UTC
    assert isinstance(dates.today("Asia/Shanghai"), date)
    assert not isinstance(dates.today("Asia/Shanghai"), datetime)
