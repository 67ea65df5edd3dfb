"""Costing: append-only facts, dated cost events and value entries, and the caches the engine may rebuild from them.

A *cost unit* is one item in one company; its id stands for both in every key below. Its row is the lock of all that
belongs to it, and `seq` is counted under that lock, so (business day, seq) orders a unit's facts without ties.
What an issue is worth is never stored: it is a pure function of facts and events (`rules/costing.py`). Value entries
are the difference between that ideal and what was booked before, and are summed into the ledger's lines.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Amount, Choice, Key, Model, Quantity
from app.modules.finance.models.account import Account
from app.modules.masterdata.models.item import Item
from app.platform.organisation import Company

AREA, BATCH, ACCOUNT = String(40), String(40), String(46)
"""Valuation area (its id, or `dispatched`); batch key within it; account as the rules write it."""


class CostUnit(Model):
    """One item in one company: method, policy and the tail of its history. *The* lock of its costing."""

    __tablename__ = "inventory_cost_unit"
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    method: Mapped[Choice]
    negative: Mapped[bool] = mapped_column(default=False)
    """Whether goods may leave before they came in, at an assumed cost that is trued up."""
    pending: Mapped[bool] = mapped_column(default=False)
    """Whether marks in `inventory_cost_pending` wait: the tail may be provisional."""
    last_on: Mapped[date]
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    since: Mapped[int] = mapped_column(Integer, default=0)
    """Facts since the newest checkpoint."""
    state: Mapped[str]
    """The pools at the tail as JSON: main pools with their oldest layer; the other layers are rows."""
    __table_args__: Any = (
        UniqueConstraint("company_id", "item_id"),
        CheckConstraint("method IN ('fifo', 'average', 'monthly', 'specific', 'standard')", name="method"),
        {"postgresql_with": {"fillfactor": "50"}},
    )


class StockAccount(Model):
    """The stock account of a valuation area, where it is not the company's account for the role `stock`."""

    __tablename__ = "inventory_stock_account"
    __noun__ = "stock_account"
    __label__ = "area"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    area: Mapped[str] = mapped_column(AREA)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    __table_args__ = (UniqueConstraint("company_id", "area"),)


class StockFact(Model):
    """One movement as the rules value it; see `rules.costing.Fact`. `line_kind`, `line_id` name its document line."""

    __tablename__ = "inventory_stock_fact"
    __append_only__ = True
    __audited__ = False
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(CostUnit.id), primary_key=True)
    business_on: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger)
    area: Mapped[str] = mapped_column(AREA)
    batch: Mapped[str] = mapped_column(BATCH, default="")
    quantity: Mapped[Quantity]
    account: Mapped[str] = mapped_column(ACCOUNT, default="")
    to_area: Mapped[str] = mapped_column(AREA, default="")
    to_batch: Mapped[str] = mapped_column(BATCH, default="")
    ref_on: Mapped[date | None]
    ref_seq: Mapped[int | None] = mapped_column(BigInteger)
    """The original of a return or reversal: (ref_on, ref_seq) of the same unit."""
    before: Mapped[Quantity] = mapped_column(default=Decimal(0))
    whole: Mapped[Quantity] = mapped_column(default=Decimal(0))
    original_kind: Mapped[int] = mapped_column(SmallInteger, default=0)
    estimate: Mapped[Amount] = mapped_column(default=Decimal(0))
    line_kind: Mapped[str] = mapped_column(String(40))
    line_id: Mapped[UUID]
    origin_kind: Mapped[str] = mapped_column(String(40))
    origin_id: Mapped[UUID]
    actor_id: Mapped[UUID | None]
    known_at: Mapped[datetime]
    __table_args__ = (
        Index("inventory_stock_fact_line_ix", "line_id"),
        Index("inventory_stock_fact_ref_ix", "unit_id", "ref_on", postgresql_where="ref_on IS NOT NULL"),
        CheckConstraint("kind BETWEEN 1 AND 6", name="kind"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(kind IN (4, 5, 6)) = (ref_seq IS NOT NULL)", name="ref"),
        CheckConstraint("(ref_seq IS NULL) = (ref_on IS NULL)", name="ref_day"),
        CheckConstraint("before >= 0 AND (whole = 0 OR before + quantity <= whole)", name="slice"),
    )


class CostEvent(Model):
    """A dated amount of an inflow with its other side: price, invoice difference, freight, retro price.

    `derived` rows belong to returns and reversals instead: what they copied from their original, as last settled.
    """

    __tablename__ = "inventory_cost_event"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    unit_id: Mapped[UUID]
    business_on: Mapped[date]
    fact_seq: Mapped[int] = mapped_column(BigInteger)
    account: Mapped[str] = mapped_column(ACCOUNT)
    amount: Mapped[Amount]
    derived: Mapped[bool] = mapped_column(default=False)
    origin_kind: Mapped[str] = mapped_column(String(40))
    origin_id: Mapped[UUID]
    known_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(
            ["unit_id", "business_on", "fact_seq"],
            [StockFact.unit_id, StockFact.business_on, StockFact.seq],
            name="inventory_cost_event_fact_fk",
        ),
        Index("inventory_cost_event_fact_ix", "unit_id", "business_on", "fact_seq"),
    )


