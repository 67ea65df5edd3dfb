"""Numbers, money, days and instants as people read them. Pure functions of value and locale.

Separators come from Babel's CLDR data, once per locale; the digits themselves are grouped by
Python's own `format`, which is an order of magnitude faster than a CLDR pattern. The minus is the
real sign U+2212, so that columns of figures line up. Digits of money follow ISO 4217 (app.kernel.money).
Screens show ISO days; documents for customers show long ones (`long=True`).
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from app.kernel.money import digits_of, round_half_up

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
QUANTITY_DIGITS = 6
PRICE_DIGITS = 6
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥", "KRW": "₩", "INR": "₹"}
ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

Unit = Literal["none", "code", "symbol"]


@lru_cache(maxsize=64)
def separators(locale: str) -> tuple[str, str]:
    """The group and decimal separators of a locale such as `zh_CN`, from CLDR."""
    from babel import Locale  # imported late: the first use costs tens of milliseconds

    symbols = Locale.parse(locale).number_symbols["latn"]
    return str(symbols["group"]), str(symbols["decimal"])


@lru_cache(maxsize=64)
def _is_plain(locale: str) -> bool:
    return locale in ("en", "zh_CN") or separators(locale) == (",", ".")


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _digits(value: Decimal, least: int, most: int, locale: str, group: bool = True) -> str:
    """The unsigned figure with at least `least` and at most `most` decimals, trailing zeros between them dropped."""
    rounded = abs(round_half_up(value, most))
    text = f"{rounded:,f}" if group else f"{rounded:f}"
    if most > least and "." in text:
        whole, _, fraction = text.partition(".")
        fraction = fraction.rstrip("0").ljust(least, "0")
        text = f"{whole}.{fraction}" if fraction else whole
    if _is_plain(locale):
        return text
    thousands, point = separators(locale)
    return text.translate({ord(","): thousands, ord("."): point})


def _signed(text: str, value: Decimal) -> str:
    """A minus before figures below zero; what rounds to zero carries no sign."""
    if value < 0 and any(character in "123456789" for character in text):
        return MINUS + text
    return text


def number(
    value: Decimal | int, locale: str, *, digits: int | None = None, group: bool = True, dash: bool = False
) -> str:
    """A plain number: exactly `digits` decimals, or as many as it has (up to twelve)."""
    value = Decimal(value)
    if dash and not value:
        return DASH
    text = _digits(value, digits or 0, 12 if digits is None else digits, locale, group)
    return _signed(text, value)


def money(
    value: Decimal,
    currency: str,
    locale: str,
    accounting: bool = False,
    *,
    unit: Unit = "none",
    dash: bool = False,
) -> str:
    """An amount with the decimals of its currency: 1,234.50; JPY 1,235.

    `accounting` puts negatives in brackets and zero as an en dash, as statements do;
    `unit` adds the code (`CNY 12.00`) or the symbol (`¥12.00`); `dash` shows zero as an en dash.
    """
    if not value and (dash or accounting):
        return DASH
    digits = digits_of(currency)
    text = _digits(value, digits, digits, locale)
    if unit == "code":
        text = f"{currency}\N{NO-BREAK SPACE}{text}"
    elif unit == "symbol":
        text = SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}") + text
    if accounting and value < 0:
        return f"({text})"
    return _signed(text, value)


def quantity(value: Decimal, locale: str, *, digits: int = 0, dash: bool = False) -> str:
    """A quantity: at least `digits` decimals, up to six, without trailing zeros."""
    if dash and not value:
        return DASH
    return _signed(_digits(value, digits, max(digits, QUANTITY_DIGITS), locale), value)


def price(value: Decimal, currency: str, locale: str) -> str:
    """A unit price: at least the currency's decimals, up to six."""
    return _signed(_digits(value, digits_of(currency), PRICE_DIGITS, locale), value)


def percent(value: Decimal, locale: str, *, digits: int = 0, dash: bool = False) -> str:
    """Percent points as a person writes them: Decimal("13") -> 13%, Decimal("0.5") -> 0.5%. Not a ratio."""
    if dash and not value:
        return DASH
    return _signed(_digits(value, digits, max(digits, 4), locale) + "%", value)


def day(value: date | None, locale: str, long: bool = False) -> str:
    """A business day: 2026-11-24, or long 2026年11月24日 / 24 November 2026; None is the empty text."""
    if value is None:
        return ""
    if not long:
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    if locale.startswith("zh"):
        return f"{value.year}年{value.month}月{value.day}日"
    if locale.startswith("en"):
        return f"{value.day} {ENGLISH_MONTHS[value.month - 1]} {value.year}"
    from babel.dates import format_date

    return format_date(value, "long", locale)


def instant(value: datetime | None, zone: str, locale: str, *, seconds: bool = False, long: bool = False) -> str:
    """An instant on the wall clock of an IANA zone: 2026-11-24 10:42. A naive value is a defect and raises."""
    if value is None:
        return ""
    if value.tzinfo is None:
        raise ValueError("an instant must be aware")
    local = value.astimezone(_zone(zone))
    clock = f"{local.hour:02d}:{local.minute:02d}" + (f":{local.second:02d}" if seconds else "")
    return f"{day(local.date(), locale, long)} {clock}"
