"""The relay: hands committed facts to their consumers, then moves them to the history.

At least once, in id order per tenant; consumers are idempotent. A nudge through Redis starts it at
once; the worker's sweep finds what a lost nudge left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.records import OutboxEvent, OutboxHistory

BATCH = 500


@dataclass(frozen=True)
class Fact:
    """A committed event as consumers see it."""

    id: UUID
    at: datetime
    name: str
    body: dict[str, Any]
    actor_id: UUID | None


Consumer = Callable[[Sequence[Fact]], object]
"""What it answers is of no interest here; what it raises keeps the facts."""


def relay(session: Session, consumers: Sequence[Consumer]) -> int:
    """Relay one batch of a tenant's facts and commit; returns how many. A failing consumer keeps them all."""
    rows = session.scalars(
        select(OutboxEvent).order_by(OutboxEvent.id).limit(BATCH).with_for_update(skip_locked=True)
    ).all()
    if not rows:
        session.rollback()
        return 0
    facts = [Fact(row.id, row.at, row.name, row.body, row.actor_id) for row in rows]
    for consume in consumers:
        consume(facts)
    relayed_at = now()
    session.execute(
        insert(OutboxHistory).values(
            [
                {
                    "id": fact.id,
                    "at": fact.at,
                    "name": fact.name,
                    "body": fact.body,
                    "actor_id": fact.actor_id,
                    "relayed_at": relayed_at,
                }
                for fact in facts
            ]
        )
    )
    session.execute(
        delete(OutboxEvent)
        .where(OutboxEvent.id.in_([fact.id for fact in facts]))
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return len(facts)
