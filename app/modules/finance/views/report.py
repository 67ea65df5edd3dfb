"""Trial balance, account detail, ageing, and what changed between two instants of knowledge."""

from app.modules.finance.models.account import Account
from app.modules.finance.models.dimension import Dimension
from app.modules.finance.models.journal import Entry
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.queries.dimension import BY, dimension_balance
from app.modules.finance.queries.known import balance_change
from app.modules.finance.queries.report import account_detail, ageing, trial_balance, year_start
from app.modules.masterdata.models.party import Party
from app.platform.views import Parameter, ReportColumn, ReportView

WINDOW = [
    Parameter("first_on", "date", default=year_start),
    Parameter("last_on", "date", default=lambda work: work.today()),
]
KNOWN_AT = Parameter("known_at", "instant")
"""As the books stood at that instant; empty for now."""
TRIAL_BALANCE = ReportView(
    "finance",
    "trial_balance",
    trial_balance,
    columns=[
        ReportColumn("code", "code", "field.account_code"),
        ReportColumn("name", "text", "field.account_name"),
        ReportColumn("opening_debit", "money", "field.debit", total=True, group="finance.report.opening"),
        ReportColumn("opening_credit", "money", "field.credit", total=True, group="finance.report.opening"),
        ReportColumn("debit", "money", "field.debit", total=True, group="finance.report.movement"),
        ReportColumn("credit", "money", "field.credit", total=True, group="finance.report.movement"),
        ReportColumn("closing_debit", "money", "field.debit", total=True, group="finance.report.closing"),
        ReportColumn("closing_credit", "money", "field.credit", total=True, group="finance.report.closing"),
    ],
    parameters=[*WINDOW, Parameter("headings", "flag", default=lambda work: False), KNOWN_AT],
    icon="scale",
    over=[Entry, Account],
)
ACCOUNT_DETAIL = ReportView(
    "finance",
    "account_detail",
    account_detail,
    columns=[
        ReportColumn("business_on", "date", "field.date"),
        ReportColumn("voucher", "code", "field.voucher_number"),
        ReportColumn("memo", "text", "field.memo"),
        ReportColumn("debit", "money", "field.debit"),
        ReportColumn("credit", "money", "field.credit"),
        ReportColumn("balance", "money", "field.balance"),
        ReportColumn("currency", "code", "field.currency"),
        ReportColumn("amount", "number", "field.amount"),
    ],
    parameters=[Parameter("account_id", "ref", ref=Account), *WINDOW, KNOWN_AT],
    icon="list-details",
    over=[Entry, Account],
)
AGEING = ReportView(
    "finance",
    "ageing",
    ageing,
    columns=[
        ReportColumn("party", "text", "field.party_id"),
        *(ReportColumn(name, "money", total=True) for name in ("not_due", "days_30", "days_60", "days_90", "older")),
        ReportColumn("total", "money", "field.total", total=True),
    ],
    parameters=[
        Parameter("side", "choice", default=lambda work: "receivable", choices=("receivable", "payable")),
        Parameter("day", "date", default=lambda work: work.today()),
        KNOWN_AT,
    ],
    icon="hourglass",
    over=[OpenItemState, Party],
)
BALANCE_CHANGE = ReportView(
    "finance",
    "balance_change",
    balance_change,
    columns=[
        ReportColumn("name", "text", "field.account_name"),
        ReportColumn("business_on", "date", "field.date"),
        ReportColumn("posted_at", "instant", "field.posted_at"),
        ReportColumn("before", "money"),
        ReportColumn("after", "money"),
        ReportColumn("change", "money", total=True),
    ],
    parameters=[*WINDOW, Parameter("known_before", "instant"), KNOWN_AT],
    icon="history",
    over=[Entry, Account],
)
DIMENSION_BALANCE = ReportView(
    "finance",
    "dimension_balance",
    dimension_balance,
    columns=[
        ReportColumn("name", "text", "field.account_name"),
        ReportColumn("debit", "money", total=True),
        ReportColumn("credit", "money", total=True),
        ReportColumn("balance", "money", total=True),
        ReportColumn("quantity", "quantity"),
    ],
    parameters=[
        Parameter("by", "choice", default=lambda work: "cost_centre", choices=BY),
        Parameter("and_by", "choice", choices=BY),
        Parameter("dimension", "ref", ref=Dimension),
        *WINDOW,
    ],
    icon="category",
)
