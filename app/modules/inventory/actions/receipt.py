"""Receipts: opening stock, goods received without an order, finds. Posting puts them on hand at their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Finding, Invalid
from app.kernel.money import digits_of, round_half_up
from app.modules.inventory.actions.costing import Kind, Movement, post_movements
from app.modules.inventory.actions.stock import StockMove, change_stock
from app.modules.inventory.events import GoodsReceived
from app.modules.inventory.models.receipt import Receipt, ReceiptLine
from app.modules.inventory.rules.delivery import RECEIPT, check_quantities
from app.modules.masterdata.queries.item import items_of, to_base
from app.modules.masterdata.queries.party import supplier_of
from app.modules.masterdata.queries.warehouse import default_warehouse, warehouse_of
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work

LINE_KIND = "inventory.receipt_line"
DOCUMENT_KIND = "inventory.receipt"
ReceiptKind = Literal["opening", "purchase", "surplus"]

OTHER_SIDE: dict[str, str] = {
    "opening": "opening",
    "purchase": "goods_received",
    "surplus": "stock_difference",
}
"""The account role that is credited for what comes in."""


@dataclass(frozen=True, kw_only=True)
class ReceiptLineInput:
    """A line as typed; `unit_cost` per line unit in company currency."""

    item_id: UUID
    quantity: Decimal
    unit_cost: Decimal
    unit_id: UUID | None = None


@action
def create_receipt(
    work: Work,
    lines: list[ReceiptLineInput],
    kind: ReceiptKind = "opening",
    warehouse_id: UUID | None = None,
    supplier_id: UUID | None = None,
    received_on: date | None = None,
    reference: str = "",
    memo: str = "",
    post: bool = False,
) -> UUID:
    """Draft a receipt; `post` puts it into stock at once."""
    receipt = Receipt(
        company_id=work.company_id,
        kind=kind,
        warehouse_id=_warehouse(work, warehouse_id),
        supplier_id=_supplier(work, kind, supplier_id),
        received_on=received_on or work.today(),
        reference=reference,
        memo=memo,
        value=Decimal(0),
    )
    work.add(receipt)
    _put_lines(work, receipt, lines)
    if post:
        work.session.flush()
        post_receipt(work, receipt.id)
    return receipt.id


@action
def update_receipt(
    work: Work,
    receipt_id: UUID,
    version: int,
    lines: list[ReceiptLineInput] | None = None,
    kind: ReceiptKind | None = None,
    warehouse_id: UUID | None = None,
    supplier_id: UUID | None = None,
    received_on: date | None = None,
    reference: str | None = None,
    memo: str | None = None,
) -> UUID:
    """Change a draft; lines, when given, replace all lines."""
    receipt = work.load(Receipt, receipt_id, version=version)
    RECEIPT.after("update", receipt.state)
    given = {
        "kind": kind,
        "warehouse_id": warehouse_id,
        "supplier_id": supplier_id,
        "received_on": received_on,
        "reference": reference,
        "memo": memo,
    }
    for name, value in given.items():
        if value is not None:
            setattr(receipt, name, value)
    _supplier(work, receipt.kind, receipt.supplier_id)
    if lines is not None:
        for line in lines_of(work, receipt_id):
            work.session.delete(line)
        work.session.flush()
        _put_lines(work, receipt, lines)
    return receipt.id


@action
def post_receipt(work: Work, receipt_id: UUID) -> UUID:
    """Put the goods into stock at their cost; the receipt gets its number."""
    receipt = work.load(Receipt, receipt_id)
    receipt.state = RECEIPT.after("post", receipt.state)
    lines = lines_of(work, receipt_id)
    area = str(warehouse_of(work, receipt.warehouse_id).valuation_area_id)
    change_stock(work, [_stock_move(receipt, line, line.base_quantity) for line in lines])
    post_movements(
        work,
        [
            Movement(
                item_id=line.item_id,
                kind=Kind.IN,
                on=receipt.received_on,
                area=area,
                quantity=line.base_quantity,
                line_kind=LINE_KIND,
                line_id=line.id,
                account_role=OTHER_SIDE[receipt.kind],
                cost=line.value,
                origin_kind=DOCUMENT_KIND,
                origin_id=receipt.id,
            )
            for line in lines
        ],
    )
    number_later(work, receipt, "inventory.receipt", receipt.received_on, "GR")
    work.emit(GoodsReceived(receipt.id))
    return receipt.id


@action
def cancel_receipt(work: Work, receipt_id: UUID) -> UUID:
    """Drop a draft."""
    receipt = work.load(Receipt, receipt_id)
    receipt.state = RECEIPT.after("cancel", receipt.state)
    return receipt.id


@action
def reverse_receipt(work: Work, receipt_id: UUID) -> UUID:
    """Undo a posted receipt while its goods are still there."""
    receipt = work.load(Receipt, receipt_id)
    receipt.state = RECEIPT.after("reverse", receipt.state)
    lines = lines_of(work, receipt_id)
    area = str(warehouse_of(work, receipt.warehouse_id).valuation_area_id)
    change_stock(work, [_stock_move(receipt, line, -line.base_quantity) for line in lines])
    post_movements(
        work,
        [
            Movement(
                item_id=line.item_id,
                kind=Kind.REVERSAL,
                on=receipt.received_on,
                area=area,
                quantity=line.base_quantity,
                line_kind="inventory.receipt_reversal",
                line_id=line.id,
                ref_line=(LINE_KIND, line.id),
                origin_kind=DOCUMENT_KIND,
                origin_id=receipt.id,
            )
            for line in lines
        ],
    )
    return receipt.id


def lines_of(work: Work, receipt_id: UUID) -> list[ReceiptLine]:
    """The lines of a receipt in order."""
    statement = select(ReceiptLine).where(ReceiptLine.receipt_id == receipt_id).order_by(ReceiptLine.no)
    return list(work.session.scalars(statement))


def _warehouse(work: Work, warehouse_id: UUID | None) -> UUID:
    if warehouse_id is not None:
        return warehouse_of(work, warehouse_id).id
    found = default_warehouse(work)
    if found is None:
        raise Invalid("warehouse.none", field="warehouse_id")
    return found.id


def _supplier(work: Work, kind: str, supplier_id: UUID | None) -> UUID | None:
    if supplier_id is not None:
        return supplier_of(work, supplier_id).id
    if kind == "purchase":
        raise Invalid("input.required", field="supplier_id")
    return None


def _stock_move(receipt: Receipt, line: ReceiptLine, quantity: Decimal) -> StockMove:
    return StockMove(
        item_id=line.item_id,
        warehouse_id=receipt.warehouse_id,
        moved_on=receipt.received_on,
        quantity=quantity,
        kind="receipt",
        document_kind=DOCUMENT_KIND,
        document_id=receipt.id,
        line_id=line.id,
        field=f"lines.{line.no - 1}.quantity",
    )


def _put_lines(work: Work, receipt: Receipt, lines: Sequence[ReceiptLineInput]) -> None:
    check_quantities([line.quantity for line in lines])
    negative = [
        Finding("receipt.cost_negative", f"lines.{position}.unit_cost", {})
        for position, line in enumerate(lines)
        if line.unit_cost < 0
    ]
    if negative:
        raise Invalid.of(negative)
    items = items_of(work, [line.item_id for line in lines])
    digits = digits_of(company_at_work(work).currency)
    receipt.value = Decimal(0)
    for no, line in enumerate(lines, start=1):
        item = items[line.item_id]
        if not item.stocked:
            raise Invalid("delivery.not_stocked", field=f"lines.{no - 1}.item_id", item=item.code)
        value = round_half_up(line.quantity * line.unit_cost, digits)
        receipt.value += value
        work.add(
            ReceiptLine(
                receipt_id=receipt.id,
                no=no,
                item_id=item.id,
                quantity=line.quantity,
                unit_id=line.unit_id or item.unit_id,
                base_quantity=to_base(item, line.unit_id, line.quantity, field=f"lines.{no - 1}.unit_id"),
                unit_cost=line.unit_cost,
                value=value,
            )
        )
