"""What deliveries, invoices and payments do to an order, told by inventory and finance as facts."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from app.modules.finance.events import InvoicePaid, InvoicePosted, InvoiceReversed
from app.modules.inventory.actions.recognition import recognise_cost
from app.modules.inventory.events import DeliveryReversed, DeliveryShipped, ReturnReceived
from app.modules.inventory.queries.delivery import ShippedLine, recognised_by, shipped_lines_of
from app.modules.masterdata.queries.item import items_of
from app.modules.sales.actions.fulfilment import ORDER_KIND
from app.modules.sales.actions.order import in_company_currency, lines_of, lower_claim
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.rules.order import DELIVERED, INVOICED, progress
from app.platform.events import on
from app.platform.organisation import company_at_work
from app.platform.work import Work

Lines = tuple[tuple[UUID, UUID | None, Decimal], ...]


@on(DeliveryShipped)
def raise_delivered(work: Work, event: DeliveryShipped) -> None:
    """Goods left: the lines are delivered by that much."""
    if event.origin_kind == ORDER_KIND and event.origin_id is not None:
        _move(work, event.origin_id, event.lines, "delivered_quantity", 1)


@on(DeliveryReversed)
def lower_delivered(work: Work, event: DeliveryReversed) -> None:
    """A delivery was reversed: it never left."""
    if event.origin_kind == ORDER_KIND and event.origin_id is not None:
        _move(work, event.origin_id, event.lines, "delivered_quantity", -1)


@on(ReturnReceived)
def raise_returned(work: Work, event: ReturnReceived) -> None:
    """Goods came back."""
    if event.origin_kind == ORDER_KIND and event.origin_id is not None:
        _move(work, event.origin_id, event.lines, "returned_quantity", 1)


@on(InvoicePosted)
def raise_invoiced(work: Work, event: InvoicePosted) -> None:
    """A bill went out (or a credit note): the receivable takes the place of the claimed credit, and the
    cost of what was billed is recognised where the company does so on invoice.
    """
    if event.origin_kind != ORDER_KIND or event.origin_id is None:
        return
    sign = -1 if event.kind == "credit_note" else 1
    order = _move(work, event.origin_id, event.lines, "invoiced_quantity", sign)
    if sign > 0:
        lines = {line.id: line for line in lines_of(work, order.id)}
        billed = sum(
            (
                (lines[key].net + lines[key].tax) * quantity / lines[key].quantity
                for _, key, quantity in event.lines
                if key in lines
            ),
            Decimal(0),
        )
        lower_claim(work, order, in_company_currency(work, order, billed))
    if company_at_work(work).cost_recognition == "invoice":
        _recognise(work, order.id, event, sign)


@on(InvoiceReversed)
def lower_invoiced(work: Work, event: InvoiceReversed) -> None:
    """A bill (or credit note) was reversed."""
    if event.origin_kind != ORDER_KIND or event.origin_id is None:
        return
    sign = 1 if event.kind == "credit_note" else -1
    order = _move(work, event.origin_id, event.lines, "invoiced_quantity", sign)
    if company_at_work(work).cost_recognition == "invoice":
        _recognise(work, order.id, event, sign)


@on(InvoicePaid)
def mark_paid(work: Work, event: InvoicePaid) -> None:
    """Money came in for an order's invoice, or was taken back."""
    if event.origin_kind == ORDER_KIND and event.origin_id is not None:
        order = work.load(Order, event.origin_id)
        order.payment_state = "paid" if event.open_amount == 0 and order.billing_state == INVOICED else "partial"


def _move(work: Work, order_id: UUID, lines: Lines, attribute: str, sign: int) -> Order:
    """Change one quantity of the order's lines under its lock and derive the header's states again."""
    order = work.load(Order, order_id)
    changes: dict[UUID, Decimal] = defaultdict(Decimal)
    for _, origin_line_id, quantity in lines:
        if origin_line_id is not None:
            changes[origin_line_id] += sign * quantity
    found = lines_of(work, order_id)
    for line in found:
        if line.id in changes:
            setattr(line, attribute, getattr(line, attribute) + changes[line.id])
    stock = [line for line in found if line.id in _delivered_kinds(work, found)]
    order.delivery_state = progress(((line.delivered_quantity, line.quantity) for line in stock), DELIVERED)
    order.billing_state = progress(((line.invoiced_quantity, line.quantity) for line in found), INVOICED)
    return order


def _delivered_kinds(work: Work, lines: list[OrderLine]) -> set[UUID]:
    """The lines that are delivered at all (services are only billed)."""
    items = items_of(work, [line.item_id for line in lines])
    return {line.id for line in lines if items[line.item_id].stocked}


def _recognise(work: Work, order_id: UUID, event: InvoicePosted | InvoiceReversed, sign: int) -> None:
    """Move the cost of what was billed from dispatched goods to cost of sales, or back."""
    wanted: dict[UUID, Decimal] = defaultdict(Decimal)
    for _, origin_line_id, quantity in event.lines:
        if origin_line_id is not None:
            wanted[origin_line_id] += quantity
    shipped = shipped_lines_of(work, ORDER_KIND, order_id)
    pieces = _billed(shipped, wanted) if sign > 0 else _taken_back(work, order_id, event.invoice_id, shipped, wanted)
    if pieces:
        recognise_cost(work, pieces, event.on, "finance.invoice", event.invoice_id)


def _billed(shipped: Sequence[ShippedLine], wanted: dict[UUID, Decimal]) -> list[tuple[UUID, Decimal]]:
    """Oldest delivery first, of what is still dispatched."""
    pieces: list[tuple[UUID, Decimal]] = []
    for line in reversed(shipped):
        held = line.quantity - line.returned_quantity - line.recognised_quantity
        part = min(wanted.get(line.origin_line_id, Decimal(0)), held)
        if part > 0:
            wanted[line.origin_line_id] -= part
            pieces.append((line.line_id, part))
    return pieces


def _taken_back(
    work: Work, order_id: UUID, invoice_id: UUID, shipped: Sequence[ShippedLine], wanted: dict[UUID, Decimal]
) -> list[tuple[UUID, Decimal]]:
    """What is recognised beyond what is still billed: first of the lines this very invoice recognised, then the latest.

    Goods that came back took their cost along, so a credit note for them finds nothing to take back.
    """
    billed = {line.id: line.invoiced_quantity for line in lines_of(work, order_id)}
    recognised: dict[UUID, Decimal] = defaultdict(Decimal)
    for line in shipped:
        recognised[line.origin_line_id] += line.recognised_quantity
    left = {
        key: min(quantity - billed.get(key, Decimal(0)), wanted.get(key, Decimal(0)))
        for key, quantity in recognised.items()
    }
    own = recognised_by(work, invoice_id, [line.line_id for line in shipped])
    taken: dict[UUID, Decimal] = defaultdict(Decimal)
    for at_most in (own, {line.line_id: line.recognised_quantity for line in shipped}):
        for line in shipped:
            room = min(at_most.get(line.line_id, Decimal(0)), line.recognised_quantity) - taken[line.line_id]
            part = min(left[line.origin_line_id], room)
            if part > 0:
                left[line.origin_line_id] -= part
                taken[line.line_id] += part
    return [(line_id, -part) for line_id, part in taken.items() if part]
