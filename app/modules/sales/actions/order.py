"""Orders: draft, confirm (credit, stock, number), close short, reopen, cancel. Fulfilment is in `fulfilment`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import digits_of, round_half_up
from app.modules.finance.actions.credit import claim_credit, release_credit
from app.modules.inventory.actions.reservation import Demand, release, reserve
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.item import items_of, to_base
from app.modules.masterdata.queries.party import customer_of
from app.modules.masterdata.queries.warehouse import default_warehouse
from app.modules.sales.events import OrderCancelled, OrderClosed, OrderConfirmed
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.queries.pricing import LineInput, PricedDocument, price_lines
from app.modules.sales.rules.order import ORDER, open_to_deliver
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work

LINE_KIND = "sales.order_line"


@dataclass(frozen=True, kw_only=True)
class OrderLineInput(LineInput):
    """A line of an order as typed; `quotation_line_id` when it was offered before."""

    quotation_line_id: UUID | None = None


@action
def create_order(
    work: Work,
    customer_id: UUID,
    lines: list[OrderLineInput],
    ordered_on: date | None = None,
    promised_on: date | None = None,
    currency: str | None = None,
    payment_term_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    salesperson_id: UUID | None = None,
    reference: str = "",
    ship_to: str = "",
    memo: str = "",
    quotation_id: UUID | None = None,
) -> UUID:
    """Draft an order; what is left empty follows from the customer and the items."""
    customer = customer_of(work, customer_id)
    day = ordered_on or work.today()
    money = currency or customer.price_currency or company_at_work(work).currency
    priced = price_lines(work, customer, money, day, lines)
    order = Order(
        company_id=work.company_id,
        quotation_id=quotation_id,
        customer_id=customer_id,
        ordered_on=day,
        promised_on=promised_on,
        currency=money,
        payment_term_id=payment_term_id or customer.payment_term_id,
        warehouse_id=warehouse_id or _default_warehouse_id(work),
        salesperson_id=salesperson_id or work.actor.user_id,
        reference=reference,
        ship_to=ship_to,
        memo=memo,
    )
    work.add(order)
    _put_lines(work, order, priced, lines)
    return order.id


@action
def update_order(
    work: Work,
    order_id: UUID,
    version: int,
    customer_id: UUID | None = None,
    lines: list[OrderLineInput] | None = None,
    ordered_on: date | None = None,
    promised_on: date | None = None,
    currency: str | None = None,
    payment_term_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    salesperson_id: UUID | None = None,
    reference: str | None = None,
    ship_to: str | None = None,
    memo: str | None = None,
) -> UUID:
    """Change a draft; lines, when given, replace all lines."""
    order = work.load(Order, order_id, version=version)
    ORDER.after("update", order.state)
    given = {
        "customer_id": customer_id,
        "ordered_on": ordered_on,
        "promised_on": promised_on,
        "currency": currency,
        "payment_term_id": payment_term_id,
        "warehouse_id": warehouse_id,
        "salesperson_id": salesperson_id,
        "reference": reference,
        "ship_to": ship_to,
        "memo": memo,
    }
    for name, value in given.items():
        if value is not None:
            setattr(order, name, value)
    customer = customer_of(work, order.customer_id)
    old = lines_of(work, order_id)
    inputs: Sequence[OrderLineInput] = lines if lines is not None else [_as_input(line) for line in old]
    priced = price_lines(work, customer, order.currency, order.ordered_on, inputs)
    for line in old:
        work.session.delete(line)
    work.session.flush()
    work.memory.pop(("sales.order_lines", order_id), None)
    _put_lines(work, order, priced, inputs)
    return order.id


@action
def confirm_order(work: Work, order_id: UUID) -> UUID:
    """Promise the order: claim credit, reserve what is in stock, give it its number."""
    order = work.load(Order, order_id)
    after = ORDER.after("confirm", order.state)
    customer_of(work, order.customer_id)
    claimed = in_company_currency(work, order, order.gross)
    claim_credit(work, order.customer_id, claimed)
    reserve(work, _demands(work, order, lines_of(work, order_id)))
    order.state, order.claimed = after, claimed
    number_later(work, order, "sales.order", order.ordered_on, "SO")
    work.emit(OrderConfirmed(order.id))
    return order.id


@action
def close_order(work: Work, order_id: UUID, reason: str = "") -> UUID:
    """Close an order short: what is not delivered yet will not be; reservations and credit are given back."""
    order = work.load(Order, order_id)
    order.state = ORDER.after("close", order.state)
    order.cancel_reason = reason
    _give_back(work, order, lines_of(work, order_id))
    work.emit(OrderClosed(order.id))
    return order.id


@action
def reopen_order(work: Work, order_id: UUID) -> UUID:
    """Take back a short close: reserve and claim again what is still open."""
    order = work.load(Order, order_id)
    order.state = ORDER.after("reopen", order.state)
    lines = lines_of(work, order_id)
    order.claimed = in_company_currency(work, order, unbilled_gross(lines))
    claim_credit(work, order.customer_id, order.claimed)
    reserve(work, _demands(work, order, lines))
    return order.id


@action
def cancel_order(work: Work, order_id: UUID, reason: str = "") -> UUID:
    """Cancel an order of which nothing was delivered or billed; afterwards only returns and reversals help."""
    order = work.load(Order, order_id)
    was_confirmed = order.state == "confirmed"
    order.state = ORDER.after("cancel", order.state)
    lines = lines_of(work, order_id)
    if any(line.delivered_quantity or line.invoiced_quantity for line in lines):
        raise Conflict("order.fulfilled_already")
    order.cancel_reason = reason
    if was_confirmed:
        _give_back(work, order, lines)
    work.emit(OrderCancelled(order.id))
    return order.id


def lines_of(work: Work, order_id: UUID) -> list[OrderLine]:
    """The lines of an order in order, read once a transaction."""
    statement = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.no)
    return work.remember(("sales.order_lines", order_id), lambda: list(work.session.scalars(statement)))


def _default_warehouse_id(work: Work) -> UUID:
    warehouse = default_warehouse(work)
    if warehouse is None:
        raise Invalid("warehouse.none", field="warehouse_id")
    return warehouse.id


def in_company_currency(work: Work, order: Order, amount: Decimal) -> Decimal:
    """An amount of the order at the rate of its day, in the company's currency."""
    base = company_at_work(work).currency
    if order.currency == base:
        return amount
    return round_half_up(amount * rate_on(work, order.currency, base, order.ordered_on), digits_of(base))


