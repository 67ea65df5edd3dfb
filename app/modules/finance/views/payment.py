"""Payments, bank accounts, open items."""

from collections.abc import Sequence
from typing import Any

from app.kernel.dates import FAR
from app.modules.finance.actions.bank_account import (
    create_bank_account,
    deactivate_bank_account,
    reactivate_bank_account,
    update_bank_account,
)
from app.modules.finance.actions.payment import (
    allocate_payment,
    cancel_payment,
    create_payment,
    post_payment,
    reverse_payment,
    unallocate_payment,
    update_payment,
)
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.models.payment import BankAccount, Payment, PaymentLine
from app.modules.finance.queries.explain import postings_of
from app.modules.finance.queries.payment import items_on, payment_lines_of
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import (
    Button,
    DocumentView,
    Field,
    Lines,
    ListView,
    PostingLine,
    Related,
    Step,
    Tab,
    Total,
)
from app.platform.work import Work

DIRECTIONS = ("receipt", "payment")
STATES = ("draft", "posted", "reversed", "cancelled")
PAYMENTS = ListView(
    Payment,
    columns=[
        Field(Payment.number, phone="title"),
        Field(Payment.party_id, phone="body"),
        Field(Payment.direction, choices=DIRECTIONS),
        Field(Payment.paid_on, phone="meta"),
        Field(Payment.bank_account_id),
        Field(Payment.state, choices=STATES, phone="badge"),
        Field(Payment.reference, hidden=True),
        Field(Payment.currency, hidden=True),
        Field(Payment.amount, currency=Payment.currency, total=True, phone="value"),
        Field(Payment.unallocated, currency=Payment.currency, total=True),
    ],
    search=[Payment.number, Payment.reference],
    group_by=[Payment.party_id, Payment.state, Payment.direction, Payment.bank_account_id, Payment.paid_on],
    tabs=[
        Tab("all", default=True),
        Tab("draft", lambda work: Payment.state == "draft"),
        Tab("unallocated", lambda work: (Payment.state == "posted") & (Payment.unallocated > 0)),
    ],
    sort=[Payment.paid_on.desc()],
    create=create_payment,
    bulk=[post_payment],
    icon="cash",
)


def _steps(work: Work, payment: Payment) -> list[Step]:
    """Draft, posted, allocated."""
    if payment.state in ("reversed", "cancelled"):
        return [Step("state.draft", "done", payment.paid_on), Step(f"state.{payment.state}", "problem")]
    posted = payment.state == "posted"
    settled = posted and not payment.unallocated
    return [
        Step("state.draft", "done" if posted else "current"),
        Step("state.posted", "done" if posted else "todo", payment.paid_on if posted else None),
        Step("state.allocated", "done" if settled else "current" if posted else "todo"),
    ]


def _totals(work: Work, payment: Payment) -> list[Total]:
    return [
        Total("field.amount", payment.amount, payment.currency, strong=True),
        Total("field.unallocated_amount", payment.unallocated, payment.currency),
    ]


def _related(work: Work, payment: Payment) -> list[Related]:
    """The documents it settles."""
    items = items_on(work, payment_lines_of(work, payment.id))
    return [Related(item.document_kind, item.document_id, item.number) for item in items]


def _postings(work: Work, payment: Payment) -> Sequence[PostingLine]:
    return postings_of(work, [payment.id]) if payment.state in ("posted", "reversed") else []


def _has_rest(payment: Any) -> bool:
    return bool(payment.unallocated)


PAYMENT = DocumentView(
    Payment,
    fields=[
        Field(Payment.direction, choices=DIRECTIONS, default=lambda work: "receipt"),
        Field(Payment.party_id, required=True),
        Field(Payment.paid_on, default=lambda work: work.today()),
        Field(Payment.currency),
        Field(Payment.amount, currency=Payment.currency, required=True),
        Field(Payment.rate),
        Field(Payment.bank_account_id),
        Field(Payment.bank_amount),
        Field(Payment.reference),
        Field(Payment.memo, kind="memo", wide=True),
    ],
    state=Payment.state,
    create=create_payment,
    update=update_payment,
    edit_states=("draft",),
    lines=[
        Lines(
            PaymentLine,
            PaymentLine.payment_id,
            PaymentLine.no,
            [
                Field(PaymentLine.open_item_id, required=True),
                Field(PaymentLine.amount, currency=Payment.currency),
                Field(PaymentLine.discount, currency=Payment.currency),
                Field(PaymentLine.write_off, currency=Payment.currency),
            ],
            editable=("open_item_id", "amount", "discount", "write_off"),
            argument="allocations",
        )
    ],
    buttons=[
        Button(post_payment, states=("draft",), primary=("draft",), icon="check"),
        Button(allocate_payment, states=("posted",), primary=("posted",), when=_has_rest, icon="arrows-join"),
        Button(unallocate_payment, states=("posted",), icon="arrows-split", fields=[Field(name="on", kind="date")]),
        Button(cancel_payment, states=("draft",), danger=True),
        Button(reverse_payment, states=("posted",), danger=True, fields=[Field(name="on", kind="date")]),
    ],
    steps=_steps,
    totals=_totals,
    related=_related,
    postings=_postings,
    memo=Payment.memo,
    icon="cash",
)
BANK_ACCOUNTS = ListView(
    BankAccount,
    columns=[
        Field(BankAccount.code, phone="meta"),
        Field(BankAccount.name, phone="title"),
        BankAccount.bank_name,
        BankAccount.account_number,
        Field(BankAccount.currency, phone="badge"),
        BankAccount.account_id,
    ],
    search=[BankAccount.code, BankAccount.name],
    tabs=life_tabs(BankAccount),
    sort=[BankAccount.code],
    create=create_bank_account,
    icon="building-bank",
)
BANK_ACCOUNT = DocumentView(
    BankAccount,
    fields=[
        Field(BankAccount.code, required=True),
        Field(BankAccount.name, required=True),
        BankAccount.bank_name,
        BankAccount.account_number,
        BankAccount.currency,
        BankAccount.account_id,
    ],
    create=create_bank_account,
    update=update_bank_account,
    buttons=life_buttons(deactivate_bank_account, reactivate_bank_account),
    icon="building-bank",
)
OPEN_ITEMS = ListView(
    OpenItemState,
    columns=[
        Field(OpenItemState.number, phone="title"),
        Field(OpenItemState.party_id, phone="body"),
        Field(OpenItemState.business_on),
        Field(OpenItemState.due_on, phone="meta"),
        Field(OpenItemState.document_kind, choices=("finance.invoice", "finance.payment"), hidden=True),
        Field(OpenItemState.account_id, hidden=True),
        Field(OpenItemState.currency, hidden=True),
        Field(OpenItemState.amount, currency=OpenItemState.currency, total=True),
        Field(OpenItemState.open_amount, currency=OpenItemState.currency, total=True, phone="value"),
        Field(OpenItemState.open_company_amount, total=True, hidden=True),
    ],
    search=[OpenItemState.number],
    group_by=[OpenItemState.party_id, OpenItemState.due_on, OpenItemState.currency],
    tabs=[
        Tab("open", lambda work: OpenItemState.settled_on == FAR, default=True),
        Tab("overdue", lambda work: (OpenItemState.settled_on == FAR) & (OpenItemState.due_on < work.today())),
        Tab("all"),
    ],
    sort=[OpenItemState.due_on],
    icon="hourglass",
)
