"""Exchange rates and how old they may be. Documents keep the rate they used, so a correction changes none of them."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import select

from app.kernel.errors import Conflict
from app.modules.masterdata.actions.change import CurrencyText, apply
from app.modules.masterdata.events import ExchangeRateChanged
from app.modules.masterdata.models.exchange_rate import ExchangeRate, RatePolicy
from app.modules.masterdata.queries.currency import require_currency
from app.modules.masterdata.queries.exchange_rate import RateKind
from app.modules.masterdata.rules.exchange_rate import STALE_AFTER_DAYS, checked_pair
from app.platform.actions import action
from app.platform.organisation import company_at_work
from app.platform.work import Work

RateText = Annotated[Decimal, Limit(gt=0, max_digits=20, decimal_places=10)]
Source = Annotated[str, Limit(max_length=80)]
Days = Annotated[int, Limit(ge=0, le=3660)]


@action
def create_exchange_rate(
    work: Work,
    currency: CurrencyText,
    rate: RateText,
    valid_on: date | None = None,
    quote: CurrencyText | None = None,
    kind: RateKind = "spot",
    source: Source = "",
) -> UUID:
    """Enter a rate: one `currency` is `rate` of `quote` (the base currency) from the day (today) on."""
    quote = quote or company_at_work(work).currency
    valid_on = valid_on or work.today()
    checked = checked_pair(currency, quote, rate)
    require_currency(work, currency)
    require_currency(work, quote, field="quote")
    same = select(ExchangeRate.id).where(
        ExchangeRate.kind == kind,
        ExchangeRate.currency == currency,
        ExchangeRate.quote == quote,
        ExchangeRate.valid_on == valid_on,
    )
    if work.session.scalars(same).first() is not None:
        raise Conflict("exchange_rate.exists", field="valid_on", currency=currency, quote=quote, on=valid_on)
    record = ExchangeRate(currency=currency, quote=quote, kind=kind, valid_on=valid_on, rate=checked, source=source)
    work.add(record)
    _changed(work, record)
    return record.id


@action
def update_exchange_rate(
    work: Work,
    exchange_rate_id: UUID,
    version: int,
    rate: RateText | MISSING = MISSING,
    source: Source | MISSING = MISSING,
) -> UUID:
    """Correct a rate or its source."""
    record = work.load(ExchangeRate, exchange_rate_id, version=version)
    if isinstance(rate, Decimal):
        rate = checked_pair(record.currency, record.quote, rate)
    apply(record, rate=rate, source=source)
    _changed(work, record)
    return record.id


@action
def delete_exchange_rate(work: Work, exchange_rate_id: UUID) -> None:
    """Delete a rate entered by mistake."""
    record = work.load(ExchangeRate, exchange_rate_id)
    work.session.delete(record)
    _changed(work, record)


@action
def create_rate_policy(work: Work, stale_after_days: Days = STALE_AFTER_DAYS) -> UUID:
    """Set for the company at work after how many days a rate is too old; 0 for never."""
    mine = select(RatePolicy.id).where(RatePolicy.company_id == work.company_id)
    if work.session.scalars(mine).first() is not None:
        raise Conflict("rate_policy.exists")
    return work.add(RatePolicy(company_id=work.company_id, stale_after_days=stale_after_days)).id


@action
def update_rate_policy(
    work: Work, rate_policy_id: UUID, version: int, stale_after_days: Days | MISSING = MISSING
) -> UUID:
    """Change after how many days a rate is too old; 0 for never."""
    policy = work.load(RatePolicy, rate_policy_id, version=version)
    apply(policy, stale_after_days=stale_after_days)
    return policy.id


def _changed(work: Work, record: ExchangeRate) -> None:
    for key in [key for key in work.memory if isinstance(key, tuple) and key[0] == "masterdata.rate"]:
        del work.memory[key]
    work.emit(ExchangeRateChanged(record.currency, record.quote, record.kind, record.valid_on))
