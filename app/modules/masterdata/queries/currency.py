"""Currencies: how many decimals one has, and whether it may be used."""

from sqlalchemy import select

from app.kernel.errors import Invalid
from app.kernel.money import digits_of
from app.modules.masterdata.models.currency import Currency
from app.platform.work import Work


def currency_digits(code: str) -> int:
    """Decimals of the minor unit by ISO 4217; no statement: the kernel knows every currency that may be used."""
    return digits_of(code)


def active_currencies(work: Work) -> dict[str, Currency]:
    """The currencies that may be used, by code; read once a transaction."""
    return work.remember(
        "masterdata.currencies",
        lambda: {row.code: row for row in work.session.scalars(select(Currency).where(Currency.active))},
    )


def require_currency(work: Work, code: str, *, field: str = "currency") -> str:
    """The code; Invalid `currency.unknown` where there is no such currency or it is not in use."""
    known = work.remember(
        ("masterdata.currency", code),
        lambda: work.session.scalars(select(Currency.code).where(Currency.code == code, Currency.active)).one_or_none(),
    )
    if known is None:
        raise Invalid("currency.unknown", field=field, currency=code)
    return code
