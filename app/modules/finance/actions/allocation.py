"""What a payment settles: from typed allocations to lines, and from lines to a settlement.

The early discount is worked out here: net and, where the book says so, the taxes it reduces.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import ZERO, digits_of, round_half_up, split
from app.modules.finance.actions.open_item import NewItem, Pair, in_hand, invoices_behind, keep, settle
from app.modules.finance.models.invoice import Invoice, InvoiceTax
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.models.payment import Payment, PaymentLine
from app.modules.finance.queries.book import BookFacts, book_of
from app.modules.finance.queries.open_item import open_items_of_party
from app.modules.finance.queries.payment import payment_lines_of
from app.modules.finance.rules.dimension import dimensions
from app.modules.finance.rules.payment import Deduction, Direction
from app.modules.masterdata.queries.party import party_of
from app.platform.work import Work


@dataclass(frozen=True, kw_only=True)
class AllocationInput:
    """What of an open item, or of all items of an invoice, a payment settles.

    `amount` empty = all that is open less the discount; `discount` empty = the early discount if the payment
    is in time; `write_off` is short-paid money given up.
    """

    open_item_id: UUID | None = None
    invoice_id: UUID | None = None
    amount: Decimal | None = None
    discount: Decimal | None = None
    write_off: Decimal = ZERO


@dataclass(slots=True)
class _Part:
    """A payment line in the making."""

    item: OpenItemState
    amount: Decimal
    discount: Decimal
    write_off: Decimal

    @property
    def whole(self) -> Decimal:
        """What of the item is settled by it."""
        return self.amount + self.discount + self.write_off


def party_sign(payment: Payment) -> int:
    """Sign of the payment's own item: -1 for money received."""
    return Direction(payment.direction).party_sign


def early_discount_of(item: OpenItemState, day: date) -> Decimal:
    """The early discount on what is open of an item; on parts of an item it is given by hand."""
    if item.discount_until is None or day > item.discount_until or item.open_amount != item.amount:
        return ZERO
    return round_half_up(abs(item.open_amount) * item.discount_percent / 100, digits_of(item.currency))


def due_first(work: Work, payment: Payment) -> list[AllocationInput]:
    left = payment.unallocated
    found: list[AllocationInput] = []
    for item in open_items_of_party(work, payment.party_id, payment.currency, -party_sign(payment)):
        if item.document_id == payment.id or left <= 0:
            continue
        part = min(left, abs(item.open_amount))
        found.append(AllocationInput(open_item_id=item.id, amount=part, discount=ZERO))
        left -= part
    if not found:
        raise Conflict("payment.nothing_open", party=party_of(work, payment.party_id).name)
    return found


def put_lines(work: Work, payment: Payment, allocations: Sequence[AllocationInput], *, lock: bool) -> list[PaymentLine]:
    """Store what the payment settles as lines; with `lock` invoices and items are locked, to be settled now."""
    if not allocations:
        return []
    items = _items_meant(work, allocations)
    if lock:
        lock_items(work, [item for members in items for item in members])
    lines: list[PaymentLine] = []
    left = payment.unallocated
    first = len(payment_lines_of(work, payment.id)) if payment.state == "posted" else 0
    for position, (given, members) in enumerate(zip(allocations, items, strict=True)):
        for part in _parts(payment, given, members, left, f"allocations.{position}"):
            left -= part.amount
            line = PaymentLine(
                payment_id=payment.id,
                no=first + len(lines) + 1,
                open_item_id=part.item.id,
                amount=part.amount,
                discount=part.discount,
                write_off=part.write_off,
            )
            lines.append(work.add(line))
    if left < 0:
        raise Conflict("payment.over_allocated", field="allocations", amount=payment.unallocated, over=-left)
    return lines


def _items_meant(work: Work, allocations: Sequence[AllocationInput]) -> list[list[OpenItemState]]:
    """The items each input names, invoices in order of due day: at most one statement."""
    by_id: dict[UUID, OpenItemState] = {}
    by_invoice: dict[UUID, list[OpenItemState]] = defaultdict(list)
    for state in _candidates(work, allocations):
        by_id[state.id] = state
        by_invoice[state.document_id].append(state)
    found: list[list[OpenItemState]] = []
    for no, given in enumerate(allocations):
        if given.open_item_id is not None and given.open_item_id in by_id:
            found.append([by_id[given.open_item_id]])
        elif given.invoice_id is not None and given.invoice_id in by_invoice:
            found.append(by_invoice[given.invoice_id])
        else:
            raise Invalid("allocation.unknown", field=f"allocations.{no}.open_item_id")
    return found


def _candidates(work: Work, allocations: Sequence[AllocationInput]) -> list[OpenItemState]:
    """Items the inputs may mean, due first; those in hand already (locked) are not read again."""
    invoice_ids = {given.invoice_id for given in allocations if given.invoice_id is not None}
    item_ids = {given.open_item_id for given in allocations if given.open_item_id is not None}
    held = [record for record in in_hand(work) if isinstance(record, OpenItemState)]
    if item_ids <= {state.id for state in held} and invoice_ids <= {state.document_id for state in held}:
        return sorted(held, key=lambda state: (state.due_on, state.id))
    statement = (
        select(OpenItemState)
        .where(
            OpenItemState.company_id == work.company_id,
            OpenItemState.document_id.in_(sorted(invoice_ids)) | OpenItemState.id.in_(sorted(item_ids)),
        )
        .order_by(OpenItemState.due_on, OpenItemState.id)
    )
    return list(work.session.scalars(statement))


