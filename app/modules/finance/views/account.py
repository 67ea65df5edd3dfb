"""The chart of accounts, the roles accounts play, books."""

from app.modules.finance.actions.account import (
    create_account,
    deactivate_account,
    reactivate_account,
    update_account,
    update_account_role,
    update_book,
)
from app.modules.finance.models.account import Account, AccountRole, Book
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, ListView

TYPES = ("asset", "liability", "common", "equity", "cost", "pnl")
SIDES = ("D", "C")
CONTROLS = ("ar", "ap", "stock", "cash", "bank", "tax", "asset", "payroll", "wip")

ACCOUNTS = ListView(
    Account,
    columns=[
        Field(Account.code, phone="meta"),
        Field(Account.name, phone="title"),
        Field(Account.english_name, hidden=True),
        Field(Account.type, choices=TYPES, phone="badge"),
        Field(Account.normal_side, choices=SIDES),
        Field(Account.parent_id, hidden=True),
        Field(Account.control, choices=CONTROLS),
        Account.posting,
        Field(Account.manual, hidden=True),
        Field(Account.currency, hidden=True),
        Field(Account.active, hidden=True),
    ],
    search=[Account.code, Account.name, Account.english_name, Account.sort_key, Account.initials],
    group_by=[Account.type, Account.control],
    tabs=life_tabs(Account),
    sort=[Account.code],
    create=create_account,
    icon="list-tree",
)
ACCOUNT = DocumentView(
    Account,
    fields=[
        Field(Account.code, required=True),
        Field(Account.name, required=True),
        Account.english_name,
        Field(Account.type, choices=TYPES, required=True),
        Field(Account.normal_side, choices=SIDES),
        Account.parent_id,
        Field(Account.control, choices=CONTROLS),
        Field(Account.posting, default=lambda work: True),
        Field(Account.manual, default=lambda work: True),
        Account.currency,
        Account.statement_line,
        Account.quantity_unit_id,
        Field(Account.required_dimensions, kind="tags", wide=True),
        Field(Account.forbidden_dimensions, kind="tags", wide=True),
    ],
    create=create_account,
    update=update_account,
    buttons=life_buttons(deactivate_account, reactivate_account),
    icon="list-tree",
)
ACCOUNT_ROLES = ListView(
    AccountRole,
    columns=[Field(AccountRole.role, phone="title"), Field(AccountRole.account_id, phone="body")],
    sort=[AccountRole.role],
    icon="arrows-exchange",
)
ACCOUNT_ROLE = DocumentView(
    AccountRole,
    fields=[AccountRole.role, Field(AccountRole.account_id, required=True)],
    update=update_account_role,
    icon="arrows-exchange",
)
BOOKS = ListView(
    Book,
    columns=[
        Field(Book.code, phone="title"),
        Field(Book.layer, phone="meta"),
        Book.currency,
        Book.red_ink,
        Book.discount_reduces_tax,
    ],
    sort=[Book.code],
    icon="book",
)
BOOK = DocumentView(
    Book,
    fields=[Book.code, Book.layer, Book.currency, Book.four_eyes, Book.red_ink, Book.discount_reduces_tax],
    update=update_book,
    icon="book",
)
