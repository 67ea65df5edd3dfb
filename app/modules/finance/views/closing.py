"""The month-end checklist as a living page: each step with what it finds now, its owner, and its signature."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.modules.finance.actions.closing import (
    reopen_close_task,
    run_close_task,
    sign_close_task,
    update_close_task,
)
from app.modules.finance.models.period import CloseTask, Period
from app.modules.finance.queries.closing import CLOSE_STEPS, Evidence, evidence_of
from app.platform.views import Button, DocumentView, Field, ListView, Panel, Step, Tab
from app.platform.work import Work

STEPS = ("recurring", "unposted", "goods_received", "stock", "reconciled", "result", "unsealed")


def _live(pick: Callable[[Evidence], Any]) -> Callable[[Work, Sequence[UUID]], Mapping[UUID, Any]]:
    """A computed column: what the steps find now; signed ones keep what was found then."""

    def compute(work: Work, keys: Sequence[UUID]) -> Mapping[UUID, Any]:
        return {key: pick(_evidence(work, work.get(CloseTask, key))) for key in keys}

    return compute


def _evidence(work: Work, task: CloseTask) -> Evidence:
    if task.state == "done" or task.step not in CLOSE_STEPS:
        return Evidence(task.found)
    return evidence_of(work, task)


CLOSE_TASKS = ListView(
    CloseTask,
    columns=[
        Field(CloseTask.period_id, phone="meta"),
        Field(CloseTask.no, hidden=True),
        Field(CloseTask.step, choices=STEPS, phone="title"),
        Field(name="left", kind="number", compute=_live(lambda found: found.left), phone="value"),
        Field(CloseTask.owner_id, phone="body"),
        Field(CloseTask.state, choices=("open", "done"), phone="badge"),
        Field(CloseTask.signed_by),
        Field(CloseTask.signed_at, hidden=True),
        CloseTask.note,
    ],
    group_by=[CloseTask.period_id, CloseTask.owner_id, CloseTask.state],
    tabs=[
        Tab("all", default=True),
        Tab("open", lambda work: CloseTask.state == "open"),
        Tab("mine", lambda work: CloseTask.owner_id == work.actor.user_id),
    ],
    sort=[CloseTask.period_id.desc(), CloseTask.no],
    bulk=[sign_close_task, run_close_task],
    icon="checklist",
)


def _evidence_panel(work: Work, task: CloseTask) -> Panel:
    """What the step finds now."""
    found = _evidence(work, task)
    rows: list[tuple[str, str, Any]] = [("finance.close_task.left", "number", found.left)]
    if found.amount:
        rows.append(("field.amount", "money", found.amount))
    if found.link:
        rows.append(("finance.close_task.evidence", "url", found.link))
    state = "finance.close.clean" if not found.left else "finance.close.left"
    return Panel("finance.close_task.evidence", rows, badge=state, tone="waiting" if found.left else "done")


def _steps(work: Work, task: CloseTask) -> list[Step]:
    done = task.state == "done"
    period = work.get(Period, task.period_id)
    return [
        Step("state.open", "done" if done else "current", period.last_on),
        Step("finance.close.signed", "done" if done else "todo", detail=task.signed_by),
    ]


def _runs(task: Any) -> bool:
    step = CLOSE_STEPS.get(task.step)
    return step is not None and step.run is not None and task.state == "open"


CLOSE_TASK = DocumentView(
    CloseTask,
    fields=[
        Field(CloseTask.step, choices=STEPS),
        CloseTask.period_id,
        CloseTask.owner_id,
        Field(CloseTask.signed_by),
        Field(CloseTask.signed_at),
        Field(CloseTask.note, wide=True),
    ],
    state=CloseTask.state,
    update=update_close_task,
    buttons=[
        Button(
            sign_close_task,
            states=("open",),
            primary=("open",),
            fields=[Field(name="note", kind="text")],
            icon="check",
        ),
        Button(run_close_task, states=("open",), when=_runs, icon="player-play"),
        Button(reopen_close_task, states=("done",), icon="arrow-back-up"),
    ],
    steps=_steps,
    panels=[_evidence_panel],
    icon="checklist",
)