def lock_items(work: Work, states: Sequence[OpenItemState]) -> None:
    """Lock the invoices behind the items, then the items, each in key order; the session's records are refreshed."""
    held = {record.id for record in in_hand(work)}
    states = [state for state in states if state.id not in held]
    keep(work, work.load_all(Invoice, [key for key in invoices_behind(states) if key not in held]).values())
    if states:
        statement = (
            select(OpenItemState)
            .where(OpenItemState.id.in_(sorted({state.id for state in states})))
            .order_by(OpenItemState.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        keep(work, work.session.scalars(statement).all())


def _parts(
    payment: Payment, given: AllocationInput, items: Sequence[OpenItemState], left: Decimal, where: str
) -> list[_Part]:
    """One input over the items it names, due first."""
    parts: list[_Part] = []
    wanted = given.amount
    for item in items:
        _check_item(payment, item, where)
        if not item.open_amount or (wanted is not None and wanted <= 0 and parts):
            continue
        part = _part(payment, given, item, left if wanted is None else wanted)
        left -= part.amount
        wanted = None if wanted is None else wanted - part.amount
        if part.whole > 0:
            parts.append(part)
    if wanted:
        raise Conflict(
            "allocation.too_much", field=f"{where}.amount", open=(given.amount or ZERO) - wanted, amount=given.amount
        )
    for part in parts:
        most = abs(part.item.open_amount)
        if part.discount < 0 or part.write_off < 0 or part.whole > most:
            raise Conflict("allocation.too_much", field=f"{where}.amount", open=most, amount=part.whole)
    if not parts:
        raise Conflict("allocation.settled", field=where)
    return parts


def _part(payment: Payment, given: AllocationInput, item: OpenItemState, left: Decimal) -> _Part:
    """Of one item as much as is left; the early discount where all of it is settled in time."""
    most = abs(item.open_amount)
    discount = early_discount_of(item, payment.paid_on) if given.discount is None else given.discount
    rest = most - discount - given.write_off
    amount = max(min(rest, left), ZERO) if given.amount is None else min(left, most)
    if given.discount is None and amount + discount + given.write_off != most:
        discount = ZERO
    return _Part(item, amount, discount, given.write_off)


def _check_item(payment: Payment, item: OpenItemState, where: str) -> None:
    if item.party_id != payment.party_id:
        raise Invalid("allocation.party", field=f"{where}.open_item_id")
    if item.currency != payment.currency:
        raise Invalid(
            "allocation.currency", field=f"{where}.open_item_id", currency=payment.currency, other=item.currency
        )
    if item.amount * party_sign(payment) > 0:
        raise Invalid("allocation.same_side", field=f"{where}.open_item_id")


def settle_lines(
    work: Work, payment: Payment, lines: Sequence[PaymentLine], item: NewItem | OpenItemState, day: date
) -> None:
    pairs: list[Pair] = []
    for line in lines:
        target = work.session.get_one(OpenItemState, line.open_item_id)
        deductions = (*_discounts(work, target, line.discount), *_write_off(work, line.write_off))
        if line.amount:
            pairs.append(Pair(target, item, line.amount, deductions))
        elif deductions:
            pairs.append(Pair(target, None, None, deductions))
    if pairs:
        kind = "receipt" if payment.direction == "receipt" else "payment"
        settle(work, pairs, day, payment=payment, kind=kind)


def _discounts(work: Work, item: OpenItemState, discount: Decimal) -> tuple[Deduction, ...]:
    """The early discount: net and, where the book says so, the taxes it reduces, in proportion."""
    if not discount:
        return ()
    book = book_of(work)
    account = book.account("cash_discount")
    red = book.red_ink and account == book.roles.get("revenue")
    party = dimensions(party=item.party_id)
    if not book.discount_reduces_tax:
        return (Deduction(account, discount, discount, party, red),)
    taxes = _reducible_taxes(work, book, item)
    net = abs(item.amount) - sum((amount for _, amount in taxes), ZERO)
    shares = split(discount, [max(net, ZERO), *(amount for _, amount in taxes)], digits_of(item.currency))
    parts = [Deduction(account, shares[0], shares[0], party, red)]
    parts += [
        Deduction(tax_account, share, share) for (tax_account, _), share in zip(taxes, shares[1:], strict=True) if share
    ]
    return tuple(parts)


def _reducible_taxes(work: Work, book: BookFacts, item: OpenItemState) -> list[tuple[UUID, Decimal]]:
    """Accounts and amounts of the taxes in an item, by its share of its document."""
    statement = (
        select(InvoiceTax.amount, Invoice.gross)
        .join(Invoice, Invoice.id == InvoiceTax.invoice_id)
        .where(InvoiceTax.invoice_id == item.document_id, InvoiceTax.reducible, ~InvoiceTax.mirrored)
    )
    return [
        (book.account("output_tax"), amount * abs(item.amount) / gross)
        for amount, gross in work.session.execute(statement)
        if amount
    ]


def _write_off(work: Work, amount: Decimal) -> tuple[Deduction, ...]:
    if not amount:
        return ()
    return (Deduction(book_of(work).account("write_off"), amount, amount),)
