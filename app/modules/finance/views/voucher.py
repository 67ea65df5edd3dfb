"""Vouchers: the list by state, the line grid with its keys, and the steps from draft to ledger."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.errors import Refusal
from app.kernel.money import ZERO
from app.modules.finance.actions.voucher_draft import (
    VoucherLineInput,
    copy_voucher,
    create_voucher,
    delete_voucher,
    line_figures,
    update_voucher,
)
from app.modules.finance.actions.voucher_review import (
    post_voucher,
    reverse_voucher,
    review_voucher,
    send_back_voucher,
)
from app.modules.finance.actions.voucher_template import template_voucher
from app.modules.finance.models.voucher import Voucher, VoucherLine
from app.modules.finance.prints.voucher import VOUCHER_PRINT
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.explain import postings_of
from app.modules.finance.queries.voucher import related_of, voucher_lines_of
from app.modules.finance.rules.voucher import KINDS, carried
from app.platform.views import (
    Button,
    DocumentView,
    Field,
    Lines,
    ListView,
    PostingLine,
    Preview,
    Step,
    Tab,
    Total,
)
from app.platform.work import Work

STATES = ("draft", "reviewed", "posted", "reversed")
SOURCES = ("manual", "template", "recurring", "import", "reversal", "closing", "allocation")
LINE_KEYS = (
    "memo", "account_id", "debit", "credit", "party_id", "cost_centre_id", "department_id", "item_id", "value_id",
    "other_value_id", "currency", "amount", "rate", "quantity",
)  # fmt: skip

VOUCHERS = ListView(
    Voucher,
    columns=[
        Field(Voucher.number, phone="title"),
        Field(Voucher.business_on, phone="meta"),
        Field(Voucher.kind, choices=KINDS),
        Field(Voucher.memo, phone="body"),
        Field(Voucher.total, phone="value"),
        Field(Voucher.state, choices=STATES, phone="badge"),
        Field(Voucher.prepared_by),
        Field(Voucher.reviewed_by, hidden=True),
        Field(Voucher.attachments, hidden=True),
        Field(Voucher.source, choices=SOURCES, hidden=True),
        Field(Voucher.reverse_on, hidden=True),
    ],
    search=[Voucher.number, Voucher.memo, Voucher.prepared_by],
    group_by=[Voucher.state, Voucher.kind, Voucher.business_on, Voucher.source],
    tabs=[
        Tab("all", default=True),
        Tab("draft", lambda work: Voucher.state == "draft"),
        Tab("to_review", lambda work: (Voucher.state == "draft") & (Voucher.prepared_by_id != work.actor.user_id)),
        Tab("to_post", lambda work: Voucher.state == "reviewed"),
        Tab("posted", lambda work: Voucher.state.in_(("posted", "reversed"))),
    ],
    sort=[Voucher.business_on.desc()],
    create=create_voucher,
    bulk=[review_voucher, post_voucher],
    icon="file-text",
)


def line_grid(model: Any, parent: Any) -> Lines:
    """The grid of a voucher and of a template, in the order a Chinese accountant types it."""
    return Lines(
        model,
        parent,
        model.no,
        [
            Field(model.memo, wide=True),
            Field(model.account_id, required=True, wide=True),
            Field(model.debit),
            Field(model.credit),
            Field(model.party_id),
            Field(model.cost_centre_id),
            Field(model.department_id),
            Field(model.item_id),
            Field(model.value_id),
            Field(model.other_value_id),
            Field(model.currency),
            Field(model.amount, kind="number"),
            Field(model.rate),
            Field(model.quantity),
        ],
        editable=LINE_KEYS,
        balance=("debit", "credit"),
    )


def _totals(work: Work, voucher: Voucher) -> list[Total]:
    lines = voucher_lines_of(work, voucher.id)
    return totals_of([(line.debit, line.credit) for line in lines], book_of(work).currency)


def totals_of(sides: Sequence[tuple[Decimal, Decimal]], currency: str) -> list[Total]:
    """Both sides, and what is missing between them."""
    debit = sum((side[0] for side in sides), ZERO)
    credit = sum((side[1] for side in sides), ZERO)
    rows = [Total("field.debit", debit, currency), Total("field.credit", credit, currency, strong=True)]
    if debit != credit:
        rows.append(Total("finance.voucher.difference", debit - credit, currency, strong=True))
    return rows


def _steps(work: Work, voucher: Voucher) -> list[Step]:
    """Drafted, reviewed, posted; a reversed one ends there."""
    done = STATES.index(voucher.state)
    last = Step("state.reversed", "problem") if voucher.state == "reversed" else None
    steps = [
        Step("state.draft", "done" if done else "current", detail=voucher.prepared_by),
        Step(
            "finance.voucher.state.reviewed",
            "done" if done > 1 or voucher.reviewed_by else "todo",
            detail=voucher.reviewed_by,
        ),
        Step("state.posted", "done" if done > 1 else "current" if done == 1 else "todo", detail=voucher.posted_by),
    ]
    return [*steps, last] if last else steps


def _postings(work: Work, voucher: Voucher) -> Sequence[PostingLine]:
    return postings_of(work, [voucher.id]) if voucher.entry_id is not None else []


def preview(work: Work, given: Mapping[str, Any]) -> Preview:
    """Sides, differences and converted amounts of what stands there so far."""
    lines = given.get("lines") or []
    whole = [line for line in lines if getattr(line, "account_id", None)]
    own = book_of(work).currency
    memos = carried([getattr(line, "memo", None) or "" for line in lines])
    inputs = [
        VoucherLineInput(
            account_id=line.account_id,
            debit=line.debit or ZERO,
            credit=line.credit or ZERO,
            currency=line.currency,
            amount=line.amount,
            rate=line.rate,
        )
        for line in whole
    ]
    day = given.get("business_on") or given.get("first_on") or work.today()
    try:
        worked = iter(line_figures(work, day, inputs))
    except Refusal as refusal:
        return Preview(notes=[(finding.code, finding.facts) for finding in refusal.findings])
    cells: list[Mapping[str, Any]] = []
    sides = []
    for line, memo in zip(lines, memos, strict=True):
        if line not in whole:
            cells.append({})
            continue
        money = next(worked)
        sides.append((money.debit, money.credit))
        cell: dict[str, Any] = {"memo": memo}
        if line.currency and line.currency != own:
            cell |= {"amount": money.amount, "rate": money.rate}
            cell |= {"debit": money.debit} if money.debit else {"credit": money.credit} if money.credit else {}
        cells.append(cell)
    return Preview(totals=totals_of(sides, own), lines=cells)


def _returned(voucher: Any) -> bool:
    return bool(voucher.reverses_id is None)


REASON = Field(name="reason", kind="text", required=True)
VOUCHER = DocumentView(
    Voucher,
    fields=[
        Field(Voucher.business_on, default=lambda work: work.today()),
        Field(Voucher.kind, choices=KINDS, default=lambda work: "general"),
        Field(Voucher.attachments),
        Field(Voucher.reverse_on, help="finance.voucher.reverse_on.hint"),
        Field(Voucher.reason, hidden=True),
        Field(Voucher.source, choices=SOURCES, hidden=True),
    ],
    state=Voucher.state,
    create=create_voucher,
    update=update_voucher,
    edit_states=("draft",),
    lines=[line_grid(VoucherLine, VoucherLine.voucher_id)],
    buttons=[
        Button(review_voucher, states=("draft",), primary=("draft",), icon="check"),
        Button(post_voucher, states=("reviewed",), primary=("reviewed",), icon="book"),
        Button(send_back_voucher, states=("reviewed",), fields=[REASON], icon="arrow-back-up"),
        Button(copy_voucher, icon="copy"),
        Button(
            template_voucher,
            fields=[Field(name="code", kind="code", required=True), Field(name="name", kind="text", required=True)],
            icon="file-certificate",
        ),
        Button(delete_voucher, states=("draft",), danger=True, icon="trash"),
        Button(
            reverse_voucher,
            states=("posted",),
            danger=True,
            when=_returned,
            fields=[Field(name="reversed_on", kind="date"), REASON],
            icon="arrow-back-up",
        ),
    ],
    steps=_steps,
    totals=_totals,
    related=related_of,
    postings=_postings,
    preview=preview,
    prints=[VOUCHER_PRINT],
    icon="file-text",
)
