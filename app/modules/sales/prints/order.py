"""The order confirmation and the quotation on paper."""

from typing import Any

from sqlalchemy import select

from app.modules.finance.queries.tax import tax_codes_of
from app.modules.masterdata.queries.item import items_of
from app.modules.masterdata.queries.letter import letterhead, paper_locale, party_block
from app.modules.masterdata.queries.party import party_of
from app.modules.masterdata.queries.payment_term import term_of
from app.modules.masterdata.queries.unit import units
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.models.quotation import Quotation, QuotationLine
from app.platform.prints import PrintColumn, PrintField, PrintTotal, PrintView
from app.platform.views import PrintOut
from app.platform.work import Work

COLUMNS = (
    PrintColumn("field.no", "no", "number"),
    PrintColumn("field.item_id", "item", detail="detail", weight=3),
    PrintColumn("field.quantity", "quantity", "quantity"),
    PrintColumn("field.unit_id", "unit"),
    PrintColumn("field.price", "price", "price"),
    PrintColumn("field.discount_percent", "discount_percent", "percent", optional=True),
    PrintColumn("field.tax", "tax_code"),
    PrintColumn("field.net", "net", "money"),
)
TOTALS = (
    PrintTotal("field.net", "net"),
    PrintTotal("field.tax", "tax"),
    PrintTotal("field.gross", "gross", strong=True),
)


def _lines(work: Work, lines: Any) -> list[dict[str, Any]]:
    items = items_of(work, [line.item_id for line in lines])
    measures = units(work)
    codes = tax_codes_of(work, [line.tax_code_id for line in lines if line.tax_code_id])
    return [
        {
            "no": line.no,
            "item": items[line.item_id].code,
            "detail": line.description or items[line.item_id].name,
            "quantity": line.quantity,
            "unit": measures[line.unit_id].code,
            "price": line.price,
            "discount_percent": line.discount_percent or None,
            "tax_code": codes[line.tax_code_id].code if line.tax_code_id else "",
            "net": line.net,
        }
        for line in lines
    ]


def _head(work: Work, document: Any, lines: Any) -> dict[str, Any]:
    customer = party_of(work, document.customer_id)
    term = term_of(work, document.payment_term_id) if document.payment_term_id else None
    return {
        "company": letterhead(work),
        "party": party_block(work, customer),
        "number": document.number or "",
        "mark": "state.draft" if document.number is None else None,
        "currency": document.currency,
        "reference": document.reference,
        "payment_term": term.name if term else "",
        "net": document.net,
        "tax": document.tax,
        "gross": document.gross,
        "memo": document.memo,
        "printed_at": work.now,
        "lines": _lines(work, lines),
    }


def _order_data(work: Work, order: Order) -> dict[str, Any]:
    lines = work.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.no)).all()
    return {**_head(work, order, lines), "ordered_on": order.ordered_on, "promised_on": order.promised_on}


def _quotation_data(work: Work, quotation: Quotation) -> dict[str, Any]:
    statement = select(QuotationLine).where(QuotationLine.quotation_id == quotation.id).order_by(QuotationLine.no)
    lines = work.session.scalars(statement).all()
    return {
        **_head(work, quotation, lines),
        "quoted_on": quotation.quoted_on,
        "valid_until": quotation.valid_until,
        "revision": quotation.revision,
    }


def _language(work: Work, document: Any) -> str:
    return paper_locale(work, party_of(work, document.customer_id))


ORDER_PRINT = PrintOut(
    PrintView(
        "order",
        title="sales.print.order_confirmation",
        columns=COLUMNS,
        left=(PrintField("field.reference", "reference"), PrintField("field.payment_term_id", "payment_term")),
        right=(
            PrintField("field.ordered_on", "ordered_on", "day"),
            PrintField("field.promised_on", "promised_on", "day"),
        ),
        totals=TOTALS,
        words="gross",
        notes=(PrintField("field.memo", "memo"),),
        signatures=("sales.print.for_seller", "sales.print.for_buyer"),
        bank=True,
    ),
    _order_data,
    _language,
)
QUOTATION_PRINT = PrintOut(
    PrintView(
        "quotation",
        title="sales.quotation",
        columns=COLUMNS,
        left=(PrintField("field.reference", "reference"), PrintField("field.payment_term_id", "payment_term")),
        right=(
            PrintField("field.quoted_on", "quoted_on", "day"),
            PrintField("field.valid_until", "valid_until", "day"),
            PrintField("field.revision", "revision", "number"),
        ),
        totals=TOTALS,
        words="gross",
        notes=(PrintField("field.memo", "memo"),),
        signatures=("sales.print.for_seller", "sales.print.for_buyer"),
        bank=True,
    ),
    _quotation_data,
    _language,
)
