"""Fiscal periods of a company. What a period takes is decided by the series rows; `state` here shows it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Code, Key, Model, State, Versioned
from app.platform.organisation import Company
from app.platform.users import User


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
    """The state furthest from closed among its areas."""
    reason: Mapped[str] = mapped_column(String(400), default="", info={"kind": "text"})
    """Why it was last reopened; the audit log keeps each."""
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        Index("finance_period_days_ix", "company_id", "first_on", "last_on"),
        CheckConstraint("state IN ('open', 'soft', 'closed', 'sealed')", name="state"),
        CheckConstraint("last_on >= first_on", name="days"),
    )


class PeriodException(Versioned, Model):
    """Somebody who may still post into a softly closed period, until a day, for a reason."""

    __tablename__ = "finance_period_exception"
    __noun__ = "period_exception"
    __label__ = "reason"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    period_id: Mapped[UUID] = mapped_column(ForeignKey(Period.id))
    period: Mapped[Period] = relationship(lazy="raise")
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    user: Mapped[User] = relationship(lazy="raise")
    area: Mapped[Choice] = mapped_column(default="all")
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(400), info={"kind": "text"})
    granted_by: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[State] = mapped_column(default="active")
    __table_args__ = (
        Index("finance_period_exception_user_ix", "period_id", "user_id"),
        CheckConstraint("state IN ('active', 'revoked')", name="state"),
    )


class CloseTask(Versioned, Model):
    """A step of a period's close: who owns it, whether it is signed off, and what was seen when it was."""

    __tablename__ = "finance_close_task"
    __noun__ = "close_task"
    __label__ = "step"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    period_id: Mapped[UUID] = mapped_column(ForeignKey(Period.id))
    period: Mapped[Period] = relationship(lazy="raise")
    no: Mapped[int] = mapped_column(Integer)
    step: Mapped[Choice]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    owner: Mapped[User | None] = relationship(lazy="raise")
    state: Mapped[State] = mapped_column(default="open")
    found: Mapped[int] = mapped_column(Integer, default=0)
    """How much was left to do when it was last looked at."""
    looked_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(String(200), default="")
    signed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(400), default="", info={"kind": "text"})
    __table_args__ = (
        UniqueConstraint("period_id", "step"),
        Index("finance_close_task_list_ix", "company_id", "period_id", "no"),
        CheckConstraint("state IN ('open', 'done')", name="state"),
    )
