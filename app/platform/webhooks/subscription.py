"""An endpoint of a tenant: its address, the events it wants, its signing secrets, and how it has been doing.

What an administrator decides (`Webhook`) is kept apart from what the worker finds out (`WebhookHealth`), so that a
busy endpoint never makes an edit stale. A secret comes from outside, is stored sealed and is never shown again: the
portal offers one it has just made, a program brings its own, and neither the audit nor a stored answer ever holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import ForeignKey, Select, String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Model, Name, State, Versioned
from app.adapters.outgoing import LONGEST_URL, OutgoingFailed
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import new_id
from app.platform.actions import action
from app.platform.app_installations import AppInstallation
from app.platform.events import Event
from app.platform.work import Work

ACTIVE, PAUSED, DISABLED = "active", "paused", "disabled"
MOST_WEBHOOKS = 20
HINT = 4


class Webhook(Versioned, Model):
    """An endpoint. Paused, its events wait; disabled (nobody answered for days), none are kept for it."""

    __tablename__ = "webhook"
    __noun__ = "webhook"
    __label__ = "name"
    id: Mapped[Key]
    name: Mapped[Name]
    url: Mapped[str] = mapped_column(String(LONGEST_URL), info={"kind": "url"})
    events: Mapped[list[str]]
    """Names of the catalogue."""
    state: Mapped[State] = mapped_column(default=ACTIVE)
    installation_id: Mapped[UUID | None] = mapped_column(ForeignKey(AppInstallation.id), unique=True)
    """Of the partner app it belongs to; None for an endpoint of the tenant's own."""
    created_by_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class WebhookSecret(Model):
    """A signing secret, sealed under the context `webhook_secret:<id>`. Two live at once while one replaces the other."""

    __tablename__ = "webhook_secret"
    __audited__ = False
    id: Mapped[Key]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey(Webhook.id), index=True)
    sealed: Mapped[bytes]
    hint: Mapped[str] = mapped_column(String(8))
    """Its last characters, by which a person tells two apart."""
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """Set when a newer one took its place; until then both sign."""

    @property
    def context(self) -> str:
        """What it is sealed under."""
        return f"webhook_secret:{self.id}"


class WebhookHealth(Model):
    """What the worker knows of an endpoint."""

    __tablename__ = "webhook_health"
    __audited__ = False
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey(Webhook.id), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    failing_since: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    """A worker is busy with it; one that died lets go when this has passed."""
    delivered_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, slots=True)
class WebhookDue(Event):
    """Somebody wants a delivery made now: the worker is told through the outbox, as of any other fact."""

    internal: ClassVar[bool] = True
    webhook_id: UUID


@dataclass(frozen=True, slots=True)
class WebhookDisabled(Event):
    """An endpoint was switched off because nobody answered; its administrators get a letter."""

    internal: ClassVar[bool] = True
    webhook_id: UUID


Secret = Annotated[str, Limit(min_length=32, max_length=200, pattern=r"^[!-~]+$")]
Title = Annotated[str, Limit(min_length=1, max_length=200)]
Address = Annotated[str, Limit(min_length=1, max_length=LONGEST_URL)]


@action
def create_webhook(work: Work, name: Title, url: Address, events: list[str], secret: Secret) -> UUID:
    """Have events told to an address of one's own."""
    own = select(func.count()).select_from(Webhook).where(Webhook.installation_id.is_(None))
    if work.session.scalars(own).one() >= MOST_WEBHOOKS:
        raise Conflict("webhook.too_many", most=MOST_WEBHOOKS)
    webhook = work.add(
        Webhook(
            name=name,
            url=_checked(work, url),
            events=_known(work, events),
            created_by_id=work.actor.user_id,
            created_at=work.now,
        )
    )
    work.session.flush()
    work.add(WebhookHealth(webhook_id=webhook.id))
    _add_secret(work, webhook, secret)
    return webhook.id


@action
def update_webhook(
    work: Work,
    webhook_id: UUID,
    version: int,
    name: Title | None = None,
    url: Address | None = None,
    events: list[str] | None = None,
) -> UUID:
    """Change an endpoint's address or the events it gets."""
    webhook = _own(work.load(Webhook, webhook_id, version=version))
    if name is not None:
        webhook.name = name
    if url is not None and url != webhook.url:
        webhook.url = _checked(work, url)
    if events is not None:
        webhook.events = _known(work, events)
    return webhook.id


