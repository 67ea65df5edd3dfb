"""The month-end checklist: its steps, what each still finds, and the standings that are carried over.

Steps are declared here and by upper modules at import (`declare`), so that stock, assets or payroll add theirs without
finance knowing them. A step looks at the books when somebody asks: the page is never older than its answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Date, Uuid

from app.kernel.dates import day_after
from app.kernel.errors import Conflict
from app.kernel.money import ZERO
from app.modules.finance.models.invoice import Invoice
from app.modules.finance.models.payment import Payment
from app.modules.finance.models.period import CloseTask, Period
from app.modules.finance.models.voucher import Voucher, VoucherTemplate
from app.modules.finance.queries.balance import balance_before
from app.modules.finance.queries.book import BookFacts, book_of
from app.modules.finance.queries.check import open_item_findings
from app.modules.finance.queries.entry import dimensions_of
from app.modules.finance.rules.closing import Standing
from app.modules.finance.rules.voucher import due_days
from app.platform.organisation import company_at_work
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a step found: how much is left to do, the amount in question, where to see it."""

    left: int
    amount: Decimal = ZERO
    link: str = ""


@dataclass(frozen=True, slots=True)
class CloseStep:
    """A step of the close. `look` tells what is left; `run`, where there is one, does it and may be done again."""

    name: str
    no: int
    look: Callable[[Work, Period], Evidence]
    run: Callable[[Work, Period], None] | None = None


CLOSE_STEPS: dict[str, CloseStep] = {}


def declare(step: CloseStep) -> CloseStep:
    """Add a step to the checklist; its words are `finance.close.<name>`."""
    CLOSE_STEPS[step.name] = step
    return step


def steps_in_order() -> list[CloseStep]:
    return sorted(CLOSE_STEPS.values(), key=lambda step: step.no)


def step_of(task: CloseTask) -> CloseStep:
    """Conflict `close_task.gone` where the module that declared it is not there any more."""
    found = CLOSE_STEPS.get(task.step)
    if found is None:
        raise Conflict("close_task.gone", step=task.step)
    return found


def evidence_of(work: Work, task: CloseTask) -> Evidence:
    """What the task's step finds now; looked at once a transaction."""
    period = work.get(Period, task.period_id)
    return work.remember(("finance.close", task.id), lambda: step_of(task).look(work, period))


# --- What finance itself looks at ----------------------------------------------------------------------------


def unposted(work: Work, period: Period) -> Evidence:
    """Drafts dated in the period."""
    days = (period.first_on, period.last_on)
    mine = (
        select(func.count()).where(
            Voucher.company_id == work.company_id,
            Voucher.state.in_(("draft", "reviewed")),
            Voucher.business_on.between(*days),
        ),
        select(func.count()).where(
            Invoice.company_id == work.company_id, Invoice.state == "draft", Invoice.invoiced_on.between(*days)
        ),
        select(func.count()).where(
            Payment.company_id == work.company_id, Payment.state == "draft", Payment.paid_on.between(*days)
        ),
    )
    counts = [work.session.scalar(statement) or 0 for statement in mine]
    paths = ("/finance/vouchers", "/finance/invoices?tab=draft", "/finance/payments?tab=draft")
    link = next((path for count, path in zip(counts, paths, strict=True) if count), paths[0])
    return Evidence(sum(counts), link=link)


def recurring_due(work: Work, period: Period) -> Evidence:
    """Schedules that fell due by the period's end and were not drafted."""
    return Evidence(recurring_left(work, period.last_on), link="/finance/voucher-templates")


def recurring_left(work: Work, until: date) -> int:
    """How many vouchers schedules have due by a day that were not drafted."""
    book = book_of(work)
    made = select(Voucher.template_id, Voucher.period_id).where(
        Voucher.company_id == work.company_id, Voucher.period_id.is_not(None)
    )
    known = {(row.template_id, row.period_id) for row in work.session.execute(made)}
    templates = work.session.scalars(
        select(VoucherTemplate).where(
            VoucherTemplate.company_id == work.company_id, VoucherTemplate.active, VoucherTemplate.schedule != "none"
        )
    )
    due = {
        (template.id, period_id)
        for template in templates
        if template.first_on is not None
        for day in due_days(template.schedule, template.first_on, template.last_on, template.day, until)
        if (period_id := period_at(book, day)) is not None
    }
    return len(due - known)


def period_at(book: BookFacts, day: date) -> UUID | None:
    """The period of a day; None outside the years that are open, where a schedule waits until they are."""
    return next((key for key, period in book.periods if not period.adjustment and period.holds(day)), None)


