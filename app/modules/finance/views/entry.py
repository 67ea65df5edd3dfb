"""Entries of the ledger: what vouchers and documents have posted."""

from typing import Any

from app.modules.finance.actions.voucher import reverse_entry
from app.modules.finance.models.journal import Entry, EntryLine
from app.modules.finance.rules.account import AT_ONCE, BY_HAND, MANUAL
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Related, Tab
from app.platform.work import Work

KINDS = ("general", "sales", "purchase", "receipt", "payment", "stock", "transfer", "asset")
ENTRIES = ListView(
    Entry,
    columns=[
        Field(Entry.voucher, phone="title"),
        Field(Entry.business_on, phone="meta"),
        Field(Entry.kind, choices=KINDS, phone="badge"),
        Field(Entry.memo, phone="body"),
        Field(Entry.origin_kind, kind="choice", hidden=True),
        Field(Entry.line_count, hidden=True),
        Field(Entry.posted_at, hidden=True),
        Field(Entry.total, phone="value"),
    ],
    search=[Entry.voucher, Entry.memo],
    group_by=[Entry.kind, Entry.business_on],
    tabs=[
        Tab("all", default=True),
        Tab("manual", lambda work: Entry.origin_kind.in_(BY_HAND)),
        Tab("reversals", lambda work: Entry.reverses_id.is_not(None)),
    ],
    sort=[Entry.business_on.desc()],
    icon="notebook",
)


def _related(work: Work, entry: Entry) -> list[Related]:
    """The document it came from and the entry it reverses."""
    chips: list[Related] = []
    if entry.origin_kind and entry.origin_kind != AT_ONCE:
        name = entry.voucher if entry.origin_kind in BY_HAND else entry.memo.partition(" ")[0] or entry.voucher
        kind = MANUAL if entry.origin_kind in BY_HAND else entry.origin_kind
        chips.append(Related(kind, entry.origin_id, name))
    if entry.reverses_id is not None:
        reversed_entry = work.get(Entry, entry.reverses_id)
        chips.append(Related("finance.entry", reversed_entry.id, reversed_entry.voucher))
    return chips


def _by_hand(entry: Any) -> bool:
    return bool(entry.origin_kind == AT_ONCE and entry.reverses_id is None)


ENTRY = DocumentView(
    Entry,
    fields=[
        Field(Entry.business_on, default=lambda work: work.today()),
        Field(Entry.kind, choices=KINDS),
        Field(Entry.period_id, hidden=True),
        Entry.posted_at,
        Field(Entry.memo, kind="memo", wide=True),
    ],
    lines=[
        Lines(
            EntryLine,
            EntryLine.entry_id,
            EntryLine.no,
            [
                Field(EntryLine.account_id, required=True),
                Field(EntryLine.debit),
                Field(EntryLine.credit),
                Field(EntryLine.currency),
                Field(EntryLine.amount, currency=EntryLine.currency),
            ],
        )
    ],
    buttons=[
        Button(
            reverse_entry,
            danger=True,
            when=_by_hand,
            fields=[Field(name="reversed_on", kind="date"), Field(name="reason", kind="memo")],
        )
    ],
    related=_related,
    icon="notebook",
)
