"""Vouchers before and after posting, their templates, and what the ledger's lines do not hold: quantities.

A voucher is a document: drafted by one person, reviewed by another, posted as one entry. The entry is the proof;
the voucher keeps who did what, the memo of each line and how its foreign amount came about.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.adapters.db import Amount, Choice, Code, Currency, Key, Model, Name, Quantity, Rate, State, Versioned
from app.modules.finance.models.account import Account
from app.modules.finance.models.dimension import CostCentre, DimensionValue
from app.modules.finance.models.journal import Entry
from app.modules.finance.models.period import Period
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.platform.organisation import Company, Department


class VoucherTemplate(Versioned, Model):
    """A voucher to be made again: by hand, or on a schedule. Without amounts it is a form to fill in."""

    __tablename__ = "finance_voucher_template"
    __noun__ = "voucher_template"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    name: Mapped[Name]
    kind: Mapped[Choice] = mapped_column(default="general")
    schedule: Mapped[Choice] = mapped_column(default="none")
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    day: Mapped[int] = mapped_column(Integer, default=31)
    """Day of the month; later than the month is long means its last day."""
    reverses: Mapped[bool] = mapped_column(default=False)
    """Whether what it makes is undone on the first day of the next period (an accrual)."""
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        CheckConstraint("schedule IN ('none', 'monthly', 'quarterly', 'yearly')", name="schedule"),
        CheckConstraint("day BETWEEN 1 AND 31", name="day"),
    )


class Voucher(Versioned, Model):
    """Draft, reviewed by another user, posted, reversed. The number comes with posting, gapless by kind and period."""

    __tablename__ = "finance_voucher"
    __noun__ = "voucher"
    __label__ = "number"
    __search__ = ("memo",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    kind: Mapped[Choice] = mapped_column(default="general")
    state: Mapped[State] = mapped_column(default="draft")
    number: Mapped[str | None] = mapped_column(String(60), info={"kind": "code"})
    business_on: Mapped[date]
    attachments: Mapped[int] = mapped_column(Integer, default=0)
    """How many papers are behind it (附单据数)."""
    memo: Mapped[str] = mapped_column(String(400), default="", info={"kind": "text"})
    """That of the first line, for lists."""
    total: Mapped[Amount] = mapped_column(default=Decimal(0))
    prepared_by_id: Mapped[UUID | None]
    prepared_by: Mapped[str] = mapped_column(String(200), default="")
    reviewed_by_id: Mapped[UUID | None]
    reviewed_by: Mapped[str] = mapped_column(String(200), default="")
    reviewed_at: Mapped[datetime | None]
    posted_by: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(400), default="", info={"kind": "text"})
    """Why it was sent back or reversed."""
    source: Mapped[Choice] = mapped_column(default="manual")
    reverse_on: Mapped[date | None]
    """When what it accrues is undone by itself."""
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey(Entry.id))
    entry: Mapped[Entry | None] = relationship(lazy="raise")
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_voucher.id"), unique=True)
    reverses: Mapped["Voucher | None"] = relationship(lazy="raise", remote_side="Voucher.id")
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey(VoucherTemplate.id))
    template: Mapped[VoucherTemplate | None] = relationship(lazy="raise")
    period_id: Mapped[UUID | None] = mapped_column(ForeignKey(Period.id))
    """The period a schedule made it for: once a template and period."""
    period: Mapped[Period | None] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("template_id", "period_id", name="finance_voucher_recurring_uq"),
        Index("finance_voucher_list_ix", "company_id", "business_on", "id"),
        CheckConstraint("kind IN ('general', 'receipt', 'payment', 'transfer')", name="kind"),
        CheckConstraint("state IN ('draft', 'reviewed', 'posted', 'reversed')", name="state"),
        CheckConstraint("state IN ('draft', 'reviewed') OR entry_id IS NOT NULL", name="entry"),
        CheckConstraint("attachments >= 0", name="attachments"),
    )


class _Line:
    """What a line of a voucher and of a template have alike."""

    id: Mapped[Key]
    no: Mapped[int] = mapped_column(Integer)
    memo: Mapped[str] = mapped_column(String(400), default="", info={"kind": "text"})
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), index=True)
    debit: Mapped[Amount] = mapped_column(default=Decimal(0))
    credit: Mapped[Amount] = mapped_column(default=Decimal(0))
    currency: Mapped[Currency]
    amount: Mapped[Amount] = mapped_column(default=Decimal(0))
    """In `currency`, debit positive."""
    rate: Mapped[Rate] = mapped_column(default=Decimal(1))
    quantity: Mapped[Quantity | None]
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey(Party.id))
    cost_centre_id: Mapped[UUID | None] = mapped_column(ForeignKey(CostCentre.id))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey(Department.id))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey(Item.id))
    value_id: Mapped[UUID | None] = mapped_column(ForeignKey(DimensionValue.id))
    """A value of a dimension of one's own; a second one in `other_value_id`."""
    other_value_id: Mapped[UUID | None] = mapped_column(ForeignKey(DimensionValue.id))

    @declared_attr
    def account(cls) -> Mapped[Account]:
        return relationship(lazy="raise")

    @declared_attr
    def party(cls) -> Mapped[Party | None]:
        return relationship(lazy="raise")

    @declared_attr
    def cost_centre(cls) -> Mapped[CostCentre | None]:
        return relationship(lazy="raise")

    @declared_attr
    def department(cls) -> Mapped[Department | None]:
        return relationship(lazy="raise")

    @declared_attr
    def item(cls) -> Mapped[Item | None]:
        return relationship(lazy="raise")

    @declared_attr
    def value(cls) -> Mapped[DimensionValue | None]:
        return relationship(lazy="raise", foreign_keys=[cls.value_id])  # type: ignore[list-item]

    @declared_attr
    def other_value(cls) -> Mapped[DimensionValue | None]:
        return relationship(lazy="raise", foreign_keys=[cls.other_value_id])  # type: ignore[list-item]


class VoucherLine(_Line, Model):
    """One line, in the order of the entry's lines."""

    __tablename__ = "finance_voucher_line"
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey(Voucher.id))
    voucher: Mapped[Voucher] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("voucher_id", "no"),
        CheckConstraint("debit = 0 OR credit = 0", name="side"),
    )


class VoucherTemplateLine(_Line, Model):
    """One line of a template."""

    __tablename__ = "finance_template_line"
    template_id: Mapped[UUID] = mapped_column(ForeignKey(VoucherTemplate.id))
    template: Mapped[VoucherTemplate] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("template_id", "no"),
        CheckConstraint("debit = 0 OR credit = 0", name="side"),
    )


class LineQuantity(Model):
    """The quantity of a posted line (数量核算), in the unit its account counts in; signed like its balance."""

    __tablename__ = "finance_line_quantity"
    __append_only__ = True
    __audited__ = False
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(Entry.id), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    business_on: Mapped[date]
    quantity: Mapped[Quantity]
    __table_args__ = (Index("finance_line_quantity_card_ix", "account_id", "business_on"),)
