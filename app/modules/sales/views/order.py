"""The order's list and page."""

from app.modules.sales.actions.fulfilment import deliver_order, invoice_order
from app.modules.sales.actions.order import (
    cancel_order,
    close_order,
    confirm_order,
    create_order,
    reopen_order,
    update_order,
)
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.prints.order import ORDER_PRINT
from app.modules.sales.queries.explain import explain_order
from app.modules.sales.queries.order import (
    availability_by_line,
    credit_panel,
    delivered_share,
    order_related,
    order_steps,
)
from app.modules.sales.queries.totals import order_totals
from app.modules.sales.views.lines import EDITABLE, preview_lines
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Tab

ORDERS = ListView(
    Order,
    columns=[
        Field(Order.number, phone="title"),
        Field(Order.customer_id, phone="body"),
        Field(Order.ordered_on, phone="meta"),
        Field(Order.promised_on),
        Field(Order.salesperson_id, hidden=True),
        Field(Order.state, phone="badge", choices=("draft", "confirmed", "closed", "cancelled")),
        Field(name="delivered", kind="progress", compute=delivered_share, label="sales.order.delivery_state"),
        Field(Order.delivery_state, choices=("none", "partial", "delivered"), hidden=True),
        Field(Order.billing_state, choices=("none", "partial", "invoiced")),
        Field(Order.payment_state, choices=("none", "partial", "paid"), hidden=True),
        Field(Order.reference, hidden=True),
        Field(Order.warehouse_id, hidden=True),
        Field(Order.currency, hidden=True),
        Field(Order.net, currency=Order.currency, total=True),
        Field(Order.gross, currency=Order.currency, total=True, phone="value"),
    ],
    search=[Order.number, Order.reference],
    group_by=[Order.customer_id, Order.state, Order.salesperson_id, Order.ordered_on, Order.delivery_state],
    tabs=[
        Tab("all"),
        Tab("open", lambda work: Order.state == "confirmed", default=True),
        Tab("draft", lambda work: Order.state == "draft"),
        Tab(
            "to_deliver",
            lambda work: (Order.state == "confirmed") & (Order.delivery_state != "delivered"),
        ),
        Tab(
            "late",
            lambda work: (
                (Order.state == "confirmed")
                & (Order.delivery_state != "delivered")
                & (Order.promised_on < work.today())
            ),
        ),
        Tab("to_invoice", lambda work: (Order.state == "confirmed") & (Order.billing_state != "invoiced")),
    ],
    sort=[Order.ordered_on.desc()],
    create=create_order,
    bulk=[confirm_order, deliver_order, invoice_order],
    icon="file-invoice",
)


ORDER = DocumentView(
    Order,
    fields=[
        Field(Order.customer_id, required=True),
        Field(Order.reference),
        Field(Order.ordered_on, default=lambda work: work.today()),
        Field(Order.promised_on),
        Field(Order.currency),
        Field(Order.payment_term_id),
        Field(Order.warehouse_id),
        Field(Order.salesperson_id),
        Field(Order.ship_to, wide=True),
        Field(Order.memo, kind="memo", wide=True),
    ],
    state=Order.state,
    create=create_order,
    update=update_order,
    edit_states=("draft",),
    lines=[
        Lines(
            OrderLine,
            parent=OrderLine.order_id,
            order=OrderLine.no,
            fields=[
                Field(OrderLine.item_id, required=True, wide=True),
                Field(OrderLine.description),
                Field(OrderLine.quantity, unit=OrderLine.unit_id, required=True),
                Field(OrderLine.unit_id, only="edit"),
                Field(OrderLine.price, currency=Order.currency),
                Field(OrderLine.discount_percent),
                Field(OrderLine.tax_code_id, brief=True),
                Field(name="available", kind="quantity", compute=availability_by_line, only="read"),
                Field(OrderLine.delivered_quantity, only="read"),
                Field(OrderLine.invoiced_quantity, only="read"),
                Field(OrderLine.net, currency=Order.currency),
            ],
            editable=EDITABLE,
        )
    ],
    buttons=[
        Button(confirm_order, states=("draft",), primary=("draft",), icon="check"),
        Button(
            deliver_order,
            states=("confirmed",),
            primary=("confirmed",),
            when=lambda order: order.delivery_state != "delivered",
            fields=[Field(name="planned_on", kind="date"), Field(name="ship", kind="flag")],
            icon="truck-delivery",
        ),
        Button(
            invoice_order,
            states=("confirmed", "closed"),
            primary=("confirmed",),
            when=lambda order: order.billing_state != "invoiced",
            fields=[Field(name="invoiced_on", kind="date"), Field(name="post", kind="flag")],
            icon="receipt",
        ),
        Button(close_order, states=("confirmed",), danger=True, fields=[Field(name="reason", kind="memo")]),
        Button(reopen_order, states=("closed",)),
        Button(
            cancel_order,
            states=("draft", "confirmed"),
            danger=True,
            when=lambda order: order.delivery_state == "none" and order.billing_state == "none",
            fields=[Field(name="reason", kind="memo")],
        ),
    ],
    steps=order_steps,
    totals=order_totals,
    related=order_related,
    postings=explain_order,
    panels=[credit_panel],
    preview=lambda work, given: preview_lines(work, given, "ordered_on"),
    prints=[ORDER_PRINT],
    memo=Order.memo,
    unasked=("quotation_id",),
    icon="file-invoice",
)
