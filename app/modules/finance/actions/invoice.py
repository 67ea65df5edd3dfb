"""Customer invoices and credit notes: draft, post, reverse.

Posting works the document out again by the terms of its day (taxes, rate, due dates), queues its entry and
open items, and tells upper modules. A credit note settles what is still open of the invoice it credits.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import delete

from app.kernel.errors import Conflict
from app.kernel.money import ZERO, digits_of
from app.modules.finance.actions.credit_note import (
    create_credit_note,
    credited_invoice,
    give_back_credit,
    settle_credit,
    total_as_invoiced,
)
from app.modules.finance.actions.invoice_line import InvoiceLineInput, price_invoice, put_lines, total_lines
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.actions.open_item import (
    INVOICE,
    NewItem,
    close_items,
    raise_items,
)
from app.modules.finance.actions.voucher import post_reversal
from app.modules.finance.events import InvoicePosted, InvoiceReversed, Moved
from app.modules.finance.models.invoice import Invoice, InvoiceLine, InvoiceTax
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.queries.book import BookFacts, book_of
from app.modules.finance.queries.invoice import invoice_lines_of
from app.modules.finance.queries.open_item import open_items_of
from app.modules.finance.queries.payment_term import due_term
from app.modules.finance.queries.tax import code_of_tax
from app.modules.finance.rules import invoice as rules
from app.modules.finance.rules.dimension import dimensions
from app.modules.finance.rules.fx import check_rate
from app.modules.finance.rules.journal import EntryDraft
from app.modules.finance.rules.payment_terms import Due, instalments, last_due_on
from app.modules.finance.rules.tax import Method, TaxedDocument
from app.modules.masterdata.actions.change import apply
from app.modules.masterdata.queries.currency import require_currency
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.party import customer_of, party_of
from app.platform.actions import action
from app.platform.numbering import number_later
from app.platform.organisation import company_at_work
from app.platform.work import Work

__all__ = [
    "InvoiceLineInput",
    "cancel_invoice",
    "create_credit_note",
    "create_invoice",
    "post_invoice",
    "price_invoice",
    "reverse_invoice",
    "update_invoice",
]


@action
def create_invoice(
    work: Work,
    customer_id: UUID,
    lines: list[InvoiceLineInput],
    invoiced_on: date | None = None,
    currency: str | None = None,
    payment_term_id: UUID | None = None,
    reference: Annotated[str, Limit(max_length=80)] = "",
    memo: str = "",
    origin_kind: Annotated[str, Limit(max_length=40)] = "",
    origin_id: UUID | None = None,
) -> UUID:
    """Draft a customer invoice; what is left empty follows from the customer."""
    customer = customer_of(work, customer_id)
    own = company_at_work(work).currency
    money = currency or customer.price_currency or own
    invoice = Invoice(
        company_id=work.company_id,
        kind="invoice",
        state="draft",
        customer_id=customer_id,
        invoiced_on=invoiced_on or work.today(),
        currency=money if money == own else require_currency(work, money),
        payment_term_id=payment_term_id or customer.payment_term_id,
        reference=reference,
        memo=memo,
        origin_kind=origin_kind,
        origin_id=origin_id,
    )
    put_lines(work, invoice, lines)
    return work.add(invoice).id


@action
def update_invoice(
    work: Work,
    invoice_id: UUID,
    version: int,
    customer_id: UUID | MISSING = MISSING,
    lines: list[InvoiceLineInput] | MISSING = MISSING,
    invoiced_on: date | MISSING = MISSING,
    currency: str | MISSING = MISSING,
    payment_term_id: UUID | MISSING | None = MISSING,
    reference: Annotated[str, Limit(max_length=80)] | MISSING = MISSING,
    memo: str | MISSING = MISSING,
) -> UUID:
    """Change a draft; lines, when given, replace all lines."""
    invoice = work.load(Invoice, invoice_id, version=version)
    if invoice.state != "draft":
        raise Conflict("invoice.not_draft")
    if invoice.credited_id is not None and lines is not MISSING:
        raise Conflict("invoice.credit_lines")
    if isinstance(currency, str):
        require_currency(work, currency)
    apply(
        invoice,
        customer_id=customer_id,
        invoiced_on=invoiced_on,
        currency=currency,
        payment_term_id=payment_term_id,
        reference=reference,
        memo=memo,
    )
    customer_of(work, invoice.customer_id)
    if isinstance(lines, list):
        work.session.execute(
            delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).execution_options(synchronize_session=False)
        )
        put_lines(work, invoice, lines)
    else:
        total_lines(work, invoice, invoice_lines_of(work, invoice_id))
    return invoice.id


@action
def cancel_invoice(work: Work, invoice_id: UUID) -> UUID:
    """Give up a draft; a posted invoice is reversed or credited instead."""
    invoice = work.load(Invoice, invoice_id)
    invoice.state = rules.INVOICE.after("cancel", invoice.state)
    return invoice.id


# --- Posting -------------------------------------------------------------------------------------------------


@action
def post_invoice(work: Work, invoice_id: UUID, rate: Decimal | None = None) -> UUID:
    """Post an invoice or credit note: number, ledger entry, open items; `rate` where the day's is not meant."""
    invoice = work.load(Invoice, invoice_id)
    state = rules.INVOICE.after("post", invoice.state)
    lines = invoice_lines_of(work, invoice_id)
    with work.session.no_autoflush:  # all is written at once, when the number is known
        _post(work, invoice, lines, rate)
        invoice.state = state
    work.emit(
        InvoicePosted(
            invoice.id, invoice.kind, invoice.invoiced_on, invoice.origin_kind, invoice.origin_id, _moved(lines)
        )
    )
    return invoice.id


