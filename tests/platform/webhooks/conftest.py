"""A tenant whose webhooks may go to this machine, a clock that only moves when told, and a sender that uses it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.outgoing import Outgoing
from app.kernel.dates import now
from app.platform.outbox import relay
from app.platform.webhooks.delivery import WebhookAttempt, WebhookDelivery
from app.platform.webhooks.sending import Sender, Turn
from app.platform.webhooks.subscription import WebhookHealth
from app.wiring import Wiring
from tests.factories.installation import Installation
from tests.factories.tenant import Tenant, new_tenant

SECRET = "a secret of the receiver, long enough".replace(" ", "-")
ITEM_EVENTS = ["masterdata.item_changed", "masterdata.item_created", "masterdata.item_deactivated"]


@dataclass
class Clock:
    """Starts a second ahead of the real one, so that what has just happened is in the past."""

    at: datetime = field(default_factory=lambda: now() + timedelta(seconds=1))

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Post:
    """The tenant with its sender: subscribe, let things happen, send what is due."""

    tenant: Tenant
    clock: Clock
    sender: Sender

    @property
    def schema(self) -> str:
        return self.tenant.ref.schema

    def subscribe(self, url: str, *events: str, secret: str = SECRET) -> UUID:
        made: UUID = self.tenant.perform(
            "platform.create_webhook", name="ours", url=url, events=list(events or ITEM_EVENTS), secret=secret
        )
        return made

    def item(self, name: str = "Pump") -> UUID:
        """Something happens: an item is made."""
        unit = self.tenant.read(lambda work: _unit(work.session))
        made: UUID = self.tenant.perform("masterdata.create_item", name=name, unit_id=unit)
        return made

    def rename(self, item_id: UUID, name: str) -> None:
        """Something else happens to it."""
        from app.modules.masterdata.models.item import Item

        version = self.tenant.read(lambda work: work.session.get_one(Item, item_id).version)
        self.tenant.perform("masterdata.update_item", item_id=item_id, version=version, name=name)

    def relay(self) -> int:
        """Hand committed facts on, as the worker does; returns how many."""
        feeder, total = self.tenant.wiring.feeder, 0
        while True:
            with self.sender.sessions(self.schema) as session:
                done = relay(session, [partial(feeder.feed, session, self.tenant.ref.id, self.schema)])
            total += done
            if not done:
                self.clock.at = max(self.clock.at, now() + timedelta(seconds=1))
                return total

    def serve(self, webhook_id: UUID) -> Turn:
        """Relay, then a turn of the endpoint."""
        self.relay()
        return self.sender.serve(self.schema, webhook_id)

    def deliveries(self, webhook_id: UUID) -> list[WebhookDelivery]:
        def query(work: Any) -> list[WebhookDelivery]:
            mine = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
            return list(work.session.scalars(mine.order_by(WebhookDelivery.event_id)))

        return self.tenant.read(query)

    def attempts(self, delivery_id: UUID) -> list[WebhookAttempt]:
        def query(work: Any) -> list[WebhookAttempt]:
            mine = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
            return list(work.session.scalars(mine.order_by(WebhookAttempt.id)))

        return self.tenant.read(query)

    def health(self, webhook_id: UUID) -> WebhookHealth:
        return self.tenant.read(lambda work: work.session.get_one(WebhookHealth, webhook_id))


def _unit(session: Any) -> UUID:
    from app.modules.masterdata.models.unit import Unit

    found: UUID = (
        session.scalars(select(Unit.id).where(Unit.code == "pcs")).first()
        or session.scalars(select(Unit.id).order_by(Unit.code).limit(1)).one()
    )
    return found


@pytest.fixture(scope="session")
def open_wiring(installation: Installation) -> Iterator[Wiring]:
    """An installation that lets webhooks go to this machine."""
    made = Wiring(replace(installation.settings, outgoing_allow=("127.0.0.0/8",)), pool_size=8)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def post(open_wiring: Wiring) -> Post:
    clock = Clock()
    outgoing = Outgoing(open_wiring.settings.allowance)
    sender = Sender(
        open_wiring.router.session,
        outgoing,
        open_wiring.sealing,
        open_wiring.app_endpoints,
        clock=clock,
        chance=lambda: 0.5,
    )
    return Post(new_tenant(open_wiring, "DE", books=False), clock, sender)
