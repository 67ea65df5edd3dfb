"""Typed lines worked out, kinds and their accounts, schedules."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refusal
from app.modules.finance.rules.voucher import Figures, carried, check_kind, due_days, figures

D = Decimal
ZERO = D(0)


def worked(
    debit: str = "0", credit: str = "0", currency: str = "USD", amount: str | None = None, rate: str | None = None
) -> Figures:
    return figures(
        D(debit),
        D(credit),
        currency,
        "CNY",
        None if amount is None else D(amount),
        None if rate is None else D(rate),
        "lines.0.",
    )


def refused(code: str, act: Any, /, *args: Any, **more: Any) -> str | None:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code
    return found.value.findings[0].field


def test_two_of_three_give_the_third() -> None:
    assert worked(amount="100", rate="7.1234") == Figures(D("712.34"), ZERO, D(100), D("7.1234"))
    assert worked(amount="-100", rate="7.1234") == Figures(ZERO, D("712.34"), D(-100), D("7.1234"))
    assert worked(debit="712.34", rate="7.1234") == Figures(D("712.34"), ZERO, D("100.00"), D("7.1234"))
    assert worked(credit="710", amount="100") == Figures(ZERO, D(710), D(-100), D("7.1"))
    assert worked(credit="712.35", amount="100", rate="7.1234").amount == D(-100)


def test_own_currency_and_red_ink() -> None:
    assert worked(debit="5", currency="CNY") == Figures(D(5), ZERO, D(5), D(1))
    assert worked(debit="-5", currency="CNY") == Figures(D(-5), ZERO, D(-5), D(1))
    assert worked(currency="CNY", amount="-5") == Figures(ZERO, D(5), D(-5), D(1))


def test_what_is_typed_wrong_is_refused_at_its_field() -> None:
    assert refused("entry.side", worked, debit="1", credit="1") == "lines.0.credit"
    assert refused("entry.minor_unit", worked, debit="1.001", currency="CNY") == "lines.0.debit"
    assert refused("voucher.rate_missing", worked, debit="1") == "lines.0.rate"
    assert refused("voucher.rate", worked, debit="1", rate="-7") == "lines.0.rate"
    assert refused("voucher.rate_differs", worked, debit="715", amount="100", rate="7.1") == "lines.0.rate"


@given(st.decimals("0.01", "999999", places=2), st.decimals("0.0001", "9999", places=4))
def test_a_foreign_amount_keeps_its_sign_and_rounds_once(amount: Decimal, rate: Decimal) -> None:
    made = figures(ZERO, ZERO, "USD", "CNY", amount, rate, "")
    turned = figures(ZERO, ZERO, "USD", "CNY", -amount, rate, "")
    assert made.debit == turned.credit == (amount * rate).quantize(D("0.01"), "ROUND_HALF_UP")
    assert not made.credit
    assert not turned.debit
    assert abs(made.debit - amount * rate) <= D("0.005")


def test_kinds_ask_for_their_accounts() -> None:
    bank, other = ("bank", D(1), ZERO), (None, ZERO, D(1))
    check_kind("receipt", True, [bank, other])
    check_kind("payment", True, [("cash", ZERO, D(1)), (None, D(1), ZERO)])
    check_kind("transfer", True, [other, (None, D(1), ZERO)])
    check_kind("general", False, [bank, other])
    assert refused("voucher.kind", check_kind, "receipt", False, [bank, other]) == "kind"
    refused("voucher.kind_receipt", check_kind, "receipt", True, [("bank", ZERO, D(1))])
    refused("voucher.kind_payment", check_kind, "payment", True, [bank, other])
    refused("voucher.kind_transfer", check_kind, "transfer", True, [bank, other])


def test_memos_are_carried_down() -> None:
    assert carried(["", "Rent", "", " ", "Power", ""]) == ["", "Rent", "Rent", "Rent", "Power", "Power"]


def test_schedules_fall_due() -> None:
    monthly = due_days("monthly", date(2025, 1, 15), None, 31, date(2025, 4, 30))
    assert list(monthly) == [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30)]
    quarterly = due_days("quarterly", date(2024, 2, 10), date(2024, 11, 9), 10, date(2026, 1, 1))
    assert list(quarterly) == [date(2024, 2, 10), date(2024, 5, 10), date(2024, 8, 10)]
    assert list(due_days("monthly", date(2025, 1, 20), None, 10, date(2025, 2, 9))) == []
    assert list(due_days("yearly", date(2024, 2, 29), None, 29, date(2026, 3, 1))) == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2026, 2, 28),
    ]
