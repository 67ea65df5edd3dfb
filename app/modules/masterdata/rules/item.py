"""Items: the inputs of their rows and what must hold of their own data."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from app.kernel.errors import Finding, Invalid
from app.modules.masterdata.rules.barcode import checked_barcode
from app.modules.masterdata.rules.line import repeated

ItemKind = Literal["stock", "consumable", "service"]
ItemTaxClass = Literal["standard", "reduced", "services", "zero", "exempt"]
CostMethod = Literal["fifo", "average", "standard"]
BarcodeKind = Literal["gtin", "other"]


@dataclass(frozen=True, kw_only=True)
class ItemUnitInput:
    """One `unit_id` of the item is `factor` base units; `id` names the stored row."""

    unit_id: UUID
    factor: Decimal
    id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class BarcodeInput:
    """A code that finds the item in the unit, the base unit where none is given."""

    code: str
    kind: BarcodeKind = "gtin"
    unit_id: UUID | None = None
    id: UUID | None = None


def item_findings(
    *,
    kind: str,
    sales_price: Decimal | None,
    purchase_price: Decimal | None,
    weight_kg: Decimal | None,
    cost_method: str | None,
) -> list[Finding]:
    """Everything wrong with an item's own data, each with its field."""
    found = [
        Finding("item.negative", field)
        for field, value in (
            ("sales_price", sales_price),
            ("purchase_price", purchase_price),
            ("weight_kg", weight_kg),
        )
        if value is not None and value < 0
    ]
    if cost_method is not None and kind != "stock":
        found.append(Finding("item.cost_method_without_stock", "cost_method"))
    return found


def unit_findings(rows: Sequence[ItemUnitInput], base_unit_id: UUID) -> list[Finding]:
    """Conversions are positive, of other units than the base, one a unit."""
    found = repeated([row.unit_id for row in rows], "item.unit_repeated", "units", "unit_id")
    for position, row in enumerate(rows):
        if row.unit_id == base_unit_id:
            found.append(Finding("item.unit_is_base", f"units.{position}.unit_id"))
        if not row.factor.is_finite() or row.factor <= 0:
            found.append(Finding("unit.factor", f"units.{position}.factor", {"factor": row.factor}))
    return found


def checked_barcodes(rows: Sequence[BarcodeInput], units: set[UUID]) -> list[str]:
    """The codes as they are stored; Invalid with every finding. `units` are those the item knows."""
    found: list[Finding] = []
    codes: list[str] = []
    for position, row in enumerate(rows):
        try:
            code = checked_barcode(row.code, gtin=row.kind == "gtin", field=f"barcodes.{position}.code")
        except Invalid as refusal:
            found += refusal.findings
            code = row.code
        codes.append(code)
        if row.unit_id is not None and row.unit_id not in units:
            found.append(Finding("barcode.unit_unknown", f"barcodes.{position}.unit_id"))
    found += repeated(codes, "barcode.repeated", "barcodes", "code")
    if found:
        raise Invalid.of(found)
    return codes
