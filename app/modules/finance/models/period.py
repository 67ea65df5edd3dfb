"""Fiscal periods of a company. What a period takes is decided by the series rows; `state` here shows it."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Code, Key, Model, State, Versioned
from app.platform.organisation import Company


class Period(Versioned, Model):
    """`no` counts within the fiscal year; adjustment periods are its last day again."""

    __tablename__ = "finance_period"
    __reference__ = True
    __noun__ = "period"
    __label__ = "code"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    year: Mapped[Code]
    no: Mapped[int] = mapped_column(Integer)
    first_on: Mapped[date]
    last_on: Mapped[date]
    adjustment: Mapped[bool] = mapped_column(default=False)
    state: Mapped[State] = mapped_column(default="open")
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        Index("finance_period_days_ix", "company_id", "first_on", "last_on"),
        CheckConstraint("state IN ('open', 'soft', 'closed')", name="state"),
        CheckConstraint("last_on >= first_on", name="days"),
    )
