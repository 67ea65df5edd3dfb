"""Bank accounts and payments: receipts from customers, payments to suppliers, with the items they settle."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Amount, Choice, Code, Currency, Key, Memo, Model, Name, Rate, State, Versioned
from app.adapters.sealed import Sealed
from app.modules.finance.models.account import Account
from app.modules.finance.models.open_item import OpenItemState
from app.modules.masterdata.models.party import Party
from app.platform.organisation import Company

NUMBER_PLACE = "finance_bank_account.account_number"


class BankAccount(Versioned, Model):
    """A bank or cash account of the company: its currency and the ledger account it posts to."""

    __tablename__ = "finance_bank_account"
    __reference__ = True
    __noun__ = "bank_account"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    name: Mapped[Name]
    bank_name: Mapped[str] = mapped_column(String(200), default="")
    account_number: Mapped[str] = mapped_column(Sealed(NUMBER_PLACE), default="", info={"kind": "code"})
    account_number_index: Mapped[bytes | None] = mapped_column(index=True, info={"blind_index": True})
    """Its blind index, by which an account is found that was entered before."""
    currency: Mapped[Currency]
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    account: Mapped[Account] = relationship(lazy="raise")
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (UniqueConstraint("company_id", "code"),)


class Payment(Versioned, Model):
    """Money in or out. `bank_amount` is in the bank account's currency, `unallocated` in the payment's."""

    __tablename__ = "finance_payment"
    __noun__ = "payment"
    __label__ = "number"
    __search__ = ("reference",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    number: Mapped[str | None] = mapped_column(String(40), info={"kind": "code"})
    state: Mapped[State] = mapped_column(default="draft")
    direction: Mapped[Choice]
    party_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    party: Mapped[Party] = relationship(lazy="raise")
    paid_on: Mapped[date]
    currency: Mapped[Currency]
    amount: Mapped[Amount]
    rate: Mapped[Rate | None]
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey(BankAccount.id))
    bank_account: Mapped[BankAccount] = relationship(lazy="raise")
    bank_amount: Mapped[Amount | None]
    unallocated: Mapped[Amount] = mapped_column(default=Decimal(0))
    reference: Mapped[str] = mapped_column(String(80), default="")
    entry_id: Mapped[UUID | None]
    memo: Mapped[Memo] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("finance_payment_list_ix", "company_id", "paid_on", "id"),
        Index("finance_payment_party_ix", "party_id", "paid_on"),
        CheckConstraint("direction IN ('receipt', 'payment')", name="direction"),
        CheckConstraint("state IN ('draft', 'posted', 'reversed', 'cancelled')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("unallocated >= 0 AND unallocated <= amount", name="unallocated"),
    )


class PaymentLine(Model):
    """An item the payment is meant to settle: how much of it is paid and how much is discount, both positive."""

    __tablename__ = "finance_payment_line"
    id: Mapped[Key]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    payment: Mapped[Payment] = relationship(lazy="raise")
    no: Mapped[int] = mapped_column(Integer)
    open_item_id: Mapped[UUID] = mapped_column(ForeignKey(OpenItemState.id))
    amount: Mapped[Amount]
    discount: Mapped[Amount] = mapped_column(default=Decimal(0))
    write_off: Mapped[Amount] = mapped_column(default=Decimal(0))
    __table_args__ = (
        UniqueConstraint("payment_id", "no"),
        Index("finance_payment_line_item_ix", "open_item_id"),
        CheckConstraint("amount >= 0 AND discount >= 0 AND amount + discount + write_off > 0", name="amounts"),
    )
