"""The relay's consumer: each committed fact becomes one delivery for every endpoint that is to be told of it.

It runs in the relay's transaction, so a fact is moved to the history together with its deliveries or not at all. A
tenant's own endpoints get what they subscribed to. A partner's app is told only of records it may read, in the
companies it is let into; where the roles it is limited to hide fields of such a record, it gets the record's id alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adapters.db import Model, table_of
from app.kernel.dates import now
from app.kernel.ids import new_id
from app.platform.outbox import Fact
from app.platform.permissions import hidden_fields, narrowed
from app.platform.webhooks.app_endpoints import AppEndpoints
from app.platform.webhooks.catalogue import EventCatalogue, EventKind
from app.platform.webhooks.delivery import WebhookDelivery, written
from app.platform.webhooks.subscription import DISABLED, Webhook
from app.platform.work import Actor, Work


@dataclass(frozen=True)
class About:
    """What is known of a record an event is about."""

    label: str | None = None
    company_id: UUID | None = None


@dataclass(frozen=True)
class Told:
    """A fact as webhooks tell it."""

    kind: EventKind
    fact: Fact
    about: About = About()

    @property
    def lane(self) -> str:
        return self.kind.lane(self.fact.body)

    def body(self, tenant_id: UUID, *, bare: bool = False) -> str:
        """The text that is sent; `bare` tells the record's id and nothing else of it."""
        body = self.fact.body
        if bare:
            body = {self.kind.record_field: body[self.kind.record_field]} if self.kind.record_field else {}
        return written(
            {
                "id": self.fact.id,
                "event": self.kind.name,
                "at": self.fact.at,
                "tenant_id": tenant_id,
                "company_id": self.about.company_id,
                "record": self.kind.record(self.fact.body, None if bare else self.about.label),
                "data": self.kind.data(body),
            }
        )


@dataclass(frozen=True)
class Feeder:
    """Makes deliveries of facts; without `apps` for a tenant's own endpoints alone."""

    events: EventCatalogue
    apps: AppEndpoints | None = None

    def feed(self, session: Session, tenant_id: UUID, schema: str, facts: Sequence[Fact]) -> int:
        """Make the deliveries of some facts; returns how many. Repeating it changes nothing."""
        known = self.events.by_fact
        told = [Told(known[fact.name], fact) for fact in facts if fact.name in known]
        if not told:
            return 0
        actors = self.apps.attach(session, tenant_id, schema, now()) if self.apps is not None else {}
        session.flush()
        webhooks = session.scalars(select(Webhook).where(Webhook.state != DISABLED).order_by(Webhook.id)).all()
        wanted = {name for webhook in webhooks for name in webhook.events}
        told = _with_records(session, [one for one in told if one.kind.name in wanted])
        rows: list[dict[str, Any]] = []
        for webhook in webhooks:
            mine = [one for one in told if one.kind.name in webhook.events]
            if webhook.installation_id is None:
                rows += [_row(webhook, one, one.body(tenant_id)) for one in mine]
            elif webhook.id in actors:
                rows += _for_app(session, webhook, actors[webhook.id], mine)
        if rows:
            session.execute(insert(table_of(WebhookDelivery)).values(rows).on_conflict_do_nothing())
        return len(rows)


def _for_app(session: Session, webhook: Webhook, actor: Actor, told: Sequence[Told]) -> list[dict[str, Any]]:
    """Deliveries of what the app may know."""
    visible = _visible(session, actor, told)
    companies = actor.app.companies if actor.app is not None else frozenset()
    rows = []
    for one in told:
        model, company = one.kind.model, one.about.company_id
        elsewhere = bool(companies) and company is not None and company not in companies
        if elsewhere or (model is not None and one.lane not in visible):
            continue
        bare = model is not None and bool(hidden_fields(actor, model))
        rows.append(_row(webhook, one, one.body(actor.tenant_id, bare=bare)))
    return rows


def _visible(session: Session, actor: Actor, told: Iterable[Told]) -> set[str]:
    """Ids of the records the app may read."""
    work = Work(session, actor)
    found: set[str] = set()
    for model, keys in _keys(told).items():
        key = model.__mapper__.columns["id"]
        found |= {str(one) for one in session.scalars(narrowed(select(key).where(key.in_(keys)), work, model))}
    return found


def _row(webhook: Webhook, told: Told, body: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "webhook_id": webhook.id,
        "event_id": told.fact.id,
        "event": told.kind.name,
        "lane": told.lane,
        "at": told.fact.at,
        "due_at": told.fact.at,
        "body": body,
    }


def _with_records(session: Session, told: Sequence[Told]) -> list[Told]:
    """With the number or name and the company of each record: a statement for each kind of them."""
    found: dict[str, About] = {}
    for model, keys in _keys(told).items():
        columns = table_of(model).c
        company = columns["company_id"] if "company_id" in columns else null()
        statement = select(columns["id"], cast(columns[model.__label__], String), company)
        for key, label, company_id in session.execute(statement.where(columns["id"].in_(keys))):
            found[str(key)] = About(label or None, company_id)
    return [Told(one.kind, one.fact, found.get(one.lane, About())) for one in told]


def _keys(told: Iterable[Told]) -> Mapping[type[Model], set[UUID]]:
    keys: dict[type[Model], set[UUID]] = {}
    for one in told:
        if one.kind.model is not None:
            keys.setdefault(one.kind.model, set()).add(UUID(one.lane))
    return keys
