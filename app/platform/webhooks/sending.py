"""The worker's part: takes what is due for one endpoint, sends it, writes down what came of it, takes the next.

One worker at a time serves an endpoint: it holds a lease on the endpoint's health row, renewed with every step. No
transaction is open while it waits for an answer. A worker that dies leaves the delivery waiting and the lease to run
out, after which the same bytes are sent again: at least once, never lost.

An endpoint's turn ends when nothing is due, when it has to rest, or after TURN, so that one with a long queue takes
turns with the others.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.adapters.outgoing import Limits, Outgoing, OutgoingFailed, Reply
from app.adapters.sealing import Sealing
from app.kernel.dates import now
from app.kernel.ids import new_id
from app.platform.app_installations import AppInstallation
from app.platform.webhooks.app_endpoints import AppEndpoints
from app.platform.webhooks.delivery import DEAD, DELIVERED, WAITING, WebhookAttempt, WebhookDelivery
from app.platform.webhooks.retrying import is_hopeless, next_attempt, rest_until
from app.platform.webhooks.signature import signature_of
from app.platform.webhooks.subscription import ACTIVE, Webhook, WebhookHealth, secrets_statement

LIMITS = Limits(connect_seconds=5, read_seconds=10, total_seconds=15, body_bytes=2048, cut=True)
LEASE = timedelta(seconds=60)
TURN = timedelta(seconds=30)
KEEP = timedelta(days=30)
"""How long deliveries are kept to be looked at and replayed."""
PRUNED_AT_ONCE = 1000
HEAD = 4096
WITHHELD = frozenset({"set-cookie", "authorization", "www-authenticate", "proxy-authenticate"})
SIGNED = "hanse-signature"

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Parcel:
    """A delivery taken out to be sent, with all it needs."""

    id: UUID
    url: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """What came of sending it."""

    parcel: Parcel
    at: datetime
    milliseconds: int
    reply: Reply | None
    problem: str
    """Message id; empty when it was taken."""
    reason: str = ""


@dataclass(frozen=True)
class Turn:
    """What an endpoint's turn came to: how many requests were made, whether it is to be switched off."""

    sent: int
    hopeless: bool = False


