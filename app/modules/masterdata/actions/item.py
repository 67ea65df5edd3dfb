"""Items: enter, change, retire; their unit conversions and barcodes are replaced as a whole."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import select

from app.kernel.errors import Conflict, Finding
from app.modules.masterdata.actions.change import (
    CodeText,
    NameText,
    OptionalCurrency,
    apply,
    change_code,
    delete_with_lines,
    free_code,
    refuse,
    replace_lines,
    switch,
)
from app.modules.masterdata.events import ItemChanged, ItemCreated, ItemDeactivated
from app.modules.masterdata.models.item import Barcode, Item, ItemUnit
from app.modules.masterdata.models.item_category import ItemCategory
from app.modules.masterdata.models.pinyin import sort_key
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.queries.currency import require_currency
from app.modules.masterdata.rules.item import (
    BarcodeInput,
    CostMethod,
    ItemKind,
    ItemTaxClass,
    ItemUnitInput,
    checked_barcodes,
    item_findings,
    unit_findings,
)
from app.platform.actions import action
from app.platform.organisation import company_at_work
from app.platform.work import Work

PriceText = Annotated[Decimal, Limit(ge=0, max_digits=18, decimal_places=6)]
Text200 = Annotated[str, Limit(max_length=200)]
HsCode = Annotated[str, Limit(max_length=12, pattern=r"^[0-9.]*$")]


@action
def create_item(
    work: Work,
    name: NameText,
    unit_id: UUID,
    kind: ItemKind = "stock",
    code: CodeText | None = None,
    english_name: Text200 = "",
    specification: Text200 = "",
    category_id: UUID | None = None,
    tax_class: ItemTaxClass | None = None,
    sales_price: PriceText | None = None,
    sales_currency: OptionalCurrency | None = None,
    purchase_price: PriceText | None = None,
    purchase_currency: OptionalCurrency | None = None,
    cost_method: CostMethod | None = None,
    weight_kg: PriceText | None = None,
    hs_code: HsCode = "",
    description: str = "",
    units: list[ItemUnitInput] | None = None,
    barcodes: list[BarcodeInput] | None = None,
) -> UUID:
    """Enter an item with its base unit, further units and barcodes."""
    name = name.strip()
    item = Item(
        name=name,
        english_name=english_name,
        specification=specification,
        sort_key=sort_key(name),
        kind=kind,
        category_id=category_id,
        unit_id=unit_id,
        tax_class=tax_class or ("services" if kind == "service" else "standard"),
        sales_price=sales_price,
        sales_currency=sales_currency or None,
        purchase_price=purchase_price,
        purchase_currency=purchase_currency or None,
        cost_method=cost_method,
        weight_kg=weight_kg,
        hs_code=hs_code,
        description=description,
    )
    _check(work, item)
    known = _check_units(work, item, units or [], barcodes or [])
    item.code = free_code(work, Item, code, "I")
    work.add(item)
    _write_units(work, item, units or [], fresh=True)
    _write_barcodes(work, item, barcodes or [], known, fresh=True)
    work.emit(ItemCreated(item.id))
    return item.id


@action
def update_item(
    work: Work,
    item_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    code: CodeText | MISSING = MISSING,
    english_name: Text200 | MISSING = MISSING,
    specification: Text200 | MISSING = MISSING,
    category_id: UUID | MISSING | None = MISSING,
    tax_class: ItemTaxClass | MISSING = MISSING,
    sales_price: PriceText | MISSING | None = MISSING,
    sales_currency: OptionalCurrency | MISSING | None = MISSING,
    purchase_price: PriceText | MISSING | None = MISSING,
    purchase_currency: OptionalCurrency | MISSING | None = MISSING,
    cost_method: CostMethod | MISSING | None = MISSING,
    weight_kg: PriceText | MISSING | None = MISSING,
    hs_code: HsCode | MISSING = MISSING,
    description: str | MISSING = MISSING,
    units: list[ItemUnitInput] | MISSING = MISSING,
    barcodes: list[BarcodeInput] | MISSING = MISSING,
) -> UUID:
    """Change an item; its kind and base unit stay, because its past quantities and values rest on them."""
    item = work.load(Item, item_id, version=version)
    change_code(work, item, code)
    changed = apply(
        item,
        name=name.strip() if isinstance(name, str) else name,
        english_name=english_name,
        specification=specification,
        category_id=category_id,
        tax_class=tax_class,
        sales_price=sales_price,
        sales_currency=sales_currency,
        purchase_price=purchase_price,
        purchase_currency=purchase_currency,
        cost_method=cost_method,
        weight_kg=weight_kg,
        hs_code=hs_code,
        description=description,
    )
    if "name" in changed:
        item.sort_key = sort_key(item.name)
    with work.session.no_autoflush:
        _check(work, item)
        given_units = units if isinstance(units, list) else None
        given_barcodes = barcodes if isinstance(barcodes, list) else None
        if given_units is not None or given_barcodes is not None:
            known = _check_units(work, item, given_units, given_barcodes or [])
            # Barcodes first: one may name a unit whose conversion goes away with this change.
            if given_barcodes is not None:
                _write_barcodes(work, item, given_barcodes, known)
            if given_units is not None:
                _write_units(work, item, given_units)
    work.emit(ItemChanged(item.id))
    return item.id


@action
def deactivate_item(work: Work, item_id: UUID) -> UUID:
    """Retire an item: it stays in its documents and is no longer offered."""
    return switch(work.load(Item, item_id), False, lambda: work.emit(ItemDeactivated(item_id)))


@action
def reactivate_item(work: Work, item_id: UUID) -> UUID:
    """Offer a retired item again."""
    return switch(work.load(Item, item_id), True)


@action
def delete_item(work: Work, item_id: UUID) -> None:
    """Delete an item that no document refers to."""
    delete_with_lines(work, work.load(Item, item_id), [(Barcode, "item_id"), (ItemUnit, "item_id")])


def _check(work: Work, item: Item) -> None:
    """The item's own data; a price without a currency is in the company's."""
    refuse(
        item_findings(
            kind=item.kind,
            sales_price=item.sales_price,
            purchase_price=item.purchase_price,
            weight_kg=item.weight_kg,
            cost_method=item.cost_method,
        )
    )
    for price, field in (("sales_price", "sales_currency"), ("purchase_price", "purchase_currency")):
        if getattr(item, price) is not None and not getattr(item, field):
            setattr(item, field, company_at_work(work).currency)
        code: str | None = getattr(item, field)
        if code:
            require_currency(work, code, field=field)
    if item.category_id is not None:
        work.get(ItemCategory, item.category_id)


def _check_units(
    work: Work, item: Item, units: Sequence[ItemUnitInput] | None, barcodes: Sequence[BarcodeInput]
) -> set[UUID]:
    """The units the item knows after the change; `units` None leaves the stored ones."""
    rows = list(units or ())
    own = {row.unit_id for row in rows}
    if units is None:
        own = set(work.session.scalars(select(ItemUnit.unit_id).where(ItemUnit.item_id == item.id)))
    refuse(unit_findings(rows, item.unit_id))
    work.load_all(Unit, {item.unit_id, *own, *(row.unit_id for row in barcodes if row.unit_id)}, lock=False)
    return own | {item.unit_id}


def _write_units(work: Work, item: Item, rows: Sequence[ItemUnitInput], *, fresh: bool = False) -> None:
    wanted: list[tuple[UUID | None, dict[str, Any]]] = [
        (row.id, {"unit_id": row.unit_id, "factor": row.factor}) for row in rows
    ]
    replace_lines(work, ItemUnit, {"item_id": item.id}, wanted, natural="unit_id", fresh=fresh)


def _write_barcodes(
    work: Work, item: Item, rows: Sequence[BarcodeInput], known: set[UUID], *, fresh: bool = False
) -> None:
    codes = checked_barcodes(rows, known)
    if codes:
        others = (
            select(Barcode.code, Item.code)
            .join(Item, Item.id == Barcode.item_id)
            .where(Barcode.code.in_(codes), Barcode.item_id != item.id)
        )
        findings = [
            Finding("barcode.taken", f"barcodes.{codes.index(code)}.code", {"barcode": code, "item": other})
            for code, other in work.session.execute(others)
        ]
        if findings:
            first = findings[0]
            raise Conflict(first.code, field=first.field, **first.facts)
    wanted: list[tuple[UUID | None, dict[str, Any]]] = [
        (row.id, {"kind": row.kind, "code": code, "unit_id": row.unit_id})
        for row, code in zip(rows, codes, strict=True)
    ]
    replace_lines(work, Barcode, {"item_id": item.id}, wanted, natural="code", fresh=fresh)
