"""The figures of the finance overview: what is owed, what is late, what is in the bank, what was earned."""

from datetime import date
from decimal import Decimal

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.types import Date, Uuid

from app.kernel.dates import FAR, add_months, month_start
from app.kernel.money import ZERO
from app.modules.finance.models.invoice import Invoice
from app.modules.finance.models.journal import Entry
from app.modules.finance.models.open_item import OpenItemState
from app.modules.finance.models.payment import BankAccount, Payment
from app.modules.finance.queries.balance import balance_before
from app.modules.finance.queries.book import book_of
from app.platform.organisation import company_at_work
from app.platform.permissions import hidden_fields, narrowed, sees_whole
from app.platform.queries import select_for
from app.platform.views import Chart, Kpi, Todo
from app.platform.work import Work

MONTHS = 12


def _ready(work: Work) -> bool:
    return company_at_work(work).ready


def _reads_books(work: Work) -> bool:
    """Whether there are books, and the actor may know all that is posted in them."""
    return _ready(work) and work.actor.may("finance.read_trial_balance") and sees_whole(work, Entry)


def _reads_claims(work: Work) -> bool:
    return _ready(work) and not hidden_fields(work.actor, OpenItemState)


def _receivables(work: Work) -> tuple[Decimal, Decimal]:
    """Open and overdue claims on customers in company currency, one statement a page."""

    def read() -> tuple[Decimal, Decimal]:
        amount = func.sum(OpenItemState.open_company_amount)
        row = work.session.execute(
            narrowed(select(amount, amount.filter(OpenItemState.due_on < work.today())), work, OpenItemState).where(
                OpenItemState.account_id == book_of(work).account("receivable"),
                OpenItemState.settled_on == FAR,
            )
        ).one()
        return row[0] or ZERO, row[1] or ZERO

    return work.remember("finance.receivables", read)


def receivables_kpi(work: Work) -> Kpi | None:
    """What customers owe."""
    if not _reads_claims(work):
        return None
    value = _receivables(work)[0]
    return Kpi(
        "finance.kpi.receivables", "money", value, link="/finance/open-items?tab=open", currency=book_of(work).currency
    )


def overdue_kpi(work: Work) -> Kpi | None:
    """What of it is past its due day."""
    if not _reads_claims(work):
        return None
    value = _receivables(work)[1]
    return Kpi(
        "finance.kpi.overdue", "money", value, link="/finance/open-items?tab=overdue", currency=book_of(work).currency
    )


def bank_kpi(work: Work) -> Kpi | None:
    """What the bank and cash accounts hold by the ledger."""
    if not _reads_books(work):
        return None
    accounts = list(work.session.scalars(select_for(work, BankAccount).with_only_columns(BankAccount.account_id)))
    value = balance_before(work, accounts, FAR)
    return Kpi(
        "finance.kpi.bank", "money", value, link="/finance/reports/trial-balance", currency=book_of(work).currency
    )


_by_month = text(
    """
    WITH income AS (SELECT id FROM finance_account WHERE company_id = :company AND type = 'pnl' AND normal_side = 'C')
    SELECT to_char(month_on, 'YYYY-MM'), sum(value) FROM (
      SELECT b.bucket_on AS month_on, b.credit - b.debit AS value FROM finance_balance b JOIN income i ON i.id = b.account_id
       WHERE b.grain = 'M' AND b.book_id = :book AND b.bucket_on >= :first
      UNION ALL
      SELECT l.business_on, l.credit - l.debit FROM finance_unsealed u CROSS JOIN LATERAL (
        SELECT account_id, business_on, debit, credit FROM finance_line
         WHERE entry_id = u.entry_id AND book_id = :book AND business_on >= :first OFFSET 0) l
        JOIN income i ON i.id = l.account_id) m
     GROUP BY 1
    """
).bindparams(bindparam("company", type_=Uuid), bindparam("book", type_=Uuid), bindparam("first", type_=Date))


def _income(work: Work) -> dict[date, Decimal]:
    """Income of the last twelve months, by month."""

    def read() -> dict[date, Decimal]:
        this = month_start(work.today())
        months = [add_months(this, -back) for back in range(MONTHS - 1, -1, -1)]
        parameters = {"company": work.company_id, "book": book_of(work).id, "first": months[0]}
        found = {row[0]: row[1] for row in work.session.execute(_by_month, parameters)}
        return {month: found.get(month.strftime("%Y-%m"), ZERO) for month in months}

    return work.remember("finance.income", read)


def income_kpi(work: Work) -> Kpi | None:
    """Income of this month against the last."""
    if not _reads_books(work):
        return None
    series = list(_income(work).values())
    return Kpi(
        "finance.kpi.income",
        "money",
        series[-1],
        before=series[-2],
        link="/finance/reports/trial-balance",
        series=series,
        currency=book_of(work).currency,
    )


def income_chart(work: Work) -> Chart | None:
    """Income by month."""
    if not _reads_books(work):
        return None
    income = _income(work)
    return Chart(
        "finance.chart.income",
        "bar",
        [month.strftime("%Y-%m") for month in income],
        {"finance.chart.income": list(income.values())},
        link="/finance/reports/trial-balance",
    )


def drafts_todo(work: Work) -> Todo | None:
    """Invoices waiting to be posted."""
    count = work.session.scalar(
        select_for(work, Invoice).with_only_columns(func.count()).where(Invoice.state == "draft")
    )
    return Todo("finance.todo.drafts", count, "/finance/invoices?tab=draft") if count else None


def overdue_todo(work: Work) -> Todo | None:
    """Invoices past their due day."""
    count = work.session.scalar(
        select_for(work, Invoice)
        .with_only_columns(func.count())
        .where(Invoice.state == "posted", Invoice.open_amount > 0, Invoice.due_on < work.today())
    )
    return Todo("finance.todo.overdue", count, "/finance/invoices?tab=overdue", "problem") if count else None


def unallocated_todo(work: Work) -> Todo | None:
    """Payments that settle nothing yet."""
    count = work.session.scalar(
        select_for(work, Payment)
        .with_only_columns(func.count())
        .where(Payment.state == "posted", Payment.unallocated > 0)
    )
    return Todo("finance.todo.unallocated", count, "/finance/payments?tab=unallocated", "waiting") if count else None
