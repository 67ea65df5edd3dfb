"""The invoice and the credit note on paper."""

from typing import Any

from app.modules.finance.models.invoice import Invoice
from app.modules.finance.queries.invoice import invoice_lines_of, invoice_taxes_of
from app.modules.finance.queries.tax import tax_codes_of
from app.modules.masterdata.queries.item import items_of
from app.modules.masterdata.queries.letter import letterhead, paper_locale, party_block
from app.modules.masterdata.queries.party import party_of
from app.modules.masterdata.queries.payment_term import term_of
from app.modules.masterdata.queries.unit import units_of
from app.platform.prints import PrintColumn, PrintField, PrintTotal, PrintView
from app.platform.views import PrintOut
from app.platform.work import Work


def _lines(work: Work, invoice: Invoice) -> list[dict[str, Any]]:
    lines = invoice_lines_of(work, invoice.id)
    items = items_of(work, [line.item_id for line in lines if line.item_id is not None])
    units = units_of(work, [line.unit_id for line in lines if line.unit_id is not None])
    codes = tax_codes_of(work, [line.tax_code_id for line in lines if line.tax_code_id is not None])
    rows = []
    for line in lines:
        item = items[line.item_id] if line.item_id is not None else None
        rows.append(
            {
                "item": item.code if item else "",
                "detail": line.description or (item.name if item else ""),
                "quantity": line.quantity,
                "unit": units[line.unit_id].name if line.unit_id is not None else "",
                "price": line.price,
                "discount_percent": line.discount_percent or None,
                "tax_code": codes[line.tax_code_id].code if line.tax_code_id is not None else "",
                "net": line.net,
            }
        )
    return rows


def _data(work: Work, invoice: Invoice) -> dict[str, Any]:
    customer = party_of(work, invoice.customer_id)
    term = term_of(work, invoice.payment_term_id) if invoice.payment_term_id else None
    taxes = invoice_taxes_of(work, invoice.id)
    codes = tax_codes_of(work, [tax.tax_code_id for tax in taxes])
    chinese = paper_locale(work, customer).startswith("zh")
    marks = {"draft": "state.draft", "reversed": "state.reversed", "cancelled": "state.cancelled"}
    return {
        "company": letterhead(work),
        "party": party_block(work, customer),
        "number": invoice.number or "",
        "mark": marks.get(invoice.state),
        "currency": invoice.currency,
        "reference": invoice.reference,
        "payment_term": (term.name_zh if chinese else term.name) if term else "",
        "invoiced_on": invoice.invoiced_on,
        "due_on": invoice.due_on,
        "net": invoice.net,
        "tax": invoice.tax,
        "gross": invoice.gross,
        "tax_notes": "\n".join(sorted({codes[tax.tax_code_id].note for tax in taxes} - {""})),
        "memo": invoice.memo,
        "printed_at": work.now,
        "lines": _lines(work, invoice),
    }


def _language(work: Work, invoice: Invoice) -> str:
    return paper_locale(work, party_of(work, invoice.customer_id))


INVOICE_PRINT = PrintOut(
    PrintView(
        "invoice",
        title="finance.invoice",
        columns=(
            PrintColumn("field.item_id", "item", detail="detail", weight=3),
            PrintColumn("field.quantity", "quantity", "quantity"),
            PrintColumn("field.unit_id", "unit"),
            PrintColumn("field.price", "price", "price"),
            PrintColumn("field.discount_percent", "discount_percent", "percent", optional=True),
            PrintColumn("field.tax", "tax_code"),
            PrintColumn("field.net", "net", "money"),
        ),
        left=(PrintField("field.reference", "reference"), PrintField("field.payment_term_id", "payment_term")),
        right=(
            PrintField("field.invoiced_on", "invoiced_on", "day"),
            PrintField("field.due_on", "due_on", "day"),
        ),
        totals=(
            PrintTotal("field.net", "net"),
            PrintTotal("field.tax", "tax"),
            PrintTotal("field.gross", "gross", strong=True),
        ),
        words="gross",
        notes=(PrintField("finance.print.tax_note", "tax_notes"), PrintField("field.memo", "memo")),
        bank=True,
    ),
    _data,
    _language,
)