def unbilled_gross(lines: Sequence[OrderLine]) -> Decimal:
    """What of the lines is not billed yet, taxes included, in document currency (unrounded)."""
    return sum(
        ((line.net + line.tax) * (line.quantity - line.invoiced_quantity) / line.quantity for line in lines), Decimal(0)
    )


def lower_claim(work: Work, order: Order, amount: Decimal) -> None:
    """Give back credit claimed for the order, at most what it holds."""
    part = min(amount, order.claimed)
    if part > 0:
        release_credit(work, order.customer_id, part)
        order.claimed -= part


def _give_back(work: Work, order: Order, lines: Sequence[OrderLine]) -> None:
    lower_claim(work, order, order.claimed)
    release(work, [line.id for line in lines])


def _demands(work: Work, order: Order, lines: Sequence[OrderLine]) -> list[Demand]:
    """What is open of the stock lines, in base units."""
    items = items_of(work, [line.item_id for line in lines])
    return [
        Demand(
            LINE_KIND,
            line.id,
            line.item_id,
            order.warehouse_id,
            to_base(items[line.item_id], line.unit_id, open_to_deliver(line)),
        )
        for line in lines
        if items[line.item_id].stocked and open_to_deliver(line) > 0
    ]


def _as_input(line: OrderLine) -> OrderLineInput:
    return OrderLineInput(
        item_id=line.item_id,
        quantity=line.quantity,
        unit_id=line.unit_id,
        price=line.price,
        discount_percent=line.discount_percent,
        tax_code_id=line.tax_code_id,
        description=line.description,
        quotation_line_id=line.quotation_line_id,
    )


def _put_lines(work: Work, order: Order, priced: PricedDocument, inputs: Sequence[OrderLineInput]) -> None:
    for no, (line, given) in enumerate(zip(priced.lines, inputs, strict=True), start=1):
        work.add(OrderLine(order_id=order.id, no=no, quotation_line_id=given.quotation_line_id, **line.columns()))
    order.net, order.tax, order.gross = priced.net, priced.tax, priced.gross
