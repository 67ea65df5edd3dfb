"""Bank and cash accounts of the company."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import exists, select

from app.adapters.sealed import blind_index
from app.kernel.errors import Conflict, Invalid
from app.modules.finance.models.account import Account
from app.modules.finance.models.payment import NUMBER_PLACE, BankAccount, Payment
from app.modules.finance.queries.book import book_of
from app.modules.masterdata.actions.change import CodeText, NameText, apply, switch
from app.modules.masterdata.queries.currency import require_currency
from app.platform.actions import action
from app.platform.work import Work

BankName = Annotated[str, Limit(max_length=200)]
Number = Annotated[str, Limit(max_length=60)]


@action(fresh=True)
def create_bank_account(
    work: Work,
    code: CodeText,
    name: NameText,
    currency: str | None = None,
    account_id: UUID | None = None,
    bank_name: BankName = "",
    account_number: Number = "",
) -> UUID:
    """Add a bank or cash account; it posts to the chart's bank account unless another is named."""
    book = book_of(work)
    taken = select(BankAccount.id).where(BankAccount.company_id == work.company_id, BankAccount.code == code)
    if work.session.execute(taken).first():
        raise Conflict("code.taken", field="code", code=code)
    index = _index(work, account_number)
    return work.add(
        BankAccount(
            company_id=work.company_id,
            code=code,
            name=name.strip(),
            bank_name=bank_name,
            account_number=account_number,
            account_number_index=index,
            currency=require_currency(work, currency or book.currency),
            account_id=_ledger_account(work, account_id or book.account("bank")),
        )
    ).id


@action(fresh=True)
def update_bank_account(
    work: Work,
    bank_account_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    bank_name: BankName | MISSING = MISSING,
    account_number: Number | MISSING = MISSING,
    currency: str | MISSING = MISSING,
    account_id: UUID | MISSING = MISSING,
) -> UUID:
    """Change a bank account; its currency and ledger account only while nothing was paid through it."""
    record = work.load(BankAccount, bank_account_id, version=version)
    fixed = (currency is not MISSING and currency != record.currency) or (
        account_id is not MISSING and account_id != record.account_id
    )
    if fixed and work.session.execute(select(exists().where(Payment.bank_account_id == bank_account_id))).scalar_one():
        raise Conflict("bank_account.used", bank_account=record.code)
    if isinstance(currency, str):
        require_currency(work, currency)
    if isinstance(account_id, UUID):
        _ledger_account(work, account_id)
    if isinstance(account_number, str) and account_number != record.account_number:
        record.account_number_index = _index(work, account_number)
    apply(
        record, name=name, bank_name=bank_name, account_number=account_number, currency=currency, account_id=account_id
    )
    return record.id


@action(fresh=True)
def deactivate_bank_account(work: Work, bank_account_id: UUID) -> UUID:
    """No longer offer a bank account."""
    return switch(work.load(BankAccount, bank_account_id), False)


@action(fresh=True)
def reactivate_bank_account(work: Work, bank_account_id: UUID) -> UUID:
    """Offer a retired bank account again."""
    return switch(work.load(BankAccount, bank_account_id), True)


def _index(work: Work, number: str) -> bytes | None:
    """The blind index of an account number; Conflict `bank_account.number_taken` where another account has it."""
    index = blind_index("".join(number.split()).upper(), NUMBER_PLACE)
    same = (BankAccount.company_id == work.company_id, BankAccount.account_number_index == index)
    taken = work.session.scalar(select(BankAccount.code).where(*same).limit(1)) if index else None
    if taken is not None:
        raise Conflict("bank_account.number_taken", field="account_number", bank_account=taken)
    return index


def _ledger_account(work: Work, account_id: UUID) -> UUID:
    account = work.load(Account, account_id, lock=False)
    if not account.posting or account.control not in ("bank", "cash"):
        raise Invalid("bank_account.ledger_account", field="account_id", account=account.code)
    return account_id
