"""The costing engine on PostgreSQL: random histories against the oracle, closed periods, refusals, rivals.

`COSTING_SEEDS=100:140` runs other and more histories than the suite does.
"""

import os
from datetime import date

import pytest

from app.modules.inventory.actions import unit_costing
from app.modules.inventory.rules import replay
from tests.factories.tenant import Tenant
from tests.modules.inventory.actions.costing_world import World, rows
from tests.modules.inventory.rules.histories import random_operations

METHODS = ("fifo", "average")
SEEDS = range(*(int(number) for number in os.environ.get("COSTING_SEEDS", "0:2").split(":")))
each_way = pytest.mark.parametrize(
    ("method", "negative"), [(method, negative) for method in METHODS for negative in (True, False)]
)


@each_way
@pytest.mark.parametrize("seed", SEEDS)
def test_every_transaction_equals_a_full_replay(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, method: str, negative: bool, seed: int
) -> None:
    monkeypatch.setattr(replay, "EVERY", 1 + seed % 4 * 3)
    world = World(tenant, method, negative)
    for operation in random_operations(1000 + seed, 45):
        if world.apply(operation) and world.history.facts:
            world.refresh()
            world.compare()
    world.close()


@each_way
@pytest.mark.parametrize("seed", SEEDS)
def test_settling_later_gives_the_same(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, method: str, negative: bool, seed: int
) -> None:
    """What is behind the tail is booked provisionally, always or when it is far, and settled now and then."""
    monkeypatch.setattr(replay, "EVERY", 1 + seed % 3 * 4)
    monkeypatch.setattr(unit_costing, "INLINE_FACTS", (-1, 6)[seed % 2])
    world = World(tenant, method, negative)
    for step, operation in enumerate(random_operations(2000 + seed, 80)):
        world.apply(operation)
        if step % (5 + seed % 7) == 0 and world.history.facts:
            world.settle()
            world.refresh()
            world.compare()
    world.settle()
    world.refresh()
    world.compare()
    world.close()


@each_way
@pytest.mark.parametrize("seed", SEEDS)
def test_closed_months_stay_as_they_were(tenant: Tenant, method: str, negative: bool, seed: int) -> None:
    """Late costs and reversals of a closed month are true then and booked on the first open day."""
    for (period,) in rows(tenant, "SELECT id FROM finance_period WHERE state = 'closed' ORDER BY first_on DESC"):
        tenant.perform("finance.reopen_period", period_id=period, reason="Next history")
    earlier = (
        "SELECT id FROM finance_period WHERE last_on < :day AND state = 'open' AND NOT adjustment ORDER BY first_on"
    )
    world = World(tenant, method, negative)
    sealed: dict[tuple[date, str], int] = {}
    for step, operation in enumerate(random_operations(3000 + seed, 80)):
        if step % 20 == 19:
            month = world.history.today.replace(day=1)
            for (period,) in rows(tenant, earlier, day=month):
                tenant.perform("finance.close_period", period_id=period)
            world.closed_to = rows(tenant, "SELECT max(last_on) FROM finance_period WHERE state = 'closed'")[0][0]
            world.history.floor = max(world.history.floor, month)
            sealed = {key: amount for key, amount in world.sums("posted_on").items() if key[0] < month}
        if world.apply(operation) and world.history.facts:
            world.refresh()
            if step % 3 == 0:
                world.compare()
            now = world.sums("posted_on")
            assert sealed.items() <= now.items()
            assert {key for key in now if key[0] <= (world.closed_to or date.min)} == sealed.keys()
    world.close()
