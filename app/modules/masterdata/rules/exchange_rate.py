"""Exchange rates: which of the known rates answers a question, and when it is too old to be used.

A rate says how many units of `quote` one unit of `currency` is. The answer is the newest of: the rate of
the pair itself, its inverse, or the way through the base currency; at equal age the more direct one wins.
Source of the stale-rate block: catalogue F8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import round_half_up

RATE_DIGITS = 10
STALE_AFTER_DAYS = 45
"""What a company starts with: a monthly rate and two weeks of grace. 0 switches the block off."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The newest rate of one ordered pair on or before the day asked for."""

    currency: str
    quote: str
    valid_on: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Found:
    """A rate and the day its oldest part is of."""

    rate: Decimal
    valid_on: date


def _leg(known: Sequence[Quoted], source: str, target: str) -> Found | None:
    """The pair in either direction, the newer one; the direct one on the same day. Unrounded."""
    if source == target:
        return Found(Decimal(1), date.max)
    direct = next((q for q in known if (q.currency, q.quote) == (source, target)), None)
    inverse = next((q for q in known if (q.currency, q.quote) == (target, source)), None)
    if direct and (inverse is None or direct.valid_on >= inverse.valid_on):
        return Found(direct.rate, direct.valid_on)
    return Found(1 / inverse.rate, inverse.valid_on) if inverse else None


def found_rate(known: Sequence[Quoted], source: str, target: str, base: str) -> Found | None:
    """Units of `target` for one `source`, to ten decimals; None where nothing known leads there."""
    with localcontext(prec=40):
        straight = _leg(known, source, target)
        first, second = _leg(known, source, base), _leg(known, base, target)
        best = straight
        if first and second and base not in (source, target):
            cross = Found(first.rate * second.rate, min(first.valid_on, second.valid_on))
            if best is None or cross.valid_on > best.valid_on:
                best = cross
    return Found(round_half_up(best.rate, RATE_DIGITS), best.valid_on) if best else None


def checked_found(found: Found | None, source: str, target: str, on: date, stale_after_days: int) -> Decimal:
    """The rate; Conflict `exchange_rate.none` where there is none, `exchange_rate.stale` where it is too old."""
    if found is None:
        raise Conflict("exchange_rate.none", currency=source, quote=target, on=on)
    if stale_after_days and on - found.valid_on > timedelta(days=stale_after_days):
        raise Conflict(
            "exchange_rate.stale",
            currency=source,
            quote=target,
            on=on,
            valid_on=found.valid_on,
            days=stale_after_days,
        )
    if not found.rate:
        raise Conflict("exchange_rate.none", currency=source, quote=target, on=on)
    return found.rate


def checked_pair(currency: str, quote: str, rate: Decimal) -> Decimal:
    """A rate as it is stored: positive to ten decimals, between two different currencies."""
    if currency == quote:
        raise Invalid("exchange_rate.same_currency", field="quote", currency=currency)
    rounded = round_half_up(rate, RATE_DIGITS) if rate.is_finite() else Decimal(0)
    if rounded <= 0:
        raise Invalid("exchange_rate.not_positive", field="rate")
    return rounded
