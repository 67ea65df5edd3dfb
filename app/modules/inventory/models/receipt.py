"""Receipts: opening stock, finds, and goods received without an order, each at a stated or last cost."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Amount, Choice, Key, Memo, Model, Price, Quantity, State, Versioned
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.organisation import Company


class Receipt(Versioned, Model):
    """Goods coming in. `kind` names the other side: opening balances, goods received not invoiced, a find."""

    __tablename__ = "inventory_receipt"
    __noun__ = "receipt"
    __label__ = "number"
    __search__ = ("reference",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    kind: Mapped[Choice] = mapped_column(default="opening")
    number: Mapped[str | None] = mapped_column(String(40), info={"kind": "code"})
    state: Mapped[State] = mapped_column(default="draft")
    supplier_id: Mapped[UUID | None] = mapped_column(ForeignKey(Party.id))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey(Warehouse.id))
    received_on: Mapped[date]
    reference: Mapped[str] = mapped_column(String(80), default="")
    value: Mapped[Amount]
    memo: Mapped[Memo] = mapped_column(default="")
    lines: Mapped[list["ReceiptLine"]] = relationship(
        back_populates="receipt", order_by="ReceiptLine.no", lazy="raise", cascade="all, delete-orphan"
    )
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("inventory_receipt_list_ix", "company_id", "received_on", "id"),
        CheckConstraint("kind IN ('opening', 'purchase', 'surplus')", name="kind"),
        CheckConstraint("kind <> 'purchase' OR supplier_id IS NOT NULL", name="supplier"),
    )


class ReceiptLine(Model):
    """One item received; `unit_cost` per line unit in company currency."""

    __tablename__ = "inventory_receipt_line"
    id: Mapped[Key]
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey(Receipt.id))
    no: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    quantity: Mapped[Quantity]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    base_quantity: Mapped[Quantity]
    unit_cost: Mapped[Price]
    value: Mapped[Amount]
    receipt: Mapped[Receipt] = relationship(back_populates="lines", lazy="raise")
    __table_args__ = (
        UniqueConstraint("receipt_id", "no"),
        CheckConstraint("quantity > 0 AND base_quantity > 0", name="quantity"),
        CheckConstraint("unit_cost >= 0", name="unit_cost"),
    )
