"""The month-end checklist at work: begun for a period, looked at, run, signed off with what was seen."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import select

from app.kernel.errors import Conflict
from app.modules.finance.actions.result import carried_voucher
from app.modules.finance.actions.voucher_template import draft_recurring_vouchers
from app.modules.finance.models.period import CloseTask, Period
from app.modules.finance.queries.closing import (
    CloseStep,
    declare,
    evidence_of,
    goods_received,
    reconciled,
    recurring_due,
    recurring_left,
    result_left,
    step_of,
    steps_in_order,
    unposted,
    unsealed,
)
from app.platform.actions import Gate, action
from app.platform.organisation import companies
from app.platform.work import Actor, Work


def draft_due(router: Any, gate: Gate, actor: Actor) -> None:
    """The worker's upkeep: draft what schedules have due by today in every company; nothing is written where nothing is."""
    del router
    for company in gate.read(actor, lambda work: [(c.id, c.zone) for c in companies(work) if c.ready]):
        inside = actor.in_company(*company)
        if gate.read(inside, lambda work: recurring_left(work, work.today())):
            gate.perform(draft_recurring_vouchers, inside)


def _drafted(work: Work, period: Period) -> None:
    draft_recurring_vouchers(work, period.last_on)


declare(CloseStep("recurring", 10, recurring_due, _drafted))
declare(CloseStep("unposted", 20, unposted))
declare(CloseStep("goods_received", 30, goods_received))
declare(CloseStep("reconciled", 60, reconciled))
declare(CloseStep("result", 90, result_left, carried_voucher))
declare(CloseStep("unsealed", 95, unsealed))


@action
def begin_close(work: Work, period_id: UUID) -> UUID:
    """Lay out the checklist of a period; steps that came since are added."""
    period = work.load(Period, period_id)
    if period.state in ("closed", "sealed"):
        raise Conflict("period.closed", period=period.code)
    known = set(work.session.scalars(select(CloseTask.step).where(CloseTask.period_id == period_id)))
    for step in steps_in_order():
        if step.name not in known:
            work.add(CloseTask(company_id=work.company_id, period_id=period_id, no=step.no, step=step.name))
    return period_id


@action
def update_close_task(
    work: Work,
    close_task_id: UUID,
    version: int,
    owner_id: UUID | MISSING | None = MISSING,
    note: Annotated[str, Limit(max_length=400)] | MISSING = MISSING,
) -> UUID:
    """Say who looks after a step, and what there is to say of it."""
    task = work.load(CloseTask, close_task_id, version=version)
    if owner_id is not MISSING:
        task.owner_id = owner_id
    if isinstance(note, str):
        task.note = note
    return task.id


@action
def run_close_task(work: Work, close_task_id: UUID) -> UUID:
    """Do what the step is about, as often as it takes; what it drafts or posts shows under its evidence."""
    task = work.load(CloseTask, close_task_id)
    step = step_of(task)
    if step.run is None:
        raise Conflict("close_task.by_hand")
    step.run(work, work.load(Period, task.period_id, lock=False))
    task.state, task.looked_at = "open", work.now
    return task.id


@action
def sign_close_task(work: Work, close_task_id: UUID, note: Annotated[str, Limit(max_length=400)] = "") -> UUID:
    """Sign a step off. While something is left, it takes a note that says why."""
    task = work.load(CloseTask, close_task_id)
    if task.state == "done":
        raise Conflict("close_task.done")
    found = evidence_of(work, task)
    said = note or task.note
    if found.left and not said:
        raise Conflict("close_task.left", field="note", count=found.left)
    task.state, task.found, task.looked_at = "done", found.left, work.now
    task.signed_by, task.signed_at, task.note = work.actor.name, work.now, said
    return task.id


@action
def reopen_close_task(work: Work, close_task_id: UUID) -> UUID:
    """Take a signature back."""
    task = work.load(CloseTask, close_task_id)
    task.state, task.signed_by, task.signed_at = "open", "", None
    return task.id
