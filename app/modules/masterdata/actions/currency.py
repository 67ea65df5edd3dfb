"""Currencies: ISO's list is seeded; a tenant chooses which are offered and what they are called."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit

from app.kernel.errors import Conflict
from app.kernel.money import digits_of
from app.modules.masterdata.actions.change import NameText, apply, switch
from app.modules.masterdata.models.currency import Currency
from app.platform.actions import action
from app.platform.work import Work

Symbol = Annotated[str, Limit(min_length=1, max_length=8)]


@action
def update_currency(
    work: Work,
    currency_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    name_zh: NameText | MISSING = MISSING,
    symbol: Symbol | MISSING = MISSING,
) -> UUID:
    """Change what a currency is called; its code and digits are ISO's."""
    currency = work.load(Currency, currency_id, version=version)
    apply(currency, name=name, name_zh=name_zh, symbol=symbol)
    return currency.id


@action
def deactivate_currency(work: Work, currency_id: UUID) -> UUID:
    """No longer offer a currency."""
    return switch(work.load(Currency, currency_id), False)


@action
def reactivate_currency(work: Work, currency_id: UUID) -> UUID:
    """Offer a currency; refused for units of account whose decimals money is not rounded to."""
    currency = work.load(Currency, currency_id)
    if currency.digits != digits_of(currency.code):
        raise Conflict("currency.not_for_documents", currency=currency.code)
    return switch(currency, True)
