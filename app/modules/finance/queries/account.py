"""Accounts as other modules ask for them: by role, by id, and what posting checks."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Missing
from app.modules.finance.models.account import Account
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules import account as rules
from app.modules.finance.rules.dimension import dimension_id
from app.platform.reference import reference
from app.platform.work import Work


def account_for(work: Work, role: str) -> UUID:
    """The company's account for a role (`receivable`, `revenue`, `stock`, …); Conflict `account.role_missing`."""
    return book_of(work).account(role)


def accounts_of(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, rules.Account]:
    """Facts of accounts of the company at work; Missing names the first unknown."""
    wanted = sorted(set(ids))
    kind = ("finance.accounts", work.company_id)
    found = reference(work, kind, wanted, lambda missing: _read_accounts(work, missing))
    for key in wanted:
        if key not in found:
            raise Missing("record.missing", noun="finance.account", id=str(key))
    return found


def _read_accounts(work: Work, ids: Sequence[UUID]) -> dict[UUID, rules.Account]:
    statement = select(
        Account.id,
        Account.code,
        Account.type,
        Account.normal_side,
        Account.control,
        Account.manual,
        Account.posting,
        Account.active,
        Account.currency,
        Account.required_dimensions,
        Account.forbidden_dimensions,
    ).where(Account.id.in_(ids), Account.company_id == work.company_id)
    return {
        row.id: rules.Account(
            row.id,
            row.code,
            rules.AccountType(row.type),
            rules.Side(row.normal_side),
            rules.Control(row.control) if row.control else None,
            row.manual,
            row.posting,
            row.active,
            row.currency,
            {dimension_id(kind): "required" for kind in row.required_dimensions}
            | {dimension_id(kind): "forbidden" for kind in row.forbidden_dimensions},
        )
        for row in work.session.execute(statement)
    }


def account_names(work: Work, ids: Iterable[UUID]) -> dict[UUID, str]:
    """`1122 应收账款` or, in English, `1122 Accounts receivable`."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = work.session.execute(
        select(Account.id, Account.code, Account.name, Account.english_name).where(Account.id.in_(wanted))
    )
    return {row.id: f"{row.code} {shown_name(work, row.name, row.english_name)}" for row in rows}


def shown_name(work: Work, name: str, english_name: str) -> str:
    """The name in the reader's language where the chart has it."""
    return english_name if english_name and work.actor.locale == "en" else name


def posting_account(work: Work, role: str) -> str:
    """Code and name of the account that plays a role: for explanations."""
    key = account_for(work, role)
    names: dict[UUID, str] = work.remember(
        "finance.account_names", lambda: account_names(work, book_of(work).roles.values())
    )
    return names[key]
