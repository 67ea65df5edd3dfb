"""Items as documents need them: with their units and prices."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.kernel.errors import Conflict, Missing
from app.modules.masterdata.models.item import Barcode, Item, ItemUnit
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.rules.barcode import gtin14, is_gtin
from app.modules.masterdata.rules.unit import Conversions, Measure, base_quantity, unit_price
from app.platform.permissions import narrowed, narrows
from app.platform.reference import reference
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item as it stood when the document was written. Prices are net, for one base unit."""

    id: UUID
    code: str
    name: str
    english_name: str
    kind: str
    """stock, consumable or service"""
    category_id: UUID | None
    tax_class: str
    sales_price: Decimal | None
    sales_currency: str | None
    purchase_price: Decimal | None
    purchase_currency: str | None
    cost_method: str | None
    weight_kg: Decimal | None
    active: bool
    units: Conversions

    @property
    def stocked(self) -> bool:
        return self.kind == "stock"

    @property
    def unit_id(self) -> UUID:
        return self.units.base.id

    @property
    def unit_code(self) -> str:
        return self.units.base.code


def items_of(work: Work, ids: Iterable[UUID]) -> dict[UUID, ItemFacts]:
    """The items with base unit and every conversion.

    Missing names the first that does not exist. Inactive ones are given too; `usable_items` refuses them.
    """
    wanted = list(dict.fromkeys(ids))

    def read(missing: list[UUID]) -> dict[UUID, ItemFacts]:
        with work.trusting():
            rows = work.session.execute(narrowed(_statement.where(Item.id.in_(missing)), work, Item))
            return {row.id: _facts(row) for row in rows}

    found = read(wanted) if narrows(work, Item) else reference(work, "masterdata.items", wanted, read)
    for key in wanted:
        if key not in found:
            raise Missing("record.missing", noun="masterdata.item", id=str(key))
    return found


def usable_items(work: Work, ids: list[UUID], *, place: str = "lines") -> dict[UUID, ItemFacts]:
    """`items_of`, with Conflict `item.inactive` at `lines.<position>.item_id` for a retired item."""
    found = items_of(work, ids)
    for position, key in enumerate(ids):
        if not found[key].active:
            raise Conflict("item.inactive", field=f"{place}.{position}.item_id", item=found[key].code)
    return found


def to_base(item: ItemFacts, unit_id: UUID | None, quantity: Decimal, *, field: str | None = None) -> Decimal:
    """The quantity in the item's base unit, six decimals; Invalid `item.unit_unknown`. No statement."""
    return base_quantity(item.units, unit_id, quantity, field=field)


def price_per_unit(item: ItemFacts, unit_id: UUID | None, price: Decimal) -> Decimal:
    """What one `unit_id` costs where one base unit costs `price`, six decimals. No statement."""
    return unit_price(item.units, unit_id, price)


def item_by_barcode(work: Work, code: str) -> tuple[UUID, UUID | None] | None:
    """(item id, unit id or None for the base unit) of a scanned code; a GTIN is found at any length."""
    forms = [code]
    if is_gtin(code):
        long = gtin14(code)
        forms = [long[cut:] for cut in (0, 1, 2, 6) if not long[:cut].strip("0")]
    row = work.session.execute(select(Barcode.item_id, Barcode.unit_id).where(Barcode.code.in_(forms)).limit(1)).first()
    return (row[0], row[1]) if row else None


_sibling = aliased(Unit)
# Ids and factors travel as text: JSON has no decimals.
_own = (
    select(func.jsonb_agg(func.jsonb_build_array(ItemUnit.unit_id, cast(ItemUnit.factor, String)), type_=JSONB))
    .where(ItemUnit.item_id == Item.id)
    .correlate(Item)
    .scalar_subquery()
)
_siblings = (
    select(
        func.jsonb_agg(func.jsonb_build_array(_sibling.id, _sibling.code, cast(_sibling.factor, String)), type_=JSONB)
    )
    .where(_sibling.base == Unit.base, _sibling.id != Unit.id)
    .correlate(Unit)
    .scalar_subquery()
)
_statement = select(
    Item.id,
    Item.code,
    Item.name,
    Item.english_name,
    Item.kind,
    Item.category_id,
    Item.tax_class,
    Item.sales_price,
    Item.sales_currency,
    Item.purchase_price,
    Item.purchase_currency,
    Item.cost_method,
    Item.weight_kg,
    Item.active,
    Unit.id.label("unit_id"),
    Unit.code.label("unit_code"),
    Unit.dimension,
    Unit.base,
    Unit.factor,
    _own.label("own"),
    _siblings.label("siblings"),
).join(Unit, Unit.id == Item.unit_id)


def _facts(row: Any) -> ItemFacts:
    base = Measure(row.unit_id, row.unit_code, row.dimension, row.base, row.factor)
    own = {UUID(unit): Decimal(factor) for unit, factor in row.own or ()}
    siblings = {
        UUID(unit): Measure(UUID(unit), code, row.dimension, row.base, None if factor is None else Decimal(factor))
        for unit, code, factor in row.siblings or ()
    }
    return ItemFacts(
        id=row.id,
        code=row.code,
        name=row.name,
        english_name=row.english_name,
        kind=row.kind,
        category_id=row.category_id,
        tax_class=row.tax_class,
        sales_price=row.sales_price,
        sales_currency=row.sales_currency,
        purchase_price=row.purchase_price,
        purchase_currency=row.purchase_currency,
        cost_method=row.cost_method,
        weight_kg=row.weight_kg,
        active=row.active,
        units=Conversions(row.code, base, own, siblings),
    )
