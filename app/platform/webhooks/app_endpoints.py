"""Partner apps as endpoints: an app that is installed and has a webhook address is told what it may read.

Address and signing secrets are the partner's own (`oauth.apps`); which events it gets follows from the scopes and
roles of its installation. The endpoint's row is kept in step with both whenever facts are relayed, so that the
administrator sees it among the others, may pause it, and can look at its deliveries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.platform.app_installations import AppInstallation, Limits, limits_of
from app.platform.oauth.apps import AppFacts, Apps
from app.platform.oauth.bearers import Bearers
from app.platform.permissions import Grants, read_permission
from app.platform.webhooks.catalogue import EventCatalogue, EventKind
from app.platform.webhooks.subscription import ACTIVE, DISABLED, Webhook, WebhookHealth
from app.platform.work import ActingApp, Actor


@dataclass(frozen=True)
class AppEndpoints:
    """Knows the apps of tenants, and as whom each of them is told."""

    apps: Apps
    bearers: Bearers
    events: EventCatalogue

    def attach(self, session: Session, tenant_id: UUID, schema: str, at: datetime) -> Mapping[UUID, Actor]:
        """Webhook id -> the app as the actor it is here, for every app to be told; makes and mends their rows."""
        rows = {
            row.installation_id: row
            for row in session.scalars(select(Webhook).where(Webhook.installation_id.is_not(None)))
        }
        found: dict[UUID, Actor] = {}
        for installation in session.scalars(select(AppInstallation).where(AppInstallation.ended_at.is_(None))):
            app, limits = self.apps.find(installation.app_id), limits_of(session, schema, installation.id)
            if app is None or not app.live or not app.webhook_url or limits is None:
                continue
            actor = self._actor(tenant_id, schema, app, installation.id, limits)
            webhook = rows.pop(installation.id, None) or _added(session, installation, at)
            webhook.name, webhook.url = app.name, app.webhook_url
            webhook.events = sorted(kind.name for kind in self.events.kinds if _told(kind, actor, limits))
            found[webhook.id] = actor
        for webhook in rows.values():
            webhook.state = DISABLED  # uninstalled, or without an address now
        return found

    def _actor(self, tenant_id: UUID, schema: str, app: AppFacts, installation_id: UUID, limits: Limits) -> Actor:
        return Actor(
            tenant_id,
            schema,
            app.name,
            Grants(self.bearers.allowed(limits.scopes, limits)),
            door="webhook",
            rules=limits.rules,
            app=ActingApp(app.id, installation_id, limits.companies),
        )

    def secrets(self, session: Session, installation_id: UUID) -> list[str]:
        """What to sign with for an installed app now; nothing where it is not to be told any more."""
        installation = session.get(AppInstallation, installation_id)
        if installation is None or installation.ended_at is not None:
            return []
        app = self.apps.find(installation.app_id)
        return self.apps.webhook_secrets(app.id) if app is not None and app.live and app.webhook_url else []


def _added(session: Session, installation: AppInstallation, at: datetime) -> Webhook:
    webhook = Webhook(
        name=installation.app_name,
        url="",
        events=[],
        state=ACTIVE,
        installation_id=installation.id,
        created_by_id=installation.installed_by,
        created_at=at,
    )
    session.add(webhook)
    session.flush()
    session.add(WebhookHealth(webhook_id=webhook.id))
    return webhook


def _told(kind: EventKind, actor: Actor, limits: Limits) -> bool:
    """Whether the app may read what the event is about; one about no record needs the module's whole read scope."""
    if kind.model is not None:
        return read_permission(kind.model) in actor.grants
    return f"{kind.module}:read" in limits.scopes and limits.grants is None
