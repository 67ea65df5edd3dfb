"""Payments: receive or send money, settle open items with it, take either back.

A payment posts bank against the party at once; what its allocations add (exchange difference, early
discount, write-off) is the settlement's entry. Lock order: payment, invoices, open items.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import ZERO, digits_of, round_half_up
from app.modules.finance.actions.allocation import (
    AllocationInput,
    due_first,
    early_discount_of,
    lock_items,
    party_sign,
    put_lines,
    settle_lines,
)
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.actions.open_item import (
    PAYMENT,
    NewItem,
    close_items,
    keep,
    raise_items,
    settlements_of,
    undo_settlement,
)
from app.modules.finance.actions.voucher import post_reversal
from app.modules.finance.events import PaymentPosted, PaymentReversed
from app.modules.finance.models.invoice import Invoice
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.models.payment import Payment, PaymentLine
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.open_item import open_items_of
from app.modules.finance.queries.payment import BankAccountFacts, bank_account_for, items_on, payment_lines_of
from app.modules.finance.rules import payment as rules
from app.modules.finance.rules.dimension import dimensions
from app.modules.finance.rules.fx import check_rate
from app.modules.finance.rules.journal import EntryDraft
from app.modules.masterdata.actions.change import apply
from app.modules.masterdata.queries.currency import require_currency
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.party import party_of
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.work import Work

DirectionName = Literal["receipt", "payment"]


@action
def create_payment(
    work: Work,
    party_id: UUID,
    amount: Decimal,
    direction: DirectionName = "receipt",
    paid_on: date | None = None,
    currency: str | None = None,
    bank_account_id: UUID | None = None,
    bank_amount: Decimal | None = None,
    rate: Decimal | None = None,
    allocations: list[AllocationInput] | None = None,
    reference: Annotated[str, Limit(max_length=80)] = "",
    memo: str = "",
    post: bool = False,
) -> UUID:
    """Enter a payment and what it settles; without allocations it stays on account. `post` posts it at once."""
    book = book_of(work)
    party = party_of(work, party_id)
    money = currency or party.price_currency or book.currency
    if money != book.currency:
        require_currency(work, money)
    _check_amount(amount, money)
    bank = bank_account_for(work, bank_account_id, money, book)
    day = paid_on or work.today()
    payment = Payment(
        company_id=work.company_id,
        state="draft",
        direction=direction,
        party_id=party_id,
        paid_on=day,
        currency=money,
        amount=amount,
        rate=None if rate is None else check_rate(rate, money, book.currency),
        bank_account_id=bank.id,
        bank_amount=bank_amount,
        unallocated=amount,
        reference=reference,
        memo=memo,
    )
    with work.session.no_autoflush:  # written once, when all of it is known
        keep(work, [work.add(payment)])
        lines = put_lines(work, payment, allocations or [], lock=post)
        if post:
            _post(work, payment, lines, bank)
    return payment.id


@action
def update_payment(
    work: Work,
    payment_id: UUID,
    version: int,
    amount: Decimal | MISSING = MISSING,
    paid_on: date | MISSING = MISSING,
    bank_account_id: UUID | MISSING = MISSING,
    bank_amount: Decimal | MISSING | None = MISSING,
    rate: Decimal | MISSING | None = MISSING,
    allocations: list[AllocationInput] | MISSING = MISSING,
    reference: Annotated[str, Limit(max_length=80)] | MISSING = MISSING,
    memo: str | MISSING = MISSING,
) -> UUID:
    """Change a draft; allocations, when given, replace all of them."""
    payment = work.load(Payment, payment_id, version=version)
    if payment.state != "draft":
        raise Conflict("payment.not_draft")
    if isinstance(amount, Decimal):
        _check_amount(amount, payment.currency)
        payment.amount = payment.unallocated = amount
    if isinstance(rate, Decimal):
        check_rate(rate, payment.currency, book_of(work).currency)
    apply(
        payment,
        paid_on=paid_on,
        bank_account_id=bank_account_id,
        bank_amount=bank_amount,
        rate=rate,
        reference=reference,
        memo=memo,
    )
    if isinstance(allocations, list):
        for line in payment_lines_of(work, payment_id):
            work.session.delete(line)
        work.session.flush()
        put_lines(work, payment, allocations, lock=False)
    return payment.id


@action
def cancel_payment(work: Work, payment_id: UUID) -> UUID:
    """Give up a draft; a posted payment is reversed instead."""
    payment = work.load(Payment, payment_id)
    payment.state = rules.PAYMENT.after("cancel", payment.state)
    return payment.id


@action
def post_payment(work: Work, payment_id: UUID) -> UUID:
    """Post a payment: number, ledger entry, settlement of its items."""
    payment = work.load(Payment, payment_id)
    lines = payment_lines_of(work, payment_id)
    bank = bank_account_for(work, payment.bank_account_id, payment.currency, book_of(work))
    keep(work, [payment])
    lock_items(work, items_on(work, lines))
    _post(work, payment, lines, bank)
    return payment.id


@action
def pay_invoice(
    work: Work,
    invoice_id: UUID,
    amount: Decimal | None = None,
    paid_on: date | None = None,
    bank_account_id: UUID | None = None,
    bank_amount: Decimal | None = None,
    rate: Decimal | None = None,
    reference: str = "",
) -> UUID:
    """Receive money for one invoice and settle it: all that is open less the early discount, or `amount`."""
    invoice = work.load(Invoice, invoice_id)
    if invoice.state != "posted" or not invoice.open_amount:
        raise Conflict("invoice.nothing_open")
    day = paid_on or work.today()
    states = open_items_of(work, [invoice_id], lock=True)
    keep(work, [invoice, *states])
    if amount is None:
        amount = sum((abs(state.open_amount) - early_discount_of(state, day) for state in states), ZERO)
    direction: DirectionName = "receipt" if invoice.kind == "invoice" else "payment"
    return create_payment(
        work,
        invoice.customer_id,
        amount,
        direction,
        day,
        invoice.currency,
        bank_account_id,
        bank_amount,
        rate,
        [AllocationInput(invoice_id=invoice_id)],
        reference,
        post=True,
    )


@action
def allocate_payment(
    work: Work, payment_id: UUID, allocations: list[AllocationInput] | None = None, on: date | None = None
) -> UUID:
    """Settle open items with what is unallocated of a posted payment; without a list those due first."""
    payment = work.load(Payment, payment_id)
    if payment.state != "posted":
        raise Conflict("payment.not_posted")
    if not payment.unallocated:
        raise Conflict("payment.nothing_left")
    if allocations is None:
        allocations = due_first(work, payment)
    day = on or work.today()
    lines = put_lines(work, payment, allocations, lock=True)
    own = open_items_of(work, [payment_id], lock=True)
    item = next(state for state in own if state.open_amount)
    settle_lines(work, payment, lines, item, day)
    return payment.id


@action
def unallocate_payment(work: Work, payment_id: UUID, on: date | None = None) -> UUID:
    """Take all settlements of a payment back; the money stays on account."""
    payment = work.load(Payment, payment_id)
    if payment.state != "posted":
        raise Conflict("payment.not_posted")
    _unallocate(work, payment, on or work.today())
    return payment.id


@action
def reverse_payment(work: Work, payment_id: UUID, on: date | None = None) -> UUID:
    """Take a posted payment back: its settlements, then its entry."""
    payment = work.load(Payment, payment_id)
    payment.state = rules.PAYMENT.after("reverse", payment.state)
    day = on or work.today()
    _unallocate(work, payment, day)
    close_items(work, open_items_of(work, [payment_id], lock=True), payment, day)
    if payment.entry_id is not None:
        post_reversal(work, payment.entry_id, day)
    work.emit(PaymentReversed(payment.id, payment.direction, payment.party_id))
    return payment.id


# --- Inside --------------------------------------------------------------------------------------------------


def _check_amount(amount: Decimal, currency: str) -> None:
    if amount <= 0:
        raise Invalid("payment.amount", field="amount")
    if round_half_up(amount, digits_of(currency)) != amount:
        raise Invalid("entry.minor_unit", field="amount", currency=currency)


def _post(work: Work, payment: Payment, lines: Sequence[PaymentLine], bank: BankAccountFacts) -> None:
    """Number, entry, open item and settlement of a payment whose items are locked."""
    state = rules.PAYMENT.after("post", payment.state)
    with work.session.no_autoflush:  # all is written at once, when the number is known
        _post_lines(work, payment, lines, bank)
        payment.state = state
    work.emit(PaymentPosted(payment.id, payment.direction, payment.party_id))


def _post_lines(work: Work, payment: Payment, lines: Sequence[PaymentLine], bank: BankAccountFacts) -> None:
    book = book_of(work)
    if payment.rate is None:
        payment.rate = rate_on(work, payment.currency, book.currency, payment.paid_on)
    amounts = rules.payment_amounts(
        payment.amount, payment.currency, payment.rate, bank.currency, payment.bank_amount, book.currency
    )
    payment.bank_amount = amounts.bank_amount
    receipt = payment.direction == "receipt"
    number_later(work, payment, f"finance.{payment.direction}", payment.paid_on, "RC" if receipt else "PY")
    role = "receivable" if receipt else "payable"
    item = NewItem(
        _party_account(work, lines) or book.account(role),
        payment.party_id,
        PAYMENT,
        payment,
        payment.currency,
        party_sign(payment) * payment.amount,
        party_sign(payment) * amounts.value,
        payment.paid_on,
        payment.paid_on,
    )
    party = dimensions(party=payment.party_id)
    draft = EntryDraft(
        book.id,
        "receipt" if receipt else "payment",
        payment.paid_on,
        PAYMENT,
        payment.id,
        rules.payment_lines(rules.Direction(payment.direction), amounts, bank.account_id, item.account_id, party),
        party_of(work, payment.party_id).name,
    )
    payment.entry_id = post_entry(work, draft, payment)
    raise_items(work, [item])
    if lines:
        settle_lines(work, payment, lines, item, payment.paid_on)


def _party_account(work: Work, lines: Sequence[PaymentLine]) -> UUID | None:
    """A payment posts to the account of what it settles (a refund of a customer credit stays receivable)."""
    for line in lines:
        return work.session.get_one(OpenItemState, line.open_item_id).account_id
    return None


def _unallocate(work: Work, payment: Payment, day: date) -> None:
    own = open_items_of(work, [payment.id])
    settlements = [found for found in settlements_of(work, [state.id for state in own]) if found.reason != "reversal"]
    if not settlements:
        return
    lines = payment_lines_of(work, payment.id)
    lock_items(work, [*items_on(work, lines), *own])
    for settlement in settlements:
        undo_settlement(work, settlement, day)
    for line in lines:
        work.session.delete(line)
