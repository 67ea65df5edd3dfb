"""Returns: goods of a shipped delivery come back at the cost at which they left."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel.errors import Conflict, Finding, Invalid
from app.modules.inventory.actions.costing import Kind, Movement, post_movements
from app.modules.inventory.actions.delivery import DOCUMENT_KIND, LINE_KIND, lines_of, pieces_of, stock_move
from app.modules.inventory.actions.recognition import DISPATCHED, base_part, take_back
from app.modules.inventory.actions.stock import change_stock
from app.modules.inventory.events import ReturnReceived
from app.modules.inventory.models.delivery import Delivery, DeliveryLine
from app.modules.inventory.rules.delivery import DELIVERY, check_quantities, return_split
from app.modules.masterdata.queries.warehouse import warehouse_of
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work


@dataclass(frozen=True, kw_only=True)
class ReturnLineInput:
    """How much of a shipped line comes back, in the line's unit."""

    delivery_line_id: UUID
    quantity: Decimal


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
                base_quantity=base_part(source, line.quantity),
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
    change_stock(work, [stock_move(back, line, day, line.base_quantity) for line in lines])
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
    work.emit(ReturnReceived(back.id, back.origin_kind, back.origin_id, pieces_of(lines)))
    return back.id


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
                quantity=base_part(source, dispatched),
                line_kind=LINE_KIND,
                line_id=line.id,
                account_role="cost_of_sales",
                to_area=area,
                origin_kind=DOCUMENT_KIND,
                origin_id=back.id,
            )
        )
    if recognised:
        movements += take_back(work, source, recognised, day, area, "", origin)
        source.recognised_quantity -= recognised
    return movements
