"""Closing and reopening fiscal periods. The series rows decide; closing waits for posters in flight."""

from uuid import UUID

from sqlalchemy import literal, select, tuple_, update

from app.kernel.errors import Conflict
from app.modules.finance.events import PeriodClosed
from app.modules.finance.models.journal import Series
from app.modules.finance.models.period import Period
from app.modules.finance.rules.period import PERIOD_STATES
from app.platform.actions import action
from app.platform.work import Work


@action
def soft_close_period(work: Work, period_id: UUID) -> UUID:
    """Close a period for all but those who may close it."""
    return _move(work, period_id, "soft_close")


@action
def close_period(work: Work, period_id: UUID) -> UUID:
    """Close a period for everybody; earlier ones of its company must be closed."""
    return _move(work, period_id, "close")


@action
def reopen_period(work: Work, period_id: UUID) -> UUID:
    """Open a closed period again; later ones must be open."""
    return _move(work, period_id, "reopen")


def _move(work: Work, period_id: UUID, verb: str) -> UUID:
    period = work.load(Period, period_id)
    state = PERIOD_STATES.after(verb, period.state)
    if state == "closed":
        _refuse_neighbour(work, period, earlier=True)
    if verb == "reopen":
        _refuse_neighbour(work, period, earlier=False)
    period.state = state
    mine = Series.period_id == period_id
    work.session.execute(select(Series.kind).where(mine).order_by(Series.book_id, Series.kind).with_for_update())
    work.session.execute(update(Series).where(mine).values(state=state).execution_options(synchronize_session=False))
    if state != "open":
        work.emit(PeriodClosed(period_id, state))
    return period_id


def _refuse_neighbour(work: Work, period: Period, *, earlier: bool) -> None:
    """Periods close from the first to the last and reopen the other way."""
    key = tuple_(Period.first_on, Period.no)
    mine = tuple_(literal(period.first_on), literal(period.no))
    statement = select(Period.code).where(Period.company_id == period.company_id).limit(1)
    if earlier:
        wanted = statement.where(Period.state != "closed", key < mine).order_by(Period.first_on.desc())
    else:
        wanted = statement.where(Period.state == "closed", key > mine).order_by(Period.first_on)
    other = work.session.scalars(wanted).first()
    if other is not None:
        raise Conflict("period.earlier_open" if earlier else "period.later_closed", period=other)