def _post(work: Work, invoice: Invoice, lines: Sequence[InvoiceLine], rate: Decimal | None) -> None:
    book = book_of(work)
    credited = credited_invoice(work, invoice, lines)
    if credited is None:
        taxed = total_lines(work, invoice, lines)
        invoice.rate = _rate(work, book, invoice, rate)
        dues = instalments(
            due_term(work, invoice.payment_term_id), invoice.gross, invoice.invoiced_on, digits_of(invoice.currency)
        )
    else:
        taxed = total_as_invoiced(work, invoice, credited.invoiced_on, lines)
        invoice.rate = credited.rate
        dues = [Due(invoice.invoiced_on, invoice.gross)]
    invoice.due_on = last_due_on(dues)
    invoice.open_amount = invoice.gross
    prefix = "CN" if invoice.kind == "credit_note" else "IN"
    number_later(work, invoice, f"finance.{invoice.kind}", invoice.invoiced_on, prefix)
    posted = _entry(work, book, invoice, lines, taxed, dues)
    items = _items(book, invoice, dues, posted.carried)
    raise_items(work, items)
    if credited is not None:
        settle_credit(work, invoice, credited, items)
    if posted.lines:
        memo = party_of(work, invoice.customer_id).name
        draft = EntryDraft(book.id, "sales", invoice.invoiced_on, INVOICE, invoice.id, posted.lines, memo)
        invoice.entry_id = post_entry(work, draft, invoice)


def _moved(lines: Sequence[InvoiceLine]) -> Moved:
    return tuple((line.id, line.origin_line_id, line.quantity) for line in lines)


def _rate(work: Work, book: BookFacts, invoice: Invoice, rate: Decimal | None) -> Decimal:
    if rate is None:
        return rate_on(work, invoice.currency, book.currency, invoice.invoiced_on)
    return check_rate(rate, invoice.currency, book.currency)


def _kind(invoice: Invoice) -> rules.Kind:
    return rules.Kind.CUSTOMER_INVOICE if invoice.kind == "invoice" else rules.Kind.CUSTOMER_CREDIT_NOTE


def _entry(
    work: Work, book: BookFacts, invoice: Invoice, lines: Sequence[InvoiceLine], taxed: TaxedDocument,
    dues: Sequence[Due],
) -> rules.Posting:  # fmt: skip
    """Lines of the entry; the tax rows of the document are stored on the way."""
    revenue = book.account("revenue")
    party = dimensions(party=invoice.customer_id)
    parts = [rules.Part(line.account_id or revenue, line.net, party) for line in lines]
    for no, total in enumerate(taxed.totals, start=1):
        code = code_of_tax(work, total.tax)
        component = int(total.tax.code.partition("/")[2] or 1) if total.tax.code != code.code else 1
        work.add(
            InvoiceTax(
                invoice_id=invoice.id,
                no=no,
                tax_code_id=code.id,
                component=component,
                rate=total.tax.rate,
                base=total.base,
                amount=total.amount,
                mirrored=total.mirrored,
                reducible=total.tax.method is not Method.FIXED,
            )
        )
        if total.amount:
            fallback = "input_tax" if total.mirrored else "output_tax"
            account = code.input_account_id if total.mirrored else code.output_account_id
            parts.append(rules.Part(account or book.account(fallback), total.amount))
    if not invoice.gross and not any(part.amount for part in parts):
        return rules.Posting((), tuple(ZERO for _ in dues))
    return rules.posting(
        _kind(invoice),
        parts,
        dues,
        book.account("receivable"),
        book.account("exchange_difference"),
        currency=invoice.currency,
        rate=invoice.rate or Decimal(1),
        company_currency=book.currency,
        party_dimensions=party,
        red_ink=book.red_ink,
    )


def _items(book: BookFacts, invoice: Invoice, dues: Sequence[Due], carried: Sequence[Decimal]) -> list[NewItem]:
    sign = _kind(invoice).party_sign
    return [
        NewItem(
            book.account("receivable"),
            invoice.customer_id,
            INVOICE,
            invoice,
            invoice.currency,
            sign * due.amount,
            value,
            invoice.invoiced_on,
            due.on,
            due.discount_percent,
            due.discount_until,
        )
        for due, value in zip(dues, carried, strict=True)
        if due.amount
    ]


# --- Reversal ------------------------------------------------------------------------------------------------


@action
def reverse_invoice(work: Work, invoice_id: UUID, on: date | None = None) -> UUID:
    """Take a posted invoice or credit note back by a reversing entry; payments must be un-allocated first."""
    invoice = work.load(Invoice, invoice_id)
    invoice.state = rules.INVOICE.after("reverse", invoice.state)
    lines = invoice_lines_of(work, invoice_id)
    if any(line.credited_quantity for line in lines):
        raise Conflict("invoice.credited")
    day = on or work.today()
    if invoice.credited_id is not None:
        give_back_credit(work, invoice, lines, day)
    if invoice.open_amount != invoice.gross:
        raise Conflict("invoice.settled", open=invoice.open_amount, gross=invoice.gross)
    states: list[OpenItemState] = open_items_of(work, [invoice_id], lock=True)
    close_items(work, states, invoice, day)
    invoice.open_amount = ZERO
    if invoice.entry_id is not None:
        post_reversal(work, invoice.entry_id, day)
    work.emit(InvoiceReversed(invoice.id, invoice.kind, day, invoice.origin_kind, invoice.origin_id, _moved(lines)))
    return invoice.id
