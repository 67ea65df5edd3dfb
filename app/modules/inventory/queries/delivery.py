"""Deliveries as their origin sees them, and what a delivery's page shows beside its fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app.modules.inventory.models.delivery import Delivery, DeliveryLine, Recognition
from app.platform.views import Related, Step
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """A shipped line of an origin, quantities in the line's unit."""

    delivery_id: UUID
    line_id: UUID
    origin_line_id: UUID
    quantity: Decimal
    returned_quantity: Decimal
    recognised_quantity: Decimal


def shipped_lines_of(work: Work, origin_kind: str, origin_id: UUID) -> list[ShippedLine]:
    """All lines shipped for a document, the latest delivery first."""
    if work.waits(Delivery, DeliveryLine):
        work.session.flush()
    rows = work.session.execute(
        select(
            DeliveryLine.delivery_id,
            DeliveryLine.id,
            DeliveryLine.origin_line_id,
            DeliveryLine.quantity,
            DeliveryLine.returned_quantity,
            DeliveryLine.recognised_quantity,
        )
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(
            Delivery.origin_kind == origin_kind,
            Delivery.origin_id == origin_id,
            Delivery.kind == "delivery",
            Delivery.state == "shipped",
            DeliveryLine.origin_line_id.is_not(None),
        )
        .order_by(Delivery.shipped_on.desc(), DeliveryLine.id.desc()),
        execution_options={"autoflush": False},
    )
    return [ShippedLine(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows if row[2] is not None]


def recognised_by(work: Work, origin_id: UUID, line_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What of these delivery lines a document made cost of sales and nothing took back since, in the line's unit."""
    rows = work.session.execute(
        select(Recognition.line_id, func.sum(Recognition.quantity - Recognition.taken_back))
        .where(Recognition.line_id.in_(line_ids), Recognition.origin_id == origin_id)
        .group_by(Recognition.line_id)
    )
    return {row[0]: row[1] for row in rows}


def in_draft(work: Work, origin_kind: str, origin_id: UUID) -> dict[UUID, Decimal]:
    """Quantity by origin line that stands in deliveries not shipped yet."""
    rows = work.session.execute(
        select(DeliveryLine.origin_line_id, func.sum(DeliveryLine.quantity))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(
            Delivery.origin_kind == origin_kind,
            Delivery.origin_id == origin_id,
            Delivery.kind == "delivery",
            Delivery.state == "draft",
            DeliveryLine.origin_line_id.is_not(None),
        )
        .group_by(DeliveryLine.origin_line_id)
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}


def deliveries_of(work: Work, origin_kind: str, origin_id: UUID) -> list[Related]:
    """Chips for the deliveries and returns of a document."""
    statement = (
        select(Delivery)
        .where(Delivery.origin_kind == origin_kind, Delivery.origin_id == origin_id, Delivery.state != "cancelled")
        .order_by(Delivery.id)
    )
    return [
        Related("inventory.delivery", found.id, found.number or "", found.state)
        for found in work.session.scalars(statement)
    ]


def delivery_related(work: Work, delivery: Delivery) -> list[Related]:
    """The document it was made for, the delivery it takes back, the returns of it."""
    chips: list[Related] = []
    if delivery.origin_id is not None:
        chips.append(Related(delivery.origin_kind, delivery.origin_id, delivery.reference))
    if delivery.returns_id is not None:
        source = work.session.get(Delivery, delivery.returns_id)
        if source is not None:
            chips.append(Related("inventory.delivery", source.id, source.number or "", source.state))
    returns = work.session.scalars(select(Delivery).where(Delivery.returns_id == delivery.id).order_by(Delivery.id))
    chips += [Related("inventory.delivery", back.id, back.number or "", back.state) for back in returns]
    return chips


def delivery_steps(work: Work, delivery: Delivery) -> list[Step]:
    """Drafted, then shipped or received."""
    if delivery.state in ("cancelled", "reversed"):
        return [Step("inventory.step.drafted", "done"), Step(f"state.{delivery.state}", "problem", delivery.shipped_on)]
    gone = delivery.state in ("shipped", "done")
    last = "inventory.step.received" if delivery.kind == "return" else "inventory.step.shipped"
    return [
        Step("inventory.step.drafted", "done" if gone else "current", delivery.planned_on),
        Step(last, "done" if gone else "todo", delivery.shipped_on),
    ]
