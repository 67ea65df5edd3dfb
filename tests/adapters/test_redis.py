"""Rate limits and nudges, with the server and without it."""

import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from app.adapters.embedded.stack import Stack
from app.adapters.redis import MOST_LOCAL_KEYS, Listener, LocalWindows, RateLimiter, connect, nudge

GONE = "unix:///nowhere/valkey.sock"


@pytest.fixture(params=["server", "gone"])
def client(request: pytest.FixtureRequest) -> Iterator[Redis]:
    url = request.getfixturevalue("stack").settings.redis_url if request.param == "server" else GONE
    client = connect(url)
    yield client
    client.close()


def test_limit_counts_and_says_how_long_to_wait(client: Redis) -> None:
    limiter, key = RateLimiter(client), f"login:{time.time_ns()}"
    assert [limiter.take(key, limit=3, seconds=60) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < limiter.take(key, limit=3, seconds=60) <= 60
    assert limiter.take(f"{key}:other", limit=3, seconds=60) == 0.0
    limiter.forget(key)
    assert limiter.take(key, limit=3, seconds=60) == 0.0


def test_window_slides(client: Redis) -> None:
    limiter, key = RateLimiter(client), f"slide:{time.time_ns()}"
    assert limiter.take(key, limit=1, seconds=0.1) == 0.0
    wait = limiter.take(key, limit=1, seconds=0.1)
    assert 0 < wait <= 0.1
    time.sleep(wait + 0.01)
    assert limiter.take(key, limit=1, seconds=0.1) == 0.0


def test_two_processes_share_a_window(stack: Stack) -> None:
    one, two = (RateLimiter(connect(stack.settings.redis_url)) for _ in range(2))
    key = f"shared:{time.time_ns()}"
    assert one.take(key, limit=1, seconds=60) == 0.0
    assert two.take(key, limit=1, seconds=60) > 0


def test_wide_windows_are_shared_exactly(stack: Stack) -> None:
    """Two processes take places by the handful; together they are granted the limit, not one more."""
    one, two = (RateLimiter(connect(stack.settings.redis_url)) for _ in range(2))
    key, limit = f"wide:{time.time_ns()}", 1_000
    granted = sum(limiter.take(key, limit=limit, seconds=60) == 0.0 for limiter in (one, two) for _ in range(limit))
    assert granted == limit
    assert one.take(key, limit=limit, seconds=60) > 0


def test_a_lost_server_is_not_waited_for() -> None:
    limiter = RateLimiter(connect(GONE))
    began = time.monotonic()
    for _ in range(100):
        limiter.take("key", limit=1000, seconds=60)
    assert time.monotonic() - began < 0.5


def test_local_windows_are_bounded() -> None:
    windows = LocalWindows()
    for number in range(MOST_LOCAL_KEYS + 100):
        windows.take(str(number), 1, 60)
    assert len(windows._taken) == MOST_LOCAL_KEYS


def test_nudge_wakes_a_listener(stack: Stack) -> None:
    client = connect(stack.settings.redis_url)
    listener = Listener(client, "outbox")
    assert listener.wait(0.05) == set()  # subscribes
    later = threading.Timer(0.1, lambda: nudge(client, "outbox", "t_a"))
    later.start()
    began = time.monotonic()
    assert listener.wait(5) == {"t_a"}
    assert time.monotonic() - began < 2
    later.join()
    listener.close()
    client.close()


@pytest.mark.parametrize("url", ["server", GONE])
def test_a_wait_can_be_ended(stack: Stack, url: str) -> None:
    client = connect(stack.settings.redis_url if url == "server" else url)
    listener, stopping = Listener(client, "outbox"), threading.Event()
    threading.Timer(0.2, stopping.set).start()
    began = time.monotonic()
    assert listener.wait(30, stopping) == set()
    assert time.monotonic() - began < 5
    listener.close()
    client.close()


def test_without_a_server_nudges_are_dropped_and_waiting_is_sweeping() -> None:
    client = connect(GONE)
    assert nudge(client, "outbox", "t_a") is False
    began = time.monotonic()
    assert Listener(client, "outbox").wait(0.1) == set()
    assert 0.09 < time.monotonic() - began < 1