@dataclass(frozen=True)
class Sender:
    """Serves endpoints of any tenant. Clock and chance are given by tests."""

    sessions: Callable[[str], Session]
    outgoing: Outgoing
    sealing: Sealing
    apps: AppEndpoints | None = None
    """Gives the secrets of partner apps; without it theirs are left alone."""
    clock: Callable[[], datetime] = now
    chance: Callable[[], float] = random.random

    def due(self, schema: str) -> list[UUID]:
        """Endpoints with something to send now that are neither resting nor being served."""
        at = self.clock()
        waiting = exists().where(WebhookDelivery.webhook_id == Webhook.id, _is_due(at), ~_held_back())
        installed = exists().where(AppInstallation.id == Webhook.installation_id, AppInstallation.ended_at.is_(None))
        statement = (
            select(Webhook.id)
            .join(WebhookHealth, WebhookHealth.webhook_id == Webhook.id)
            .where(or_(Webhook.installation_id.is_(None), installed))
        )
        with self.sessions(schema) as session:
            found = session.scalars(statement.where(Webhook.state == ACTIVE, waiting, *_free(at)).order_by(Webhook.id))
            return list(found)

    def serve(self, schema: str, webhook_id: UUID) -> Turn:
        """One turn of an endpoint."""
        end = self.clock() + TURN
        outcome: Outcome | None = None
        sent = 0
        while True:
            with self.sessions(schema) as session:
                health = self._held(session, webhook_id, holding=sent > 0)
                if health is None:
                    return Turn(sent)
                if outcome is not None:
                    self._note(session, health, outcome)
                parcel = self._next(session, webhook_id, health) if self.clock() < end else None
                health.leased_until = self.clock() + LEASE if parcel else None
                hopeless = health.failing_since is not None and is_hopeless(health.failing_since, self.clock())
                session.commit()
            if parcel is None:
                return Turn(sent, hopeless=hopeless and outcome is not None and bool(outcome.problem))
            outcome = self._send(parcel)
            sent += 1

    def prune(self, schema: str) -> int:
        """Forget deliveries nobody needs any more; returns how many."""
        old = (
            select(WebhookDelivery.id)
            .where(WebhookDelivery.at < self.clock() - KEEP, WebhookDelivery.state != WAITING)
            .limit(PRUNED_AT_ONCE)
        )
        with self.sessions(schema) as session:
            ids = list(session.scalars(old))
            session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)))
            session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
            session.commit()
        return len(ids)

    def bury(self, schema: str, webhook_id: UUID) -> None:
        """Give up what waits for an endpoint that was switched off; it can be replayed once it is back."""
        with self.sessions(schema) as session:
            session.execute(
                update(WebhookDelivery)
                .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == WAITING)
                .values(state=DEAD, problem="webhook.disabled", ended_at=self.clock())
            )
            session.commit()

    # -- one delivery ---------------------------------------------------------------------------------

    def _held(self, session: Session, webhook_id: UUID, holding: bool) -> WebhookHealth | None:
        """The health row under lock, if the endpoint is ours to serve: free, or leased by this very turn."""
        at = self.clock()
        statement = (
            select(WebhookHealth).where(WebhookHealth.webhook_id == webhook_id).with_for_update(of=WebhookHealth)
        )
        return session.scalars(statement if holding else statement.where(*_free(at))).one_or_none()

    def _next(self, session: Session, webhook_id: UUID, health: WebhookHealth) -> Parcel | None:
        """The delivery to send now: the one due longest whose lane has no earlier one still waiting."""
        at = self.clock()
        webhook = session.scalars(
            select(Webhook).where(Webhook.id == webhook_id, Webhook.state == ACTIVE)
        ).one_or_none()
        if webhook is None or (health.rest_until is not None and health.rest_until > at):
            return None
        delivery = session.scalars(
            select(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id, _is_due(at), ~_held_back())
            .order_by(WebhookDelivery.due_at, WebhookDelivery.event_id)
            .limit(1)
        ).one_or_none()
        return self._parcel(session, webhook, delivery, at) if delivery is not None else None

    def _keys(self, session: Session, webhook: Webhook, at: datetime) -> list[str]:
        """The live signing secrets: the endpoint's own, or the partner's."""
        if webhook.installation_id is not None:
            return self.apps.secrets(session, webhook.installation_id) if self.apps is not None else []
        secrets = session.scalars(secrets_statement([webhook.id], at))
        return [self.sealing.unseal(secret.sealed, secret.context).decode() for secret in secrets]

    def _parcel(self, session: Session, webhook: Webhook, delivery: WebhookDelivery, at: datetime) -> Parcel | None:
        """Signed now: the timestamp says when this attempt was made. Nothing leaves unsigned."""
        keys = self._keys(session, webhook, at)
        if not keys:
            return None
        body, timestamp = delivery.body.encode(), int(at.timestamp())
        headers = [
            ("Content-Type", "application/json"),
            ("Hanse-Event-Id", str(delivery.event_id)),
            ("Hanse-Event", delivery.event),
            ("Hanse-Timestamp", str(timestamp)),
            ("Hanse-Signature", signature_of(keys, timestamp, body)),
        ]
        return Parcel(delivery.id, webhook.url, headers, body)

    def _send(self, parcel: Parcel) -> Outcome:
        at, began = self.clock(), monotonic()
        reply, problem, reason = None, "", ""
        try:
            reply = self.outgoing.post(parcel.url, parcel.body, headers=parcel.headers, limits=LIMITS)
            problem = "" if reply.ok else _problem_of(reply)
        except OutgoingFailed as failed:
            problem, reason = failed.code, failed.reason
        return Outcome(parcel, at, int((monotonic() - began) * 1000), reply, problem, reason)

    def _note(self, session: Session, health: WebhookHealth, outcome: Outcome) -> None:
        """Write down an attempt, what follows for the delivery, and how the endpoint does."""
        at = self.clock()
        delivery = session.get(WebhookDelivery, outcome.parcel.id, with_for_update=True)
        if delivery is None or delivery.state != WAITING:
            return  # discarded or taken away meanwhile
        session.add(_attempt(outcome))
        delivery.attempts += 1
        delivery.first_at = delivery.first_at or outcome.at
        delivery.status = outcome.reply.status if outcome.reply else None
        delivery.problem = health.problem = outcome.problem
        if not outcome.problem:
            delivery.state, delivery.ended_at = DELIVERED, at
            health.failures, health.failing_since, health.rest_until, health.delivered_at = 0, None, None, at
            return
        again = next_attempt(delivery.attempts, delivery.first_at, at, self.chance())
        if again is None:
            delivery.state, delivery.ended_at = DEAD, at
        else:
            delivery.due_at = again
        health.failures += 1
        health.failing_since = health.failing_since or at
        health.rest_until = rest_until(health.failures, at, self.chance())


def _is_due(at: datetime) -> ColumnElement[bool]:
    return and_(WebhookDelivery.state == WAITING, WebhookDelivery.due_at <= at)


def _held_back() -> ColumnElement[bool]:
    """Whether an earlier one of the same lane still waits."""
    earlier = aliased(WebhookDelivery)
    return exists().where(
        earlier.webhook_id == WebhookDelivery.webhook_id,
        earlier.lane == WebhookDelivery.lane,
        earlier.state == WAITING,
        earlier.event_id < WebhookDelivery.event_id,
    )


def _free(at: datetime) -> Sequence[ColumnElement[bool]]:
    """Conditions on a health row: not resting, not served by somebody."""
    times = (WebhookHealth.rest_until, WebhookHealth.leased_until)
    return [or_(column.is_(None), column <= at) for column in times]


def _problem_of(reply: Reply) -> str:
    redirected = 300 <= reply.status < 400  # RFC 9110, section 15.4
    return "webhook.redirected" if redirected else "webhook.refused"


def _attempt(outcome: Outcome) -> WebhookAttempt:
    reply = outcome.reply
    return WebhookAttempt(
        id=new_id(),
        delivery_id=outcome.parcel.id,
        at=outcome.at,
        milliseconds=outcome.milliseconds,
        status=reply.status if reply else None,
        problem=outcome.problem,
        reason=_storable(outcome.reason),
        request_head=_storable(f"POST {outcome.parcel.url}\n{_told(outcome.parcel.headers)}"),
        answer_head=_storable(_told(reply.headers)) if reply else "",
        answer_body=_storable(reply.body.decode("utf-8", "replace")) if reply else "",
    )


def _told(headers: Iterable[tuple[str, str]]) -> str:
    """Headers as lines, without what opens or proves something."""
    lines = []
    for name, value in headers:
        hidden = name.lower() in WITHHELD or name.lower() == SIGNED
        lines.append(f"{name}: {'…' if hidden else value}")
    return "\n".join(lines)[:HEAD]


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
