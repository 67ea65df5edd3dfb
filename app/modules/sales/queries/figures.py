"""The figures of the sales overview: order intake, order book, what waits.

Orders in other currencies count at today's rate; where there is none, they are left out.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, literal, select

from app.kernel.dates import add_months, month_start
from app.kernel.errors import Refusal
from app.kernel.money import digits_of, round_half_up
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.sales.models.order import Order
from app.modules.sales.models.quotation import Quotation
from app.platform.organisation import company_at_work
from app.platform.permissions import hidden_fields, narrowed
from app.platform.queries import select_for
from app.platform.views import Chart, Kpi, Todo
from app.platform.work import Work

MONTHS = 12
TOP = 8
ZERO = Decimal(0)


def _months(work: Work) -> list[date]:
    first = month_start(work.today())
    return [add_months(first, -back) for back in range(MONTHS - 1, -1, -1)]


def _at_home(work: Work, amount: Decimal, currency: str) -> Decimal:
    """An amount in company currency at today's rate."""
    home = company_at_work(work).currency
    try:
        return round_half_up(amount * rate_on(work, currency, home, work.today()), digits_of(home))
    except Refusal:
        return ZERO


def _intake(work: Work) -> dict[date, Decimal]:
    """Net order intake of the last twelve months in company currency, by month."""

    def read() -> dict[date, Decimal]:
        months = _months(work)
        label = func.to_char(Order.ordered_on, literal("YYYY-MM", literal_execute=True))
        rows = work.session.execute(
            select_for(work, Order)
            .with_only_columns(label, Order.currency, func.sum(Order.net))
            .where(Order.state.in_(("confirmed", "closed")), Order.ordered_on >= months[0])
            .group_by(label, Order.currency)
        ).all()
        found: dict[str, Decimal] = {}
        for month, currency, amount in rows:
            found[month] = found.get(month, ZERO) + _at_home(work, amount, currency)
        return {month: found.get(month.strftime("%Y-%m"), ZERO) for month in months}

    return work.remember("sales.intake", read)


def _knows_values(work: Work) -> bool:
    return "net" not in hidden_fields(work.actor, Order)


def intake_kpi(work: Work) -> Kpi | None:
    """Order intake of this month against the last."""
    if not _knows_values(work):
        return None
    series = list(_intake(work).values())
    return Kpi(
        "sales.kpi.intake",
        "money",
        series[-1],
        before=series[-2],
        link="/sales/orders?tab=all",
        series=series,
        currency=company_at_work(work).currency,
    )


def book_kpi(work: Work) -> Kpi | None:
    """Net value of what is confirmed and not fully delivered."""
    if not _knows_values(work):
        return None
    company = company_at_work(work)
    rows = work.session.execute(
        select_for(work, Order)
        .with_only_columns(Order.currency, func.sum(Order.net))
        .where(Order.state == "confirmed", Order.delivery_state != "delivered")
        .group_by(Order.currency)
    )
    total = sum((_at_home(work, amount, currency) for currency, amount in rows), ZERO)
    return Kpi("sales.kpi.book", "money", total, link="/sales/orders?tab=to_deliver", currency=company.currency)


def quotations_kpi(work: Work) -> Kpi:
    """Open offers in number."""
    count = work.session.scalar(
        select_for(work, Quotation).with_only_columns(func.count()).where(Quotation.state.in_(("issued", "partial")))
    )
    return Kpi("sales.kpi.quotations", "number", Decimal(count or 0), link="/sales/quotations?tab=issued")


def intake_chart(work: Work) -> Chart | None:
    """Order intake by month."""
    if not _knows_values(work):
        return None
    intake = _intake(work)
    return Chart(
        "sales.chart.intake",
        "bar",
        [month.strftime("%Y-%m") for month in intake],
        {"sales.chart.net": list(intake.values())},
        link="/sales/orders?tab=all&group=ordered_on",
    )


def customers_chart(work: Work) -> Chart | None:
    """The customers with the highest intake of the last twelve months."""
    if not _knows_values(work):
        return None
    statement = (
        select(Party.id, Party.name, Order.currency, func.sum(Order.net))
        .join(Order, Order.customer_id == Party.id)
        .where(Order.state.in_(("confirmed", "closed")), Order.ordered_on >= _months(work)[0])
        .group_by(Party.id, Party.name, Order.currency)
    )
    rows = work.session.execute(narrowed(narrowed(statement, work, Order), work, Party)).all()
    totals: dict[UUID, tuple[str, Decimal]] = {}
    for key, name, currency, amount in rows:
        before = totals.get(key, (name, ZERO))[1]
        totals[key] = (name, before + _at_home(work, amount, currency))
    top = sorted(totals.values(), key=lambda found: -found[1])[:TOP]
    return Chart(
        "sales.chart.customers",
        "bars",
        [name for name, _ in top],
        {"sales.chart.net": [value for _, value in top]},
        link="/sales/orders?tab=all&group=customer_id",
    )


def _count(work: Work, condition: object) -> int:
    statement = select_for(work, Order).with_only_columns(func.count()).where(condition)  # type: ignore[arg-type]
    return work.session.scalar(statement) or 0


def to_confirm(work: Work) -> Todo | None:
    """Drafts waiting to be confirmed."""
    count = _count(work, Order.state == "draft")
    return Todo("sales.todo.confirm", count, "/sales/orders?tab=draft") if count else None


def to_deliver(work: Work) -> Todo | None:
    """Confirmed orders with goods to send."""
    count = _count(work, (Order.state == "confirmed") & (Order.delivery_state != "delivered"))
    return Todo("sales.todo.deliver", count, "/sales/orders?tab=to_deliver") if count else None


def late(work: Work) -> Todo | None:
    """Orders past their promised day."""
    count = _count(
        work,
        (Order.state == "confirmed") & (Order.delivery_state != "delivered") & (Order.promised_on < work.today()),
    )
    return Todo("sales.todo.late", count, "/sales/orders?tab=late", tone="problem") if count else None


def to_invoice(work: Work) -> Todo | None:
    """Orders with something delivered and not billed."""
    count = _count(
        work,
        (Order.state == "confirmed") & (Order.delivery_state != "none") & (Order.billing_state != "invoiced"),
    )
    return Todo("sales.todo.invoice", count, "/sales/orders?tab=to_invoice") if count else None
