"""The ledger, as the ledger page measured it: posters insert and raise one counter, the sealer writes balances.

`finance_series` holds number, period state and hash head in one row; entries and lines are append-only.
Balances and seals are written by the sealer's role alone.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Amount, Choice, Currency, Key, Memo, Model, State
from app.modules.finance.models.account import Account, Book
from app.modules.finance.models.period import Period
from app.platform.organisation import Company

MONEY = Numeric(20, 4)


class Series(Model):
    """Number, state and chain head of one book, kind and period: the row a poster locks, last of all."""

    __tablename__ = "finance_series"
    __audited__ = False
    book_id: Mapped[UUID] = mapped_column(ForeignKey(Book.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    period_id: Mapped[UUID] = mapped_column(ForeignKey(Period.id), primary_key=True)
    state: Mapped[State] = mapped_column(default="open")
    last_number: Mapped[int] = mapped_column(BigInteger, default=0)
    head: Mapped[bytes]
    last_posted_at: Mapped[datetime | None]
    __table_args__: Any = (
        CheckConstraint("state IN ('open', 'soft', 'closed', 'sealed')", name="state"),
        {"postgresql_with": {"fillfactor": "20"}},
    )


class Entry(Model):
    """A posted voucher: never changed, only reversed by another."""

    __tablename__ = "finance_entry"
    __noun__ = "entry"
    __label__ = "voucher"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    book_id: Mapped[UUID]
    kind: Mapped[Choice]
    period_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    voucher: Mapped[str] = mapped_column(String(40), info={"kind": "code"})
    business_on: Mapped[date]
    posted_at: Mapped[datetime]
    posted_by_id: Mapped[UUID | None]
    origin_kind: Mapped[str] = mapped_column(String(40), info={"kind": "code"})
    origin_id: Mapped[UUID]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_entry.id"), unique=True)
    memo: Mapped[Memo] = mapped_column(default="")
    line_count: Mapped[int] = mapped_column(Integer)
    total: Mapped[Amount]
    """Sum of the debits, for lists."""
    leaf: Mapped[bytes]
    head: Mapped[bytes]
    __table_args__ = (
        UniqueConstraint("book_id", "kind", "period_id", "number", name="finance_entry_number_uq"),
        Index("finance_entry_origin_ix", "origin_id"),
        Index("finance_entry_list_ix", "company_id", "business_on", "id"),
        CheckConstraint("line_count >= 2", name="line_count"),
    )


class DimensionSet(Model):
    """A set of dimension values; its id is the hash of its content."""

    __tablename__ = "finance_dimension_set"
    __append_only__ = True
    __audited__ = False
    id: Mapped[UUID] = mapped_column(primary_key=True)


class DimensionSetValue(Model):
    """One value of a set."""

    __tablename__ = "finance_dimension_set_value"
    __append_only__ = True
    __audited__ = False
    set_id: Mapped[UUID] = mapped_column(ForeignKey(DimensionSet.id), primary_key=True)
    dimension_id: Mapped[UUID] = mapped_column(primary_key=True)
    value_id: Mapped[UUID]
    __table_args__ = (Index("finance_dimension_slice_ix", "dimension_id", "value_id", "set_id"),)


class EntryLine(Model):
    """One line. Amounts may be negative (red ink); `amount` is signed, debit positive, in `currency`."""

    __tablename__ = "finance_line"
    __append_only__ = True
    __audited__ = False
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(Entry.id), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    book_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    dimension_set_id: Mapped[UUID] = mapped_column(ForeignKey(DimensionSet.id))
    business_on: Mapped[date]
    posted_at: Mapped[datetime]
    currency: Mapped[Currency]
    amount: Mapped[Amount]
    debit: Mapped[Amount]
    credit: Mapped[Amount]
    group_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    __table_args__ = (
        Index("finance_line_card_ix", "account_id", "business_on", "entry_id", "no"),
        Index(
            "finance_line_slice_ix",
            "dimension_set_id",
            "business_on",
            postgresql_include=["account_id", "debit", "credit"],
        ),
        Index("finance_line_known_ix", "posted_at", postgresql_using="brin", postgresql_with={"pages_per_range": "32"}),
        CheckConstraint("debit = 0 OR credit = 0", name="side"),
        CheckConstraint("no >= 1", name="no"),
    )


class Unsealed(Model):
    """An entry whose lines are not in the balances yet; the sealer takes it away."""

    __tablename__ = "finance_unsealed"
    __drained__ = True
    __audited__ = False
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(Entry.id), primary_key=True)
    __table_args__ = (
        {
            "postgresql_with": {
                "autovacuum_vacuum_scale_factor": "0.02",
                "autovacuum_analyze_scale_factor": "0.02",
            }
        },
    )


class Balance(Model):
    """Sums by grain: O before 1 January, M month, T ten days, D day (`rules.balance`)."""

    __tablename__ = "finance_balance"
    __sealed__ = True
    __audited__ = False
    grain: Mapped[str] = mapped_column(String(1), primary_key=True)
    book_id: Mapped[UUID] = mapped_column(primary_key=True)
    bucket_on: Mapped[date] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount: Mapped[Decimal] = mapped_column(MONEY)
    debit: Mapped[Decimal] = mapped_column(MONEY)
    credit: Mapped[Decimal] = mapped_column(MONEY)
    group_amount: Mapped[Decimal] = mapped_column(MONEY)
    __table_args__: Any = (
        CheckConstraint("grain IN ('O', 'M', 'T', 'D')", name="grain"),
        {"postgresql_with": {"fillfactor": "70"}},
    )


class Seal(Model):
    """A sealed batch: the Merkle root of its entries, bound to the seal before it."""

    __tablename__ = "finance_seal"
    __sealed__ = True
    __audited__ = False
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime]
    entries: Mapped[int] = mapped_column(Integer)
    lines: Mapped[int] = mapped_column(Integer)
    root: Mapped[bytes]
    previous: Mapped[bytes]
    hash: Mapped[bytes]


class SealEntry(Model):
    """Where an entry stands in its seal, for proofs that it is included."""

    __tablename__ = "finance_seal_entry"
    __sealed__ = True
    __audited__ = False
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(Entry.id), primary_key=True)
    seal_no: Mapped[int] = mapped_column(ForeignKey(Seal.no))
    position: Mapped[int] = mapped_column(Integer)
    __table_args__ = (Index("finance_seal_entry_seal_ix", "seal_no", "position", unique=True),)


class Chain(Model):
    """One row a tenant: the last seal, and the last year that has opening rows. Its lock makes sealing exclusive."""

    __tablename__ = "finance_chain"
    __sealed__ = True
    __audited__ = False
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last_no: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[bytes]
    rolled_to: Mapped[int] = mapped_column(Integer)
