"""Quotations: draft, issue, revise, order in part or whole, lose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid
from app.modules.masterdata.queries.party import customer_of
from app.modules.sales.actions.order import OrderLineInput, create_order
from app.modules.sales.events import QuotationIssued
from app.modules.sales.models.quotation import Quotation, QuotationLine
from app.modules.sales.queries.pricing import LineInput, PricedDocument, price_lines
from app.modules.sales.rules.order import Piece, checked_pieces
from app.modules.sales.rules.quotation import QUOTATION, check_valid
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work

VALID_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class QuotationLineInput(LineInput):
    """A line of a quotation as typed."""


@action
def create_quotation(
    work: Work,
    customer_id: UUID,
    lines: list[QuotationLineInput],
    quoted_on: date | None = None,
    valid_until: date | None = None,
    currency: str | None = None,
    payment_term_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    salesperson_id: UUID | None = None,
    reference: str = "",
    memo: str = "",
) -> UUID:
    """Draft an offer; what is left empty follows from the customer and the items."""
    customer = customer_of(work, customer_id)
    day = quoted_on or work.today()
    money = currency or customer.price_currency or company_at_work(work).currency
    priced = price_lines(work, customer, money, day, lines)
    quotation = Quotation(
        company_id=work.company_id,
        customer_id=customer_id,
        quoted_on=day,
        valid_until=valid_until or day + timedelta(days=VALID_DAYS),
        currency=money,
        payment_term_id=payment_term_id or customer.payment_term_id,
        warehouse_id=warehouse_id,
        salesperson_id=salesperson_id or work.actor.user_id,
        reference=reference,
        memo=memo,
    )
    work.add(quotation)
    _put_lines(work, quotation, priced)
    return quotation.id


@action
def update_quotation(
    work: Work,
    quotation_id: UUID,
    version: int,
    customer_id: UUID | None = None,
    lines: list[QuotationLineInput] | None = None,
    quoted_on: date | None = None,
    valid_until: date | None = None,
    currency: str | None = None,
    payment_term_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    salesperson_id: UUID | None = None,
    reference: str | None = None,
    memo: str | None = None,
) -> UUID:
    """Change a draft; lines, when given, replace all lines."""
    quotation = work.load(Quotation, quotation_id, version=version)
    QUOTATION.after("update", quotation.state)
    given = {
        "customer_id": customer_id,
        "quoted_on": quoted_on,
        "valid_until": valid_until,
        "currency": currency,
        "payment_term_id": payment_term_id,
        "warehouse_id": warehouse_id,
        "salesperson_id": salesperson_id,
        "reference": reference,
        "memo": memo,
    }
    for name, value in given.items():
        if value is not None:
            setattr(quotation, name, value)
    customer = customer_of(work, quotation.customer_id)
    old = lines_of(work, quotation_id)
    inputs: Sequence[LineInput] = lines if lines is not None else [_as_input(line) for line in old]
    priced = price_lines(work, customer, quotation.currency, quotation.quoted_on, inputs)
    for line in old:
        work.session.delete(line)
    work.session.flush()
    _put_lines(work, quotation, priced)
    return quotation.id


@action
def issue_quotation(work: Work, quotation_id: UUID) -> UUID:
    """Send the offer: it gets its number (a revision keeps it) and can no longer be changed."""
    quotation = work.load(Quotation, quotation_id)
    quotation.state = QUOTATION.after("issue", quotation.state)
    check_valid(quotation.valid_until, work.today())
    if quotation.number is None:
        number_later(work, quotation, "sales.quotation", quotation.quoted_on, "QU")
    work.emit(QuotationIssued(quotation.id))
    return quotation.id


@action
def revise_quotation(work: Work, quotation_id: UUID, valid_until: date | None = None) -> UUID:
    """Take an issued offer back to draft as the next revision under the same number."""
    quotation = work.load(Quotation, quotation_id)
    quotation.state = QUOTATION.after("revise", quotation.state)
    quotation.revision += 1
    quotation.quoted_on = work.today()
    quotation.valid_until = valid_until or work.today() + timedelta(days=VALID_DAYS)
    quotation.lost_reason = ""
    return quotation.id


@dataclass(frozen=True, kw_only=True)
class QuotationPiece:
    """A part of a quotation line to order."""

    line_id: UUID
    quantity: Decimal


@action
def order_quotation(
    work: Work,
    quotation_id: UUID,
    lines: list[QuotationPiece] | None = None,
    ordered_on: date | None = None,
    promised_on: date | None = None,
    reference: str = "",
    warehouse_id: UUID | None = None,
) -> UUID:
    """Turn the offer, or the named parts of it, into a draft order at the offered prices; returns the order."""
    quotation = work.load(Quotation, quotation_id)
    QUOTATION.after("order", quotation.state)
    check_valid(quotation.valid_until, ordered_on or work.today())
    found = {line.id: line for line in lines_of(work, quotation_id)}
    pieces = None if lines is None else [Piece(piece.line_id, piece.quantity) for piece in lines]
    left = {key: line.quantity - line.ordered_quantity for key, line in found.items()}
    wanted = checked_pieces(pieces, left, "quotation.order")
    order_lines = []
    for key, quantity in wanted.items():
        line = found[key]
        line.ordered_quantity += quantity
        order_lines.append(
            OrderLineInput(
                item_id=line.item_id,
                quantity=quantity,
                unit_id=line.unit_id,
                price=line.price,
                discount_percent=line.discount_percent,
                tax_code_id=line.tax_code_id,
                description=line.description,
                quotation_line_id=line.id,
            )
        )
    complete = all(line.ordered_quantity == line.quantity for line in found.values())
    quotation.state = "accepted" if complete else "partial"
    return create_order(
        work,
        customer_id=quotation.customer_id,
        lines=order_lines,
        ordered_on=ordered_on,
        promised_on=promised_on,
        currency=quotation.currency,
        payment_term_id=quotation.payment_term_id,
        warehouse_id=warehouse_id or quotation.warehouse_id,
        salesperson_id=quotation.salesperson_id,
        reference=reference or quotation.reference,
        memo=quotation.memo,
        quotation_id=quotation.id,
    )


@action
def lose_quotation(work: Work, quotation_id: UUID, reason: str) -> UUID:
    """Close an offer the customer did not take, with the reason."""
    if not reason.strip():
        raise Invalid("input.required", field="reason")
    quotation = work.load(Quotation, quotation_id)
    quotation.state = QUOTATION.after("lose", quotation.state)
    quotation.lost_reason = reason
    return quotation.id


@action
def cancel_quotation(work: Work, quotation_id: UUID) -> UUID:
    """Drop a draft that was never issued; it keeps no number."""
    quotation = work.load(Quotation, quotation_id)
    if quotation.number is not None:
        raise Conflict("quotation.numbered")
    quotation.state = QUOTATION.after("cancel", quotation.state)
    return quotation.id


def lines_of(work: Work, quotation_id: UUID) -> list[QuotationLine]:
    """The lines of a quotation in order."""
    statement = select(QuotationLine).where(QuotationLine.quotation_id == quotation_id).order_by(QuotationLine.no)
    return list(work.session.scalars(statement))


def _as_input(line: QuotationLine) -> LineInput:
    return LineInput(
        item_id=line.item_id,
        quantity=line.quantity,
        unit_id=line.unit_id,
        price=line.price,
        discount_percent=line.discount_percent,
        tax_code_id=line.tax_code_id,
        description=line.description,
    )


def _put_lines(work: Work, quotation: Quotation, priced: PricedDocument) -> None:
    for no, line in enumerate(priced.lines, start=1):
        work.add(QuotationLine(quotation_id=quotation.id, no=no, **line.columns()))
    quotation.net, quotation.tax, quotation.gross = priced.net, priced.tax, priced.gross
