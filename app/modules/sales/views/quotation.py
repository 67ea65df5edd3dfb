"""The quotation's list and page."""

from app.modules.sales.actions.quotation import (
    cancel_quotation,
    create_quotation,
    issue_quotation,
    lose_quotation,
    order_quotation,
    revise_quotation,
    update_quotation,
)
from app.modules.sales.models.quotation import Quotation, QuotationLine
from app.modules.sales.prints.order import QUOTATION_PRINT
from app.modules.sales.queries.quotation import quotation_related, quotation_steps
from app.modules.sales.queries.totals import quotation_totals
from app.modules.sales.views.lines import EDITABLE, preview_lines
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Tab

STATES = ("draft", "issued", "partial", "accepted", "lost", "cancelled")

QUOTATIONS = ListView(
    Quotation,
    columns=[
        Field(Quotation.number, phone="title"),
        Field(Quotation.revision, hidden=True),
        Field(Quotation.customer_id, phone="body"),
        Field(Quotation.quoted_on, phone="meta"),
        Field(Quotation.valid_until),
        Field(Quotation.salesperson_id),
        Field(Quotation.state, phone="badge", choices=STATES),
        Field(Quotation.reference, hidden=True),
        Field(Quotation.currency, hidden=True),
        Field(Quotation.net, currency=Quotation.currency, total=True),
        Field(Quotation.gross, currency=Quotation.currency, total=True, phone="value"),
    ],
    search=[Quotation.number, Quotation.reference],
    group_by=[Quotation.customer_id, Quotation.state, Quotation.salesperson_id, Quotation.quoted_on],
    tabs=[
        Tab("all"),
        Tab("open", lambda work: Quotation.state.in_(("draft", "issued", "partial")), default=True),
        Tab("issued", lambda work: Quotation.state.in_(("issued", "partial"))),
        Tab(
            "expired",
            lambda work: Quotation.state.in_(("issued", "partial")) & (Quotation.valid_until < work.today()),
        ),
    ],
    sort=[Quotation.quoted_on.desc()],
    create=create_quotation,
    bulk=[issue_quotation],
    icon="file-text",
)
QUOTATION = DocumentView(
    Quotation,
    fields=[
        Field(Quotation.customer_id, required=True),
        Field(Quotation.reference),
        Field(Quotation.quoted_on, default=lambda work: work.today()),
        Field(Quotation.valid_until),
        Field(Quotation.currency),
        Field(Quotation.payment_term_id),
        Field(Quotation.warehouse_id),
        Field(Quotation.salesperson_id),
        Field(Quotation.lost_reason),
        Field(Quotation.memo, kind="memo", wide=True),
    ],
    state=Quotation.state,
    create=create_quotation,
    update=update_quotation,
    edit_states=("draft",),
    lines=[
        Lines(
            QuotationLine,
            parent=QuotationLine.quotation_id,
            order=QuotationLine.no,
            fields=[
                Field(QuotationLine.item_id, required=True, wide=True),
                Field(QuotationLine.description),
                Field(QuotationLine.quantity, unit=QuotationLine.unit_id, required=True),
                Field(QuotationLine.unit_id, only="edit"),
                Field(QuotationLine.price, currency=Quotation.currency),
                Field(QuotationLine.discount_percent),
                Field(QuotationLine.tax_code_id, brief=True),
                Field(QuotationLine.ordered_quantity, only="read"),
                Field(QuotationLine.net, currency=Quotation.currency),
            ],
            editable=EDITABLE,
        )
    ],
    buttons=[
        Button(issue_quotation, states=("draft",), primary=("draft",), icon="send"),
        Button(
            order_quotation,
            states=("issued", "partial"),
            primary=("issued", "partial"),
            fields=[
                Field(name="ordered_on", kind="date"),
                Field(name="promised_on", kind="date"),
                Field(name="reference", kind="text"),
            ],
            icon="file-invoice",
        ),
        Button(revise_quotation, states=("issued", "lost", "expired"), fields=[Field(name="valid_until", kind="date")]),
        Button(
            lose_quotation,
            states=("draft", "issued", "partial"),
            danger=True,
            fields=[Field(name="reason", kind="memo", required=True)],
        ),
        Button(cancel_quotation, states=("draft",), danger=True, when=lambda quotation: quotation.number is None),
    ],
    steps=quotation_steps,
    totals=quotation_totals,
    related=quotation_related,
    preview=lambda work, given: preview_lines(work, given, "quoted_on"),
    prints=[QUOTATION_PRINT],
    memo=Quotation.memo,
    icon="file-text",
)
