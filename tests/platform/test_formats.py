"""Figures and days as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.platform import formats

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("0", "CNY", "0.00"),
        ("1234567.891", "CNY", "1,234,567.89"),
        ("-1234.5", "USD", f"{MINUS}1,234.50"),
        ("-0.004", "CNY", "0.00"),
        ("0.005", "CNY", "0.01"),
        ("1234.5", "JPY", "1,235"),
        ("1.23456", "KWD", "1.235"),
    ],
)
def test_money(value: str, currency: str, shown: str) -> None:
    assert formats.money(Decimal(value), currency, "zh_CN") == shown


def test_money_with_its_currency_and_in_statements() -> None:
    assert formats.money(Decimal(12), "CNY", "en", unit="code") == "CNY\N{NO-BREAK SPACE}12.00"
    assert formats.money(Decimal(-12), "CNY", "zh_CN", unit="symbol") == f"{MINUS}¥12.00"
    assert formats.money(Decimal(-12), "CNY", "en", accounting=True) == "(12.00)"
    assert formats.money(Decimal(0), "CNY", "en", accounting=True) == formats.DASH
    assert formats.money(Decimal(0), "CNY", "en", dash=True) == formats.DASH


def test_other_separators() -> None:
    assert formats.money(Decimal("-1234567.5"), "EUR", "de") == f"{MINUS}1.234.567,50"


def test_quantity_price_percent_number() -> None:
    assert formats.quantity(Decimal("1234.500000"), "en") == "1,234.5"
    assert formats.quantity(Decimal("12.000000"), "en") == "12"
    assert formats.quantity(Decimal(12), "en", digits=2) == "12.00"
    assert formats.price(Decimal("0.034500"), "CNY", "en") == "0.0345"
    assert formats.price(Decimal("12.000000"), "CNY", "en") == "12.00"
    assert formats.price(Decimal(100), "JPY", "en") == "100"
    assert formats.percent(Decimal("13.0000"), "en") == "13%"
    assert formats.percent(Decimal("-0.5"), "en") == f"{MINUS}0.5%"
    assert formats.number(1234567, "en") == "1,234,567"
    assert formats.number(Decimal("2.50"), "en", digits=1) == "2.5"
    assert formats.number(2026, "en", group=False) == "2026"
    assert formats.number(Decimal(100), "en") == "100"


def test_days_and_instants() -> None:
    day = date(2026, 3, 7)
    assert formats.day(day, "zh_CN") == "2026-03-07"
    assert formats.day(day, "zh_CN", long=True) == "2026年3月7日"
    assert formats.day(day, "en", long=True) == "7 March 2026"
    assert formats.day(None, "en") == ""
    instant = datetime(2026, 3, 7, 17, 30, tzinfo=UTC)
    assert formats.instant(instant, "Asia/Shanghai", "en") == "2026-03-08 01:30"
    assert formats.instant(instant, "Asia/Shanghai", "zh_CN", seconds=True, long=True) == "2026年3月8日 01:30:00"
    with pytest.raises(ValueError, match="aware"):
        formats.instant(datetime(2026, 3, 7), "UTC", "en")  # noqa: DTZ001  the defect under test
