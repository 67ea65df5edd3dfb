"""Deliveries: draft, ship, return, reverse; and the recognition of their cost.

Shipping changes the quantity on hand at once. Its value goes where the company recognises cost: on
delivery straight to cost of sales; on invoice into dispatched goods kept by delivery line, from where
`recognise_cost` takes it when the line is billed (catalogue 1.1, 1406 发出商品).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict, Finding, Invalid
from app.kernel.ids import new_id
from app.modules.inventory.actions.costing import Kind, Movement, post_movements
from app.modules.inventory.actions.stock import StockMove, change_stock
from app.modules.inventory.events import DeliveryReversed, DeliveryShipped, Pieces, ReturnReceived
from app.modules.inventory.models.delivery import Delivery, DeliveryLine, Recognition
from app.modules.inventory.rules.delivery import DELIVERY, check_quantities, return_split
from app.modules.masterdata.queries.item import items_of, to_base
from app.modules.masterdata.queries.party import customer_of
from app.modules.masterdata.queries.warehouse import warehouse_of
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work

LINE_KIND = "inventory.delivery_line"
RECOGNITION_KIND = "inventory.recognition"
DOCUMENT_KIND = "inventory.delivery"
DISPATCHED = "dispatched"
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class DeliveryLineInput:
    """A line as typed; `unit_id` empty = the item's base unit."""

    item_id: UUID
    quantity: Decimal
    unit_id: UUID | None = None
    description: str = ""
    origin_line_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnLineInput:
    """How much of a shipped line comes back, in the line's unit."""

    delivery_line_id: UUID
    quantity: Decimal


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
    change_stock(work, [_stock_move(delivery, line, day, -line.base_quantity) for line in lines])
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
    work.emit(DeliveryShipped(delivery.id, delivery.origin_kind, delivery.origin_id, _pieces(lines)))
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
    change_stock(work, [_stock_move(delivery, line, day, line.base_quantity) for line in lines])
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
    work.emit(DeliveryReversed(delivery.id, delivery.origin_kind, delivery.origin_id, _pieces(lines)))
    return delivery.id


@action
def create_return(
    work: Work,
    delivery_id: UUID,
    lines: list[ReturnLineInput],
    returned_on: date | None = None,
    reference: str = "",
    memo: str = "",
) -> UUID:
    """Draft a return of a shipped delivery; nothing moves until it is received."""
    delivery = work.load(Delivery, delivery_id)
    if delivery.state != "shipped":
        raise Conflict("delivery.not_shipped")
    check_quantities([line.quantity for line in lines])
    shipped = {line.id: line for line in lines_of(work, delivery_id)}
    findings = [
        Finding(
            "delivery.return_too_much",
            f"lines.{position}.quantity",
            {"open": shipped[line.delivery_line_id].quantity - shipped[line.delivery_line_id].returned_quantity},
        )
        for position, line in enumerate(lines)
        if line.delivery_line_id in shipped
        and line.quantity > shipped[line.delivery_line_id].quantity - shipped[line.delivery_line_id].returned_quantity
    ]
    unknown = next((n for n, line in enumerate(lines) if line.delivery_line_id not in shipped), None)
    if unknown is not None:
        raise Invalid("delivery.line_unknown", field=f"lines.{unknown}.delivery_line_id")
    if findings:
        raise Invalid.of(findings)
    back = Delivery(
        company_id=work.company_id,
        kind="return",
        customer_id=delivery.customer_id,
        warehouse_id=delivery.warehouse_id,
        planned_on=returned_on or work.today(),
        reference=reference or delivery.reference,
        memo=memo,
        returns_id=delivery.id,
        origin_kind=delivery.origin_kind,
        origin_id=delivery.origin_id,
    )
    work.add(back)
    for no, line in enumerate(lines, start=1):
        source = shipped[line.delivery_line_id]
        work.add(
            DeliveryLine(
                delivery_id=back.id,
                no=no,
                item_id=source.item_id,
                description=source.description,
                quantity=line.quantity,
                unit_id=source.unit_id,
                base_quantity=_base_part(source, line.quantity),
                origin_line_id=source.origin_line_id,
                returns_line_id=source.id,
            )
        )
    return back.id


@action
def receive_return(work: Work, delivery_id: UUID) -> UUID:
    """Take the goods back into stock at the cost at which they left."""
    back = work.load(Delivery, delivery_id)
    if back.kind != "return" or back.returns_id is None:
        raise Conflict("delivery.not_return")
    back.state = DELIVERY.after("receive", back.state)
    work.load(Delivery, back.returns_id)
    work.session.flush()
    lines = lines_of(work, delivery_id)
    sources = {line.id: line for line in lines_of(work, back.returns_id)}
    day = back.planned_on
    back.shipped_on = day
    change_stock(work, [_stock_move(back, line, day, line.base_quantity) for line in lines])
    area = str(warehouse_of(work, back.warehouse_id).valuation_area_id)
    movements: list[Movement] = []
    for position, line in enumerate(lines):
        assert line.returns_line_id is not None
        source = sources[line.returns_line_id]
        if source.returned_quantity + line.quantity > source.quantity:
            left = source.quantity - source.returned_quantity
            raise Invalid("delivery.return_too_much", field=f"lines.{position}.quantity", open=left)
        movements += _return_movements(work, back, line, source, area, day)
        source.returned_quantity += line.quantity
    post_movements(work, movements)
    number_later(work, back, "inventory.return", day, "RT")
    work.emit(ReturnReceived(back.id, back.origin_kind, back.origin_id, _pieces(lines)))
    return back.id


