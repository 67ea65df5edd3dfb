"""A sales order and its lines. Delivered, returned and invoiced quantities are kept per line, in its unit,
under the order's row lock; the header's states follow from them.
"""

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
from app.modules.sales.models.quotation import Quotation
from app.platform.organisation import Company
from app.platform.users import User


class Order(Versioned, Model):
    """What is promised to whom, at which price, by when."""

    __tablename__ = "sales_order"
    __noun__ = "order"
    __label__ = "number"
    __search__ = ("reference",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    number: Mapped[str | None] = mapped_column(String(40), info={"kind": "code"})
    state: Mapped[State] = mapped_column(default="draft")
    delivery_state: Mapped[State] = mapped_column(default="none")
    billing_state: Mapped[State] = mapped_column(default="none")
    payment_state: Mapped[State] = mapped_column(default="none")
    quotation_id: Mapped[UUID | None] = mapped_column(ForeignKey(Quotation.id))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    reference: Mapped[str] = mapped_column(String(80), default="")
    ship_to: Mapped[str] = mapped_column(String(400), default="")
    ordered_on: Mapped[date]
    promised_on: Mapped[date | None]
    currency: Mapped[Currency]
    payment_term_id: Mapped[UUID | None] = mapped_column(ForeignKey(PaymentTerm.id))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey(Warehouse.id))
    salesperson_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    net: Mapped[Amount] = mapped_column(default=Decimal(0))
    tax: Mapped[Amount] = mapped_column(default=Decimal(0))
    gross: Mapped[Amount] = mapped_column(default=Decimal(0))
    claimed: Mapped[Amount] = mapped_column(default=Decimal(0))
    """Credit claimed for what is not yet billed, in company currency."""
    cancel_reason: Mapped[str] = mapped_column(default="")
    memo: Mapped[Memo] = mapped_column(default="")
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.no", lazy="raise", cascade="all, delete-orphan"
    )
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("sales_order_customer_ix", "customer_id", "ordered_on"),
        Index("sales_order_list_ix", "company_id", "ordered_on", "id"),
        Index("sales_order_state_ix", "company_id", "state", "delivery_state"),
        CheckConstraint("claimed >= 0", name="claimed"),
    )


class OrderLine(Model):
    """One item promised."""

    __tablename__ = "sales_order_line"
    id: Mapped[Key]
    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id))
    no: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), index=True)
    description: Mapped[str] = mapped_column(String(400), default="")
    quantity: Mapped[Quantity]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    price: Mapped[Price]
    discount_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    tax_code_id: Mapped[UUID | None] = mapped_column(ForeignKey(TaxCode.id))
    net: Mapped[Amount]
    tax: Mapped[Amount]
    quotation_line_id: Mapped[UUID | None]
    delivered_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    returned_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    invoiced_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")
    __table_args__ = (
        UniqueConstraint("order_id", "no"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("delivered_quantity >= 0 AND delivered_quantity <= quantity", name="delivered_quantity"),
        CheckConstraint("returned_quantity >= 0 AND returned_quantity <= delivered_quantity", name="returned"),
        CheckConstraint("invoiced_quantity >= 0 AND invoiced_quantity <= quantity", name="invoiced_quantity"),
    )
