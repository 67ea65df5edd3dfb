"""Dated exchange rates, and per company how old one may be."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Key, Model, Rate, Versioned
from app.modules.masterdata.models.currency import Currency
from app.modules.masterdata.rules.exchange_rate import STALE_AFTER_DAYS
from app.platform.organisation import Company


class ExchangeRate(Versioned, Model):
    """One unit of `currency` is `rate` units of `quote` from `valid_on` until the next one of its kind."""

    __tablename__ = "masterdata_exchange_rate"
    __noun__ = "exchange_rate"
    __label__ = "currency"
    __search__ = ("quote",)
    id: Mapped[Key]
    currency: Mapped[str] = mapped_column(String(3), ForeignKey(Currency.code), info={"kind": "code"})
    quote: Mapped[str] = mapped_column(String(3), ForeignKey(Currency.code), info={"kind": "code"})
    kind: Mapped[Choice]
    valid_on: Mapped[date]
    rate: Mapped[Rate]
    source: Mapped[str] = mapped_column(String(80), default="")
    __table_args__ = (
        UniqueConstraint("kind", "currency", "quote", "valid_on", name="masterdata_exchange_rate_pair_uq"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("currency <> quote", name="pair"),
        CheckConstraint("kind IN ('spot', 'average', 'customs')", name="kind"),
        Index("masterdata_exchange_rate_valid_on_ix", "valid_on"),
    )


class RatePolicy(Versioned, Model):
    """How old a rate may be in one company before documents are refused; 0 days means any age."""

    __tablename__ = "masterdata_rate_policy"
    __noun__ = "rate_policy"
    __label__ = "stale_after_days"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id), unique=True)
    company: Mapped[Company] = relationship(lazy="raise")
    stale_after_days: Mapped[int] = mapped_column(Integer, default=STALE_AFTER_DAYS)
    __table_args__ = (CheckConstraint("stale_after_days BETWEEN 0 AND 3660", name="days"),)