@action
def rekey_webhook(
    work: Work, webhook_id: UUID, secret: Secret, overlap_hours: Annotated[int, Limit(ge=0, le=168)] = 24
) -> UUID:
    """Sign with a new secret; the one before signs along for some hours, so that the receiver can change over."""
    webhook = _own(work.load(Webhook, webhook_id))
    latest, *older = live_secrets(work, webhook_id)
    latest.ends_at = work.now + timedelta(hours=overlap_hours)
    for secret_before in older:
        secret_before.ends_at = work.now
    _add_secret(work, webhook, secret)
    return webhook.id


@action
def pause_webhook(work: Work, webhook_id: UUID) -> UUID:
    """Send nothing for now; events go on being kept and go out when it is resumed."""
    webhook = work.load(Webhook, webhook_id)
    if webhook.state != ACTIVE:
        raise Conflict("lifecycle.refused", verb="pause", state=webhook.state)
    webhook.state = PAUSED
    return webhook.id


@action
def resume_webhook(work: Work, webhook_id: UUID) -> UUID:
    """Send again, to an endpoint that was paused or switched off."""
    webhook = work.load(Webhook, webhook_id)
    if webhook.state == ACTIVE:
        raise Conflict("lifecycle.refused", verb="resume", state=webhook.state)
    webhook.state = ACTIVE
    health = work.session.get_one(WebhookHealth, webhook_id, with_for_update=True)
    health.failures, health.failing_since, health.rest_until = 0, None, None
    work.emit(WebhookDue(webhook_id))
    return webhook.id


@action
def disable_webhook(work: Work, webhook_id: UUID) -> UUID:
    """Switch off an endpoint that has not answered for days; done by the worker."""
    webhook = work.load(Webhook, webhook_id)
    if webhook.state == ACTIVE:
        webhook.state = DISABLED
        work.emit(WebhookDisabled(webhook_id))
    return webhook.id


def live_secrets(work: Work, webhook_id: UUID) -> Sequence[WebhookSecret]:
    """Those that sign now, the latest first."""
    return secrets_at(work, [webhook_id], work.now).get(webhook_id, [])


def secrets_at(work: Work, webhook_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[WebhookSecret]]:
    """The live secrets of several endpoints."""
    found: dict[UUID, list[WebhookSecret]] = {}
    for secret in work.session.scalars(secrets_statement(webhook_ids, at)):
        found.setdefault(secret.webhook_id, []).append(secret)
    return found


def secrets_statement(webhook_ids: Sequence[UUID], at: datetime) -> Select[WebhookSecret]:
    """Secrets live at that moment, the latest first."""
    live = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > at)
    return (
        select(WebhookSecret).where(WebhookSecret.webhook_id.in_(webhook_ids), live).order_by(WebhookSecret.id.desc())
    )


def secret_hints(work: Work, webhook_ids: Sequence[UUID]) -> dict[UUID, str]:
    """How each endpoint's live secrets end."""
    found = secrets_at(work, webhook_ids, work.now)
    return {key: " ".join(f"…{secret.hint}" for secret in secrets) for key, secrets in found.items()}


def health_of(work: Work, webhook_ids: Sequence[UUID]) -> dict[UUID, WebhookHealth]:
    """How each endpoint has been doing."""
    rows = work.session.scalars(select(WebhookHealth).where(WebhookHealth.webhook_id.in_(webhook_ids)))
    return {row.webhook_id: row for row in rows}


def _own(webhook: Webhook) -> Webhook:
    """The endpoint, if its address and secrets are the tenant's to set."""
    if webhook.installation_id is not None:
        raise Conflict("webhook.of_app")
    return webhook


def _add_secret(work: Work, webhook: Webhook, secret: str) -> None:
    made = WebhookSecret(id=new_id(), webhook_id=webhook.id, hint=secret[-HINT:], created_at=work.now, sealed=b"")
    made.sealed = work.means.sealing.seal(secret.encode(), made.context)
    work.add(made)


def _checked(work: Work, url: str) -> str:
    """The address as given, if it is one we would call; the name is looked up only when something is sent."""
    try:
        work.means.outgoing.target(url)
    except OutgoingFailed as failed:
        raise Invalid(failed.code, field="url") from failed
    return url


def _known(work: Work, events: Sequence[str]) -> list[str]:
    """Each once, all of them of the catalogue."""
    if not events:
        raise Invalid("webhook.no_events", field="events")
    for name in events:
        if name not in work.means.event_names:
            raise Invalid("webhook.event_unknown", field="events", event=name)
    return sorted(set(events))
