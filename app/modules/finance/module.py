"""Finance as the doors see it."""

from app.modules.finance.actions.closing import draft_due
from app.modules.finance.actions.dimension import dimension_rows
from app.modules.finance.actions.seal import seal_ledger
from app.modules.finance.queries.check import balance_findings, chain_findings, open_item_findings
from app.modules.finance.queries.period_seal import proof_findings
from app.modules.finance.views.account import ACCOUNT, ACCOUNT_ROLE, ACCOUNT_ROLES, ACCOUNTS, BOOK, BOOKS
from app.modules.finance.views.closing import CLOSE_TASK, CLOSE_TASKS
from app.modules.finance.views.dimension import (
    COST_CENTRE,
    COST_CENTRES,
    DIMENSION,
    DIMENSION_VALUE,
    DIMENSION_VALUES,
    DIMENSIONS,
)
from app.modules.finance.views.entry import ENTRIES, ENTRY
from app.modules.finance.views.invoice import INVOICE, INVOICES
from app.modules.finance.views.overview import OVERVIEW
from app.modules.finance.views.payment import BANK_ACCOUNT, BANK_ACCOUNTS, OPEN_ITEMS, PAYMENT, PAYMENTS
from app.modules.finance.views.period import PERIOD, PERIOD_EXCEPTION, PERIOD_EXCEPTIONS, PERIODS
from app.modules.finance.views.period_seal import PERIOD_SEAL, PERIOD_SEALS
from app.modules.finance.views.report import ACCOUNT_DETAIL, AGEING, BALANCE_CHANGE, DIMENSION_BALANCE, TRIAL_BALANCE
from app.modules.finance.views.setup import SETUP
from app.modules.finance.views.tax import TAX_CODE, TAX_CODES, TAX_RULE, TAX_RULES
from app.modules.finance.views.voucher import VOUCHER, VOUCHERS
from app.modules.finance.views.voucher_import import VOUCHER_IMPORT
from app.modules.finance.views.voucher_template import VOUCHER_TEMPLATE, VOUCHER_TEMPLATES
from app.platform.registry import Module
from app.platform.views import Menu

MODULE = Module(
    name="finance",
    icon="coin",
    views=[
        INVOICES,
        INVOICE,
        PAYMENTS,
        PAYMENT,
        OPEN_ITEMS,
        VOUCHERS,
        VOUCHER,
        VOUCHER_IMPORT,
        VOUCHER_TEMPLATES,
        VOUCHER_TEMPLATE,
        ENTRIES,
        ENTRY,
        ACCOUNTS,
        ACCOUNT,
        ACCOUNT_ROLES,
        ACCOUNT_ROLE,
        BOOKS,
        BOOK,
        PERIODS,
        PERIOD,
        PERIOD_EXCEPTIONS,
        PERIOD_EXCEPTION,
        PERIOD_SEALS,
        PERIOD_SEAL,
        CLOSE_TASKS,
        CLOSE_TASK,
        COST_CENTRES,
        COST_CENTRE,
        DIMENSIONS,
        DIMENSION,
        DIMENSION_VALUES,
        DIMENSION_VALUE,
        TAX_CODES,
        TAX_CODE,
        TAX_RULES,
        TAX_RULE,
        BANK_ACCOUNTS,
        BANK_ACCOUNT,
        TRIAL_BALANCE,
        ACCOUNT_DETAIL,
        AGEING,
        BALANCE_CHANGE,
        DIMENSION_BALANCE,
        OVERVIEW,
        SETUP,
    ],
    menu=[
        Menu("finance.invoice"),
        Menu("finance.payment"),
        Menu("finance.open_item"),
        Menu("finance.voucher"),
        Menu("finance.entry"),
        Menu("finance.close_task"),
        Menu("finance.trial_balance", group="reports"),
        Menu("finance.account_detail", group="reports"),
        Menu("finance.ageing", group="reports"),
        Menu("finance.dimension_balance", group="reports"),
        Menu("finance.balance_change", group="reports"),
        Menu("finance.voucher_template", group="settings"),
        Menu("finance.account", group="settings"),
        Menu("finance.cost_centre", group="settings"),
        Menu("finance.dimension", group="settings"),
        Menu("finance.dimension_value", group="settings"),
        Menu("finance.account_role", group="settings"),
        Menu("finance.bank_account", group="settings"),
        Menu("finance.book", group="settings"),
        Menu("finance.period", group="settings"),
        Menu("finance.period_exception", group="settings"),
        Menu("finance.period_seal", group="settings"),
        Menu("finance.tax_code", group="settings"),
        Menu("finance.tax_rule", group="settings"),
    ],
    roles={
        "accountant": ["finance.*"],
        "sales": [
            "finance.read_invoice",
            "finance.read_open_item",
            "finance.create_invoice",
            "finance.update_invoice",
            "finance.create_credit_note",
        ],
        "warehouse": [],
        "buyer": [],
        "executive": ["finance.read_*"],
    },
    seeds=[dimension_rows],
    checks=[balance_findings, chain_findings, open_item_findings, proof_findings],
    upkeep=[seal_ledger, draft_due],
)
