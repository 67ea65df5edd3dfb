"""The delivery's list and page."""

from app.modules.finance.queries.explain import postings_of
from app.modules.inventory.actions.delivery import (
    cancel_delivery,
    create_delivery,
    reverse_delivery,
    ship_delivery,
    update_delivery,
)
from app.modules.inventory.actions.delivery_return import receive_return
from app.modules.inventory.models.delivery import Delivery, DeliveryLine
from app.modules.inventory.prints.delivery import DELIVERY_PRINT
from app.modules.inventory.queries.delivery import delivery_related, delivery_steps
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Tab

DELIVERIES = ListView(
    Delivery,
    columns=[
        Field(Delivery.number, phone="title"),
        Field(Delivery.kind, choices=("delivery", "return")),
        Field(Delivery.customer_id, phone="body"),
        Field(Delivery.warehouse_id),
        Field(Delivery.planned_on, phone="meta"),
        Field(Delivery.shipped_on),
        Field(Delivery.state, phone="badge", choices=("draft", "shipped", "done", "cancelled", "reversed")),
        Field(Delivery.reference),
        Field(Delivery.tracking_number, hidden=True),
    ],
    search=[Delivery.number, Delivery.reference],
    group_by=[Delivery.customer_id, Delivery.warehouse_id, Delivery.state, Delivery.planned_on],
    tabs=[
        Tab("all"),
        Tab("to_ship", lambda work: (Delivery.state == "draft") & (Delivery.kind == "delivery"), default=True),
        Tab("shipped", lambda work: Delivery.state == "shipped"),
        Tab("returns", lambda work: Delivery.kind == "return"),
    ],
    sort=[Delivery.planned_on.desc()],
    create=create_delivery,
    bulk=[ship_delivery],
    icon="truck-delivery",
)
DELIVERY = DocumentView(
    Delivery,
    fields=[
        Field(Delivery.customer_id, required=True),
        Field(Delivery.warehouse_id, required=True),
        Field(Delivery.planned_on, default=lambda work: work.today()),
        Field(Delivery.shipped_on),
        Field(Delivery.kind, choices=("delivery", "return")),
        Field(Delivery.reference),
        Field(Delivery.tracking_number),
        Field(Delivery.ship_to, wide=True),
        Field(Delivery.memo, kind="memo", wide=True),
    ],
    state=Delivery.state,
    create=create_delivery,
    update=update_delivery,
    edit_states=("draft",),
    lines=[
        Lines(
            DeliveryLine,
            parent=DeliveryLine.delivery_id,
            order=DeliveryLine.no,
            fields=[
                Field(DeliveryLine.item_id, required=True, wide=True),
                Field(DeliveryLine.description),
                Field(DeliveryLine.quantity, unit=DeliveryLine.unit_id, required=True),
                Field(DeliveryLine.unit_id, only="edit"),
                Field(DeliveryLine.returned_quantity, only="read"),
                Field(DeliveryLine.recognised_quantity, only="read"),
            ],
            editable=("item_id", "description", "quantity", "unit_id"),
        )
    ],
    buttons=[
        Button(
            ship_delivery,
            states=("draft",),
            primary=("draft",),
            when=lambda delivery: delivery.kind == "delivery",
            fields=[Field(name="shipped_on", kind="date")],
            icon="truck-delivery",
        ),
        Button(
            receive_return,
            states=("draft",),
            primary=("draft",),
            when=lambda delivery: delivery.kind == "return",
            icon="package",
        ),
        Button(cancel_delivery, states=("draft",), danger=True),
        Button(reverse_delivery, states=("shipped",), danger=True, when=lambda delivery: delivery.kind == "delivery"),
    ],
    steps=delivery_steps,
    related=delivery_related,
    postings=lambda work, delivery: postings_of(work, [delivery.id]),
    prints=[DELIVERY_PRINT],
    memo=Delivery.memo,
    icon="truck-delivery",
)