class ValueEntry(Model):
    """A booked amount: true on `valued_on`, in the ledger on `posted_on`. Balanced per unit, seq and day.

    The lines of ledger entry `entry_id` on that account are the sum of its value entries (no key to the ledger: its
    rows are written last). `account` is `stock:<area>`, `difference`, or the id of a ledger account.
    """

    __tablename__ = "inventory_value_entry"
    __noun__ = "value_entry"
    __append_only__ = True
    __audited__ = False
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(CostUnit.id), primary_key=True)
    valued_on: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    company_id: Mapped[UUID]
    posted_on: Mapped[date]
    account: Mapped[str] = mapped_column(ACCOUNT)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    amount: Mapped[Amount]
    entry_id: Mapped[UUID | None]
    known_at: Mapped[datetime]
    __table_args__ = (
        Index("inventory_value_entry_entry_ix", "entry_id"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("posted_on >= valued_on", name="posted_on"),
    )


class CostLayer(Model):
    """An open FIFO layer behind the oldest one, or a batch (day 0001-01-01, seq 0), at the tail of the history."""

    __tablename__ = "inventory_cost_layer"
    __audited__ = False
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(CostUnit.id), primary_key=True)
    area: Mapped[str] = mapped_column(AREA, primary_key=True)
    batch: Mapped[str] = mapped_column(BATCH, primary_key=True)
    business_on: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    quantity: Mapped[Quantity]
    value: Mapped[Amount]
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity"),)


class CostCheckpoint(Model):
    """The whole state at the end of a day, about every 200 facts: a replay starts there. May be dropped at any time."""

    __tablename__ = "inventory_cost_checkpoint"
    __audited__ = False
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(CostUnit.id), primary_key=True)
    business_on: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str]


class CostPending(Model):
    """Cost pending: a change on that day or after it has been booked provisionally and waits to be settled."""

    __tablename__ = "inventory_cost_pending"
    __audited__ = False
    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(CostUnit.id))
    business_on: Mapped[date]
    created_at: Mapped[datetime]
    __table_args__ = (Index("inventory_cost_pending_unit_ix", "unit_id"),)


class StockBalance(Model):
    """What a month changed of a unit's stock in an area: quantity by business day, value by ledger day."""

    __tablename__ = "inventory_stock_balance"
    __audited__ = False
    month_on: Mapped[date] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(CostUnit.id), primary_key=True)
    area: Mapped[str] = mapped_column(AREA, primary_key=True)
    quantity: Mapped[Quantity]
    value: Mapped[Amount]
    __table_args__: Any = (
        CheckConstraint("month_on = date_trunc('month', month_on::timestamp)::date", name="month_on"),
        {"postgresql_with": {"fillfactor": "70"}},
    )
