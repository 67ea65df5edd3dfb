"""Long work: asked for inside a transaction, done by the worker, watched by whoever asked.

The request is a row of the tenant and an event; the relay hands it to the queue only after the commit,
so a rolled back transaction leaves no job and a lost Redis loses none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import Json, Key, Model, Percent, State
from app.kernel.dates import now
from app.kernel.errors import Missing, Refusal
from app.kernel.ids import new_id
from app.platform.actions import Gate, own_action
from app.platform.events import Event
from app.platform.work import Actor, Work

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"


class Job(Model):
    """One piece of long work and how far it is."""

    __tablename__ = "platform_job"
    __noun__ = "job"
    __label__ = "name"
    __audited__ = False
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any]]
    state: Mapped[State] = mapped_column(default=WAITING)
    progress: Mapped[Percent] = mapped_column(default=Decimal(0))
    result: Mapped[Json | None]
    problem: Mapped[str] = mapped_column(default="")
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    company_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class JobRequested(Event):
    """A job row waits to be run."""

    internal: ClassVar[bool] = True
    job_id: UUID
    name: str


@dataclass(frozen=True)
class JobContext:
    """What a job function gets: the gate, the actor who asked, and a way to tell how far it is."""

    gate: Gate
    actor: Actor
    tell: Callable[[Decimal], bool]
    """Report progress 0..100; returns False once somebody cancelled the job."""


JobFunction = Callable[..., Any]


def request_job(work: Work, name: str, **arguments: Any) -> UUID:
    """Ask for a job (`module.name` in the registry) at the end of this transaction; returns its id."""
    job = work.add(
        Job(
            id=new_id(),
            name=name,
            arguments=arguments,
            user_id=work.actor.user_id,
            company_id=work.actor.company_id,
            created_at=work.now,
        )
    )
    work.emit(JobRequested(job.id, name))
    return job.id


@own_action
def cancel_job(work: Work, job_id: UUID) -> UUID:
    """Stop one's own job at its next step."""
    job = work.load(Job, job_id)
    if job.user_id != work.actor.user_id and not work.actor.grants.everything:
        raise Missing("record.missing", noun="platform.job", id=str(job_id))
    if job.state in (WAITING, RUNNING):
        job.state = CANCELLED
        job.ended_at = work.now
    return job.id


def job_of(work: Work, job_id: UUID) -> Job | None:
    """A job of the signed-in user, or None."""
    return work.session.scalars(select(Job).where(Job.id == job_id, Job.user_id == work.actor.user_id)).one_or_none()


def run_job(sessions: Callable[[str], Session], gate: Gate, actor: Actor, job_id: UUID, function: JobFunction) -> None:
    """Run one job in the worker; its outcome is written whatever happens, a defect is raised again."""
    with sessions(actor.schema) as session:
        job = session.get(Job, job_id, with_for_update=True)
        if job is None or job.state != WAITING:
            return
        job.state = RUNNING
        arguments = dict(job.arguments)
        session.commit()

    def write(**values: Any) -> str:
        with sessions(actor.schema) as session:
            session.execute(update(Job).where(Job.id == job_id, Job.state == RUNNING).values(**values))
            state: str = session.execute(select(Job.state).where(Job.id == job_id)).scalar_one()
            session.commit()
            return state

    context = JobContext(gate, actor, lambda share: write(progress=share) == RUNNING)
    try:
        result = function(context, **arguments)
    except Refusal as refusal:
        write(state=FAILED, problem=refusal.code, ended_at=now())
    except Exception:
        write(state=FAILED, problem="job.defect", ended_at=now())
        raise
    else:
        write(state=DONE, progress=Decimal(100), result=result, ended_at=now())
