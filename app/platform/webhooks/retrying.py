"""When a delivery is tried again, when an endpoint is left alone for a while, and when it is switched off.

A delivery is tried for 24 hours after its first attempt: 10 s later, then each wait three times the one before, at most
4 hours, each stretched or shortened by up to a fifth so that what failed together does not come back together. The
last attempt is made when the 24 hours end.

An endpoint that failed five times in a row rests, whatever waits for it: 30 s, doubled by each further failure, at
most 15 minutes; then one delivery probes it. So a dead endpoint costs its tenant's turn one time-out a quarter of an
hour. One without any success for five days is switched off.
"""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=4)
GROWTH = 3
SPREAD = 0.2
GIVE_UP_AFTER = timedelta(hours=24)

FAILURES_BEFORE_REST = 5
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=15)
DISABLE_AFTER = timedelta(days=5)


def next_attempt(attempts: int, first_at: datetime, now: datetime, chance: float) -> datetime | None:
    """When to try again after `attempts` failures; None once the last is behind us. `chance` is random in [0, 1)."""
    last = first_at + GIVE_UP_AFTER
    if now >= last:
        return None
    return min(now + _stretched(_grown(FIRST_WAIT, GROWTH, attempts - 1, LONGEST_WAIT), chance), last)


def rest_until(failures: int, now: datetime, chance: float) -> datetime | None:
    """How long to leave an endpoint alone after so many failures in a row; None = not at all."""
    if failures < FAILURES_BEFORE_REST:
        return None
    return now + _stretched(_grown(FIRST_REST, 2, failures - FAILURES_BEFORE_REST, LONGEST_REST), chance)


def is_hopeless(failing_since: datetime, now: datetime) -> bool:
    """Whether an endpoint is switched off now."""
    return now - failing_since >= DISABLE_AFTER


def _grown(first: timedelta, factor: int, times: int, longest: timedelta) -> timedelta:
    wait = first
    for _ in range(times):
        wait *= factor
        if wait >= longest:
            return longest
    return wait


def _stretched(wait: timedelta, chance: float) -> timedelta:
    return wait * (1 - SPREAD + 2 * SPREAD * chance)
