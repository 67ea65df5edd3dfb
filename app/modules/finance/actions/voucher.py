"""Entries posted by hand at once, without a voucher to review, and the reversal of any entry."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit

from app.kernel.errors import Conflict, Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.money import ZERO, digits_of, round_half_up
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.models.account import Book
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.entry import posted_draft, reversed_by
from app.modules.finance.rules import journal
from app.modules.finance.rules.account import AT_ONCE
from app.modules.finance.rules.dimension import dimensions
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.platform.actions import action
from app.platform.work import Work
from app.platform.workflow import approve_approval_request


@dataclass(frozen=True, kw_only=True)
class EntryLineInput:
    """A line as typed: debit or credit in `currency` (empty = the company's), converted at the day's rate."""

    account_id: UUID
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    currency: str | None = None
    party_id: UUID | None = None
    department_id: UUID | None = None


@action
def create_entry(
    work: Work,
    lines: list[EntryLineInput],
    business_on: date | None = None,
    memo: Annotated[str, Limit(max_length=400)] = "",
) -> UUID:
    """Post an entry by hand at once, without review; debits must equal credits in company currency.

    Where the book asks for a second person, only an approved call or the system does.
    """
    book = book_of(work)
    approved = approve_approval_request.name in work.trail
    if not (work.actor.is_system or approved) and work.load(Book, book.id, lock=False).four_eyes:
        raise Forbidden("entry.unreviewed")
    day = business_on or work.today()
    posted = tuple(_line(work, no, line, day, book.currency) for no, line in enumerate(lines))
    key = new_id()
    return post_entry(work, journal.EntryDraft(book.id, "general", day, AT_ONCE, key, posted, memo, id=key))


def _line(work: Work, no: int, line: EntryLineInput, day: date, company_currency: str) -> journal.EntryLine:
    if line.debit < 0 or line.credit < 0:
        raise Invalid("entry.negative", field=f"lines.{no}.debit" if line.debit < 0 else f"lines.{no}.credit")
    if line.debit and line.credit:
        raise Invalid("entry.side", field=f"lines.{no}.credit")
    currency = line.currency or company_currency
    amount = line.debit - line.credit
    if round_half_up(amount, digits_of(currency)) != amount:
        raise Invalid("entry.minor_unit", field=f"lines.{no}.debit", currency=currency)
    rate = rate_on(work, currency, company_currency, day)
    value = round_half_up(amount * rate, digits_of(company_currency))
    return journal.EntryLine(
        line.account_id,
        value if amount > 0 else ZERO,
        -value if amount < 0 else ZERO,
        currency,
        amount,
        dimensions(party=line.party_id, department=line.department_id),
    )


@action
def reverse_entry(work: Work, entry_id: UUID, reversed_on: date | None = None, reason: str = "") -> UUID:
    """Reverse an entry posted at once; those of documents and vouchers are reversed with them."""
    draft = posted_draft(work, entry_id)
    if draft.origin_kind != AT_ONCE:
        raise Conflict("entry.of_document", origin=draft.origin_kind)
    return post_reversal(work, entry_id, reversed_on or work.today(), memo=reason, draft=draft)


def post_reversal(
    work: Work,
    entry_id: UUID,
    on: date,
    *,
    origin_kind: str | None = None,
    origin_id: UUID | None = None,
    memo: str = "",
    draft: journal.EntryDraft | None = None,
) -> UUID:
    """Queue the entry that undoes a posted one, line by line, in the period of `on`; its id.

    Conflict `entry.reversed_already`.
    """
    original = draft or posted_draft(work, entry_id)
    if reversed_by(work, entry_id) is not None:
        raise Conflict("entry.reversed_already")
    undone = journal.reversal(
        original,
        on,
        origin_kind=origin_kind or original.origin_kind,
        origin_id=origin_id or original.origin_id,
        red_ink=book_of(work).red_ink,
        memo=memo or original.memo,
    )
    return post_entry(work, undone)
