"""When to try again: the schedule by hand, and what holds whatever chance says."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.platform.webhooks.retrying import is_hopeless, next_attempt, rest_until

START = datetime(2026, 1, 1, tzinfo=UTC)
BY_HAND = [10, 40, 130, 400, 1210, 3640, 10930, 25330, 39730, 54130, 68530, 82930, 86400]
"""Seconds after the first attempt: waits of 10 s, 30 s, 90 s, 270 s, 810 s, 2,430 s, 7,290 s, then 4 h; the last at 24 h."""


def times(chance: float) -> list[datetime]:
    found, at, attempts = [], START, 1
    while (following := next_attempt(attempts, START, at, chance)) is not None:
        found.append(following)
        at, attempts = following, attempts + 1
    return found


def test_the_schedule_of_a_day() -> None:
    assert times(0.5) == [START + timedelta(seconds=second) for second in BY_HAND]


@given(st.floats(0, 1, exclude_max=True))
def test_every_delivery_is_given_a_whole_day_and_no_more(chance: float) -> None:
    found = times(chance)
    assert found[-1] == START + timedelta(hours=24)
    assert all(later > earlier for earlier, later in zip([START, *found], found, strict=False))
    assert found[0] - START >= timedelta(seconds=8)
    assert max(b - a for a, b in itertools.pairwise(found)) <= timedelta(hours=4.8)
    assert 12 <= len(found) <= 16


def test_an_endpoint_rests_after_five_failures() -> None:
    waits = [rest_until(failures, START, 0.5) for failures in range(1, 13)]
    assert waits[:4] == [None] * 4
    assert [(wait - START).total_seconds() for wait in waits[4:] if wait] == [30, 60, 120, 240, 480, 900, 900, 900]


def test_an_endpoint_is_switched_off_after_five_days() -> None:
    assert not is_hopeless(START, START + timedelta(days=5) - timedelta(seconds=1))
    assert is_hopeless(START, START + timedelta(days=5))
