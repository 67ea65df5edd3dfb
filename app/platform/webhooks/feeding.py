"""The relay's consumer: each committed fact becomes one delivery for every endpoint that asked for it.

It runs in the relay's transaction, so a fact is moved to the history together with its deliveries or not at all.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adapters.db import Model, table_of
from app.kernel.ids import new_id
from app.platform.outbox import Fact
from app.platform.webhooks.catalogue import EventCatalogue, EventKind
from app.platform.webhooks.delivery import WebhookDelivery, written
from app.platform.webhooks.subscription import DISABLED, Webhook

Told = tuple[EventKind, Fact]


def feed(session: Session, catalogue: EventCatalogue, tenant_id: UUID, facts: Sequence[Fact]) -> int:
    """Make the deliveries of some facts; returns how many. Repeating it changes nothing."""
    told = [(catalogue.by_fact[fact.name], fact) for fact in facts if fact.name in catalogue.by_fact]
    if not told:
        return 0
    webhooks = session.scalars(select(Webhook).where(Webhook.state != DISABLED).order_by(Webhook.id)).all()
    wanted = {name for webhook in webhooks for name in webhook.events}
    told = [(kind, fact) for kind, fact in told if kind.name in wanted]
    if not told:
        return 0
    records = _records(session, told)
    rows = []
    for kind, fact in told:
        body = written(_envelope(kind, fact, tenant_id, records))
        rows += [_row(webhook, kind, fact, body) for webhook in webhooks if kind.name in webhook.events]
    session.execute(insert(table_of(WebhookDelivery)).values(rows).on_conflict_do_nothing())
    return len(rows)


def _row(webhook: Webhook, kind: EventKind, fact: Fact, body: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "webhook_id": webhook.id,
        "event_id": fact.id,
        "event": kind.name,
        "lane": kind.lane(fact.body),
        "at": fact.at,
        "due_at": fact.at,
        "body": body,
    }


def _envelope(
    kind: EventKind, fact: Fact, tenant_id: UUID, records: dict[str, tuple[str | None, UUID | None]]
) -> dict[str, Any]:
    label, company_id = records.get(kind.lane(fact.body), (None, None))
    return {
        "id": fact.id,
        "event": kind.name,
        "at": fact.at,
        "tenant_id": tenant_id,
        "company_id": company_id,
        "record": kind.record(fact.body, label),
        "data": kind.data(fact.body),
    }


def _records(session: Session, told: Iterable[Told]) -> dict[str, tuple[str | None, UUID | None]]:
    """Id -> (number or name, company) of the records events are about: a statement for each kind of them."""
    keys: dict[type[Model], set[UUID]] = {}
    for kind, fact in told:
        if kind.model is not None:
            keys.setdefault(kind.model, set()).add(UUID(kind.lane(fact.body)))
    found: dict[str, tuple[str | None, UUID | None]] = {}
    for model, wanted in keys.items():
        columns = table_of(model).c
        company = columns["company_id"] if "company_id" in columns else null()
        statement = select(columns["id"], cast(columns[model.__label__], String), company)
        for key, label, company_id in session.execute(statement.where(columns["id"].in_(wanted))):
            found[str(key)] = (label or None, company_id)
    return found
