"""Books, the chart of accounts, and the roles accounts play for documents that do not name one."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Code, Currency, Key, Model, Name, Versioned
from app.modules.masterdata.models.unit import Unit
from app.platform.organisation import Company


class Book(Versioned, Model):
    """A set of accounts of one company. `layer` is `base`; further layers hold what another standard differs by."""

    __tablename__ = "finance_book"
    __reference__ = True
    __noun__ = "book"
    __label__ = "code"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    layer: Mapped[Choice] = mapped_column(default="base")
    currency: Mapped[Currency]
    four_eyes: Mapped[bool] = mapped_column(default=True)
    """Whether a voucher is reviewed by another person than the one who prepared it."""
    red_ink: Mapped[bool] = mapped_column(default=False)
    """Whether corrections are negative entries (CN practice) rather than entries with sides swapped."""
    discount_reduces_tax: Mapped[bool] = mapped_column(default=True)
    """Whether an early discount corrects the output tax (EU practice) or the net alone (CN: 现金折扣)."""
    __table_args__ = (UniqueConstraint("company_id", "code"), UniqueConstraint("company_id", "layer"))


class Account(Versioned, Model):
    """A line of the chart. Headings sum up, posting accounts take lines."""

    __tablename__ = "finance_account"
    __reference__ = True
    __noun__ = "account"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("english_name", "sort_key", "initials")
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    name: Mapped[Name]
    sort_key: Mapped[str] = mapped_column(String(400), default="")
    """Pinyin of a Chinese name, so that 应收账款 is found by `yingshou`; its `initials` by `yszk`."""
    initials: Mapped[str] = mapped_column(String(100), default="")
    english_name: Mapped[str] = mapped_column(String(200), default="", info={"kind": "text"})
    type: Mapped[Choice]
    normal_side: Mapped[Choice]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_account.id"))
    parent: Mapped["Account | None"] = relationship(lazy="raise", remote_side="Account.id")
    control: Mapped[str | None] = mapped_column(String(10), info={"kind": "choice"})
    manual: Mapped[bool] = mapped_column(default=True)
    """Whether vouchers written by hand may post to it."""
    posting: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    currency: Mapped[str | None] = mapped_column(String(3), info={"kind": "code"})
    statement_line: Mapped[str] = mapped_column(String(20), default="", info={"kind": "code"})
    required_dimensions: Mapped[list[str]] = mapped_column(default=list)
    forbidden_dimensions: Mapped[list[str]] = mapped_column(default=list)
    quantity_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey(Unit.id))
    """The unit its lines are counted in as well (数量核算); none where only money counts."""
    quantity_unit: Mapped[Unit | None] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        Index("finance_account_parent_ix", "parent_id"),
        CheckConstraint("type IN ('asset', 'liability', 'common', 'equity', 'cost', 'pnl')", name="type"),
        CheckConstraint("normal_side IN ('D', 'C')", name="normal_side"),
    )


class AccountRole(Versioned, Model):
    """Which account of a company plays a role (`receivable`, `revenue`, `output_tax`, …)."""

    __tablename__ = "finance_account_role"
    __reference__ = True
    __noun__ = "account_role"
    __label__ = "role"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    role: Mapped[Choice]
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    account: Mapped[Account] = relationship(lazy="raise")
    __table_args__ = (UniqueConstraint("company_id", "role"),)
