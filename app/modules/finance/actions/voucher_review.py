"""The way of a voucher into the ledger: reviewed by another user, sent back, posted, reversed.

Review asks for everything posting will ask for, so that a reviewed voucher posts unless its period closes meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import insert

from app.kernel.errors import Conflict, Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.money import ZERO
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.actions.voucher_draft import insert_lines, line_values
from app.modules.finance.models.account import Book
from app.modules.finance.models.voucher import LineQuantity, Voucher, VoucherLine
from app.modules.finance.queries.account import accounts_of
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.entry import reversed_by
from app.modules.finance.queries.voucher import (
    counted_units,
    entry_lines,
    undone_lines,
    voucher_lines_of,
    voucher_names,
)
from app.modules.finance.rules import journal
from app.modules.finance.rules.account import CLOSING, MANUAL, check_postable
from app.modules.finance.rules.voucher import VOUCHER_STATES, check_kind
from app.platform.actions import action
from app.platform.organisation import company_at_work
from app.platform.work import Phase, Work

ReasonText = Annotated[str, Limit(min_length=1, max_length=400)]


@action
def review_voucher(work: Work, voucher_id: UUID) -> UUID:
    """Confirm a voucher somebody else prepared; from then on it is not changed, only sent back.

    An app acting for itself is nobody's eyes where the book asks for a second pair.
    """
    voucher = work.load(Voucher, voucher_id)
    state = VOUCHER_STATES.after("review", voucher.state)
    actor = work.actor
    mine = not actor.is_system and actor.user_id in (None, voucher.prepared_by_id)
    if mine and work.load(Book, book_of(work).id, lock=False).four_eyes:
        raise Forbidden("voucher.same_person")
    check_voucher(work, voucher, voucher_lines_of(work, voucher_id))
    voucher.state, voucher.reason = state, ""
    voucher.reviewed_by_id, voucher.reviewed_by = work.actor.user_id, work.actor.name
    voucher.reviewed_at = work.now
    return voucher.id


@action
def send_back_voucher(work: Work, voucher_id: UUID, reason: ReasonText) -> UUID:
    """Return a reviewed voucher to whoever prepared it, saying why."""
    voucher = work.load(Voucher, voucher_id)
    voucher.state = VOUCHER_STATES.after("send_back", voucher.state)
    voucher.reason = reason
    voucher.reviewed_by_id = voucher.reviewed_at = None
    voucher.reviewed_by = ""
    return voucher.id


@action
def post_voucher(work: Work, voucher_id: UUID) -> UUID:
    """Post a reviewed voucher: it takes its number, and an accrual the entry that undoes it."""
    voucher = work.load(Voucher, voucher_id)
    VOUCHER_STATES.after("post", voucher.state)
    lines = voucher_lines_of(work, voucher_id)
    check_voucher(work, voucher, lines)
    draft = _draft(work, voucher, lines)
    enter(work, voucher, draft, lines)
    if voucher.reverse_on is not None:
        _undo(work, voucher, lines, voucher.reverse_on, draft, voucher.memo)
    return voucher.id


@action
def reverse_voucher(work: Work, voucher_id: UUID, reason: ReasonText, reversed_on: date | None = None) -> UUID:
    """Undo a posted voucher by another one (红字冲销): same lines, negative or sides swapped; both stay."""
    voucher = work.load(Voucher, voucher_id)
    if voucher.reverses_id is not None:
        raise Conflict("voucher.is_reversal")
    state = VOUCHER_STATES.after("reverse", voucher.state)
    if voucher.entry_id is not None and reversed_by(work, voucher.entry_id) is not None:
        raise Conflict("entry.reversed_already")
    lines = voucher_lines_of(work, voucher_id)
    draft = _draft(work, voucher, lines)
    undone = _undo(work, voucher, lines, reversed_on or work.today(), draft, reason)
    voucher.state, voucher.reason = state, reason
    return undone.id


def check_voucher(work: Work, voucher: Voucher, lines: Sequence[VoucherLine]) -> None:
    """All that posting asks for: balance, accounts with their dimensions and quantities, the kind, an open year."""
    book = book_of(work)
    journal.check_entry(_draft(work, voucher, lines), book.currency)
    accounts = accounts_of(work, {line.account_id for line in lines})
    units = counted_units(work, list(accounts))
    for no, (line, made) in enumerate(zip(lines, entry_lines(work, lines), strict=True)):
        where = f"lines.{no}.account_id"
        check_postable(accounts[line.account_id], MANUAL, line.currency, made.dimensions, where)
        if line.account_id in units and not line.quantity:
            raise Invalid("voucher.quantity", field=f"lines.{no}.quantity", account=accounts[line.account_id].code)
    controls = [(accounts[line.account_id].control, line.debit, line.credit) for line in lines]
    check_kind(voucher.kind, company_at_work(work).chart.startswith("cn_"), controls)
    book.period(voucher.business_on)
    if voucher.reverse_on is not None:
        book.period(voucher.reverse_on)


def _draft(work: Work, voucher: Voucher, lines: Sequence[VoucherLine]) -> journal.EntryDraft:
    """The voucher as the ledger takes it; a posted one under the id its entry has."""
    made = entry_lines(work, lines)
    key = voucher.entry_id or new_id()
    return journal.EntryDraft(
        book_of(work).id, voucher.kind, voucher.business_on, MANUAL, voucher.id, made, voucher.memo, id=key
    )


def enter(work: Work, voucher: Voucher, draft: journal.EntryDraft, lines: Sequence[VoucherLine] = ()) -> None:
    """Queue a voucher's entry; once it is there the voucher is posted, takes its number and is written.

    `lines` count the quantities.
    """
    post_entry(work, draft)
    voucher.total = sum((line.debit for line in draft.lines), ZERO)
    work.defer(Phase.PROJECTION, _settle, (voucher, draft.id))
    counted = [
        {
            "entry_id": draft.id,
            "no": no,
            "account_id": line.account_id,
            "business_on": draft.business_on,
            "quantity": abs(line.quantity) if draft.lines[no - 1].balance > 0 else -abs(line.quantity),
        }
        for no, line in enumerate(lines, start=1)
        if line.quantity
    ]
    if counted:
        work.defer(Phase.PROJECTION, _count, counted)


def _settle(work: Work, posted: list[tuple[Voucher, UUID]]) -> None:
    """Give vouchers the numbers their entries took; those made to be posted at once are new."""
    names = voucher_names(work, [entry_id for _, entry_id in posted])
    for voucher, entry_id in posted:
        voucher.number, voucher.entry_id = names[entry_id], entry_id
        voucher.state, voucher.posted_by = "posted", work.actor.name
        if voucher not in work.session:
            work.add(voucher)


def _count(work: Work, batches: list[list[dict[str, object]]]) -> None:
    rows = [row for batch in batches for row in batch]
    work.session.execute(insert(LineQuantity).values(rows))


def _undo(
    work: Work, voucher: Voucher, lines: Sequence[VoucherLine], on: date, draft: journal.EntryDraft, memo: str
) -> Voucher:
    """The voucher that undoes another, posted with it or after it."""
    if on < voucher.business_on:
        raise Invalid("voucher.reversed_before", field="reversed_on", business_on=voucher.business_on)
    book = book_of(work)
    undone = Voucher(
        company_id=work.company_id,
        kind=voucher.kind,
        business_on=on,
        memo=memo,
        prepared_by_id=work.actor.user_id,
        prepared_by=work.actor.name,
        source="reversal",
        reverses_id=voucher.id,
    )
    origin = CLOSING if voucher.source == "closing" else MANUAL
    entry = journal.reversal(draft, on, origin_kind=origin, origin_id=undone.id, red_ink=book.red_ink, memo=memo)
    rows = [
        {**line_values(line), "debit": turned.debit, "credit": turned.credit, "amount": turned.amount}
        for line, turned in undone_lines(work, lines)
    ]
    enter(work, undone, entry, lines)
    write_lines_later(work, undone, rows)
    return undone


def write_lines_later(work: Work, voucher: Voucher, rows: Sequence[Mapping[str, object]]) -> None:
    """Write the lines of a voucher that is posted at once, when its entry is there."""
    work.defer(Phase.PROJECTION, _write_lines, (voucher.id, list(rows)))


def _write_lines(work: Work, queued: list[tuple[UUID, list[Mapping[str, object]]]]) -> None:
    for key, rows in queued:
        insert_lines(work, VoucherLine, "voucher_id", key, rows)
