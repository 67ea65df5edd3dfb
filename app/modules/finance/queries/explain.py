"""What documents have posted, for the explain-postings panel."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.modules.finance.models.account import Account
from app.modules.finance.models.journal import Entry, EntryLine
from app.modules.finance.queries.account import shown_name
from app.modules.finance.queries.book import book_of
from app.platform.views import PostingLine
from app.platform.work import Work


def postings_of(work: Work, origin_ids: Sequence[UUID]) -> list[PostingLine]:
    """The lines of all entries of some documents, in posting order, with voucher numbers: one statement."""
    if not origin_ids:
        return []
    rows = work.session.execute(
        select(
            Entry.id, Entry.kind, Entry.voucher, Entry.reverses_id, EntryLine.account_id, EntryLine.debit,
            EntryLine.credit, Account.code, Account.name, Account.english_name,
        )
        .join(EntryLine, EntryLine.entry_id == Entry.id)
        .join(Account, Account.id == EntryLine.account_id)
        .where(Entry.origin_id.in_(list(origin_ids)), Entry.company_id == work.company_id)
        .order_by(Entry.posted_at, Entry.id, EntryLine.no)
    )  # fmt: skip
    roles = {account: role for role, account in reversed(list(book_of(work).roles.items()))}
    return [
        PostingLine(
            f"finance.when.{row.kind}",
            f"{row.code} {shown_name(work, row.name, row.english_name)}",
            "finance.rule.reversal" if row.reverses_id else _rule(roles, row.account_id),
            row.debit,
            row.credit,
            facts={"voucher": row.voucher},
            account_id=row.account_id,
            entry=row.voucher,
            entry_id=row.id,
        )
        for row in rows
    ]


def _rule(roles: Mapping[UUID, str], account_id: UUID) -> str:
    """Why an account is touched: what it is used for in this book."""
    role = roles.get(account_id)
    return f"finance.rule.role.{role}" if role else "finance.rule.posted"
