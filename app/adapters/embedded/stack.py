"""The embedded services an installation lacks, and the note that tells other shells where they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.adapters.embedded import postgres, valkey
from app.adapters.secret import write_private
from app.adapters.settings import STACK_FILE, Settings

if TYPE_CHECKING:
    from app.adapters.embedded.postgres import EmbeddedPostgres
    from app.adapters.embedded.valkey import EmbeddedValkey


@dataclass
class Stack:
    """What was started, and the settings completed with its addresses."""

    settings: Settings
    postgres: EmbeddedPostgres | None = None
    valkey: EmbeddedValkey | None = None

    def stop(self) -> None:
        """Stop in the order opposite to the start; PostgreSQL is stopped whatever happens before."""
        (self.settings.home / STACK_FILE).unlink(missing_ok=True)
        try:
            if self.valkey is not None:
                self.valkey.stop()
        finally:
            if self.postgres is not None:
                self.postgres.stop()

    def died(self) -> str | None:
        """Name of a service that ended by itself, or None."""
        for name, service in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if service is not None and service.process.poll() is not None:
                return name
        return None


def start(settings: Settings, *, quick: bool = False, progress: Callable[[str], None] = lambda _step: None) -> Stack:
    """Start what `settings` gives no address for; what was started is stopped again if a later part fails."""
    (settings.home / STACK_FILE).unlink(missing_ok=True)  # of a stack that was killed
    stack = Stack(settings)
    try:
        if not settings.database_url:
            stack.postgres = postgres.start(settings.home, quick=quick, progress=progress)
            urls = stack.postgres.urls
            stack.settings = replace(
                stack.settings,
                database_url=urls.control,
                tenant_database_url=urls.cell_login,
                queue_database_url=urls.queue,
                owner_database_url=urls.cell_owner,
                sealer_database_url=urls.cell_sealer,
            )
        if not settings.redis_url:
            progress("Starting Valkey")
            stack.valkey = valkey.start(settings.home)
            stack.settings = replace(stack.settings, redis_url=stack.valkey.url)
        _tell(stack.settings)
    except BaseException:
        stack.stop()
        raise
    return stack


def _tell(settings: Settings) -> None:
    names = (
        "database_url",
        "tenant_database_url",
        "queue_database_url",
        "owner_database_url",
        "sealer_database_url",
        "redis_url",
    )
    write_private(settings.home / STACK_FILE, json.dumps({name: getattr(settings, name) for name in names}))
