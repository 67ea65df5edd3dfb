"""Deliveries: draft, ship, reverse. What comes back is `delivery_return`.

Shipping changes the quantity on hand at once. Its value goes where the company recognises cost: on
delivery straight to cost of sales; on invoice into dispatched goods kept by delivery line, from where
`recognition` takes it when the line is billed (catalogue 1.1, 1406 发出商品).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid
from app.modules.inventory.actions.costing import Kind, Movement, post_movements
from app.modules.inventory.actions.recognition import DISPATCHED
from app.modules.inventory.actions.stock import StockMove, change_stock
from app.modules.inventory.events import DeliveryReversed, DeliveryShipped, Pieces
from app.modules.inventory.models.delivery import Delivery, DeliveryLine
from app.modules.inventory.rules.delivery import DELIVERY, check_quantities
from app.modules.masterdata.queries.item import items_of, to_base
from app.modules.masterdata.queries.party import customer_of
from app.modules.masterdata.queries.warehouse import warehouse_of
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work

LINE_KIND = "inventory.delivery_line"
DOCUMENT_KIND = "inventory.delivery"


@dataclass(frozen=True, kw_only=True)
class DeliveryLineInput:
    """A line as typed; `unit_id` empty = the item's base unit."""

    item_id: UUID
    quantity: Decimal
    unit_id: UUID | None = None
    description: str = ""
    origin_line_id: UUID | None = None


@action
def create_delivery(
    work: Work,
    customer_id: UUID,
    warehouse_id: UUID,
    lines: list[DeliveryLineInput],
    planned_on: date | None = None,
    reference: str = "",
    ship_to: str = "",
    memo: str = "",
    origin_kind: str = "",
    origin_id: UUID | None = None,
) -> UUID:
    """Draft a delivery; nothing moves until it is shipped."""
    customer_of(work, customer_id)
    warehouse_of(work, warehouse_id)
    delivery = Delivery(
        company_id=work.company_id,
        customer_id=customer_id,
        warehouse_id=warehouse_id,
        planned_on=planned_on or work.today(),
        reference=reference,
        ship_to=ship_to,
        memo=memo,
        origin_kind=origin_kind,
        origin_id=origin_id,
    )
    work.add(delivery)
    _put_lines(work, delivery, lines)
    return delivery.id


@action
def update_delivery(
    work: Work,
    delivery_id: UUID,
    version: int,
    lines: list[DeliveryLineInput] | None = None,
    planned_on: date | None = None,
    reference: str | None = None,
    ship_to: str | None = None,
    tracking_number: str | None = None,
    memo: str | None = None,
) -> UUID:
    """Change a draft; a delivery made for an order keeps its lines but may carry less of them."""
    delivery = work.load(Delivery, delivery_id, version=version)
    DELIVERY.after("update", delivery.state)
    given = {
        "planned_on": planned_on,
        "reference": reference,
        "ship_to": ship_to,
        "tracking_number": tracking_number,
        "memo": memo,
    }
    for name, value in given.items():
        if value is not None:
            setattr(delivery, name, value)
    if lines is not None:
        old = lines_of(work, delivery_id)
        kept = _with_origins(delivery, old, lines)
        for line in old:
            work.session.delete(line)
        work.session.flush()
        work.memory.pop((LINE_KIND, delivery_id), None)
        _put_lines(work, delivery, kept)
    return delivery.id


@action
def ship_delivery(work: Work, delivery_id: UUID, shipped_on: date | None = None) -> UUID:
    """Send the goods: stock goes down, their cost moves on, the delivery gets its number."""
    delivery = work.load(Delivery, delivery_id)
    if delivery.kind != "delivery":
        raise Conflict("delivery.is_return")
    delivery.state = DELIVERY.after("ship", delivery.state)
    day = shipped_on or work.today()
    delivery.shipped_on = day
    lines = lines_of(work, delivery_id)
    area = str(warehouse_of(work, delivery.warehouse_id).valuation_area_id)
    change_stock(work, [stock_move(delivery, line, day, -line.base_quantity) for line in lines])
    later = company_at_work(work).cost_recognition == "invoice" and delivery.origin_id is not None
    post_movements(
        work,
        [
            Movement(
                item_id=line.item_id,
                kind=Kind.MOVE if later else Kind.OUT,
                on=day,
                area=area,
                quantity=line.base_quantity,
                line_kind=LINE_KIND,
                line_id=line.id,
                account_role="cost_of_sales",
                to_area=DISPATCHED if later else "",
                to_key=str(line.id) if later else "",
                origin_kind=DOCUMENT_KIND,
                origin_id=delivery.id,
            )
            for line in lines
        ],
    )
    number_later(work, delivery, "inventory.delivery", day, "DN")
    work.emit(DeliveryShipped(delivery.id, delivery.origin_kind, delivery.origin_id, pieces_of(lines)))
    return delivery.id


