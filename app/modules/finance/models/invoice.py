"""Customer invoices and credit notes: header, lines, taxes."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Amount, Choice, Currency, Key, Memo, Model, Percent, Price, Quantity, Rate, State, Versioned
from app.modules.finance.models.account import Account
from app.modules.finance.models.tax import TaxCode
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.models.payment_term import PaymentTerm
from app.modules.masterdata.models.unit import Unit
from app.platform.organisation import Company


class Invoice(Versioned, Model):
    """What a customer owes (`invoice`) or is given back (`credit_note`). Rate, due day and number come with posting."""

    __tablename__ = "finance_invoice"
    __noun__ = "invoice"
    __label__ = "number"
    __search__ = ("reference",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    number: Mapped[str | None] = mapped_column(String(40), info={"kind": "code"})
    kind: Mapped[Choice] = mapped_column(default="invoice")
    state: Mapped[State] = mapped_column(default="draft")
    customer_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    customer: Mapped[Party] = relationship(lazy="raise")
    invoiced_on: Mapped[date]
    due_on: Mapped[date | None]
    currency: Mapped[Currency]
    rate: Mapped[Rate | None]
    payment_term_id: Mapped[UUID | None] = mapped_column(ForeignKey(PaymentTerm.id))
    payment_term: Mapped[PaymentTerm | None] = relationship(lazy="raise")
    reference: Mapped[str] = mapped_column(String(80), default="")
    net: Mapped[Amount] = mapped_column(default=Decimal(0))
    tax: Mapped[Amount] = mapped_column(default=Decimal(0))
    gross: Mapped[Amount] = mapped_column(default=Decimal(0))
    open_amount: Mapped[Amount] = mapped_column(default=Decimal(0))
    """What is not settled yet, kept under the row's lock; the open items are the proof."""
    credited_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_invoice.id"))
    credited: Mapped["Invoice | None"] = relationship(lazy="raise", remote_side="Invoice.id")
    origin_kind: Mapped[str] = mapped_column(String(40), default="")
    origin_id: Mapped[UUID | None]
    entry_id: Mapped[UUID | None]
    memo: Mapped[Memo] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("finance_invoice_list_ix", "company_id", "invoiced_on", "id"),
        Index("finance_invoice_customer_ix", "customer_id", "invoiced_on"),
        Index("finance_invoice_origin_ix", "origin_id"),
        Index("finance_invoice_credited_ix", "credited_id"),
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
        CheckConstraint("state IN ('draft', 'posted', 'reversed', 'cancelled')", name="state"),
        CheckConstraint("gross = net + tax", name="gross"),
        CheckConstraint("open_amount >= 0 AND open_amount <= gross", name="open_amount"),
        CheckConstraint("state = 'draft' OR state = 'cancelled' OR rate IS NOT NULL", name="rate"),
    )


class InvoiceLine(Model):
    """One line; `credited_quantity` is what posted credit notes took back of it."""

    __tablename__ = "finance_invoice_line"
    id: Mapped[Key]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey(Invoice.id))
    invoice: Mapped[Invoice] = relationship(lazy="raise")
    no: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey(Item.id), index=True)
    item: Mapped[Item | None] = relationship(lazy="raise")
    description: Mapped[str] = mapped_column(String(400), default="")
    quantity: Mapped[Quantity]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey(Unit.id))
    price: Mapped[Price]
    discount_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    tax_code_id: Mapped[UUID | None] = mapped_column(ForeignKey(TaxCode.id))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id))
    net: Mapped[Amount]
    tax: Mapped[Amount]
    origin_line_id: Mapped[UUID | None]
    credited_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_invoice_line.id"))
    credited_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    __table_args__ = (
        UniqueConstraint("invoice_id", "no"),
        Index("finance_invoice_line_origin_ix", "origin_line_id"),
        Index("finance_invoice_line_credited_ix", "credited_line_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("credited_quantity >= 0 AND credited_quantity <= quantity", name="credited"),
    )


class InvoiceTax(Model):
    """The tax of a document by component, for the print, the postings and the return."""

    __tablename__ = "finance_invoice_tax"
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey(Invoice.id), primary_key=True)
    invoice: Mapped[Invoice] = relationship(lazy="raise")
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tax_code_id: Mapped[UUID] = mapped_column(ForeignKey(TaxCode.id), index=True)
    component: Mapped[int] = mapped_column(Integer, default=1)
    rate: Mapped[Rate]
    base: Mapped[Amount]
    amount: Mapped[Amount]
    mirrored: Mapped[bool] = mapped_column(default=False)
    reducible: Mapped[bool] = mapped_column(default=True)
