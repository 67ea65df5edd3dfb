"""The worker process: relays committed facts, runs jobs, sends webhooks, seals ledgers, keeps blank tenants ready.

Two loops in one process. The relay waits for nudges through Redis and hands facts on; a sweep over the
tenants finds what a lost nudge left, also while Redis is gone. The queue (procrastinate, its own
database) runs long work with retries; LISTEN/NOTIFY is off, so it works behind a pooler.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.orm import Session

from app.adapters import redis as cache
from app.adapters.settings import Settings
from app.adapters.telemetry import configure_logging, configure_sentry, count_job
from app.platform.audit_seal import anchor_audit, audit_waits
from app.platform.identity.expiry import clear_expired
from app.platform.jobs import Job, run_job
from app.platform.outbox import Fact, relay
from app.platform.resealing import reseal_tenant
from app.platform.users import profile_of
from app.platform.webhooks.letters import disabled_letters
from app.platform.webhooks.sending import Turn
from app.platform.webhooks.subscription import disable_webhook
from app.platform.work import Actor
from app.wiring import NUDGES, Wiring
from tenants.resolve import TenantRef

log = structlog.get_logger(__name__)
SWEEP_SECONDS = 30.0
WAIT_SECONDS = 5.0
BLANK_TENANTS = 3
REFILL_SECONDS = 120
CONCURRENCY = 2
SEAL_DELAY_SECONDS = 1
WEBHOOK_TENANTS = 4
"""Tenants whose webhooks are sent at the same time: one tenant takes one place, however many endpoints keep it busy."""
ENDPOINTS_AT_ONCE = 4


LETTERS = RetryStrategy(max_attempts=6, exponential_wait=4)
"""A letter is tried for about an hour and a half."""


def actor_of_job(session: Session, tenant: TenantRef, user_id: UUID | None) -> Actor:
    """Who a job acts for: whoever asked for it, with the rights they hold by now; the system for its own.

    Somebody dismissed since then holds none, and is never taken for the system.
    """
    if user_id is None:
        return Actor.system(tenant.id, tenant.schema, door="job")
    profile = profile_of(session, tenant.schema, user_id)
    if profile is None:
        return Actor(tenant.id, tenant.schema, "", user_id=user_id, door="job")
    return profile.actor(tenant.id, tenant.schema, "job", modules=tenant.modules)


@dataclass
class Worker:
    """Everything one worker process does."""

    wiring: Wiring
    stopping: threading.Event = field(default_factory=threading.Event)
    resealed: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        url = self.wiring.settings.queue_database_url
        self.queue = App(connector=SyncPsycopgConnector(conninfo=url))
        self.runner = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=3))
        for app in (self.queue, self.runner):
            app.task(name="job", queue="jobs")(self._job)
            app.task(name="upkeep", queue="upkeep")(self._upkeep)
            app.task(name="webhooks", queue="webhooks")(self._webhooks)
            app.task(name="webhook_letter", queue="jobs", retry=LETTERS)(self._webhook_letter)

    # -- the relay ------------------------------------------------------------------------------------

    def relay_forever(self) -> None:
        """Until told to stop: nudged tenants at once, everybody every SWEEP_SECONDS."""
        listener = cache.Listener(self.wiring.redis, NUDGES)
        next_sweep = 0.0
        while not self.stopping.is_set():
            nudged: set[UUID] = set()
            if time.monotonic() >= next_sweep:  # the first at once: somebody may be waiting to sign up
                next_sweep = time.monotonic() + SWEEP_SECONDS
                self._keep_house()
                nudged = {tenant.id for tenant in self.wiring.directory.active()}
            nudged |= {UUID(text) for text in listener.wait(0 if nudged else WAIT_SECONDS, self.stopping) if text}
            for tenant_id in nudged:
                self._safely("relay", partial(self.relay_tenant, tenant_id))
                self._safely("webhooks", partial(self._wake_webhooks, tenant_id))
        listener.close()

    def relay_tenant(self, tenant_id: UUID) -> int:
        """Relay all waiting facts of a tenant; returns how many."""
        tenant = self.wiring.directory.find(tenant_id)
        if tenant is None or not tenant.usable:
            return 0  # just being signed up, or suspended: the sweep comes back
        total = 0
        while True:
            with self.wiring.router.session(tenant.schema) as session:
                feeding = partial(self.wiring.feeder.feed, session, tenant_id, tenant.schema)
                done = relay(session, [feeding, lambda facts: self._hand_on(tenant_id, facts)])
                waits = not done and audit_waits(session)
                session.rollback()
            total += done
            if waits:
                self._enqueue("upkeep", tenant_id, lock=f"upkeep:{tenant_id}", delay=SEAL_DELAY_SECONDS)
            if not done:
                return total

    def _hand_on(self, tenant_id: UUID, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if fact.name == "JobRequested":
                self._enqueue("job", tenant_id, lock=None, job_id=fact.body["job_id"])
            elif fact.name == "WebhookDisabled":
                self._enqueue("webhook_letter", tenant_id, lock=None, webhook_id=fact.body["webhook_id"])
        if any(fact.name != "JobRequested" for fact in facts):
            self._enqueue("upkeep", tenant_id, lock=f"upkeep:{tenant_id}", delay=SEAL_DELAY_SECONDS)

    def _wake_webhooks(self, tenant_id: UUID) -> None:
        """Have a tenant's webhooks sent if any are due: new ones, retries whose time has come, what a dead worker left."""
        tenant = self.wiring.directory.find(tenant_id)
        if tenant is not None and tenant.usable and self.wiring.sender.due(tenant.schema):
            self._enqueue("webhooks", tenant_id, lock=f"webhooks:{tenant_id}")

    def _enqueue(self, task: str, tenant_id: UUID, *, lock: str | None, delay: int = 0, **arguments: Any) -> None:
        options: dict[str, Any] = {"queueing_lock": lock} if lock else {}
        if delay:
            options["schedule_in"] = {"seconds": delay}
        try:
            self.queue.configure_task(task, **options).defer(tenant_id=str(tenant_id), **arguments)
        except AlreadyEnqueued:
            log.debug("already_enqueued", task=task, tenant=str(tenant_id))

    def _keep_house(self) -> None:
        """Blank tenants ready, half-made ones away, dead sessions and links gone."""
        self._safely("expire", partial(clear_expired, self.wiring.control))
        if self.wiring.settings.owner_database_url and not self.wiring.settings.single_tenant:
            self._safely("sweep", self.wiring.provisioner.sweep)
            self._safely("refill", self._refill)

    def _refill(self) -> None:
        """In a process of its own, which gives back the memory that compiling the whole schema takes."""
        if self.wiring.provisioner.missing(BLANK_TENANTS):
            command = [sys.executable, "-m", "app.cli", "tenant", "refill", str(BLANK_TENANTS)]
            environment = {**os.environ, **self.wiring.settings.environment(owner=True)}
            subprocess.run(command, env=environment, check=True, timeout=REFILL_SECONDS)  # noqa: S603

    def _safely(self, name: str, run: Callable[[], Any]) -> None:
        """A failing tenant must not stop the others; the failure is logged and reported."""
        try:
            run()
        except Exception:
            log.exception("worker_step_failed", step=name)

    # -- tasks ----------------------------------------------------------------------------------------

    def _job(self, tenant_id: str, job_id: str) -> None:
        """Run one requested job as whoever asked for it."""
        tenant = self.wiring.directory.tenant(UUID(tenant_id))
        with self.wiring.router.session(tenant.schema) as session:
            job = session.get(Job, UUID(job_id))
            if job is None:
                return
            name = job.name
            actor = actor_of_job(session, tenant, job.user_id)
            session.rollback()
        outcome = "failed"
        try:
            run_job(self.wiring.router.session, self.wiring.gate, actor, UUID(job_id), self.wiring.jobs[name])
            outcome = "done"
        finally:
            count_job(name, outcome)

    def _upkeep(self, tenant_id: str) -> None:
        """What happens in the background after facts: seal the audit log and the ledger, settle costs, anchor."""
        tenant = self.wiring.directory.tenant(UUID(tenant_id))
        actor = Actor.system(tenant.id, tenant.schema, door="job")
        self._reseal(tenant)
        for upkeep in self.wiring.registry.upkeep:
            upkeep(self.wiring.router, self.wiring.gate, actor)
        anchor_audit(self.wiring.router, self.wiring.objects, tenant.schema)

    def _webhooks(self, tenant_id: str) -> None:
        """A turn for each endpoint of a tenant that has something due."""
        tenant = self.wiring.directory.tenant(UUID(tenant_id))
        due = self.wiring.sender.due(tenant.schema)
        if not due:
            return
        turns: list[Turn] = []
        with ThreadPoolExecutor(min(ENDPOINTS_AT_ONCE, len(due)), "webhook") as pool:
            for webhook_id in due:
                pool.submit(self._safely, "webhook", partial(self._endpoint, tenant, webhook_id, turns))
        self.wiring.sender.prune(tenant.schema)
        if any(turn.sent for turn in turns):  # else nothing can be done now, and the sweep comes back
            self._wake_webhooks(tenant.id)

    def _endpoint(self, tenant: TenantRef, webhook_id: UUID, turns: list[Turn]) -> None:
        """A turn of one endpoint; one that has not answered for days is switched off."""
        turn = self.wiring.sender.serve(tenant.schema, webhook_id)
        turns.append(turn)
        if turn.hopeless:
            system = Actor.system(tenant.id, tenant.schema, door="job")
            self.wiring.gate.perform(disable_webhook, system, webhook_id=webhook_id)
            self.wiring.sender.bury(tenant.schema, webhook_id)

    def _webhook_letter(self, tenant_id: str, webhook_id: str) -> None:
        """Tell those in charge that an endpoint was switched off."""
        tenant = self.wiring.directory.tenant(UUID(tenant_id))
        with self.wiring.router.session(tenant.schema) as session:
            letters = disabled_letters(session, UUID(webhook_id), self.wiring.settings.tenant_url(tenant.slug))
            session.rollback()
        for letter in letters:
            self.wiring.mailer.send(letter)

    def _reseal(self, tenant: TenantRef) -> None:
        """Once a process and tenant: what an upgrade or a stopped rotation left unsealed by the newest key."""
        keys = self.wiring.cells.keys
        if keys is None or tenant.id in self.resealed:
            return
        self.resealed.add(tenant.id)
        actor = Actor.system(tenant.id, tenant.schema, door="job")
        reseal_tenant(self.wiring.gate, actor, keys.of(tenant.schema))

    # -- the process ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Both loops until a signal comes."""
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY + WEBHOOK_TENANTS + 1, "task"))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked.set)
        with self.queue.open():
            thread = threading.Thread(target=self.relay_forever, name="relay", daemon=True)
            thread.start()
            async with self.runner.open_async():
                tasks = {
                    asyncio.create_task(self._work_off(["jobs", "upkeep"], CONCURRENCY)),
                    asyncio.create_task(self._work_off(["webhooks"], WEBHOOK_TENANTS)),
                    asyncio.create_task(asked.wait()),
                }
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                self.stopping.set()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(thread.join, WAIT_SECONDS + 1)

    async def _work_off(self, queues: list[str], concurrency: int) -> None:
        """Run the tasks of some queues; webhooks have places of their own, for they wait for others' machines."""
        await self.runner.run_worker_async(
            queues=queues,
            concurrency=concurrency,
            listen_notify=False,
            fetch_job_polling_interval=0.5,
            install_signal_handlers=False,
            delete_jobs="successful",
        )


def main(settings: Settings) -> None:
    """Run the worker until SIGINT or SIGTERM."""
    configure_logging(settings.log)
    configure_sentry(settings.sentry_dsn, settings.mode)
    wiring = Wiring(settings, pool_size=8)
    try:
        asyncio.run(Worker(wiring).run())
    finally:
        wiring.close()