def recognise_cost(
    work: Work, pieces: Sequence[tuple[UUID, Decimal]], on: date, origin_kind: str, origin_id: UUID
) -> None:
    """Make the cost of shipped lines cost of sales (quantity > 0, in the line's unit) or take it back (< 0)."""
    found = work.session.scalars(
        select(DeliveryLine).where(DeliveryLine.id.in_([line_id for line_id, _ in pieces])).order_by(DeliveryLine.id),
        execution_options={"autoflush": False},
    )
    lines = {line.id: line for line in found}
    movements: list[Movement] = []
    for line_id, quantity in pieces:
        line = lines[line_id]
        line.recognised_quantity += quantity
        if quantity > 0:
            movements.append(_recognise(work, line, quantity, on, origin_kind, origin_id))
        else:
            movements += _take_back(work, line, -quantity, on, DISPATCHED, str(line.id), (origin_kind, origin_id))
    post_movements(work, movements)


def lines_of(work: Work, delivery_id: UUID) -> list[DeliveryLine]:
    """The lines of a delivery in order, read once a transaction."""
    statement = select(DeliveryLine).where(DeliveryLine.delivery_id == delivery_id).order_by(DeliveryLine.no)
    return work.remember((LINE_KIND, delivery_id), lambda: list(work.session.scalars(statement)))


def _recognise(
    work: Work, line: DeliveryLine, quantity: Decimal, on: date, origin_kind: str, origin_id: UUID
) -> Movement:
    part = Recognition(
        id=new_id(),
        line_id=line.id,
        recognised_on=on,
        quantity=quantity,
        base_quantity=_base_part(line, quantity),
        origin_kind=origin_kind,
        origin_id=origin_id,
    )
    work.add(part)
    return Movement(
        item_id=line.item_id,
        kind=Kind.OUT,
        on=on,
        area=DISPATCHED,
        key=str(line.id),
        quantity=part.base_quantity,
        line_kind=RECOGNITION_KIND,
        line_id=part.id,
        account_role="cost_of_sales",
        origin_kind=origin_kind,
        origin_id=origin_id,
    )


def _take_back(
    work: Work,
    line: DeliveryLine,
    quantity: Decimal,
    on: date,
    area: str,
    key: str,
    origin: tuple[str, UUID],
) -> list[Movement]:
    """Cost of sales back into a pool: first what that document itself recognised, then the latest recognition."""
    parts = work.session.scalars(
        select(Recognition)
        .where(Recognition.line_id == line.id, Recognition.taken_back < Recognition.quantity)
        .order_by(Recognition.origin_id != origin[1], Recognition.id.desc())
        .with_for_update()
    )
    movements: list[Movement] = []
    for part in parts:
        taken = min(quantity, part.quantity - part.taken_back)
        if taken <= 0:
            break
        base = part.base_quantity * taken / part.quantity
        part.taken_back += taken
        quantity -= taken
        movements.append(
            Movement(
                item_id=line.item_id,
                kind=Kind.BACK,
                on=on,
                area=area,
                key=key,
                quantity=base,
                line_kind="inventory.recognition_back",
                line_id=new_id(),
                ref_line=(RECOGNITION_KIND, part.id),
                origin_kind=origin[0],
                origin_id=origin[1],
            )
        )
    return movements


def _return_movements(
    work: Work, back: Delivery, line: DeliveryLine, source: DeliveryLine, area: str, day: date
) -> list[Movement]:
    """Back from cost of sales at original cost, or from dispatched goods what was not recognised yet."""
    origin = (DOCUMENT_KIND, back.id)
    if company_at_work(work).cost_recognition != "invoice" or back.origin_id is None:
        return [
            Movement(
                item_id=line.item_id,
                kind=Kind.BACK,
                on=day,
                area=area,
                quantity=line.base_quantity,
                line_kind=LINE_KIND,
                line_id=line.id,
                ref_line=(LINE_KIND, source.id),
                origin_kind=DOCUMENT_KIND,
                origin_id=back.id,
            )
        ]
    dispatched, recognised = return_split(source, line.quantity)
    movements: list[Movement] = []
    if dispatched:
        movements.append(
            Movement(
                item_id=line.item_id,
                kind=Kind.MOVE,
                on=day,
                area=DISPATCHED,
                key=str(source.id),
                quantity=_base_part(source, dispatched),
                line_kind=LINE_KIND,
                line_id=line.id,
                account_role="cost_of_sales",
                to_area=area,
                origin_kind=DOCUMENT_KIND,
                origin_id=back.id,
            )
        )
    if recognised:
        movements += _take_back(work, source, recognised, day, area, "", origin)
        source.recognised_quantity -= recognised
    return movements


def _base_part(line: DeliveryLine, quantity: Decimal) -> Decimal:
    """A part of a line in base units; the whole line is exactly its base quantity."""
    return line.base_quantity if quantity == line.quantity else line.base_quantity * quantity / line.quantity


def _stock_move(delivery: Delivery, line: DeliveryLine, day: date, quantity: Decimal) -> StockMove:
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


def _pieces(lines: Sequence[DeliveryLine]) -> Pieces:
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
