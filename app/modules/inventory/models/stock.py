"""Stock on hand by item and warehouse, and what of it is promised. The row is the lock of its quantity."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Model, Quantity
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.organisation import Company


class Stock(Model):
    """Quantity on hand and reserved, in base units. Only `actions.stock` writes it, under the row's lock."""

    __tablename__ = "inventory_stock"
    __noun__ = "stock"
    __label__ = "id"
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey(Warehouse.id))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    on_hand: Mapped[Quantity] = mapped_column(default=Decimal(0))
    reserved: Mapped[Quantity] = mapped_column(default=Decimal(0))
    __table_args__ = (
        Index("inventory_stock_item_ix", "company_id", "item_id", "warehouse_id", unique=True),
        Index("inventory_stock_warehouse_ix", "warehouse_id"),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved"),
        {"postgresql_with": {"fillfactor": "60"}},
    )


class Reservation(Model):
    """A promise of stock to one demand line, in base units; `wanted` minus `quantity` is backordered."""

    __tablename__ = "inventory_reservation"
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    line_kind: Mapped[str] = mapped_column(String(40))
    line_id: Mapped[UUID] = mapped_column(unique=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey(Warehouse.id))
    wanted: Mapped[Quantity]
    quantity: Mapped[Quantity]
    __table_args__ = (
        Index("inventory_reservation_item_ix", "item_id", "warehouse_id"),
        CheckConstraint("quantity >= 0 AND quantity <= wanted", name="quantity"),
    )


class Move(Model):
    """One line of the stock ledger: what came or went, when, by which document. Never changed."""

    __tablename__ = "inventory_move"
    __noun__ = "move"
    __label__ = "id"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey(Warehouse.id))
    moved_on: Mapped[date]
    quantity: Mapped[Quantity]
    """Signed, in base units: in positive, out negative."""
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    kind: Mapped[str] = mapped_column(String(20), info={"kind": "choice"})
    document_kind: Mapped[str] = mapped_column(String(40))
    document_id: Mapped[UUID]
    line_id: Mapped[UUID]
    __table_args__ = (
        Index("inventory_move_item_ix", "item_id", "warehouse_id", "moved_on", "id"),
        Index("inventory_move_list_ix", "company_id", "moved_on", "id"),
        Index("inventory_move_document_ix", "document_id"),
        CheckConstraint("quantity <> 0", name="quantity"),
    )
