"""An offer and its lines. A revision goes back to draft under the same number with the next revision count."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Amount, Currency, Key, Memo, Model, Percent, Price, Quantity, State, Versioned
from app.modules.finance.models.tax import TaxCode
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.models.payment_term import PaymentTerm
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.organisation import Company
from app.platform.users import User


class Quotation(Versioned, Model):
    """What is offered to whom, at which price, until when."""

    __tablename__ = "sales_quotation"
    __noun__ = "quotation"
    __label__ = "number"
    __search__ = ("reference",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    number: Mapped[str | None] = mapped_column(String(40), info={"kind": "code"})
    revision: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[State] = mapped_column(default="draft")
    customer_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    reference: Mapped[str] = mapped_column(String(80), default="")
    quoted_on: Mapped[date]
    valid_until: Mapped[date | None]
    currency: Mapped[Currency]
    payment_term_id: Mapped[UUID | None] = mapped_column(ForeignKey(PaymentTerm.id))
    warehouse_id: Mapped[UUID | None] = mapped_column(ForeignKey(Warehouse.id))
    salesperson_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    net: Mapped[Amount] = mapped_column(default=Decimal(0))
    tax: Mapped[Amount] = mapped_column(default=Decimal(0))
    gross: Mapped[Amount] = mapped_column(default=Decimal(0))
    lost_reason: Mapped[str] = mapped_column(default="")
    memo: Mapped[Memo] = mapped_column(default="")
    lines: Mapped[list["QuotationLine"]] = relationship(
        back_populates="quotation", order_by="QuotationLine.no", lazy="raise", cascade="all, delete-orphan"
    )
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("sales_quotation_customer_ix", "customer_id", "quoted_on"),
        Index("sales_quotation_list_ix", "company_id", "quoted_on", "id"),
    )


class QuotationLine(Model):
    """One item offered; `ordered_quantity` says how much of it became orders."""

    __tablename__ = "sales_quotation_line"
    id: Mapped[Key]
    quotation_id: Mapped[UUID] = mapped_column(ForeignKey(Quotation.id))
    no: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    description: Mapped[str] = mapped_column(String(400), default="")
    quantity: Mapped[Quantity]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    price: Mapped[Price]
    discount_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    tax_code_id: Mapped[UUID | None] = mapped_column(ForeignKey(TaxCode.id))
    net: Mapped[Amount]
    tax: Mapped[Amount]
    ordered_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    quotation: Mapped[Quotation] = relationship(back_populates="lines", lazy="raise")
    __table_args__ = (
        UniqueConstraint("quotation_id", "no"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("ordered_quantity >= 0 AND ordered_quantity <= quantity", name="ordered_quantity"),
    )
