"""Open items, their current state, what settled them, and the credit claimed on parties.

Items and allocations are append-only facts; the state row is their sum under its own lock, which also
stops over-allocation. At a past day: open amount + allocations after it (ledger page, section 8).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Amount, Choice, Currency, Key, Model, Percent, State
from app.kernel.dates import FAR
from app.modules.finance.models.account import Account
from app.modules.masterdata.models.party import Party
from app.platform.organisation import Company


class OpenItem(Model):
    """A claim (positive) or debt (negative) as it arose, in its currency and as carried in the company's."""

    __tablename__ = "finance_open_item"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    party_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    document_kind: Mapped[str] = mapped_column(String(40))
    document_id: Mapped[UUID]
    currency: Mapped[Currency]
    amount: Mapped[Amount]
    company_amount: Mapped[Amount]
    business_on: Mapped[date]
    due_on: Mapped[date]
    posted_at: Mapped[datetime]
    __table_args__ = (
        Index("finance_open_item_document_ix", "document_id"),
        CheckConstraint("amount <> 0", name="amount"),
    )


class OpenItemState(Model):
    """What of an item is still open; FAR in `settled_on` while it is. Columns of the item are repeated for the reports."""

    __tablename__ = "finance_open_item_state"
    __noun__ = "open_item"
    __label__ = "number"
    __search__ = ("currency",)
    __audited__ = False
    id: Mapped[UUID] = mapped_column(ForeignKey(OpenItem.id), primary_key=True)
    item: Mapped[OpenItem] = relationship(lazy="raise")
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    party_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    document_kind: Mapped[str] = mapped_column(String(40), info={"kind": "choice"})
    document_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(60), info={"kind": "code"})
    business_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[Currency]
    amount: Mapped[Amount]
    open_amount: Mapped[Amount]
    open_company_amount: Mapped[Amount]
    discount_percent: Mapped[Percent]
    discount_until: Mapped[date | None]
    settled_on: Mapped[date] = mapped_column(default=FAR)
    posted_at: Mapped[datetime]
    __table_args__ = (
        Index(
            "finance_open_item_state_age_ix",
            "account_id",
            "settled_on",
            "business_on",
            postgresql_include=["party_id", "due_on", "id", "open_amount"],
        ),
        Index("finance_open_item_state_party_ix", "party_id", "settled_on", "due_on"),
        Index("finance_open_item_state_list_ix", "company_id", "due_on", "id"),
        CheckConstraint("open_amount * amount >= 0 AND abs(open_amount) <= abs(amount)", name="open"),
        {"postgresql_with": {"fillfactor": "70"}},
    )


class Settlement(Model):
    """One act of allocating: the rows that belong together and the entry of its differences and discounts."""

    __tablename__ = "finance_settlement"
    __noun__ = "settlement"
    __label__ = "id"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    payment_id: Mapped[UUID | None] = mapped_column(index=True)
    settled_on: Mapped[date]
    entry_id: Mapped[UUID | None]
    state: Mapped[State] = mapped_column(default="posted")
    reason: Mapped[Choice] = mapped_column(default="allocation")
    __table_args__ = (CheckConstraint("state IN ('posted', 'reversed')", name="state"),)


class Allocation(Model):
    """What one item gave to another: signed like the item; taking back is a row of its own, negative."""

    __tablename__ = "finance_allocation"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    settlement_id: Mapped[UUID] = mapped_column(ForeignKey(Settlement.id))
    settlement: Mapped[Settlement] = relationship(lazy="raise")
    item_id: Mapped[UUID] = mapped_column(ForeignKey(OpenItem.id))
    with_item_id: Mapped[UUID | None]
    """The other item; None for the part that became a discount or a write-off."""
    allocated_on: Mapped[date]
    posted_at: Mapped[datetime]
    amount: Mapped[Amount]
    company_amount: Mapped[Amount]
    __table_args__ = (
        Index("finance_allocation_item_ix", "item_id", "allocated_on"),
        Index("finance_allocation_settlement_ix", "settlement_id"),
        Index("finance_allocation_on_ix", "allocated_on", postgresql_include=["item_id", "amount", "company_amount"]),
    )


class Exposure(Model):
    """Credit claimed by orders that are not billed yet, in company currency: the row is the lock of the check."""

    __tablename__ = "finance_exposure"
    __audited__ = False
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id), primary_key=True)
    claimed: Mapped[Amount]
    __table_args__ = (
        CheckConstraint("claimed >= 0", name="claimed"),
        {"postgresql_with": {"fillfactor": "50"}},
    )
