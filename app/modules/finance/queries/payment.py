"""Payments and bank accounts as actions and screens ask for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.models.payment import BankAccount, Payment, PaymentLine
from app.modules.finance.queries.book import BookFacts
from app.platform.reference import facts_of
from app.platform.views import Related
from app.platform.work import Work


def payment_lines_of(work: Work, payment_id: UUID) -> list[PaymentLine]:
    """What a payment settles, in order."""
    return list(
        work.session.scalars(select(PaymentLine).where(PaymentLine.payment_id == payment_id).order_by(PaymentLine.no))
    )


def items_on(work: Work, lines: Sequence[PaymentLine]) -> list[OpenItemState]:
    """The open items of payment lines."""
    if not lines:
        return []
    statement = select(OpenItemState).where(OpenItemState.id.in_([line.open_item_id for line in lines]))
    return list(work.session.scalars(statement))


@dataclass(frozen=True, slots=True)
class BankAccountFacts:
    """A bank account as payments rest on it."""

    id: UUID
    code: str
    name: str
    currency: str
    account_id: UUID
    active: bool


def bank_account_for(work: Work, bank_account_id: UUID | None, currency: str, book: BookFacts) -> BankAccountFacts:
    """The named bank account, else one in the payment's currency, else one in the company's, else any active one."""
    if bank_account_id is not None:
        bank = facts_of(work, BankAccountFacts, BankAccount, [bank_account_id])[bank_account_id]
        if not bank.active:
            raise Conflict("bank_account.inactive", field="bank_account_id", bank_account=bank.code)
        return bank
    statement = (
        select(BankAccount.id)
        .where(BankAccount.company_id == work.company_id, BankAccount.active)
        .order_by(
            BankAccount.currency != currency,
            BankAccount.currency != book.currency,
            BankAccount.account_id != book.account("bank"),
            BankAccount.code,
        )
        .limit(1)
    )
    found = work.session.scalars(statement).first()
    if found is None:
        raise Conflict("bank_account.none", field="bank_account_id")
    return facts_of(work, BankAccountFacts, BankAccount, [found])[found]


def payments_of_items(work: Work, item_ids: list[UUID]) -> list[Related]:
    """The payments that settle items, as chips."""
    rows = work.session.execute(
        select(Payment.id, Payment.number, Payment.state)
        .join(PaymentLine, PaymentLine.payment_id == Payment.id)
        .where(PaymentLine.open_item_id.in_(item_ids), Payment.state != "cancelled")
        .order_by(Payment.id)
        .distinct()
    )
    return [Related("finance.payment", row.id, row.number or "", row.state) for row in rows]
