"""What an order's page shows beside its own fields: availability, progress, what it will post, related documents."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, select

from app.modules.finance.queries.invoice import invoices_of
from app.modules.finance.queries.open_item import exposure_of
from app.modules.inventory.models.stock import Stock
from app.modules.inventory.queries.delivery import deliveries_of
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.queries.party import party_of
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.models.quotation import Quotation
from app.platform.views import Panel, Related, Step
from app.platform.work import Work

_FREE = (
    select(OrderLine.id, case((Item.kind == "stock", func.coalesce(Stock.on_hand - Stock.reserved, 0)), else_=None))
    .join(Order, Order.id == OrderLine.order_id)
    .join(Item, Item.id == OrderLine.item_id)
    .outerjoin(
        Stock,
        and_(
            Stock.company_id == Order.company_id,
            Stock.item_id == OrderLine.item_id,
            Stock.warehouse_id == Order.warehouse_id,
        ),
    )
    .where(OrderLine.id.in_(bindparam("line_ids", expanding=True)))
)
_DELIVERED = (
    select(
        OrderLine.order_id,
        100
        * func.sum(OrderLine.net * OrderLine.delivered_quantity / OrderLine.quantity)
        / func.nullif(func.sum(OrderLine.net), 0),
    )
    .where(OrderLine.order_id.in_(bindparam("order_ids", expanding=True)))
    .group_by(OrderLine.order_id)
)


def availability_by_line(work: Work, line_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Free stock of each line's item in the order's warehouse; None for services."""
    rows = work.session.execute(_FREE, {"line_ids": list(line_ids)}).all() if line_ids else []
    return {row[0]: row[1] for row in rows}


def delivered_share(work: Work, order_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """How much of each order's quantity has left, in per cent, weighted by net value."""
    rows = work.session.execute(_DELIVERED, {"order_ids": list(order_ids)})
    return {key: share or Decimal(0) for key, share in rows}


def order_steps(work: Work, order: Order) -> list[Step]:
    """Confirmed, delivered, invoiced, paid."""
    confirmed = order.state in ("confirmed", "closed")
    marks = [
        ("sales.step.order", True, order.ordered_on, ""),
        ("sales.step.confirmed", confirmed, None, ""),
        (
            "sales.step.delivered",
            order.delivery_state == "delivered",
            order.promised_on,
            f"delivery_state.{order.delivery_state}",
        ),
        ("sales.step.invoiced", order.billing_state == "invoiced", None, f"billing_state.{order.billing_state}"),
        ("sales.step.paid", order.payment_state == "paid", None, f"payment_state.{order.payment_state}"),
    ]
    steps: list[Step] = []
    current_seen = False
    for label, done, on, detail in marks:
        state = "done" if done else ("todo" if current_seen else "current")
        current_seen = current_seen or not done
        steps.append(Step(label, state, on, f"sales.order.{detail}" if detail.endswith(".partial") else ""))
    return steps


def order_related(work: Work, order: Order) -> list[Related]:
    """The quotation it came from, its deliveries and invoices."""
    chips: list[Related] = []
    if order.quotation_id is not None:
        quotation = work.session.get(Quotation, order.quotation_id)
        if quotation is not None:
            chips.append(Related("sales.quotation", quotation.id, quotation.number or "", quotation.state))
    if order.state != "draft":
        chips += deliveries_of(work, "sales.order", order.id)
        chips += invoices_of(work, "sales.order", order.id)
    return chips


def credit_panel(work: Work, order: Order) -> Panel | None:
    """How much of the customer's credit limit is used; nothing without a limit."""
    customer = party_of(work, order.customer_id)
    if customer.credit_limit is None:
        return None
    used = exposure_of(work, customer.id)
    share = used / customer.credit_limit if customer.credit_limit else Decimal(1)
    return Panel(
        "sales.panel.credit",
        rows=[("sales.panel.credit_used", "money", used), ("sales.panel.credit_limit", "money", customer.credit_limit)],
        share=min(share, Decimal(1)),
        badge="sales.panel.within_limit" if share <= 1 else "sales.panel.over_limit",
        tone="done" if share <= 1 else "problem",
    )
