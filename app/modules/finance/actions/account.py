"""The chart of accounts after set-up: new accounts, changes, roles. What was posted to stays what it is."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import exists, select

from app.kernel.errors import Conflict, Invalid
from app.modules.finance.models.account import Account, AccountRole, Book
from app.modules.finance.models.dimension import Dimension
from app.modules.finance.models.journal import EntryLine
from app.modules.finance.rules.dimension import KINDS
from app.modules.masterdata.actions.change import CodeText, NameText, OptionalCurrency, apply, switch
from app.modules.masterdata.models.pinyin import sort_key
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
    forbidden_dimensions: list[str] | None = None,
    quantity_unit_id: UUID | None = None,
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
        required_dimensions=_dimensions(work, required_dimensions or [], "required_dimensions"),
        forbidden_dimensions=_dimensions(work, forbidden_dimensions or [], "forbidden_dimensions"),
        quantity_unit_id=quantity_unit_id,
        **found_by(name),
    )
    _check_demands(account)
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
    forbidden_dimensions: list[str] | MISSING = MISSING,
    quantity_unit_id: UUID | MISSING | None = MISSING,
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
        account.required_dimensions = _dimensions(work, required_dimensions, "required_dimensions")
    if isinstance(forbidden_dimensions, list):
        account.forbidden_dimensions = _dimensions(work, forbidden_dimensions, "forbidden_dimensions")
    _check_demands(account)
    if isinstance(name, str):
        apply(account, **found_by(name))
    apply(
        account,
        name=name,
        english_name=english_name,
        parent_id=parent_id,
        posting=posting,
        manual=manual,
        currency=currency,
        statement_line=statement_line,
        quantity_unit_id=quantity_unit_id,
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


@action
def update_book(work: Work, book_id: UUID, version: int, four_eyes: bool | MISSING = MISSING) -> UUID:
    """Change how a book is kept: whether vouchers are reviewed by another person than the one who prepared them."""
    book = work.load(Book, book_id, version=version)
    apply(book, four_eyes=four_eyes)
    return book.id


def _check_parent(work: Work, parent_id: UUID | None, account_id: UUID | None = None) -> None:
    above = parent_id
    while above is not None:
        parent = work.load(Account, above, lock=False)
        if above == account_id:
            raise Invalid("account.loop", field="parent_id", account=parent.code)
        if above == parent_id and parent.posting:
            raise Invalid("account.parent_posts", field="parent_id", account=parent.code, parent=parent.code)
        above = parent.parent_id


def _dimensions(work: Work, names: list[str], field: str) -> list[str]:
    unknown = sorted(set(names) - set(KINDS))
    if unknown:
        own = set(work.session.scalars(select(Dimension.code).where(Dimension.code.in_(unknown))))
        for name in unknown:
            if name not in own:
                raise Invalid("account.dimension_unknown", field=field, dimension=name)
    return sorted(set(names))


def _check_demands(account: Account) -> None:
    """No dimension is both asked for and refused."""
    for name in account.required_dimensions:
        if name in account.forbidden_dimensions:
            raise Invalid("account.dimension_contradicts", field="forbidden_dimensions", dimension=name)


def found_by(name: str) -> dict[str, str]:
    """What a Chinese name is found by beside itself: its pinyin, and the first letters of it."""
    key = sort_key(name)
    return {"sort_key": key, "initials": "".join(part[0] for part in key.split())[:100]}
