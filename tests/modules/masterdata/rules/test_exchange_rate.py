from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Conflict, Invalid
from app.modules.masterdata.rules.exchange_rate import Found, Quoted, checked_found, checked_pair, found_rate

OLD, NEW = date(2026, 10, 1), date(2026, 11, 1)


def quoted(currency: str, quote: str, on: date, rate: str) -> Quoted:
    return Quoted(currency, quote, on, Decimal(rate))


def test_direct_then_inverse_then_through_the_base() -> None:
    direct = quoted("USD", "CNY", OLD, "7.1")
    assert found_rate([direct], "USD", "CNY", "CNY") == Found(Decimal("7.1"), OLD)
    assert found_rate([direct], "CNY", "USD", "CNY") == Found(Decimal("0.1408450704"), OLD)
    euro = quoted("EUR", "CNY", NEW, "7.81")
    assert found_rate([direct, euro], "EUR", "USD", "CNY") == Found(Decimal("1.1000000000"), OLD)
    assert found_rate([direct], "EUR", "USD", "CNY") is None


def test_the_newer_rate_wins_and_the_straight_one_on_the_same_day() -> None:
    both = [quoted("USD", "CNY", OLD, "7"), quoted("CNY", "USD", NEW, "0.125")]
    assert found_rate(both, "USD", "CNY", "CNY") == Found(Decimal(8), NEW)
    same = [quoted("USD", "CNY", NEW, "7"), quoted("CNY", "USD", NEW, "0.125")]
    assert found_rate(same, "USD", "CNY", "CNY") == Found(Decimal(7), NEW)
    legs = [quoted("EUR", "CNY", NEW, "8"), quoted("USD", "CNY", NEW, "4")]
    assert found_rate([*legs, quoted("EUR", "USD", OLD, "3")], "EUR", "USD", "CNY") == Found(Decimal(2), NEW)
    assert found_rate([*legs, quoted("EUR", "USD", NEW, "3")], "EUR", "USD", "CNY") == Found(Decimal(3), NEW)


@given(st.decimals(min_value="0.0001", max_value=10_000, places=6), st.decimals(min_value=1, max_value=100, places=4))
def test_there_and_back(first: Decimal, second: Decimal) -> None:
    known = [Quoted("USD", "CNY", NEW, first), Quoted("EUR", "CNY", NEW, second)]
    there, back = found_rate(known, "USD", "EUR", "CNY"), found_rate(known, "EUR", "USD", "CNY")
    assert there is not None
    assert back is not None
    assert abs(there.rate * back.rate - 1) < Decimal("0.001")


def test_stale_and_missing_rates_are_refused() -> None:
    found = Found(Decimal(7), OLD)
    assert checked_found(found, "USD", "CNY", date(2026, 11, 15), 45) == 7
    assert checked_found(found, "USD", "CNY", date(2030, 1, 1), 0) == 7
    with pytest.raises(Conflict, match=r"exchange_rate\.stale") as refused:
        checked_found(found, "USD", "CNY", date(2026, 11, 16), 45)
    assert refused.value.facts["valid_on"] == OLD
    with pytest.raises(Conflict, match=r"exchange_rate\.none"):
        checked_found(None, "USD", "CNY", NEW, 45)


@pytest.mark.parametrize("rate", ["0", "-1", "0.00000000001", "NaN"])
def test_rates_are_positive(rate: str) -> None:
    with pytest.raises(Invalid, match=r"exchange_rate\.not_positive"):
        checked_pair("USD", "CNY", Decimal(rate))


def test_a_pair_has_two_currencies() -> None:
    with pytest.raises(Invalid, match=r"exchange_rate\.same_currency"):
        checked_pair("USD", "USD", Decimal(1))
