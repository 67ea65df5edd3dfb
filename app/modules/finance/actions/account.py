"""The chart of accounts after set-up: new accounts, changes, roles. What was posted to stays what it is."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import exists, select

from app.kernel.errors import Conflict, Invalid
from app.modules.finance.models.account import Account, AccountRole
from app.modules.finance.models.journal import EntryLine
from app.modules.finance.rules.dimension import KINDS
from app.modules.masterdata.actions.change import CodeText, NameText, OptionalCurrency, apply, switch
from app.platform.actions import action
from app.platform.work import Work

TypeName = Literal["asset", "liability", "common", "equity", "cost", "pnl"]
SideName = Literal["D", "C"]
ControlName = Literal["ar", "ap", "stock", "cash", "bank", "tax", "asset", "payroll", "wip"]
EnglishName = Annotated[str, Limit(max_length=200)]


@action
def create_account(
    work: Work,
    code: CodeText,
    name: NameText,
    type: TypeName,  # noqa: A002  the field's term
    normal_side: SideName = "D",
    english_name: EnglishName = "",
    parent_id: UUID | None = None,
    posting: bool = True,
    manual: bool = True,
    control: ControlName | None = None,
    currency: OptionalCurrency | None = None,
    statement_line: Annotated[str, Limit(max_length=20)] = "",
    required_dimensions: list[str] | None = None,
) -> UUID:
    """Add an account to the chart; its parent must be a heading."""
    taken = select(Account.id).where(Account.company_id == work.company_id, Account.code == code)
    if work.session.execute(taken).first():
        raise Conflict("code.taken", field="code", code=code)
    _check_parent(work, parent_id)
    account = Account(
        company_id=work.company_id,
        code=code,
        name=name.strip(),
        english_name=english_name.strip(),
        type=type,
        normal_side=normal_side,
        parent_id=parent_id,
        posting=posting,
        manual=manual,
        control=control,
        currency=currency or None,
        statement_line=statement_line,
        required_dimensions=_dimensions(required_dimensions or []),
    )
    return work.add(account).id


@action
def update_account(
    work: Work,
    account_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    english_name: EnglishName | MISSING = MISSING,
    parent_id: UUID | MISSING | None = MISSING,
    posting: bool | MISSING = MISSING,
    manual: bool | MISSING = MISSING,
    currency: OptionalCurrency | MISSING | None = MISSING,
    statement_line: Annotated[str, Limit(max_length=20)] | MISSING = MISSING,
    required_dimensions: list[str] | MISSING = MISSING,
) -> UUID:
    """Change an account; one with postings stays a posting account and keeps its currency."""
    account = work.load(Account, account_id, version=version)
    if isinstance(parent_id, UUID):
        _check_parent(work, parent_id, account_id)
    fixed = (posting is not MISSING and posting != account.posting) or (
        currency is not MISSING and (currency or None) != account.currency
    )
    if fixed and work.session.execute(select(exists().where(EntryLine.account_id == account_id))).scalar_one():
        raise Conflict("account.used", account=account.code)
    if isinstance(required_dimensions, list):
        account.required_dimensions = _dimensions(required_dimensions)
    apply(
        account,
        name=name,
        english_name=english_name,
        parent_id=parent_id,
        posting=posting,
        manual=manual,
        currency=currency,
        statement_line=statement_line,
    )
    return account.id


@action
def deactivate_account(work: Work, account_id: UUID) -> UUID:
    """Take no more postings on an account; one with a role keeps it until another plays it."""
    account = work.load(Account, account_id)
    role = work.session.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id).limit(1)).first()
    if role is not None:
        raise Conflict("account.has_role", account=account.code, role=role)
    return switch(account, False)


@action
def reactivate_account(work: Work, account_id: UUID) -> UUID:
    """Take postings on a retired account again."""
    return switch(work.load(Account, account_id), True)


@action
def update_account_role(work: Work, account_role_id: UUID, version: int, account_id: UUID) -> UUID:
    """Let another account play a role for postings to come."""
    role = work.load(AccountRole, account_role_id, version=version)
    account = work.load(Account, account_id, lock=False)
    if not account.posting:
        raise Invalid("account.heading", field="account_id", account=account.code)
    role.account_id = account_id
    return role.id


def _check_parent(work: Work, parent_id: UUID | None, account_id: UUID | None = None) -> None:
    above = parent_id
    while above is not None:
        parent = work.load(Account, above, lock=False)
        if above == account_id:
            raise Invalid("account.loop", field="parent_id", account=parent.code)
        if above == parent_id and parent.posting:
            raise Invalid("account.parent_posts", field="parent_id", account=parent.code, parent=parent.code)
        above = parent.parent_id


def _dimensions(names: list[str]) -> list[str]:
    for name in names:
        if name not in KINDS:
            raise Invalid("account.dimension_unknown", field="required_dimensions", dimension=name)
    return sorted(set(names))
