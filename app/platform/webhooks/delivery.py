"""One event on its way to one endpoint, every attempt to hand it over, and what an administrator may do about it.

The body is written once and kept as text: every attempt and every replay sends the same bytes under the same event id,
which is how a receiver knows that it has had it. Deliveries of one lane (one record) leave in order; one that has been
given up lets the later ones pass.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Memo, Model, State
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.platform.actions import action
from app.platform.webhooks.catalogue import PING
from app.platform.webhooks.subscription import ACTIVE, Webhook, WebhookDue, WebhookHealth, WebhookSecret
from app.platform.work import Work

WAITING, DELIVERED, DEAD, DISCARDED = "waiting", "delivered", "dead", "discarded"


class WebhookDelivery(Model):
    """An event for an endpoint."""

    __tablename__ = "webhook_delivery"
    __noun__ = "webhook_delivery"
    __label__ = "event"
    id: Mapped[Key]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey(Webhook.id))
    event_id: Mapped[UUID]
    """The same in every attempt and for every endpoint."""
    event: Mapped[str] = mapped_column(String(100), info={"kind": "choice"})
    lane: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    """When it happened."""
    body: Mapped[Memo]
    state: Mapped[State] = mapped_column(default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    """Since it was made or last replayed."""
    first_at: Mapped[datetime | None]
    """Of those."""
    due_at: Mapped[datetime]
    status: Mapped[int | None]
    """HTTP status of the last answer; None where there was none."""
    problem: Mapped[str] = mapped_column(default="", info={"kind": "choice"})
    """Message id of why the last attempt failed."""
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("webhook_delivery_due_ix", "webhook_id", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("webhook_delivery_lane_ix", "webhook_id", "lane", "event_id", postgresql_where=text("state = 'waiting'")),
        Index("webhook_delivery_at_ix", "at"),
    )


class WebhookAttempt(Model):
    """One request and what came back: heads and the start of the answer, without signatures and cookies."""

    __tablename__ = "webhook_attempt"
    __audited__ = False
    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey(WebhookDelivery.id), index=True)
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(default="", info={"kind": "choice"})
    reason: Mapped[str] = mapped_column(default="")
    request_head: Mapped[Memo]
    answer_head: Mapped[Memo] = mapped_column(default="")
    answer_body: Mapped[Memo] = mapped_column(default="")


@action
def ping_webhook(work: Work, webhook_id: UUID) -> UUID:
    """Send a test event; the delivery shows what came back."""
    webhook = _active(work, webhook_id)
    key = new_id()
    envelope = {"id": key, "event": PING, "at": work.now, "tenant_id": work.actor.tenant_id, "company_id": None,
                "record": None, "data": {"webhook_id": webhook.id}}  # fmt: skip
    delivery = work.add(
        WebhookDelivery(
            webhook_id=webhook.id,
            event_id=key,
            event=PING,
            lane=str(key),
            at=work.now,
            body=written(envelope),
            due_at=work.now,
        )
    )
    _rouse(work, webhook.id)
    return delivery.id


@action
def replay_webhook_delivery(work: Work, webhook_delivery_id: UUID) -> UUID:
    """Send an event once more, the same bytes under the same id; one that waits for its next attempt, now."""
    delivery = work.load(WebhookDelivery, webhook_delivery_id)
    _active(work, delivery.webhook_id)
    if delivery.state != WAITING:
        delivery.state, delivery.attempts, delivery.first_at, delivery.ended_at = WAITING, 0, None, None
    delivery.due_at = work.now
    _rouse(work, delivery.webhook_id)
    return delivery.id


@action
def discard_webhook_delivery(work: Work, webhook_delivery_id: UUID) -> UUID:
    """Give up an event that waits or has failed; later ones of its record pass."""
    delivery = work.load(WebhookDelivery, webhook_delivery_id)
    if delivery.state not in (WAITING, DEAD):
        raise Conflict("lifecycle.refused", verb="discard", state=delivery.state)
    delivery.state, delivery.ended_at = DISCARDED, work.now
    work.emit(WebhookDue(delivery.webhook_id))
    return delivery.id


@action
def delete_webhook(work: Work, webhook_id: UUID) -> UUID:
    """Take an endpoint away with everything that waits for it."""
    webhook = work.load(Webhook, webhook_id)
    mine = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook_id)
    work.session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(mine)))
    for model in (WebhookDelivery, WebhookSecret, WebhookHealth):
        work.session.execute(delete(model).where(model.webhook_id == webhook_id))
    work.session.delete(webhook)
    return webhook_id


def written(envelope: dict[str, Any]) -> str:
    """The body of a delivery."""
    return orjson.dumps(envelope, default=str, option=orjson.OPT_UTC_Z).decode()


def counts_of(work: Work, webhook_ids: Sequence[UUID]) -> dict[tuple[UUID, str], int]:
    """How many deliveries of each endpoint wait or have been given up."""
    statement = (
        select(WebhookDelivery.webhook_id, WebhookDelivery.state, func.count())
        .where(WebhookDelivery.webhook_id.in_(webhook_ids), WebhookDelivery.state.in_((WAITING, DEAD)))
        .group_by(WebhookDelivery.webhook_id, WebhookDelivery.state)
    )
    return {(row[0], row[1]): row[2] for row in work.session.execute(statement)}


def last_attempts(work: Work, delivery_ids: Sequence[UUID]) -> dict[UUID, WebhookAttempt]:
    """Each delivery's latest attempt; there are few of each."""
    mine = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(delivery_ids))
    return {attempt.delivery_id: attempt for attempt in work.session.scalars(mine.order_by(WebhookAttempt.id))}


def _rouse(work: Work, webhook_id: UUID) -> None:
    """Have the endpoint tried now, though it may be resting: somebody says it answers again."""
    work.session.execute(update(WebhookHealth).where(WebhookHealth.webhook_id == webhook_id).values(rest_until=None))
    work.emit(WebhookDue(webhook_id))


def _active(work: Work, webhook_id: UUID) -> Webhook:
    webhook = work.load(Webhook, webhook_id)
    if webhook.state != ACTIVE:
        raise Conflict("webhook.not_active", state=webhook.state)
    return webhook
