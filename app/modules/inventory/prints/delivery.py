"""The delivery note."""

from typing import Any

from sqlalchemy import select

from app.modules.inventory.models.delivery import Delivery, DeliveryLine
from app.modules.masterdata.queries.item import items_of
from app.modules.masterdata.queries.letter import letterhead, paper_locale, party_block
from app.modules.masterdata.queries.party import party_of
from app.modules.masterdata.queries.unit import units
from app.platform.prints import PartyBlock, PrintColumn, PrintField, PrintView
from app.platform.views import PrintOut
from app.platform.work import Work


def _data(work: Work, delivery: Delivery) -> dict[str, Any]:
    customer = party_of(work, delivery.customer_id)
    statement = select(DeliveryLine).where(DeliveryLine.delivery_id == delivery.id).order_by(DeliveryLine.no)
    lines = work.session.scalars(statement).all()
    items = items_of(work, [line.item_id for line in lines])
    measures = units(work)
    return {
        "company": letterhead(work),
        "party": party_block(work, customer),
        "other_party": PartyBlock(customer.name, delivery.ship_to.splitlines()) if delivery.ship_to else None,
        "number": delivery.number or "",
        "mark": "state.draft" if delivery.number is None else None,
        "reference": delivery.reference,
        "shipped_on": delivery.shipped_on or delivery.planned_on,
        "tracking_number": delivery.tracking_number,
        "memo": delivery.memo,
        "printed_at": work.now,
        "lines": [
            {
                "no": line.no,
                "item": items[line.item_id].code,
                "detail": line.description or items[line.item_id].name,
                "quantity": line.quantity,
                "unit": measures[line.unit_id].code,
            }
            for line in lines
        ],
    }


DELIVERY_PRINT = PrintOut(
    PrintView(
        "delivery",
        title="inventory.delivery",
        columns=(
            PrintColumn("field.no", "no", "number"),
            PrintColumn("field.item_id", "item", detail="detail", weight=4),
            PrintColumn("field.quantity", "quantity", "quantity"),
            PrintColumn("field.unit_id", "unit"),
        ),
        left=(PrintField("field.reference", "reference"), PrintField("field.tracking_number", "tracking_number")),
        right=(PrintField("field.shipped_on", "shipped_on", "day"),),
        notes=(PrintField("field.memo", "memo"),),
        signatures=("inventory.print.issued_by", "inventory.print.received_by"),
    ),
    _data,
    lambda work, delivery: paper_locale(work, party_of(work, delivery.customer_id)),
)
