"""Items: what is bought, stocked, made and sold; their own unit conversions and barcodes."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Code, Key, Memo, Model, Name, Price, Quantity, Versioned
from app.modules.masterdata.models.currency import Currency
from app.modules.masterdata.models.item_category import ItemCategory
from app.modules.masterdata.models.unit import FACTOR, Unit


class Item(Versioned, Model):
    """A stocked good, a consumable (expensed when bought) or a service.

    Kind and base unit are fixed at creation: quantities and values of the past rest on them.
    """

    __tablename__ = "masterdata_item"
    __reference__ = True
    __noun__ = "item"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("english_name", "specification", "sort_key")
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    english_name: Mapped[str] = mapped_column(String(200), default="")
    specification: Mapped[str] = mapped_column(String(200), default="")
    sort_key: Mapped[str] = mapped_column(String(400), index=True)
    kind: Mapped[Choice]
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey(ItemCategory.id))
    category: Mapped[ItemCategory | None] = relationship(lazy="raise")
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    unit: Mapped[Unit] = relationship(lazy="raise")
    tax_class: Mapped[Choice] = mapped_column(default="standard")
    sales_price: Mapped[Price | None]
    """Net list price of one base unit in `sales_currency`."""
    sales_currency: Mapped[str | None] = mapped_column(String(3), ForeignKey(Currency.code), info={"kind": "code"})
    purchase_price: Mapped[Price | None]
    purchase_currency: Mapped[str | None] = mapped_column(String(3), ForeignKey(Currency.code), info={"kind": "code"})
    cost_method: Mapped[Choice | None]
    """Where it differs from the company's costing method."""
    weight_kg: Mapped[Quantity | None]
    hs_code: Mapped[str] = mapped_column(String(12), default="", info={"kind": "code"})
    description: Mapped[Memo] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        CheckConstraint("kind IN ('stock', 'consumable', 'service')", name="kind"),
        CheckConstraint("tax_class IN ('standard', 'reduced', 'services', 'zero', 'exempt')", name="tax_class"),
        CheckConstraint("cost_method IN ('fifo', 'average', 'standard')", name="cost_method"),
        CheckConstraint("sales_price >= 0 AND purchase_price >= 0 AND weight_kg >= 0", name="not_negative"),
        CheckConstraint("sales_price IS NULL OR sales_currency IS NOT NULL", name="sales_currency"),
        CheckConstraint("purchase_price IS NULL OR purchase_currency IS NOT NULL", name="purchase_currency"),
    )


class ItemUnit(Model):
    """What one other unit of this item holds: one `unit` is `factor` base units."""

    __tablename__ = "masterdata_item_unit"
    __reference__ = True
    id: Mapped[Key]
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    item: Mapped[Item] = relationship(lazy="raise")
    position: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Unit.id))
    unit: Mapped[Unit] = relationship(lazy="raise")
    factor: Mapped[Decimal] = mapped_column(FACTOR, info={"kind": "number"})
    __table_args__ = (
        UniqueConstraint("item_id", "unit_id"),
        CheckConstraint("factor > 0", name="factor"),
    )


class Barcode(Model):
    """A code that finds the item, perhaps in a certain unit (the carton's GTIN). Unique over all items."""

    __tablename__ = "masterdata_barcode"
    __label__ = "code"
    id: Mapped[Key]
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    item: Mapped[Item] = relationship(lazy="raise")
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[Choice]
    code: Mapped[str] = mapped_column(String(48), unique=True, info={"kind": "code"})
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey(Unit.id))
    unit: Mapped[Unit | None] = relationship(lazy="raise")
    __table_args__ = (
        Index("masterdata_barcode_item_ix", "item_id", "position"),
        CheckConstraint("kind IN ('gtin', 'other')", name="kind"),
    )