def goods_received(work: Work, period: Period) -> Evidence:
    """What was received and is not billed yet (暂估): to be looked at, so it asks for a note while it is not nothing."""
    account = book_of(work).roles.get("goods_received")
    if account is None:
        return Evidence(0)
    amount = balance_before(work, [account], day_after(period.last_on))
    link = f"/finance/reports/account-detail?account_id={account}&last_on={period.last_on.isoformat()}"
    return Evidence(1 if amount else 0, amount, link)


def reconciled(work: Work, period: Period) -> Evidence:
    """Open items against their documents and control accounts."""
    return Evidence(len(open_item_findings(work)), link="/finance/open-items")


def unsealed(work: Work, period: Period) -> Evidence:
    """Entries the sealer has not bound into the chain yet."""
    statement = text(
        "SELECT count(*) FROM finance_unsealed u JOIN finance_entry e ON e.id = u.entry_id "
        "WHERE e.company_id = :company AND e.business_on <= :day"
    ).bindparams(bindparam("company", type_=Uuid), bindparam("day", type_=Date))
    left = work.session.scalar(statement, {"company": work.company_id, "day": period.last_on})
    return Evidence(left or 0, link="/finance/entries")


def result_left(work: Work, period: Period) -> Evidence:
    """What stands on profit and loss and was not carried over: month by month in China, at the year's end elsewhere."""
    if not monthly_transfer(work) and not is_last_of_year(work, period):
        return Evidence(0)
    found = result_standing(work, period)
    link = f"/finance/reports/trial-balance?last_on={period.last_on.isoformat()}"
    return Evidence(len(found), sum((item.balance for item in found), ZERO), link)


# --- Standings -----------------------------------------------------------------------------------------------

_standing = text(
    """
    SELECT l.account_id, l.currency, l.dimension_set_id, sum(l.debit - l.credit) AS balance, sum(l.amount) AS amount
      FROM finance_line l
     WHERE l.book_id = :book AND l.account_id = ANY(:accounts) AND l.business_on >= :first AND l.business_on <= :last
     GROUP BY l.account_id, l.currency, l.dimension_set_id
    HAVING sum(l.debit - l.credit) <> 0 OR sum(l.amount) <> 0
     ORDER BY l.account_id, l.currency, l.dimension_set_id
    """
).bindparams(
    bindparam("book", type_=Uuid),
    bindparam("accounts", type_=ARRAY(Uuid)),
    bindparam("first", type_=Date),
    bindparam("last", type_=Date),
)


def standing_of(work: Work, account_ids: Sequence[UUID], period: Period) -> list[Standing]:
    """What the accounts hold of the fiscal year up to the period's end, by currency and dimensions."""
    first = min(found.first_on for _, found in book_of(work).periods if found.year == period.year)
    parameters = {
        "book": book_of(work).id,
        "accounts": list(account_ids),
        "first": first,
        "last": period.last_on,
    }
    rows = work.session.execute(_standing, parameters).all()
    sets = dimensions_of(work, [row.dimension_set_id for row in rows])
    return [
        Standing(row.account_id, row.currency, sets.get(row.dimension_set_id, {}), row.balance, row.amount)
        for row in rows
    ]


def monthly_transfer(work: Work) -> bool:
    """Whether the result is carried over every month."""
    return company_at_work(work).chart.startswith("cn_")


def is_last_of_year(work: Work, period: Period) -> bool:
    """Whether the fiscal year ends with this period."""
    return period.last_on == max(found.last_on for _, found in book_of(work).periods if found.year == period.year)


def result_standing(work: Work, period: Period) -> list[Standing]:
    """What the year's profit and loss accounts hold up to the period's end."""
    return standing_of(work, result_accounts(work), period)


def result_accounts(work: Work) -> list[UUID]:
    """The accounts of profit and loss."""
    statement = text("SELECT id FROM finance_account WHERE company_id = :company AND type = 'pnl' AND posting")
    return list(
        work.session.scalars(statement.bindparams(bindparam("company", type_=Uuid)), {"company": work.company_id})
    )


def earlier_years(work: Work) -> Mapping[UUID, UUID]:
    """Accounts of corrections of earlier years -> retained earnings, which they are carried into at once."""
    roles = book_of(work).roles
    account, retained = roles.get("prior_year_adjustment"), roles.get("retained_earnings")
    return {account: retained} if account is not None and retained is not None else {}
