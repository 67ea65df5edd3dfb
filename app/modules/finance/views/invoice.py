"""Invoices and credit notes."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.kernel.errors import Refusal
from app.kernel.money import ZERO
from app.modules.finance.actions.invoice import (
    InvoiceLineInput,
    cancel_invoice,
    create_credit_note,
    create_invoice,
    post_invoice,
    price_invoice,
    reverse_invoice,
    update_invoice,
)
from app.modules.finance.actions.payment import pay_invoice
from app.modules.finance.models.invoice import Invoice, InvoiceLine
from app.modules.finance.prints.invoice import INVOICE_PRINT
from app.modules.finance.queries.explain import postings_of
from app.modules.finance.queries.invoice import credit_notes_of, invoice_taxes_of
from app.modules.finance.queries.open_item import open_items_of
from app.modules.finance.queries.payment import payments_of_items
from app.modules.finance.queries.tax import tax_codes_of
from app.modules.finance.rules.tax import TaxedDocument
from app.modules.masterdata.queries.party import party_of
from app.platform.organisation import company_at_work
from app.platform.views import (
    Button,
    DocumentView,
    Field,
    Lines,
    ListView,
    PostingLine,
    Preview,
    Related,
    Step,
    Tab,
    Total,
)
from app.platform.work import Work

KINDS = ("invoice", "credit_note")
STATES = ("draft", "posted", "reversed", "cancelled")
INVOICES = ListView(
    Invoice,
    columns=[
        Field(Invoice.number, phone="title"),
        Field(Invoice.customer_id, phone="body"),
        Field(Invoice.kind, choices=KINDS),
        Field(Invoice.invoiced_on, phone="meta"),
        Field(Invoice.due_on),
        Field(Invoice.state, choices=STATES, phone="badge"),
        Field(Invoice.reference, hidden=True),
        Field(Invoice.currency, hidden=True),
        Field(Invoice.net, currency=Invoice.currency, total=True, hidden=True),
        Field(Invoice.tax, currency=Invoice.currency, total=True, hidden=True),
        Field(Invoice.gross, currency=Invoice.currency, total=True, phone="value"),
        Field(Invoice.open_amount, currency=Invoice.currency, total=True),
    ],
    search=[Invoice.number, Invoice.reference],
    group_by=[Invoice.customer_id, Invoice.state, Invoice.kind, Invoice.invoiced_on],
    tabs=[
        Tab("all", default=True),
        Tab("draft", lambda work: Invoice.state == "draft"),
        Tab("unpaid", lambda work: (Invoice.state == "posted") & (Invoice.open_amount > 0)),
        Tab(
            "overdue",
            lambda work: (Invoice.state == "posted") & (Invoice.open_amount > 0) & (Invoice.due_on < work.today()),
        ),
    ],
    sort=[Invoice.invoiced_on.desc()],
    create=create_invoice,
    bulk=[post_invoice, pay_invoice],
    icon="receipt",
)


def _steps(work: Work, invoice: Invoice) -> list[Step]:
    """Draft, posted, paid; a reversed one ends there."""
    if invoice.state in ("reversed", "cancelled"):
        return [Step("state.draft", "done", invoice.invoiced_on), Step(f"state.{invoice.state}", "problem")]
    posted, settled = invoice.state == "posted", invoice.state == "posted" and not invoice.open_amount
    late = posted and not settled and invoice.due_on is not None and invoice.due_on < work.today()
    return [
        Step("state.draft", "done" if posted else "current"),
        Step("state.posted", "done" if posted else "todo", invoice.invoiced_on if posted else None),
        Step(
            "state.overdue" if late else "state.paid",
            "problem" if late else "done" if settled else "current" if posted else "todo",
            invoice.due_on if not settled else None,
        ),
    ]


def _totals(work: Work, invoice: Invoice) -> list[Total]:
    """Net, each tax, gross, what is open."""
    taxes = invoice_taxes_of(work, invoice.id)
    codes = tax_codes_of(work, [tax.tax_code_id for tax in taxes])
    rows = [Total("field.net", invoice.net, invoice.currency)]
    if taxes:
        rows += [
            Total("finance.total.tax", tax.amount, invoice.currency, facts={"code": codes[tax.tax_code_id].code})
            for tax in taxes
            if not tax.mirrored
        ]
    else:
        rows.append(Total("field.tax", invoice.tax, invoice.currency))
    rows.append(Total("field.gross", invoice.gross, invoice.currency, strong=True))
    if invoice.state == "posted":
        rows.append(Total("field.open_amount", invoice.open_amount, invoice.currency))
    return rows


def _related(work: Work, invoice: Invoice) -> list[Related]:
    """Where it came from, what it credits or is credited by, what paid it."""
    chips: list[Related] = []
    if invoice.origin_kind and invoice.origin_id is not None:
        chips.append(Related(invoice.origin_kind, invoice.origin_id, invoice.reference))
    if invoice.credited_id is not None:
        credited = work.get(Invoice, invoice.credited_id)
        chips.append(Related("finance.invoice", credited.id, credited.number or "", credited.state))
    if invoice.state != "draft":
        chips += credit_notes_of(work, [invoice.id])
        chips += payments_of_items(work, [item.id for item in open_items_of(work, [invoice.id])])
    return chips


def _postings(work: Work, invoice: Invoice) -> Sequence[PostingLine]:
    return postings_of(work, [invoice.id]) if invoice.state in ("posted", "reversed") else []


def _preview(work: Work, given: Mapping[str, Any]) -> Preview:
    """What the typed lines come to, by the server's rules."""
    lines = given.get("lines") or []
    complete = [line for line in lines if getattr(line, "quantity", None) and getattr(line, "price", None) is not None]
    if given.get("customer_id") is None or not complete:
        return Preview()
    party = party_of(work, given["customer_id"])
    currency = given.get("currency") or party.price_currency or company_at_work(work).currency
    inputs = [
        InvoiceLineInput(
            quantity=line.quantity,
            price=line.price,
            item_id=line.item_id,
            discount_percent=line.discount_percent or ZERO,
            tax_code_id=line.tax_code_id,
        )
        for line in complete
    ]
    try:
        taxed, codes = price_invoice(work, party.id, currency, given.get("invoiced_on") or work.today(), inputs)
    except Refusal as refusal:
        return Preview(notes=[(finding.code, finding.facts) for finding in refusal.findings])
    found = iter(zip(taxed.lines, codes, strict=True))
    cells: list[Mapping[str, Any]] = []
    for line in lines:
        if line in complete:
            amount, code = next(found)
            cells.append({"net": amount.net, "tax_code_id": code})
        else:
            cells.append({})
    return Preview(totals=_preview_totals(taxed, currency), lines=cells, fields={"currency": currency})


