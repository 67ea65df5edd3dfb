"""Setting up a company's books: chart, roles, tax codes, fiscal years, series, bank and cash account.

Everything is rows from the seeds, so a company may change all of it afterwards; only what postings rest on
(currency, chart) is fixed from then on. Rows go in by one statement a table.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import insert

from app.adapters.db import Model
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import new_id
from app.modules.finance.actions.account import found_by
from app.modules.finance.actions.journal import KINDS
from app.modules.finance.models.account import Account, AccountRole, Book
from app.modules.finance.models.journal import Series
from app.modules.finance.models.payment import BankAccount
from app.modules.finance.models.period import Period
from app.modules.finance.models.tax import TaxCode, TaxRule, TaxVersion
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.seed import read_seed, union_members
from app.modules.finance.rules import tax_place
from app.modules.finance.rules.account import REQUIRED_ROLES, Control, check_chart
from app.modules.finance.rules.journal import GENESIS
from app.modules.finance.rules.period import Calendar, fiscal_year
from app.modules.masterdata.queries.currency import require_currency
from app.platform.actions import action
from app.platform.organisation import Company, company_at_work
from app.platform.work import Work

Chart = Literal["cn_cas", "cn_small", "ifrs"]
MIRRORED = (Control.STOCK,)
"""Controls whose accounts are all explained by a sub-ledger; of receivables and payables only those with a role."""


@action
def set_up_books(
    work: Work,
    chart: Chart | None = None,
    currency: str | None = None,
    fiscal_start_month: Annotated[int, Limit(ge=1, le=12)] = 1,
    first_year: Annotated[int, Limit(ge=1990, le=2100)] | None = None,
    calendar: Calendar = Calendar.MONTHLY,
) -> UUID:
    """Open the books of the company at work from a chart template; what is left empty follows from the company."""
    company = work.load(Company, work.company_id)
    if company.ready:
        raise Conflict("book.exists")
    company.chart = chart or company.chart
    company.currency = require_currency(work, currency or company.currency)
    company.fiscal_start_month = fiscal_start_month
    company.ready = True
    chinese = company.chart.startswith("cn_")
    book = work.add(
        Book(
            company_id=company.id,
            code="BASE",
            layer="base",
            currency=company.currency,
            red_ink=chinese,
            discount_reduces_tax=not chinese,
        )
    )
    accounts = _insert_chart(work, company, chinese)
    _insert_taxes(work, company)
    today = work.today()
    this_year = today.year if today.month >= fiscal_start_month else today.year - 1
    start = first_year if first_year is not None else this_year - 1
    if start > this_year:
        raise Invalid("period.first_year", field="first_year", year=this_year)
    for year in range(start, this_year + 2):
        _open_year(work, book, date(year, fiscal_start_month, 1), calendar)
    _insert_bank_accounts(work, company, accounts, chinese)
    return book.id


def _insert(work: Work, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        work.session.flush()
        work.session.execute(insert(model).values([dict(row) for row in rows]))


def _insert_chart(work: Work, company: Company, chinese: bool) -> dict[str, UUID]:
    """The accounts of the template in the company's language, and the roles they play."""
    seed = read_seed(f"chart_{company.chart}")
    check_chart({row["code"]: (row["parent"] or None, row["is_leaf"] == "1") for row in seed})
    roles = {row["role"]: row[company.chart] for row in read_seed("account_roles") if row[company.chart]}
    missing = [role for role in REQUIRED_ROLES if role not in roles]
    if missing:
        raise Invalid("account.role_missing", role=missing[0])
    ids = {row["code"]: new_id() for row in seed}
    closed = {roles["receivable"], roles["payable"]} | {roles[role] for role in ("goods_received",) if role in roles}
    _insert(
        work,
        Account,
        [
            {
                "id": ids[row["code"]],
                "version": 1,
                "company_id": company.id,
                "code": row["code"],
                "name": row["name_zh"] if chinese else row["name_en"],
                "english_name": row["name_en"] if chinese else "",
                "type": row["type"],
                "normal_side": row["normal_side"],
                "parent_id": ids.get(row["parent"]),
                "control": row["is_control"] or None,
                "manual": not (row["is_control"] in MIRRORED or row["code"] in closed),
                "posting": row["is_leaf"] == "1",
                "active": True,
                "statement_line": row["statement_line"],
                "required_dimensions": [],
                "forbidden_dimensions": [],
                **found_by(row["name_zh"] if chinese else row["name_en"]),
            }
            for row in seed
        ],
    )
    _insert(
        work,
        AccountRole,
        [
            {"id": new_id(), "version": 1, "company_id": company.id, "role": role, "account_id": ids[code]}
            for role, code in roles.items()
        ],
    )
    return ids


