"""Closing and reopening fiscal periods, whole or by area. The series rows decide; closing waits for posters in flight."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import literal, select, tuple_, update

from app.kernel.errors import Conflict, Invalid
from app.modules.finance.events import PeriodClosed
from app.modules.finance.models.journal import Series
from app.modules.finance.models.period import Period, PeriodException
from app.modules.finance.queries.period import open_tasks
from app.modules.finance.rules.period import AREAS, PERIOD_STATES, whole_state
from app.platform.actions import action
from app.platform.work import Work

AreaName = Literal["all", "ledger", "receivables", "payables", "stock", "assets"]
ReasonText = Annotated[str, Limit(min_length=1, max_length=400)]
SHUT = ("closed", "sealed")


@action
def soft_close_period(work: Work, period_id: UUID, area: AreaName = "all") -> UUID:
    """Close a period, or one area of it, for all but those who may close it and those with leave."""
    return _move(work, period_id, "soft_close", area)


@action
def close_period(work: Work, period_id: UUID, area: AreaName = "all") -> UUID:
    """Close a period, or one area of it, for everybody; the same must be closed in earlier periods."""
    if area in ("all", "ledger"):
        left = open_tasks(work, period_id)
        if left:
            raise Conflict("period.tasks_open", count=left)
    return _move(work, period_id, "close", area)


@action
def reopen_period(work: Work, period_id: UUID, reason: ReasonText, area: AreaName = "all") -> UUID:
    """Open a closed period, or one area of it, again and say why; later ones must be open."""
    period = work.load(Period, period_id)
    period.reason = reason
    return _move(work, period_id, "reopen", area)


def _kinds(area: str) -> tuple[str, ...]:
    return AREAS[area] if area != "all" else tuple(kind for kinds in AREAS.values() for kind in kinds)


def _move(work: Work, period_id: UUID, verb: str, area: str) -> UUID:
    period = work.load(Period, period_id)
    kinds = _kinds(area)
    series = work.session.execute(
        select(Series.kind, Series.state)
        .where(Series.period_id == period_id)
        .order_by(Series.book_id, Series.kind)
        .with_for_update()
    ).all()
    moved = [row.kind for row in series if row.kind in kinds and PERIOD_STATES.may(verb, row.state)]
    if not moved:
        PERIOD_STATES.after(verb, whole_state(row.state for row in series if row.kind in kinds))
    target = PERIOD_STATES.after(verb, next(row.state for row in series if row.kind in moved))
    if target == "closed":
        _refuse_neighbour(work, period, moved, earlier=True)
    if verb == "reopen":
        _refuse_neighbour(work, period, moved, earlier=False)
    set_series(work, period_id, moved, target)
    period.state = whole_state(target if row.kind in moved else row.state for row in series)
    if target != "open":
        work.emit(PeriodClosed(period_id, target))
    return period_id


def set_series(work: Work, period_id: UUID, kinds: Sequence[str], state: str) -> None:
    """Give the series of a period a state; they are locked."""
    mine = update(Series).where(Series.period_id == period_id, Series.kind.in_(list(kinds)))
    work.session.execute(mine.values(state=state).execution_options(synchronize_session=False))


def _refuse_neighbour(work: Work, period: Period, kinds: Sequence[str], *, earlier: bool) -> None:
    """Each area closes from the first period to the last and reopens the other way."""
    key = tuple_(Period.first_on, Period.no)
    mine = tuple_(literal(period.first_on), literal(period.no))
    statement = (
        select(Period.code)
        .join(Series, Series.period_id == Period.id)
        .where(Period.company_id == period.company_id, Series.kind.in_(list(kinds)))
        .limit(1)
    )
    if earlier:
        wanted = statement.where(Series.state.not_in(SHUT), key < mine).order_by(Period.first_on.desc())
    else:
        wanted = statement.where(Series.state.in_(SHUT), key > mine).order_by(Period.first_on)
    other = work.session.scalars(wanted).first()
    if other is not None:
        raise Conflict("period.earlier_open" if earlier else "period.later_closed", period=other)


# --- People who may still post -------------------------------------------------------------------------------


@action
def create_period_exception(
    work: Work, period_id: UUID, user_id: UUID, until_on: date, reason: ReasonText, area: AreaName = "all"
) -> UUID:
    """Let somebody post into a softly closed period until the end of a day, and say why."""
    period = work.load(Period, period_id)
    if period.state in SHUT:
        raise Conflict("period.closed", field="period_id", period=period.code)
    if until_on < work.today():
        raise Invalid("period_exception.over", field="until_on")
    made = PeriodException(
        company_id=work.company_id,
        period_id=period_id,
        user_id=user_id,
        area=area,
        until_on=until_on,
        reason=reason,
        granted_by=work.actor.name,
    )
    return work.add(made).id


@action
def revoke_period_exception(work: Work, period_exception_id: UUID) -> UUID:
    """Take the leave back before its day."""
    found = work.load(PeriodException, period_exception_id)
    found.state = "revoked"
    return found.id
