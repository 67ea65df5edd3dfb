"""The lines of an invoice: what was typed, what it comes to, how it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel.errors import Invalid
from app.kernel.money import ZERO
from app.modules.finance.models.invoice import Invoice, InvoiceLine
from app.modules.finance.queries.invoice import lines_key
from app.modules.finance.queries.tax import compute_taxes, default_tax_codes
from app.modules.finance.rules.tax import TaxedDocument, line_amount
from app.platform.work import Work

MAX_LINES = 1000


@dataclass(frozen=True, kw_only=True)
class InvoiceLineInput:
    """A line as typed; `tax_code_id` empty = by tax classes, `account_id` empty = the revenue account."""

    quantity: Decimal
    price: Decimal
    item_id: UUID | None = None
    description: str = ""
    unit_id: UUID | None = None
    discount_percent: Decimal = ZERO
    tax_code_id: UUID | None = None
    account_id: UUID | None = None
    origin_line_id: UUID | None = None


def price_invoice(
    work: Work, customer_id: UUID, currency: str, on: date, lines: Sequence[InvoiceLineInput]
) -> tuple[TaxedDocument, list[UUID | None]]:
    """What typed lines come to, and the tax code of each: for drafts and their live preview."""
    _check_lines(lines)
    missing = [line.item_id for line in lines if line.tax_code_id is None and line.item_id is not None]
    defaults = default_tax_codes(work, customer_id, missing, on) if missing else {}
    codes = [line.tax_code_id or (defaults.get(line.item_id) if line.item_id else None) for line in lines]
    amounts = [line_amount(line.quantity, line.price, line.discount_percent) for line in lines]
    taxed = compute_taxes(
        work, currency, on, [(a, line.quantity, code) for a, line, code in zip(amounts, lines, codes, strict=True)]
    )
    return taxed, codes


def _check_lines(lines: Sequence[InvoiceLineInput]) -> None:
    if not lines:
        raise Invalid("document.no_lines", field="lines")
    if len(lines) > MAX_LINES:
        raise Invalid("document.too_many_lines", field="lines", limit=MAX_LINES)
    for no, line in enumerate(lines):
        if line.quantity <= 0:
            raise Invalid("line.quantity_not_positive", field=f"lines.{no}.quantity")
        if line.price < 0:
            raise Invalid("line.price_negative", field=f"lines.{no}.price")
        if not ZERO <= line.discount_percent <= 100:
            raise Invalid("invoice.discount", field=f"lines.{no}.discount_percent")


def put_lines(work: Work, invoice: Invoice, lines: Sequence[InvoiceLineInput]) -> None:
    taxed, codes = price_invoice(work, invoice.customer_id, invoice.currency, invoice.invoiced_on, lines)
    work.memory[lines_key(invoice.id)] = [
        work.add(
            InvoiceLine(
                invoice_id=invoice.id,
                no=no,
                item_id=line.item_id,
                description=line.description,
                quantity=line.quantity,
                unit_id=line.unit_id,
                price=line.price,
                discount_percent=line.discount_percent,
                tax_code_id=code,
                account_id=line.account_id,
                net=found.net,
                tax=found.tax,
                origin_line_id=line.origin_line_id,
            )
        )
        for no, (line, code, found) in enumerate(zip(lines, codes, taxed.lines, strict=True), start=1)
    ]
    invoice.net, invoice.tax, invoice.gross = taxed.net, taxed.tax, taxed.gross


def total_lines(work: Work, invoice: Invoice, lines: Sequence[InvoiceLine]) -> TaxedDocument:
    """Work stored lines out again by the terms of the document's day."""
    taxed = compute_taxes(
        work,
        invoice.currency,
        invoice.invoiced_on,
        [
            (line_amount(line.quantity, line.price, line.discount_percent), line.quantity, line.tax_code_id)
            for line in lines
        ],
    )
    for line, found in zip(lines, taxed.lines, strict=True):
        line.net, line.tax = found.net, found.tax
    invoice.net, invoice.tax, invoice.gross = taxed.net, taxed.tax, taxed.gross
    return taxed
