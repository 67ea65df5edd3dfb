"""What every process builds alike: registry, engines, gate, directory. `main`, `worker` and `cli` add their own."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from redis import Redis
from sqlalchemy import Engine

from app.adapters import redis as cache
from app.adapters.db import control_engine, table_of
from app.adapters.mail import Mailer, open_mailer
from app.adapters.objects import ObjectStore, open_store
from app.adapters.outgoing import Outgoing
from app.adapters.sealing import Sealing, open_sealing
from app.adapters.settings import Settings
from app.modules import load_modules
from app.platform.actions import Gate
from app.platform.means import Means
from app.platform.module import MODULE as PLATFORM
from app.platform.oauth.partners import Partners
from app.platform.registry import Registry
from app.platform.webhooks.app_endpoints import AppEndpoints
from app.platform.webhooks.catalogue import EventCatalogue, catalogue_of
from app.platform.webhooks.feeding import Feeder
from app.platform.webhooks.sending import Sender
from app.platform.work import Actor
from app.platform.workflow import asks_approval
from tenants.cells import Cells
from tenants.provision import Provisioner
from tenants.resolve import Directory
from tenants.routing import Router
from tenants.script import Blueprint

NUDGES = "hanse:nudge"
"""Channel on which a committed action tells the worker which tenant has facts to relay."""


def build_registry() -> Registry:
    """Platform and modules, lowest first."""
    return Registry([PLATFORM, *load_modules()])


@dataclass
class Wiring:
    """One process's objects, each made when first used, so that a server may fork before."""

    settings: Settings
    pool_size: int = 8

    @cached_property
    def registry(self) -> Registry:
        return build_registry()

    @cached_property
    def control(self) -> Engine:
        return control_engine(self.settings.database_url)

    @cached_property
    def cells(self) -> Cells:
        return Cells.of(self.settings, pool_size=self.pool_size)

    @cached_property
    def directory(self) -> Directory:
        return Directory.of(self.settings, self.control)

    @cached_property
    def router(self) -> Router:
        return Router(self.cells, self.directory)

    @cached_property
    def redis(self) -> Redis:
        return cache.connect(self.settings.redis_url)

    @cached_property
    def limiter(self) -> cache.RateLimiter:
        return cache.RateLimiter(self.redis)

    @cached_property
    def objects(self) -> ObjectStore:
        return open_store(self.settings.objects_url, self.settings.secret_key())

    @cached_property
    def sealing(self) -> Sealing:
        """Seals single secrets under the installation's master key."""
        return open_sealing(self.settings)

    @cached_property
    def mailer(self) -> Mailer:
        return open_mailer(self.settings.smtp_url, self.settings.mailbox, self.settings.domain)

    @cached_property
    def outgoing(self) -> Outgoing:
        """The one client for addresses outside."""
        return Outgoing(self.settings.allowance)

    @cached_property
    def gate(self) -> Gate:
        return Gate(self.router.session, approval=asks_approval, after_commit=self.nudge, means=self.means)

    @cached_property
    def means(self) -> Means:
        """What actions may ask of the installation."""
        return Means(lambda: self.sealing, lambda: self.outgoing, self._event_names)

    def _event_names(self) -> Collection[str]:
        return self.events.by_name

    @cached_property
    def events(self) -> EventCatalogue:
        """What webhooks can tell."""
        return catalogue_of(self.registry)

    @cached_property
    def sender(self) -> Sender:
        """What the worker sends webhooks with."""
        return Sender(self.router.session, self.outgoing, self.sealing, self.app_endpoints)

    @cached_property
    def feeder(self) -> Feeder:
        """What the relay makes deliveries with."""
        return Feeder(self.events, self.app_endpoints)

    @cached_property
    def app_endpoints(self) -> AppEndpoints:
        """Partner apps that are told of events."""
        return AppEndpoints(self.partners.apps, self.partners.bearers, self.events)

    @cached_property
    def partners(self) -> Partners:
        """Partner apps, one for both doors."""
        secret = self.settings.secret_key()
        return Partners.of(self.control, self.sealing, self.registry, self.directory, self.router.session, secret)

    @cached_property
    def provisioner(self) -> Provisioner:
        """Only where the owner's address is given: worker, migrate, command line."""
        return Provisioner(self.control, self.cells, lambda: self.blueprint)

    @cached_property
    def blueprint(self) -> Blueprint:
        # Alembic is for those who make tenants, not for every web process.
        from migrations import history
        from migrations.models import load_models

        load_models()  # a process imports the files it uses; a tenant needs the tables of all of them
        seeds = [(table_of(model), rows) for model, rows in self.registry.seed_rows()]
        guards = history.guards() if self.settings.tenant_roles else ""
        return Blueprint.of_models(head=history.head("tenant"), guards=guards, seeds=seeds)

    @cached_property
    def jobs(self) -> dict[str, Callable[..., Any]]:
        """What the worker can run: the modules' jobs, and the demonstration, which stands above all modules."""
        from app.demo.build import build_job

        return {**self.registry.jobs, "demo.build": build_job(self.registry)}

    def nudge(self, actor: Actor) -> None:
        """After a commit: tell the worker; a lost nudge is found by its sweep."""
        cache.nudge(self.redis, NUDGES, str(actor.tenant_id))

    def system(self, tenant_id: UUID, name: str = "Hanse", **more: Any) -> Actor:
        """The system itself in one tenant."""
        tenant = self.directory.tenant(tenant_id)
        return Actor.system(tenant.id, tenant.schema, name, **more)

    def close(self) -> None:
        """Give back every connection."""
        self.cells.dispose()
        self.control.dispose()
