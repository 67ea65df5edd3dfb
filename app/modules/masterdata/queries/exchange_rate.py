"""The rate of a day: one statement finds the newest of every pair that may answer."""

from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from app.modules.masterdata.models.exchange_rate import ExchangeRate, RatePolicy
from app.modules.masterdata.rules.exchange_rate import STALE_AFTER_DAYS, Quoted, checked_found, found_rate
from app.platform.organisation import company_at_work
from app.platform.work import Work

RateKind = Literal["spot", "average", "customs"]


def rate_on(work: Work, currency: str, quote: str, on: date, kind: RateKind = "spot") -> Decimal:
    """Units of `quote` for one `currency` by the last rate on or before the day.

    Direct, inverse, or through the company's base currency, whichever is newest. Conflict
    `exchange_rate.none` or `exchange_rate.stale`. Cached for the transaction; equal currencies cost nothing.
    """
    if currency == quote:
        return Decimal(1)
    return work.remember(
        ("masterdata.rate", currency, quote, on, kind), lambda: _read_rate(work, currency, quote, on, kind)
    )


def _read_rate(work: Work, currency: str, quote: str, on: date, kind: str) -> Decimal:
    base = company_at_work(work).currency
    ends = {(currency, quote), (currency, base), (base, quote)}
    pairs = sorted({pair for a, b in ends if a != b for pair in ((a, b), (b, a))})
    policy = select(RatePolicy.stale_after_days).where(RatePolicy.company_id == work.company_id).scalar_subquery()
    statement = (
        select(ExchangeRate.currency, ExchangeRate.quote, ExchangeRate.valid_on, ExchangeRate.rate, policy)
        .where(
            ExchangeRate.kind == kind,
            tuple_(ExchangeRate.currency, ExchangeRate.quote).in_(pairs),
            ExchangeRate.valid_on <= on,
        )
        .ext(distinct_on(ExchangeRate.currency, ExchangeRate.quote))
        .order_by(ExchangeRate.currency, ExchangeRate.quote, ExchangeRate.valid_on.desc())
    )
    rows = work.session.execute(statement).all()
    known = [Quoted(row[0], row[1], row[2], row[3]) for row in rows]
    stale_after = rows[0][4] if rows and rows[0][4] is not None else STALE_AFTER_DAYS
    return checked_found(found_rate(known, currency, quote, base), currency, quote, on, stale_after)
