"""Bearer tokens: who a request comes from, remembered for some seconds, and how often one may ask.

Wrong tokens are counted by address, calls by token, so that neither guessing nor a runaway program takes
the house down.
"""

import math
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import Any

from app.adapters.redis import LocalWindows
from app.api.context import ApiContext, Limiter
from app.api.errors import Problem
from app.kernel.errors import Forbidden, Missing, Refusal
from app.platform.work import Actor

CACHE_SECONDS = 5.0
"""Beside the ten seconds `identity.tokens` remembers: a withdrawn token is dead within fifteen."""
CACHE_ENTRIES = 20_000
BEARER = re.compile(r"Bearer ([\x21-\x7e]{1,500})", re.IGNORECASE)
MINUTE = 60.0


class Doorkeeper:
    """Turns a request's Authorization header into an actor."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._limiter: Limiter = context.limiter or LocalWindows()
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()
        self._lock = Lock()

    def actor(self, headers: Mapping[str, str], address: str, request_id: str, locale: str | None) -> Actor:
        """Who asks; 401 for an absent or wrong token, 429 for too many calls."""
        given = BEARER.fullmatch(headers.get("authorization", "").strip())
        if given is None:
            raise _unauthenticated("api.token_missing" if "authorization" not in headers else "api.token_invalid")
        mark = sha256(given[1].encode()).digest()
        found = self._remembered(mark) or self._asked(mark, given[1], address)
        self._check_host(found, headers.get("host", ""))
        if found.app is not None:
            self._count(f"api-app:{found.app.installation_id}", self._context.app_calls_per_minute)
        else:
            self._count(f"api:{found.tenant_id}:{mark[:12].hex()}", self._context.calls_per_minute)
        return replace(found, door="api", address=address, request_id=request_id, locale=locale or found.locale)

    def _remembered(self, mark: bytes) -> Actor | None:
        hit = self._known.get(mark)
        return hit[1] if hit is not None and hit[0] > time.monotonic() else None

    def _asked(self, mark: bytes, token: str, address: str) -> Actor:
        try:
            found = self._context.authenticate(token, address)
        except Forbidden:
            raise
        except Refusal as refusal:
            self._failed(address)
            raise _unauthenticated(refusal.code, **refusal.facts) from refusal
        if found is None:
            self._failed(address)
            raise _unauthenticated("api.token_invalid")
        if found.app is not None:  # remembered where its grant, installation and user are, and forgotten there at once
            return found
        with self._lock:
            self._known[mark] = (time.monotonic() + CACHE_SECONDS, found)
            self._known.move_to_end(mark)
            while len(self._known) > CACHE_ENTRIES:
                self._known.popitem(last=False)
        return found

    def _check_host(self, actor: Actor, host: str) -> None:
        """A token counts on its own tenant's host alone."""
        if self._context.tenant_at is None:
            return
        try:
            served = self._context.tenant_at(host)
        except Missing:
            raise _unauthenticated("api.token_invalid") from None
        if served != actor.tenant_id:
            raise _unauthenticated("api.token_invalid")

    def _failed(self, address: str) -> None:
        self._count(f"api-failed:{address}", self._context.failures_per_minute)

    def _count(self, key: str, limit: int) -> None:
        if limit <= 0:
            return
        wait = self._limiter.take(key, limit=limit, seconds=MINUTE)
        if wait > 0:
            raise Problem(429, "api.too_often", headers={"Retry-After": str(math.ceil(wait))}, seconds=math.ceil(wait))


def _unauthenticated(code: str, **facts: Any) -> Problem:
    reason = ', error="invalid_token"' if code == "api.token_invalid" else ""  # RFC 6750, 3.1
    return Problem(401, code, headers={"WWW-Authenticate": f'Bearer realm="hanse"{reason}'}, **facts)
