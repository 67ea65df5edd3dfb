"""From a confirmed order to deliveries, invoices and returns, whole or in part.

The documents themselves belong to inventory and finance; what they do to the order comes back as facts
(`listeners`), so it makes no difference whether goods were shipped from here or from the warehouse's list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel.errors import Conflict
from app.modules.finance.actions.invoice import InvoiceLineInput, create_credit_note, create_invoice, post_invoice
from app.modules.finance.queries.invoice import invoiced_lines_of
from app.modules.inventory.actions.delivery import DeliveryLineInput, create_delivery, ship_delivery
from app.modules.inventory.actions.delivery_return import ReturnLineInput, create_return, receive_return
from app.modules.inventory.queries.delivery import in_draft, shipped_lines_of
from app.modules.masterdata.queries.item import items_of
from app.modules.sales.actions.order import lines_of
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.rules.order import (
    ORDER,
    Piece,
    checked_pieces,
    open_to_deliver,
    open_to_invoice,
)
from app.platform.actions import action
from app.platform.work import Work

ORDER_KIND = "sales.order"


@dataclass(frozen=True, kw_only=True)
class OrderPiece:
    """A part of an order line: its quantity in the line's unit."""

    line_id: UUID
    quantity: Decimal


@action
def deliver_order(
    work: Work,
    order_id: UUID,
    lines: list[OrderPiece] | None = None,
    planned_on: date | None = None,
    ship: bool = False,
) -> UUID:
    """Make a delivery of all that is open, or of the named parts; `ship` sends it at once. Returns the delivery."""
    order = work.load(Order, order_id)
    ORDER.after("deliver", order.state)
    found = lines_of(work, order_id)
    items = items_of(work, [line.item_id for line in found])
    drafted = in_draft(work, ORDER_KIND, order_id)
    left = {
        line.id: open_to_deliver(line) - drafted.get(line.id, Decimal(0))
        for line in found
        if items[line.item_id].stocked
    }
    wanted = checked_pieces(_pieces(lines), left, "order.deliver")
    delivery_id = create_delivery(
        work,
        customer_id=order.customer_id,
        warehouse_id=order.warehouse_id,
        planned_on=planned_on or work.today(),
        lines=[
            DeliveryLineInput(
                item_id=line.item_id,
                quantity=wanted[line.id],
                unit_id=line.unit_id,
                description=line.description,
                origin_line_id=line.id,
            )
            for line in found
            if line.id in wanted
        ],
        origin_kind=ORDER_KIND,
        origin_id=order_id,
        reference=order.reference or order.number or "",
        ship_to=order.ship_to,
    )
    if ship:
        ship_delivery(work, delivery_id, shipped_on=planned_on)
    return delivery_id


@action
def invoice_order(
    work: Work,
    order_id: UUID,
    lines: list[OrderPiece] | None = None,
    invoiced_on: date | None = None,
    post: bool = False,
) -> UUID:
    """Bill all that may be billed, or the named parts; `post` posts the invoice at once. Returns the invoice."""
    order = work.load(Order, order_id)
    ORDER.after("invoice", order.state)
    found = lines_of(work, order_id)
    items = items_of(work, [line.item_id for line in found])
    left = {line.id: open_to_invoice(line, on_delivery=items[line.item_id].stocked) for line in found}
    wanted = checked_pieces(_pieces(lines), left, "order.invoice")
    invoice_id = create_invoice(
        work,
        customer_id=order.customer_id,
        invoiced_on=invoiced_on or work.today(),
        currency=order.currency,
        lines=[_billed(line, wanted[line.id]) for line in found if line.id in wanted],
        payment_term_id=order.payment_term_id,
        origin_kind=ORDER_KIND,
        origin_id=order_id,
        reference=order.reference or order.number or "",
    )
    if post:
        post_invoice(work, invoice_id)
    return invoice_id


@action
def return_order(
    work: Work,
    order_id: UUID,
    lines: list[OrderPiece],
    returned_on: date | None = None,
    credit: bool = True,
) -> UUID:
    """Take goods back at their original cost and, with `credit`, credit what of them was billed. Returns the return."""
    order = work.load(Order, order_id)
    ORDER.after("return", order.state)
    found = {line.id: line for line in lines_of(work, order_id)}
    left = {key: line.delivered_quantity - line.returned_quantity for key, line in found.items()}
    wanted = checked_pieces(_pieces(lines), left, "order.return")
    day = returned_on or work.today()
    by_delivery = _spread_over_deliveries(work, order_id, wanted)
    return_id: UUID | None = None
    if credit:
        _credit(work, order_id, found, wanted, day)
    for delivery_id, pieces in by_delivery.items():
        return_id = create_return(work, delivery_id, returned_on=day, lines=pieces)
        receive_return(work, return_id)
    assert return_id is not None
    return return_id


def _pieces(lines: Sequence[OrderPiece] | None) -> list[Piece] | None:
    return None if lines is None else [Piece(line.line_id, line.quantity) for line in lines]


def _billed(line: OrderLine, quantity: Decimal) -> InvoiceLineInput:
    return InvoiceLineInput(
        item_id=line.item_id,
        description=line.description,
        quantity=quantity,
        unit_id=line.unit_id,
        price=line.price,
        discount_percent=line.discount_percent,
        tax_code_id=line.tax_code_id,
        origin_line_id=line.id,
    )


def _spread_over_deliveries(
    work: Work, order_id: UUID, wanted: dict[UUID, Decimal]
) -> dict[UUID, list[ReturnLineInput]]:
    """Latest deliveries first: what comes back is most often what went out last."""
    left = dict(wanted)
    spread: dict[UUID, list[ReturnLineInput]] = {}
    for shipped in shipped_lines_of(work, ORDER_KIND, order_id):
        part = min(left.get(shipped.origin_line_id, Decimal(0)), shipped.quantity - shipped.returned_quantity)
        if part > 0:
            left[shipped.origin_line_id] -= part
            spread.setdefault(shipped.delivery_id, []).append(
                ReturnLineInput(delivery_line_id=shipped.line_id, quantity=part)
            )
    if any(left.values()):
        raise Conflict("order.return.not_shipped")
    return spread


def _credit(work: Work, order_id: UUID, found: dict[UUID, OrderLine], wanted: dict[UUID, Decimal], day: date) -> None:
    """Credit of what comes back only what was billed beyond what stays with the customer."""
    credit: dict[UUID, Decimal] = {}
    for key, quantity in wanted.items():
        line = found[key]
        stays = line.delivered_quantity - line.returned_quantity - quantity
        credit[key] = min(quantity, max(line.invoiced_quantity - stays, Decimal(0)))
    for invoice_id, pieces in invoiced_lines_of(work, ORDER_KIND, order_id, credit).items():
        post_invoice(work, create_credit_note(work, invoice_id, credited_on=day, lines=pieces))
