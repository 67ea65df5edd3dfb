"""Tax codes with their dated terms, and the rules that choose a code by place and class."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Code, Key, Model, Name, Versioned
from app.modules.finance.models.account import Account
from app.platform.organisation import Company


class TaxCode(Versioned, Model):
    """What a document line names. Its rate and rounding are dated rows; EN 16931 category for e-invoices."""

    __tablename__ = "finance_tax_code"
    __reference__ = True
    __noun__ = "tax_code"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("english_name",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    name: Mapped[Name]
    english_name: Mapped[str] = mapped_column(String(200), default="", info={"kind": "text"})
    direction: Mapped[Choice] = mapped_column(default="both")
    treatment: Mapped[Choice] = mapped_column(default="standard")
    category: Mapped[str] = mapped_column(String(2), default="S", info={"kind": "code"})
    output_account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id))
    output_account: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[output_account_id])
    input_account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id))
    input_account: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[input_account_id])
    note: Mapped[str] = mapped_column(String(200), default="", info={"kind": "text"})
    """Printed on documents that bear it (reverse charge, export)."""
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        CheckConstraint("direction IN ('sale', 'purchase', 'both')", name="direction"),
        CheckConstraint(
            "treatment IN ('standard', 'zero', 'exempt', 'out_of_scope', 'reverse_charge')", name="treatment"
        ),
    )


class TaxVersion(Model):
    """The terms of one component of a code from a day on. Several positions make a compound tax."""

    __tablename__ = "finance_tax_version"
    __reference__ = True
    id: Mapped[Key]
    tax_code_id: Mapped[UUID] = mapped_column(ForeignKey(TaxCode.id))
    tax_code: Mapped[TaxCode] = relationship(lazy="raise")
    position: Mapped[int] = mapped_column(Integer, default=1)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    method: Mapped[Choice] = mapped_column(default="percent")
    rate: Mapped[Decimal] = mapped_column(Numeric(20, 6), info={"kind": "number"})
    included: Mapped[bool] = mapped_column(default=False)
    adds_to_next_base: Mapped[bool] = mapped_column(default=False)
    takes_previous_bases: Mapped[bool] = mapped_column(default=True)
    rounding: Mapped[Choice] = mapped_column(default="line")
    __table_args__ = (
        Index("finance_tax_version_code_ix", "tax_code_id", "position", "valid_from", unique=True),
        CheckConstraint("method IN ('percent', 'fixed', 'division')", name="method"),
        CheckConstraint("rounding IN ('line', 'document')", name="rounding"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days"),
        CheckConstraint("rate >= 0", name="rate"),
    )


class TaxRule(Versioned, Model):
    """Sales (or purchases) at a `place` of an item class bear this code."""

    __tablename__ = "finance_tax_rule"
    __reference__ = True
    __noun__ = "tax_rule"
    __label__ = "place"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    direction: Mapped[Choice]
    place: Mapped[Choice]
    item_class: Mapped[Choice]
    tax_code_id: Mapped[UUID] = mapped_column(ForeignKey(TaxCode.id))
    tax_code: Mapped[TaxCode] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("company_id", "direction", "place", "item_class", name="finance_tax_rule_case_uq"),
        CheckConstraint("direction IN ('sale', 'purchase')", name="direction"),
        CheckConstraint("place IN ('domestic', 'union', 'union_private', 'export')", name="place"),
    )
