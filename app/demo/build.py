"""A year of invented trade in a tenant: for looking around, for trials of speed, for tests.

Everything goes through the gate with the dates of the plan, so the books, the stock and the audit log are real.
The same tenant is filled once; the plan is the same whenever it is built on the same day.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.demo.goods import enter_items, enter_rates
from app.demo.parties import enter_parties
from app.demo.plan import ORDERS_A_YEAR, plan_orders
from app.demo.stage import Stage
from app.demo.trade import Trade
from app.kernel.errors import Conflict
from app.modules.finance.models.period import Period
from app.modules.masterdata.models.warehouse import Warehouse
from app.modules.sales.models.order import Order
from app.platform.actions import Gate
from app.platform.jobs import JobContext
from app.platform.registry import Registry
from app.platform.work import Actor

Tell = Callable[[Decimal], bool]
DAYS = 365
PREPARED = Decimal(8)
"""Share of the whole that setting up is worth, in per cent."""


def build(
    gate: Gate,
    actor: Actor,
    registry: Registry,
    tell: Tell = lambda share: True,
    *,
    orders: int = ORDERS_A_YEAR,
    today: date | None = None,
) -> dict[str, int]:
    """Fill the actor's company and return how often each step was done.

    `tell` hears per cent and stops the work by answering False. Conflict `demo.orders_exist` where there is trade
    already, `company.none` in a tenant without a company.
    """
    stage = Stage.of(gate, actor, registry, today)
    if stage.read(lambda work: work.session.scalars(select(Order.id).limit(1)).first()) is not None:
        raise Conflict("demo.orders_exist")
    _set_up(stage)
    start = _start(stage)
    traders = enter_parties(stage)
    tell(PREPARED / 4)
    goods = enter_items(stage)
    tell(PREPARED / 2)
    enter_rates(stage, traders.currencies, start - timedelta(days=31))
    tell(PREPARED)
    plan = plan_orders(stage.today, len(traders.customers), len(goods), orders, start=start)
    trade = Trade(stage, plan, traders, goods)
    needs, steps = trade.needs(start), trade.steps(start)
    told = PREPARED
    for done, step in enumerate(steps):
        if step.verb == "receive":
            trade.receive(step, needs, start)
        else:
            trade.perform(step)
        share = PREPARED + (100 - PREPARED) * done / len(steps)
        if share - told >= 1:
            told = share
            if not tell(round(share, 2)):
                break
    return {"customers": len(traders.customers), "items": len(goods), **trade.counts}


def _set_up(stage: Stage) -> None:
    """Books and a warehouse, where they are missing."""
    if not stage.company.ready:
        stage.perform("finance.set_up_books", first_year=(stage.today - timedelta(days=DAYS)).year)
    warehouses = stage.read(
        lambda work: work.session.scalar(
            select(func.count()).select_from(Warehouse).where(Warehouse.company_id == work.company_id)
        )
    )
    if not warehouses:
        names = ("主仓库", "备件仓库") if stage.chinese else ("Main warehouse", "Spare parts")
        for number, name in enumerate(names, start=1):
            stage.perform("masterdata.create_warehouse", code=f"WH{number}", name=name)


def _start(stage: Stage) -> date:
    """A year ago, or the first day the books know where that is later."""
    first: date | None = stage.read(
        lambda work: work.session.scalar(select(func.min(Period.first_on)).where(Period.company_id == work.company_id))
    )
    year_ago = stage.today - timedelta(days=DAYS)
    return max(first, year_ago) if first else year_ago


def build_job(registry: Registry) -> Callable[..., Any]:
    """The job `demo.build` over a process's registry."""

    def run(context: JobContext, orders: int = ORDERS_A_YEAR) -> dict[str, int]:
        return build(context.gate, context.actor, registry, context.tell, orders=orders)

    return run
