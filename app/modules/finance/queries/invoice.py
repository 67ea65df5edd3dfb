"""Invoices as other documents and modules ask for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.money import ZERO
from app.modules.finance.models.invoice import Invoice, InvoiceLine, InvoiceTax
from app.platform.views import Related
from app.platform.work import Work


@dataclass(frozen=True, kw_only=True)
class CreditLineInput:
    """How much of an invoice line is credited, in the line's unit."""

    invoice_line_id: UUID
    quantity: Decimal


def invoice_lines_of(work: Work, invoice_id: UUID) -> list[InvoiceLine]:
    """The lines in order, read once a transaction."""
    statement = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.no)
    return work.remember(lines_key(invoice_id), lambda: list(work.session.scalars(statement)))


def lines_key(invoice_id: UUID) -> tuple[str, UUID]:
    """Under which a transaction remembers the lines of an invoice; whoever replaces them puts the new ones there."""
    return "finance.invoice_lines", invoice_id


def invoice_taxes_of(work: Work, invoice_id: UUID) -> list[InvoiceTax]:
    """The tax rows in order; empty before posting."""
    return list(
        work.session.scalars(select(InvoiceTax).where(InvoiceTax.invoice_id == invoice_id).order_by(InvoiceTax.no))
    )


def invoiced_lines_of(
    work: Work, origin_kind: str, origin_id: UUID, wanted: Mapping[UUID, Decimal]
) -> dict[UUID, list[CreditLineInput]]:
    """Posted invoices of an origin -> lines to credit so that each origin line gets what is wanted, latest first."""
    left = {key: quantity for key, quantity in wanted.items() if quantity > 0}
    if not left:
        return {}
    statement = (
        select(InvoiceLine, Invoice.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            Invoice.origin_kind == origin_kind,
            Invoice.origin_id == origin_id,
            Invoice.kind == "invoice",
            Invoice.state == "posted",
            InvoiceLine.origin_line_id.in_(sorted(left)),
        )
        .order_by(Invoice.invoiced_on.desc(), Invoice.id.desc(), InvoiceLine.no)
    )
    found: dict[UUID, list[CreditLineInput]] = {}
    for line, invoice_id in work.session.execute(statement):
        if line.origin_line_id is None:
            continue
        part = min(left.get(line.origin_line_id, ZERO), line.quantity - line.credited_quantity)
        if part > 0:
            left[line.origin_line_id] -= part
            found.setdefault(invoice_id, []).append(CreditLineInput(invoice_line_id=line.id, quantity=part))
    return found


def invoices_of(work: Work, origin_kind: str, origin_id: UUID) -> list[Related]:
    """The invoices and credit notes made from a document, as chips."""
    rows = work.session.execute(
        select(Invoice.id, Invoice.number, Invoice.state)
        .where(Invoice.origin_kind == origin_kind, Invoice.origin_id == origin_id, Invoice.state != "cancelled")
        .order_by(Invoice.id)
    )
    return [Related("finance.invoice", row.id, row.number or "", row.state) for row in rows]


def credit_notes_of(work: Work, invoice_ids: Sequence[UUID]) -> list[Related]:
    """Credit notes of invoices, as chips."""
    rows = work.session.execute(
        select(Invoice.id, Invoice.number, Invoice.state)
        .where(Invoice.credited_id.in_(list(invoice_ids)), Invoice.state != "cancelled")
        .order_by(Invoice.id)
    )
    return [Related("finance.invoice", row.id, row.number or "", row.state) for row in rows]
