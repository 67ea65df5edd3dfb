"""Recognition on invoice: the cost of dispatched goods becomes cost of sales when their line is billed, and back.

Each recognition is a row of its own, so that a credit note takes back what that very invoice recognised.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.ids import new_id
from app.modules.inventory.actions.costing import Kind, Movement, post_movements
from app.modules.inventory.models.delivery import DeliveryLine, Recognition
from app.platform.work import Work

RECOGNITION_KIND = "inventory.recognition"
DISPATCHED = "dispatched"
"""The pool of dispatched goods, kept by delivery line."""


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
            movements += take_back(work, line, -quantity, on, DISPATCHED, str(line.id), (origin_kind, origin_id))
    post_movements(work, movements)


def _recognise(
    work: Work, line: DeliveryLine, quantity: Decimal, on: date, origin_kind: str, origin_id: UUID
) -> Movement:
    part = Recognition(
        id=new_id(),
        line_id=line.id,
        recognised_on=on,
        quantity=quantity,
        base_quantity=base_part(line, quantity),
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


def take_back(
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


def base_part(line: DeliveryLine, quantity: Decimal) -> Decimal:
    """A part of a line in base units; the whole line is exactly its base quantity."""
    return line.base_quantity if quantity == line.quantity else line.base_quantity * quantity / line.quantity