def _insert_taxes(work: Work, company: Company) -> None:
    """The country's codes with their dated rates, and the rules that choose them."""
    codes, rules = tax_seeds(company.country)
    chinese = company.chart.startswith("cn_")
    ids = {code.code: new_id() for code in codes}
    _insert(
        work,
        TaxCode,
        [
            {
                "id": ids[code.code],
                "version": 1,
                "company_id": company.id,
                "code": code.code,
                "name": code.name if chinese else code.english_name,
                "english_name": code.english_name if chinese else "",
                "direction": code.direction,
                "treatment": code.treatment,
                "category": code.category,
                "note": code.note,
                "active": True,
            }
            for code in codes
        ],
    )
    _insert(
        work,
        TaxVersion,
        [
            {
                "id": new_id(),
                "tax_code_id": ids[code.code],
                "position": 1,
                "valid_from": first,
                "valid_to": last,
                "method": "percent",
                "rate": rate,
                "included": False,
                "adds_to_next_base": False,
                "takes_previous_bases": True,
                "rounding": "line",
            }
            for code in codes
            for first, last, rate in code.rates
        ],
    )
    _insert(
        work,
        TaxRule,
        [
            {
                "id": new_id(),
                "version": 1,
                "company_id": company.id,
                "direction": "sale",
                "place": rule.place,
                "item_class": rule.item_class,
                "tax_code_id": ids[rule.code],
            }
            for rule in rules
        ],
    )


def tax_seeds(country: str) -> tuple[list[tax_place.CodeSeed], list[tax_place.RuleSeed]]:
    """What a company of that country starts with."""
    if country == "CN":
        return tax_place.china(read_seed("vat_cn"))
    if country in union_members():
        row = next(row for row in read_seed("tax_eu") if row["country"] == country)
        return tax_place.union_country(country, row, read_seed("tax_eu_history"))
    return tax_place.elsewhere()


def _open_year(work: Work, book: Book, first_on: date, calendar: Calendar) -> None:
    """The periods of a fiscal year and the series of every kind in each."""
    periods = [(new_id(), period) for period in fiscal_year(first_on, calendar)]
    _insert(
        work,
        Period,
        [
            {
                "id": key,
                "version": 1,
                "company_id": book.company_id,
                "code": period.code,
                "year": period.year,
                "no": period.no,
                "first_on": period.first_on,
                "last_on": period.last_on,
                "adjustment": period.adjustment,
                "state": "open",
            }
            for key, period in periods
        ],
    )
    _insert(
        work,
        Series,
        [
            {"book_id": book.id, "kind": kind, "period_id": key, "state": "open", "last_number": 0, "head": GENESIS}
            for key, _ in periods
            for kind in KINDS
        ],
    )


@action
def open_fiscal_year(work: Work, calendar: Calendar = Calendar.MONTHLY) -> str:
    """Open the fiscal year after the last one; returns its name."""
    facts = book_of(work)
    book = work.load(Book, facts.id)
    last_on = max(period.last_on for _, period in facts.periods)
    start = date.fromordinal(last_on.toordinal() + 1)
    _open_year(work, book, start, calendar)
    return fiscal_year(start, calendar)[0].year


def _insert_bank_accounts(work: Work, company: Company, accounts: Mapping[str, UUID], chinese: bool) -> None:
    roles = {row["role"]: row[company.chart] for row in read_seed("account_roles")}
    names = {"bank": "基本存款账户" if chinese else "Bank", "cash": "库存现金" if chinese else "Cash"}
    for role, name in names.items():
        work.add(
            BankAccount(
                company_id=company.id,
                code=role.upper(),
                name=name,
                bank_name=company.bank_name if role == "bank" else "",
                account_number=company.bank_account if role == "bank" else "",
                currency=company.currency,
                account_id=accounts[roles[role]],
            )
        )


def books_exist(work: Work) -> bool:
    """Whether the company at work has its books: for the set-up wizard."""
    return company_at_work(work).ready
