"""Periods as closing asks for them: states by area, people who may still post, what is left before a close."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app.modules.finance.models.journal import Series
from app.modules.finance.models.period import CloseTask, Period, PeriodException
from app.modules.finance.rules.period import AREAS, area_of, whole_state
from app.platform.views import Panel
from app.platform.work import Work


def excepted(work: Work, period_id: UUID, kind: str) -> bool:
    """Whether the actor was given leave to post into a softly closed period; asked only when posting was refused."""
    if work.actor.user_id is None:
        return False
    statement = select(PeriodException.id).where(
        PeriodException.period_id == period_id,
        PeriodException.user_id == work.actor.user_id,
        PeriodException.area.in_(("all", area_of(kind))),
        PeriodException.until_on >= work.today(),
        PeriodException.state == "active",
    )
    return work.session.scalars(statement.limit(1)).first() is not None


def area_states(work: Work, period_id: UUID) -> Mapping[str, str]:
    """Area -> state, from the series themselves."""
    statement = select(Series.kind, Series.state).where(Series.period_id == period_id)
    states = {row.kind: row.state for row in work.session.execute(statement)}
    return {area: whole_state(states[kind] for kind in kinds if kind in states) for area, kinds in AREAS.items()}


def areas_panel(work: Work, period: Period) -> Panel:
    """How far each area of a period is closed."""
    states = area_states(work, period.id)
    return Panel("finance.period.areas", [(f"finance.area.{area}", "state", states[area]) for area in AREAS])


def close_panel(work: Work, period: Period) -> Panel | None:
    """How far the month-end checklist is."""
    statement = select(func.count(), func.count().filter(CloseTask.state == "done")).where(
        CloseTask.period_id == period.id
    )
    total, done = work.session.execute(statement).one()
    if not total:
        return None
    return Panel(
        "finance.close_task#plural",
        [("finance.close.done", "number", done), ("finance.close.total", "number", total)],
        share=Decimal(done) / total,
    )


def open_tasks(work: Work, period_id: UUID) -> int:
    """Steps of the close that nobody signed off."""
    statement = select(func.count()).where(CloseTask.period_id == period_id, CloseTask.state == "open")
    return work.session.scalar(statement) or 0
