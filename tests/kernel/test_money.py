"""Money: currencies never mix, rounding is half away from zero, splits lose nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money, digits_of, round_half_up, split

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
weights = st.lists(st.decimals(min_value=0, max_value=10**6, places=3), min_size=1, max_size=12)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        Money(Decimal(1), "CNY") + Money(Decimal(1), "EUR")
    with pytest.raises(ValueError, match="do not mix"):
        _ = Money(Decimal(1), "CNY") < Money(Decimal(1), "EUR")


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [("2.345", 2, "2.35"), ("-2.345", 2, "-2.35"), ("2.344999", 2, "2.34"), ("0.5", 0, "1"), ("-0.5", 0, "-1")],
)
def test_rounding_is_half_away_from_zero(value: str, digits: int, rounded: str) -> None:
    assert round_half_up(Decimal(value), digits) == Decimal(rounded)


@pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("EUR", 2)])
def test_minor_units_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert digits_of(currency) == digits


def test_a_hundred_in_three() -> None:
    assert Money(Decimal(100), "CNY").split([Decimal(1), Decimal(1), Decimal(1)]) == [
        Money(Decimal("33.34"), "CNY"),
        Money(Decimal("33.33"), "CNY"),
        Money(Decimal("33.33"), "CNY"),
    ]


def test_conversion_rounds_to_the_target_currency() -> None:
    assert Money(Decimal("10.05"), "EUR").converted(Decimal("158.73"), "JPY") == Money(Decimal(1595), "JPY")


@given(amounts, weights, st.integers(min_value=0, max_value=3))
def test_parts_sum_exactly_and_stay_close_to_their_share(total: Decimal, parts: list[Decimal], digits: int) -> None:
    rounded = round_half_up(total, digits)
    found = split(rounded, parts, digits)
    assert sum(found) == rounded
    whole = sum(parts)
    step = Decimal(1).scaleb(-digits)
    for part, weight in zip(found, parts, strict=True):
        exact = rounded * weight / whole if whole else rounded / len(parts)
        assert abs(part - exact) < step


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        split(Decimal(1), [Decimal(1), Decimal(-1)], 2)
