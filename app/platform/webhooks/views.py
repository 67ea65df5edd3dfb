"""The pages: endpoints with their secrets shown once, deliveries with every attempt, dead letters to replay."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from app.platform.views import Button, DocumentView, Field, Lines, ListView, Related, Tab
from app.platform.webhooks.delivery import (
    DEAD,
    DELIVERED,
    DISCARDED,
    WAITING,
    WebhookAttempt,
    WebhookDelivery,
    counts_of,
    delete_webhook,
    discard_webhook_delivery,
    last_attempts,
    ping_webhook,
    replay_webhook_delivery,
)
from app.platform.webhooks.signature import new_secret
from app.platform.webhooks.subscription import (
    ACTIVE,
    DISABLED,
    PAUSED,
    Webhook,
    create_webhook,
    health_of,
    pause_webhook,
    rekey_webhook,
    resume_webhook,
    secret_hints,
    update_webhook,
)
from app.platform.work import Work


def _offered_secret(work: Work) -> str:
    return new_secret()


def _waiting(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    found = counts_of(work, ids)
    return {key: found.get((key, WAITING), 0) for key in ids}


def _dead(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    found = counts_of(work, ids)
    return {key: found.get((key, DEAD), 0) for key in ids}


def _delivered_at(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, datetime | None]:
    return {key: health.delivered_at for key, health in health_of(work, ids).items()}


def _failing_since(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, datetime | None]:
    return {key: health.failing_since for key, health in health_of(work, ids).items()}


def _problem(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return {key: health.problem for key, health in health_of(work, ids).items()}


def _about(work: Work, delivery: Any) -> Sequence[Related]:
    """The record the event tells of, as the body has it."""
    record = orjson.loads(delivery.body).get("record") or {}
    if not record.get("kind"):
        return []
    return [Related(record["kind"], UUID(record["id"]), record.get("label") or "")]


def _payload(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The body as people read it."""
    rows = work.session.execute(select(WebhookDelivery.id, WebhookDelivery.body).where(WebhookDelivery.id.in_(ids)))
    return {key: orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode() for key, body in rows}


def _of_last_attempt(name: str) -> Callable[[Work, Sequence[UUID]], Mapping[UUID, str]]:
    """What a column of each delivery's latest attempt holds."""

    def read(work: Work, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        attempts = work.remember(("last_attempts", tuple(ids)), lambda: last_attempts(work, ids))
        return {key: getattr(attempt, name) for key, attempt in attempts.items()}

    return read


WEBHOOKS = ListView(
    Webhook,
    columns=[
        Field(Webhook.name, phone="title"),
        Field(Webhook.url, phone="body"),
        Field(Webhook.state, phone="badge"),
        Field(name="delivered_at", kind="instant", compute=_delivered_at, phone="meta"),
        Field(name="waiting", kind="number", compute=_waiting),
        Field(name="dead", kind="number", compute=_dead),
    ],
    search=[Webhook.name, Webhook.url],
    sort=[Webhook.name],
    create=create_webhook,
    icon="webhook",
)
SECRET = Field(name="secret", compute=secret_hints, default=_offered_secret, help="webhook.secret.help", wide=True)
WEBHOOK = DocumentView(
    Webhook,
    fields=[
        Field(Webhook.name, required=True),
        Field(Webhook.url, required=True, help="webhook.url.help", wide=True),
        Field(Webhook.events, kind="tags", wide=True, required=True),
        SECRET,
        Webhook.installation_id,
        Field(name="delivered_at", kind="instant", compute=_delivered_at),
        Field(name="failing_since", kind="instant", compute=_failing_since),
        Field(name="problem", kind="choice", compute=_problem),
        Field(name="waiting", kind="number", compute=_waiting),
        Field(name="dead", kind="number", compute=_dead),
    ],
    state=Webhook.state,
    create=create_webhook,
    update=update_webhook,
    buttons=[
        Button(ping_webhook, states=(ACTIVE,), icon="send"),
        Button(resume_webhook, states=(PAUSED, DISABLED), primary=(PAUSED, DISABLED), icon="player-play"),
        Button(pause_webhook, states=(ACTIVE,), icon="player-pause"),
        Button(
            rekey_webhook,
            icon="key",
            when=lambda webhook: webhook.installation_id is None,
            fields=[
                Field(name="secret", default=_offered_secret, help="webhook.secret.help", wide=True),
                Field(name="overlap_hours", kind="number", default=lambda work: 24, help="webhook.overlap.help"),
            ],
        ),
        Button(delete_webhook, danger=True),
    ],
    icon="webhook",
)
DELIVERIES = ListView(
    WebhookDelivery,
    columns=[
        Field(WebhookDelivery.event, phone="title"),
        Field(WebhookDelivery.webhook_id, phone="body"),
        Field(WebhookDelivery.at, phone="meta"),
        Field(WebhookDelivery.state, phone="badge"),
        WebhookDelivery.attempts,
        WebhookDelivery.status,
        WebhookDelivery.problem,
        WebhookDelivery.due_at,
    ],
    search=[WebhookDelivery.event, WebhookDelivery.lane],
    tabs=[
        Tab("all", default=True),
        Tab("waiting", lambda work: WebhookDelivery.state == WAITING),
        Tab("dead", lambda work: WebhookDelivery.state == DEAD),
        Tab("delivered", lambda work: WebhookDelivery.state == DELIVERED),
    ],
    sort=[WebhookDelivery.at.desc()],
    bulk=[replay_webhook_delivery, discard_webhook_delivery],
    icon="send",
)
ATTEMPTS = Lines(
    WebhookAttempt,
    parent=WebhookAttempt.delivery_id,
    order=WebhookAttempt.id,
    fields=[
        WebhookAttempt.at,
        WebhookAttempt.status,
        WebhookAttempt.milliseconds,
        WebhookAttempt.problem,
        Field(WebhookAttempt.reason, wide=True),
    ],
    argument="log",
)
DELIVERY = DocumentView(
    WebhookDelivery,
    fields=[
        WebhookDelivery.event,
        WebhookDelivery.webhook_id,
        WebhookDelivery.at,
        WebhookDelivery.event_id,
        WebhookDelivery.attempts,
        WebhookDelivery.due_at,
        WebhookDelivery.status,
        WebhookDelivery.problem,
        Field(name="payload", kind="memo", compute=_payload, wide=True),
        Field(name="request_head", kind="memo", compute=_of_last_attempt("request_head"), wide=True),
        Field(name="answer_head", kind="memo", compute=_of_last_attempt("answer_head"), wide=True),
        Field(name="answer_body", kind="memo", compute=_of_last_attempt("answer_body"), wide=True),
    ],
    lines=[ATTEMPTS],
    state=WebhookDelivery.state,
    related=_about,
    buttons=[
        Button(replay_webhook_delivery, states=(DEAD, DELIVERED, DISCARDED), primary=(DEAD, DISCARDED), icon="refresh"),
        Button(discard_webhook_delivery, states=(WAITING, DEAD), danger=True),
    ],
    icon="send",
)