def _preview_totals(taxed: TaxedDocument, currency: str) -> list[Total]:
    rows = [Total("field.net", taxed.net, currency)]
    rows += [
        Total("finance.total.tax", total.amount, currency, facts={"code": total.tax.code})
        for total in taxed.totals
        if not total.mirrored
    ]
    return [*rows, Total("field.gross", taxed.gross, currency, strong=True)]


def _is_open(invoice: Any) -> bool:
    return bool(invoice.open_amount)


INVOICE = DocumentView(
    Invoice,
    fields=[
        Field(Invoice.customer_id, required=True),
        Field(Invoice.invoiced_on, default=lambda work: work.today()),
        Invoice.due_on,
        Field(Invoice.currency),
        Field(Invoice.rate, hidden=True),
        Field(Invoice.payment_term_id),
        Field(Invoice.reference),
        Field(Invoice.memo, kind="memo", wide=True),
    ],
    state=Invoice.state,
    create=create_invoice,
    update=update_invoice,
    edit_states=("draft",),
    lines=[
        Lines(
            InvoiceLine,
            InvoiceLine.invoice_id,
            InvoiceLine.no,
            [
                Field(InvoiceLine.item_id, wide=True),
                Field(InvoiceLine.description),
                Field(InvoiceLine.quantity, unit=InvoiceLine.unit_id, required=True),
                Field(InvoiceLine.unit_id, only="edit"),
                Field(InvoiceLine.price, currency=Invoice.currency, required=True),
                Field(InvoiceLine.discount_percent),
                Field(InvoiceLine.tax_code_id, brief=True),
                Field(InvoiceLine.net, currency=Invoice.currency),
            ],
            editable=("item_id", "description", "quantity", "unit_id", "price", "discount_percent", "tax_code_id"),
        )
    ],
    buttons=[
        Button(post_invoice, states=("draft",), primary=("draft",), icon="check"),
        Button(
            pay_invoice,
            states=("posted",),
            primary=("posted",),
            when=_is_open,
            fields=[
                Field(name="amount", kind="money"),
                Field(name="paid_on", kind="date"),
                Field(name="rate", kind="number"),
                Field(name="reference", kind="text"),
            ],
            icon="cash",
        ),
        Button(
            create_credit_note,
            states=("posted",),
            when=lambda invoice: bool(invoice.kind == "invoice"),
            fields=[Field(name="credited_on", kind="date")],
            icon="receipt-refund",
        ),
        Button(cancel_invoice, states=("draft",), danger=True),
        Button(reverse_invoice, states=("posted",), danger=True, fields=[Field(name="on", kind="date")]),
    ],
    steps=_steps,
    totals=_totals,
    related=_related,
    postings=_postings,
    preview=_preview,
    prints=[INVOICE_PRINT],
    memo=Invoice.memo,
    icon="receipt",
)
