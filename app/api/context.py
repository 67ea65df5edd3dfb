"""What the wire gives the REST door."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.adapters.objects import ObjectStore
from app.platform.actions import Gate
from app.platform.registry import Registry
from app.platform.work import ActingApp, Actor

PREFIX = "/api/v1"
BODY_LIMIT = 1_000_000
"""Bytes of a request body; files go to the object store, not through here."""
CALLS_PER_MINUTE = 1200
APP_CALLS_PER_MINUTE = 600
"""Of one partner app in one tenant, over all its tokens."""
FAILURES_PER_MINUTE = 30
"""Wrong tokens an address may try."""


class Limiter(Protocol):
    """Sliding windows; `app.adapters.redis.RateLimiter` and `LocalWindows` are two."""

    def take(self, key: str, *, limit: int, seconds: float) -> float:
        """Take a place: 0.0 when granted, else the seconds to wait."""


Authenticate = Callable[[str, str], Actor | None]
"""(bearer token, client address) -> who it acts for, or None; may raise a Refusal that says why not."""


@dataclass(frozen=True)
class ApiContext:
    """Built once a process by `app.main`."""

    registry: Registry
    gate: Gate
    authenticate: Authenticate
    objects: ObjectStore | None = None
    """Where attachments lie; without it their routes answer 404."""
    tenant_at: Callable[[str], UUID] | None = None
    """Host header -> id of the tenant served there; a token of another tenant is refused. None: any host."""
    limiter: Limiter | None = None
    """Counts calls per token and failures per address; None: this process's own memory."""
    calls_per_minute: int = CALLS_PER_MINUTE
    app_calls_per_minute: int = APP_CALLS_PER_MINUTE
    failures_per_minute: int = FAILURES_PER_MINUTE
    """All: 0 turns the limit off."""
    body_limit: int = BODY_LIMIT
    styles: Sequence[str] = ()
    """Addresses of the portal's stylesheets for the reference page."""
    used: Callable[[Actor, ActingApp, str, bool], None] = lambda actor, app, operation, refused: None
    """Told of every call of a partner app: (actor, app, operation, whether it was refused)."""
