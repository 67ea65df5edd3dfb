"""Deliveries to customers and their returns: one document, two directions."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Key, Memo, Model, Quantity, State, Versioned
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.organisation import Company


class Delivery(Versioned, Model):
    """Goods that leave for a customer (`kind` delivery) or come back (`return`)."""

    __tablename__ = "inventory_delivery"
    __noun__ = "delivery"
    __label__ = "number"
    __search__ = ("reference",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    kind: Mapped[Choice] = mapped_column(default="delivery")
    number: Mapped[str | None] = mapped_column(String(40), info={"kind": "code"})
    state: Mapped[State] = mapped_column(default="draft")
    customer_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey(Warehouse.id))
    planned_on: Mapped[date]
    shipped_on: Mapped[date | None]
    ship_to: Mapped[str] = mapped_column(String(400), default="")
    reference: Mapped[str] = mapped_column(String(80), default="")
    tracking_number: Mapped[str] = mapped_column(String(80), default="", info={"kind": "code"})
    memo: Mapped[Memo] = mapped_column(default="")
    returns_id: Mapped[UUID | None] = mapped_column(ForeignKey("inventory_delivery.id"))
    """The delivery a return takes back."""
    origin_kind: Mapped[str] = mapped_column(String(40), default="")
    origin_id: Mapped[UUID | None]
    lines: Mapped[list["DeliveryLine"]] = relationship(
        back_populates="delivery", order_by="DeliveryLine.no", lazy="raise", cascade="all, delete-orphan"
    )
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("inventory_delivery_list_ix", "company_id", "planned_on", "id"),
        Index("inventory_delivery_origin_ix", "origin_id"),
        CheckConstraint("kind IN ('delivery', 'return')", name="kind"),
    )


class DeliveryLine(Model):
    """One item delivered, in the line's unit; base quantity for the stock."""

    __tablename__ = "inventory_delivery_line"
    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey(Delivery.id))
    no: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    description: Mapped[str] = mapped_column(String(400), default="")
    quantity: Mapped[Quantity]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    base_quantity: Mapped[Quantity]
    returned_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    recognised_quantity: Mapped[Quantity] = mapped_column(default=Decimal(0))
    """How much of it has become cost of sales (companies that recognise cost on invoice)."""
    origin_line_id: Mapped[UUID | None]
    returns_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("inventory_delivery_line.id"))
    delivery: Mapped[Delivery] = relationship(back_populates="lines", lazy="raise")
    __table_args__ = (
        UniqueConstraint("delivery_id", "no"),
        Index("inventory_delivery_line_origin_ix", "origin_line_id"),
        CheckConstraint("quantity > 0 AND base_quantity > 0", name="quantity"),
        CheckConstraint("returned_quantity >= 0 AND returned_quantity <= quantity", name="returned_quantity"),
        CheckConstraint("recognised_quantity >= 0 AND recognised_quantity <= quantity", name="recognised"),
    )


class Recognition(Model):
    """A part of a shipped line whose cost became cost of sales, by an invoice; parts may be taken back again."""

    __tablename__ = "inventory_recognition"
    __audited__ = False
    id: Mapped[Key]
    line_id: Mapped[UUID] = mapped_column(ForeignKey(DeliveryLine.id))
    recognised_on: Mapped[date]
    quantity: Mapped[Quantity]
    base_quantity: Mapped[Quantity]
    taken_back: Mapped[Quantity] = mapped_column(default=Decimal(0))
    origin_kind: Mapped[str] = mapped_column(String(40))
    origin_id: Mapped[UUID]
    __table_args__ = (
        Index("inventory_recognition_line_ix", "line_id", "id"),
        CheckConstraint("taken_back >= 0 AND taken_back <= quantity", name="taken_back"),
    )