@action
def cancel_delivery(work: Work, delivery_id: UUID) -> UUID:
    """Drop a draft."""
    delivery = work.load(Delivery, delivery_id)
    delivery.state = DELIVERY.after("cancel", delivery.state)
    return delivery.id


@action
def reverse_delivery(work: Work, delivery_id: UUID) -> UUID:
    """Undo a shipment of which nothing was returned or billed: every posting nets to zero line by line."""
    delivery = work.load(Delivery, delivery_id)
    if delivery.kind != "delivery":
        raise Conflict("delivery.is_return")
    delivery.state = DELIVERY.after("reverse", delivery.state)
    lines = lines_of(work, delivery_id)
    if any(line.returned_quantity or line.recognised_quantity for line in lines):
        raise Conflict("delivery.used_already")
    day = delivery.shipped_on or work.today()
    change_stock(work, [stock_move(delivery, line, day, line.base_quantity) for line in lines])
    area = str(warehouse_of(work, delivery.warehouse_id).valuation_area_id)
    post_movements(
        work,
        [
            Movement(
                item_id=line.item_id,
                kind=Kind.REVERSAL,
                on=day,
                area=area,
                quantity=line.base_quantity,
                line_kind="inventory.delivery_reversal",
                line_id=line.id,
                ref_line=(LINE_KIND, line.id),
                origin_kind=DOCUMENT_KIND,
                origin_id=delivery.id,
            )
            for line in lines
        ],
    )
    work.emit(DeliveryReversed(delivery.id, delivery.origin_kind, delivery.origin_id, pieces_of(lines)))
    return delivery.id


def lines_of(work: Work, delivery_id: UUID) -> list[DeliveryLine]:
    """The lines of a delivery in order, read once a transaction."""
    statement = select(DeliveryLine).where(DeliveryLine.delivery_id == delivery_id).order_by(DeliveryLine.no)
    return work.remember((LINE_KIND, delivery_id), lambda: list(work.session.scalars(statement)))


def stock_move(delivery: Delivery, line: DeliveryLine, day: date, quantity: Decimal) -> StockMove:
    """What a line does to the quantity on hand; out is negative and uses up the promise to the order's line."""
    return StockMove(
        item_id=line.item_id,
        warehouse_id=delivery.warehouse_id,
        moved_on=day,
        quantity=quantity,
        kind=delivery.kind,
        document_kind=DOCUMENT_KIND,
        document_id=delivery.id,
        line_id=line.id,
        demand_line_id=line.origin_line_id if quantity < 0 else None,
        field=f"lines.{line.no - 1}.quantity",
    )


def pieces_of(lines: Sequence[DeliveryLine]) -> Pieces:
    """Lines as events tell them."""
    return tuple((line.id, line.origin_line_id, line.quantity) for line in lines)


def _with_origins(
    delivery: Delivery, old: Sequence[DeliveryLine], given: Sequence[DeliveryLineInput]
) -> list[DeliveryLineInput]:
    """For an order's delivery: lines stay those of the order, quantities may only shrink."""
    if delivery.origin_id is None:
        return list(given)
    by_item = {line.item_id: line for line in old}
    by_origin = {line.origin_line_id: line for line in old}
    kept: list[DeliveryLineInput] = []
    for position, line in enumerate(given):
        source = by_origin.get(line.origin_line_id) if line.origin_line_id else by_item.get(line.item_id)
        if source is None:
            raise Invalid("delivery.line_not_ordered", field=f"lines.{position}.item_id")
        if line.quantity > source.quantity:
            raise Invalid("delivery.more_than_drafted", field=f"lines.{position}.quantity", most=source.quantity)
        kept.append(
            DeliveryLineInput(
                item_id=source.item_id,
                quantity=line.quantity,
                unit_id=source.unit_id,
                description=line.description or source.description,
                origin_line_id=source.origin_line_id,
            )
        )
    return kept


def _put_lines(work: Work, delivery: Delivery, lines: Sequence[DeliveryLineInput]) -> None:
    check_quantities([line.quantity for line in lines])
    items = items_of(work, [line.item_id for line in lines])
    made: list[DeliveryLine] = []
    for no, line in enumerate(lines, start=1):
        item = items[line.item_id]
        if not item.stocked:
            raise Invalid("delivery.not_stocked", field=f"lines.{no - 1}.item_id", item=item.code)
        made.append(
            DeliveryLine(
                delivery_id=delivery.id,
                no=no,
                item_id=item.id,
                description=line.description or item.name,
                quantity=line.quantity,
                unit_id=line.unit_id or item.unit_id,
                base_quantity=to_base(item, line.unit_id, line.quantity, field=f"lines.{no - 1}.unit_id"),
                origin_line_id=line.origin_line_id,
            )
        )
    for fresh in made:
        work.add(fresh)
    work.memory[LINE_KIND, delivery.id] = made
