"""The receipt's list and page."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.kernel.money import digits_of, round_half_up
from app.modules.finance.queries.explain import postings_of
from app.modules.inventory.actions.receipt import (
    cancel_receipt,
    create_receipt,
    post_receipt,
    reverse_receipt,
    update_receipt,
)
from app.modules.inventory.models.receipt import Receipt, ReceiptLine
from app.modules.masterdata.queries.item import items_of
from app.platform.organisation import company_at_work
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Preview, Tab, Total
from app.platform.work import Work

KINDS = ("opening", "purchase", "surplus")

RECEIPTS = ListView(
    Receipt,
    columns=[
        Field(Receipt.number, phone="title"),
        Field(Receipt.kind, choices=KINDS, phone="body"),
        Field(Receipt.supplier_id),
        Field(Receipt.warehouse_id),
        Field(Receipt.received_on, phone="meta"),
        Field(Receipt.state, phone="badge", choices=("draft", "posted", "cancelled", "reversed")),
        Field(Receipt.reference),
        Field(Receipt.value, total=True, phone="value"),
    ],
    search=[Receipt.number, Receipt.reference],
    group_by=[Receipt.kind, Receipt.warehouse_id, Receipt.supplier_id, Receipt.received_on],
    tabs=[
        Tab("all", default=True),
        Tab("draft", lambda work: Receipt.state == "draft"),
        Tab("posted", lambda work: Receipt.state == "posted"),
    ],
    sort=[Receipt.received_on.desc()],
    create=create_receipt,
    bulk=[post_receipt],
    icon="package",
)


def preview_receipt(work: Work, given: Mapping[str, Any]) -> Preview:
    """Line values and their sum."""
    currency = company_at_work(work).currency
    digits = digits_of(currency)
    lines = given.get("lines") or []
    items = items_of(work, [line.item_id for line in lines if getattr(line, "item_id", None)])
    cells: list[Mapping[str, Any]] = []
    value = Decimal(0)
    for line in lines:
        known = line.item_id and line.quantity is not None and line.unit_cost is not None
        worth = round_half_up(line.quantity * line.unit_cost, digits) if known else None
        value += worth or Decimal(0)
        unit = line.unit_id or (items[line.item_id].unit_id if line.item_id else None)
        cells.append({"value": worth, "unit_id": unit})
    return Preview(totals=[Total("field.value", value, currency, strong=True)], lines=cells)


RECEIPT = DocumentView(
    Receipt,
    fields=[
        Field(Receipt.kind, choices=KINDS, required=True),
        Field(Receipt.supplier_id),
        Field(Receipt.warehouse_id),
        Field(Receipt.received_on, default=lambda work: work.today()),
        Field(Receipt.reference),
        Field(Receipt.memo, kind="memo", wide=True),
    ],
    state=Receipt.state,
    create=create_receipt,
    update=update_receipt,
    edit_states=("draft",),
    lines=[
        Lines(
            ReceiptLine,
            parent=ReceiptLine.receipt_id,
            order=ReceiptLine.no,
            fields=[
                Field(ReceiptLine.item_id, required=True, wide=True),
                Field(ReceiptLine.quantity, unit=ReceiptLine.unit_id, required=True),
                Field(ReceiptLine.unit_id, only="edit"),
                Field(ReceiptLine.unit_cost, required=True),
                Field(ReceiptLine.value),
            ],
            editable=("item_id", "quantity", "unit_id", "unit_cost"),
        )
    ],
    buttons=[
        Button(post_receipt, states=("draft",), primary=("draft",), icon="check"),
        Button(cancel_receipt, states=("draft",), danger=True),
        Button(reverse_receipt, states=("posted",), danger=True),
    ],
    totals=lambda work, receipt: [Total("field.value", receipt.value, company_at_work(work).currency, strong=True)],
    postings=lambda work, receipt: postings_of(work, [receipt.id]),
    preview=preview_receipt,
    memo=Receipt.memo,
    icon="package",
)
