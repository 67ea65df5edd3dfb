"""Credit notes: over lines of a posted invoice, never more than was billed, with the taxes of the invoice's day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import ZERO
from app.modules.finance.actions.invoice_line import total_lines
from app.modules.finance.actions.open_item import NewItem, Pair, settle, settlements_of, undo_settlement
from app.modules.finance.models.invoice import Invoice, InvoiceLine
from app.modules.finance.queries.invoice import CreditLineInput, invoice_lines_of
from app.modules.finance.queries.open_item import open_items_of
from app.modules.finance.rules.tax import TaxedDocument
from app.platform.actions import action
from app.platform.work import Work


@action
def create_credit_note(
    work: Work, invoice_id: UUID, lines: list[CreditLineInput] | None = None, credited_on: date | None = None
) -> UUID:
    """Draft a credit note over parts of a posted invoice, or over all that is not credited yet."""
    invoice = work.load(Invoice, invoice_id)
    if invoice.state != "posted" or invoice.kind != "invoice":
        raise Conflict("invoice.not_creditable")
    found = {line.id: line for line in invoice_lines_of(work, invoice_id)}
    wanted = _wanted_credit(found, lines)
    note = Invoice(
        company_id=work.company_id,
        kind="credit_note",
        state="draft",
        customer_id=invoice.customer_id,
        invoiced_on=credited_on or work.today(),
        currency=invoice.currency,
        reference=invoice.number or "",
        credited_id=invoice.id,
        origin_kind=invoice.origin_kind,
        origin_id=invoice.origin_id,
    )
    work.add(note)
    copies = [_credit_line(note, no, found[key], part) for no, (key, part) in enumerate(wanted.items(), start=1)]
    for copy in copies:
        work.add(copy)
    total_as_invoiced(work, note, invoice.invoiced_on, copies)
    return note.id


def _wanted_credit(found: Mapping[UUID, InvoiceLine], lines: Sequence[CreditLineInput] | None) -> dict[UUID, Decimal]:
    if lines is None:
        wanted = {key: line.quantity - line.credited_quantity for key, line in found.items()}
    else:
        wanted = defaultdict(Decimal)
        for no, line in enumerate(lines):
            if line.invoice_line_id not in found:
                raise Invalid("invoice.line_unknown", field=f"lines.{no}.invoice_line_id")
            if line.quantity <= 0:
                raise Invalid("line.quantity_not_positive", field=f"lines.{no}.quantity")
            wanted[line.invoice_line_id] += line.quantity
    for key, quantity in wanted.items():
        _check_credit(found[key], quantity)
    wanted = {key: quantity for key, quantity in wanted.items() if quantity > 0}
    if not wanted:
        raise Conflict("invoice.credited_already")
    return dict(wanted)


def _check_credit(line: InvoiceLine, quantity: Decimal) -> None:
    left = line.quantity - line.credited_quantity
    if quantity > left:
        raise Conflict("invoice.credit_too_much", field="lines", line=line.no, open=left, asked=quantity)


def _credit_line(note: Invoice, no: int, line: InvoiceLine, quantity: Decimal) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=note.id,
        no=no,
        item_id=line.item_id,
        description=line.description,
        quantity=quantity,
        unit_id=line.unit_id,
        price=line.price,
        discount_percent=line.discount_percent,
        tax_code_id=line.tax_code_id,
        account_id=line.account_id,
        net=ZERO,
        tax=ZERO,
        origin_line_id=line.origin_line_id,
        credited_line_id=line.id,
    )


def total_as_invoiced(work: Work, note: Invoice, day: date, lines: Sequence[InvoiceLine]) -> TaxedDocument:
    """A credit note bears the taxes of the invoice's day, not of its own."""
    own, note.invoiced_on = note.invoiced_on, day
    try:
        return total_lines(work, note, lines)
    finally:
        note.invoiced_on = own


def credited_invoice(work: Work, note: Invoice, lines: Sequence[InvoiceLine]) -> Invoice | None:
    """The invoice a credit note credits, locked, its lines' credited quantities raised; None for an invoice."""
    if note.credited_id is None:
        return None
    invoice = work.load(Invoice, note.credited_id)
    if invoice.state != "posted":
        raise Conflict("invoice.not_creditable")
    originals = {line.id: line for line in invoice_lines_of(work, invoice.id)}
    for line in lines:
        if line.credited_line_id is not None:
            original = originals[line.credited_line_id]
            _check_credit(original, line.quantity)
            original.credited_quantity += line.quantity
    return invoice


def settle_credit(work: Work, note: Invoice, invoice: Invoice, items: Sequence[NewItem]) -> None:
    """A credit note first settles what is still open of its invoice, due first."""
    pairs: list[Pair] = []
    left = note.gross
    for state in sorted(open_items_of(work, [invoice.id], lock=True), key=lambda state: (state.due_on, state.id)):
        part = min(abs(state.open_amount), left)
        if part > 0 and items:
            pairs.append(Pair(state, items[0], part))
            left -= part
    if pairs:
        settle(work, pairs, note.invoiced_on, reason="credit")


def give_back_credit(work: Work, note: Invoice, lines: Sequence[InvoiceLine], day: date) -> None:
    """Undo what a credit note did to its invoice: settlement and credited quantities."""
    invoice = work.load(Invoice, note.credited_id) if note.credited_id is not None else note
    for settlement in settlements_of(work, [state.id for state in open_items_of(work, [note.id])]):
        if settlement.reason == "credit":
            undo_settlement(work, settlement, day)
    originals = {line.id: line for line in invoice_lines_of(work, invoice.id)}
    for line in lines:
        if line.credited_line_id is not None:
            originals[line.credited_line_id].credited_quantity -= line.quantity
