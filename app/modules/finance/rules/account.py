"""The chart: what an account is, which origins may post to it, and the roles other modules ask for.

A control account is the ledger's image of a sub-ledger (receivables, payables, stock); it is closed to
vouchers written by hand, so that the sub-ledger always explains it (catalogue F1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Conflict, Invalid

MANUAL = "finance.voucher"
"""The origin of entries of vouchers."""
AT_ONCE = "finance.entry"
"""The origin of entries posted by hand without a voucher; its document is the entry itself."""
CLOSING = "finance.closing"
"""The origin of entries that carry the result over: vouchers too, but statements leave them out."""
BY_HAND = (MANUAL, AT_ONCE, CLOSING)


class AccountType(StrEnum):
    """CN charts know `common` (clearing, hedging) and `cost` classes beside the four of IFRS."""

    ASSET = "asset"
    LIABILITY = "liability"
    COMMON = "common"
    EQUITY = "equity"
    COST = "cost"
    PROFIT_AND_LOSS = "pnl"


class Side(StrEnum):
    DEBIT = "D"
    CREDIT = "C"


class Control(StrEnum):
    """The sub-ledger an account mirrors."""

    RECEIVABLE = "ar"
    PAYABLE = "ap"
    STOCK = "stock"
    CASH = "cash"
    BANK = "bank"
    TAX = "tax"
    ASSET = "asset"
    PAYROLL = "payroll"
    WORK_IN_PROGRESS = "wip"


SUB_LEDGERS: Mapping[Control, tuple[str, ...]] = {
    Control.RECEIVABLE: ("finance.invoice", "finance.payment", "finance.settlement", "finance.opening"),
    Control.PAYABLE: ("finance.invoice", "finance.payment", "finance.settlement", "finance.opening", "inventory."),
    Control.STOCK: ("inventory.", "finance.invoice"),
}
"""Control -> origins (or their prefixes) that may post to an account that is closed to vouchers."""


class Role(StrEnum):
    """What an account is used for when a document does not say; each book maps roles to its own accounts."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    CUSTOMER_ADVANCE = "customer_advance"
    SUPPLIER_ADVANCE = "supplier_advance"
    BANK = "bank"
    CASH = "cash"
    REVENUE = "revenue"
    EXPENSE = "expense"
    OUTPUT_TAX = "output_tax"
    INPUT_TAX = "input_tax"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    CASH_DISCOUNT = "cash_discount"
    WRITE_OFF = "write_off"
    BANK_CHARGES = "bank_charges"
    STOCK = "stock"
    DISPATCHED = "dispatched"
    GOODS_RECEIVED = "goods_received"
    COST_OF_SALES = "cost_of_sales"
    STOCK_DIFFERENCE = "stock_difference"
    PRICE_VARIANCE = "price_variance"
    WORK_IN_PROGRESS = "work_in_progress"
    OPENING = "opening"
    CURRENT_RESULT = "current_result"
    RETAINED_EARNINGS = "retained_earnings"
    PRIOR_YEAR_ADJUSTMENT = "prior_year_adjustment"


REQUIRED_ROLES = (
    Role.RECEIVABLE,
    Role.PAYABLE,
    Role.BANK,
    Role.REVENUE,
    Role.OUTPUT_TAX,
    Role.INPUT_TAX,
    Role.EXCHANGE_DIFFERENCE,
    Role.CASH_DISCOUNT,
    Role.STOCK,
    Role.COST_OF_SALES,
)


@dataclass(frozen=True, slots=True)
class Account:
    """The facts posting asks about. `dimensions` maps a dimension's id to `required` or `forbidden`."""

    id: UUID
    code: str
    type: AccountType
    normal_side: Side
    control: Control | None = None
    manual: bool = True
    """Whether vouchers may post; False where a sub-ledger explains the account."""
    posting: bool = True
    active: bool = True
    currency: str | None = None
    dimensions: Mapping[UUID, str] = field(default_factory=dict)


def check_postable(
    account: Account, origin_kind: str, currency: str, dimensions: Mapping[UUID, UUID], where: str
) -> None:
    """Refuse a line that the account does not take; `where` names the field."""
    if not account.posting:
        raise Invalid("account.heading", field=where, account=account.code)
    if not account.active:
        raise Conflict("account.inactive", field=where, account=account.code)
    if account.currency is not None and currency != account.currency:
        raise Invalid("account.currency", field=where, account=account.code, currency=account.currency)
    if not account.manual:
        allowed = SUB_LEDGERS.get(account.control, ()) if account.control is not None else ()
        if not origin_kind.startswith(allowed):
            raise Conflict("account.control", field=where, account=account.code)
    for dimension, demand in account.dimensions.items():
        if demand == "required" and dimension not in dimensions:
            raise Invalid("account.dimension_required", field=where, account=account.code, dimension=dimension)
        if demand == "forbidden" and dimension in dimensions:
            raise Invalid("account.dimension_forbidden", field=where, account=account.code, dimension=dimension)


def check_chart(accounts: Mapping[str, tuple[str | None, bool]]) -> None:
    """A chart is a tree: code -> (parent's code, takes postings). Headings have children, posting accounts none."""
    for code, (parent, _) in accounts.items():
        seen = {code}
        above = parent
        while above is not None:
            if above not in accounts:
                raise Invalid("account.parent", field="parent", account=code, parent=above)
            if above in seen:
                raise Invalid("account.loop", field="parent", account=code)
            seen.add(above)
            above = accounts[above][0]
        if parent is not None and accounts[parent][1]:
            raise Invalid("account.parent_posts", field="parent", account=code, parent=parent)
