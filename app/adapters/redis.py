"""Redis or Valkey: rate limits and nudges. It may vanish; nothing that counts as truth depends on it alone.

Calls have short timeouts and never raise for a lost server: limits are then counted in this process
(per process, so a little looser), nudges are dropped (receivers sweep anyway). After a failure the server is
left alone for a few seconds so that no request waits for a timeout twice.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from typing import Any, Final

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT_SECONDS: Final = 0.25
REST_SECONDS: Final = 3.0
STOP_SLICE_SECONDS: Final = 0.5
MOST_LOCAL_KEYS: Final = 10_000

log = structlog.get_logger(__name__)

# One atomic step: forget what left the window, then either say how long to wait or take a place in it.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local taken = redis.call('ZCARD', KEYS[1])
if taken >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, tonumber(oldest[2]) + window - now)
end
local places = math.min(tonumber(ARGV[3]), limit - taken)
for place = taken + 1, taken + places do
  redis.call('ZADD', KEYS[1], now, clock[1] .. '.' .. clock[2] .. '.' .. place)
end
redis.call('PEXPIRE', KEYS[1], window)
return -places
"""
"""Milliseconds to wait, or minus the places taken."""

SHARE: Final = 100
HELD_SECONDS: Final = 1.0
"""A process takes a hundredth of a window at a time and uses it up within a second: a wide window costs Redis little,
and what is granted in all never exceeds the limit."""


def connect(url: str) -> Redis:
    """A client that connects on first use, gives up quickly and never retries by itself."""
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


class Presence:
    """Whether the server is worth asking; shared by all users of one client."""

    def __init__(self) -> None:
        self._lost_until = 0.0

    @property
    def worth_asking(self) -> bool:
        """False for a few seconds after a failure."""
        return time.monotonic() >= self._lost_until

    def lost(self, error: Exception) -> None:
        """Note a failure; logged once per rest."""
        self._lost_until = time.monotonic() + REST_SECONDS
        log.warning("redis_lost", error=str(error))


class LocalWindows:
    """Sliding windows in this process's memory, for at most MOST_LOCAL_KEYS keys (oldest forgotten first)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str, limit: int, seconds: float) -> float:
        """As RateLimiter.take."""
        now = time.monotonic()
        with self._lock:
            places = self._taken.setdefault(key, deque())
            self._taken.move_to_end(key)
            while len(self._taken) > MOST_LOCAL_KEYS:
                self._taken.popitem(last=False)
            while places and places[0] <= now - seconds:
                places.popleft()
            if len(places) >= limit:
                return places[0] + seconds - now
            places.append(now)
            return 0.0

    def forget(self, key: str) -> None:
        """Empty one window."""
        with self._lock:
            self._taken.pop(key, None)


class RateLimiter:
    """At most `limit` events of a key in any `seconds`; counts across processes while Redis is there."""

    def __init__(self, client: Redis, presence: Presence | None = None) -> None:
        self._client = client
        self._presence = presence or Presence()
        self._script = client.register_script(_TAKE)
        self._local = LocalWindows()
        self._held: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, *, limit: int, seconds: float) -> float:
        """Take a place: 0.0 when granted, else the seconds to wait (nothing is taken then)."""
        if self._from_hand(key):
            return 0.0
        if self._presence.worth_asking:
            places = max(1, limit // SHARE)
            try:
                answer = int(self._script(keys=[f"rate:{key}"], args=[limit, int(seconds * 1000), places]))
            except RedisError as error:
                self._presence.lost(error)
            else:
                self._keep(key, -answer - 1)
                return max(answer, 0) / 1000
        return self._local.take(key, limit, seconds)

    def _from_hand(self, key: str) -> bool:
        """Use one of the places this process took together."""
        with self._lock:
            left, until = self._held.get(key, (0, 0.0))
            if left <= 0 or until < time.monotonic():
                return False
            self._held[key] = (left - 1, until)
            return True

    def _keep(self, key: str, places: int) -> None:
        if places <= 0:
            return
        with self._lock:
            self._held[key] = (places, time.monotonic() + HELD_SECONDS)
            self._held.move_to_end(key)
            while len(self._held) > MOST_LOCAL_KEYS:
                self._held.popitem(last=False)

    def forget(self, key: str) -> None:
        """Empty a key's window, as after a successful login."""
        self._local.forget(key)
        with self._lock:
            self._held.pop(key, None)
        if self._presence.worth_asking:
            try:
                self._client.delete(f"rate:{key}")
            except RedisError as error:
                self._presence.lost(error)


def nudge(client: Redis, channel: str, message: str = "") -> bool:
    """Tell whoever listens on `channel` that there is work; False when Redis is gone (the sweep will find it)."""
    try:
        client.publish(channel, message)
    except RedisError as error:
        log.debug("nudge_dropped", channel=channel, error=str(error))
        return False
    return True


class Listener:
    """Waits for nudges; without Redis it only waits, so its caller's loop becomes the sweep."""

    def __init__(self, client: Redis, *channels: str) -> None:
        self._client = client
        self._channels = channels
        self._subscription: PubSub | None = None
        self._presence = Presence()

    def wait(self, seconds: float, stopping: threading.Event | None = None) -> set[str]:
        """The distinct messages that came within `seconds`; returns soon after the first, empty when none came.

        With `stopping`, a wait ends at most STOP_SLICE_SECONDS after the event is set.
        """
        deadline = time.monotonic() + seconds
        while stopping is not None and not stopping.is_set() and (left := deadline - time.monotonic()) > 0:
            if found := self._wait(min(deadline, time.monotonic() + min(left, STOP_SLICE_SECONDS))):
                return found
        return set() if stopping is not None else self._wait(deadline)

    def _wait(self, deadline: float) -> set[str]:
        if self._presence.worth_asking:
            try:
                return self._messages(deadline)
            except (RedisError, OSError) as error:
                self._presence.lost(error)
                self.close()
        time.sleep(max(0.0, min(deadline - time.monotonic(), REST_SECONDS)))
        return set()

    def _messages(self, deadline: float) -> set[str]:
        if self._subscription is None:
            self._subscription = self._client.pubsub(  # type: ignore[no-untyped-call]
                ignore_subscribe_messages=True
            )
            self._subscription.subscribe(*self._channels)
        found: set[str] = set()
        while True:
            left = 0.0 if found else deadline - time.monotonic()
            if left < 0:
                return found
            message: dict[str, Any] | None = self._subscription.get_message(timeout=left)
            if message is not None:
                found.add(bytes(message["data"]).decode())
            elif found:
                return found

    def close(self) -> None:
        """End the subscription."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
