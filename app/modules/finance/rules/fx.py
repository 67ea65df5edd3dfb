"""Foreign currency: a rate is the number of units of the company's currency for one unit of the foreign one.

Realised differences arise at each allocation (allocated amount x (rate at settlement - rate at booking)),
unrealised ones when an open balance is shown at the closing rate (catalogue F8, IAS 21.28, CAS 19).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import digits_of, round_half_up

RATE_DIGITS = 10
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class DatedRate:
    """`rate` units of the company's currency for one unit of `currency`, from that day on."""

    currency: str
    on: date
    rate: Decimal


def check_rate(rate: Decimal, currency: str, company_currency: str) -> Decimal:
    """The rate, if it can be one; Invalid `fx.rate` where not positive, `fx.rate_own` where own currency is not 1."""
    if rate <= 0:
        raise Invalid("fx.rate", field="rate", currency=currency)
    if currency == company_currency and rate != 1:
        raise Invalid("fx.rate_own", field="rate", currency=currency)
    return rate


def rate_on(
    rates: Sequence[DatedRate], currency: str, company_currency: str, day: date, max_age_days: int | None = None
) -> Decimal:
    """The newest rate on or before the day.

    Conflict `fx.no_rate` where there is none, `fx.stale_rate` where the newest is older than allowed.
    """
    if currency == company_currency:
        return ONE
    known = [rate for rate in rates if rate.currency == currency and rate.on <= day]
    if not known:
        raise Conflict("fx.no_rate", field="rate", currency=currency, on=day)
    newest = max(known, key=lambda rate: rate.on)
    if max_age_days is not None and day - newest.on > timedelta(days=max_age_days):
        raise Conflict("fx.stale_rate", field="rate", currency=currency, on=day, newest=newest.on)
    return newest.rate


def inverse(rate: Decimal) -> Decimal:
    """The rate seen from the other side, ten decimals."""
    return round_half_up(ONE / rate, RATE_DIGITS)


def cross(rate: Decimal, other: Decimal) -> Decimal:
    """Units of the other currency for one of the first, both quoted against the company's currency."""
    return round_half_up(rate / other, RATE_DIGITS)


def in_company(amount: Decimal, rate: Decimal, company_currency: str) -> Decimal:
    """A foreign amount in the company's currency, rounded to its minor unit."""
    return round_half_up(amount * rate, digits_of(company_currency))


def realised(allocated: Decimal, booked_rate: Decimal, settled_rate: Decimal, company_currency: str) -> Decimal:
    """Gain of a receivable (loss of a payable) when `allocated` foreign units settle at another rate."""
    return in_company(allocated, settled_rate, company_currency) - in_company(allocated, booked_rate, company_currency)


def unrealised(open_amount: Decimal, closing_rate: Decimal, carrying: Decimal, company_currency: str) -> Decimal:
    """What must be added to the carrying amount so that it shows the open balance at the closing rate.

    A balance that is zero in foreign currency carries nothing: its residue is swept.
    """
    return in_company(open_amount, closing_rate, company_currency) - carrying
