"""Properties of the costing pass on random histories, against an independent full replay."""

import json
from collections import Counter, defaultdict
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel.errors import Conflict, Invalid
from app.modules.inventory.rules.costing import (
    AVERAGE,
    DIFFERENCE,
    FIFO,
    METHODS,
    CostingPass,
    Fact,
    Kind,
    State,
    check_method,
)
from app.modules.inventory.rules.pool import Lines, nonzero
from app.modules.inventory.rules.returns import free_slices, slice_of
from tests.modules.inventory.rules.histories import OPERATIONS, History, Operation, random_operations
from tests.modules.inventory.rules.replay_oracle import Oracle

BOTH = st.sampled_from((FIFO, AVERAGE))
check = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def valued(method: str, history: History) -> tuple[CostingPass, dict[int, Lines]]:
    run = CostingPass(State(method), history.lines())
    return run, {fact.seq: run.step(fact) for fact in history.ordered()}


def by_day(history: History, lines: dict[int, Lines]) -> dict[tuple[date, str], int]:
    total: Counter[tuple[date, str]] = Counter()
    for fact in history.facts:
        for account, amount in lines[fact.seq].items():
            total[fact.on, account] += amount
    return {key: amount for key, amount in total.items() if amount}


@given(BOTH, OPERATIONS)
@check
def test_pass_equals_full_replay(method: str, operations: list[Operation]) -> None:
    history = History.of(operations)
    run, lines = valued(method, history)
    oracle = Oracle(method, history.facts, history.costs)
    assert by_day(history, lines) == oracle.ideal()
    assert run.short == oracle.lacking


@given(BOTH, OPERATIONS)
@check
def test_every_fact_balances(method: str, operations: list[Operation]) -> None:
    _, lines = valued(method, History.of(operations))
    assert [seq for seq, line in lines.items() if sum(line.values())] == []


@given(BOTH, OPERATIONS)
@check
def test_stock_accounts_are_what_the_pools_hold(method: str, operations: list[Operation]) -> None:
    history = History.of(operations)
    run = CostingPass(State(method), history.lines())
    booked: Counter[str] = Counter()
    for fact in history.ordered():
        booked.update(run.step(fact))
        balances = run.state.balances()
        assert all(booked[account] == balances.get(account, 0) for account in booked if account.startswith("stock:"))
        for pool in run.state.pools.values():
            assert pool.quantity or not pool.value, "value without goods"
            assert not (pool.quantity and pool.shortages), "goods beside a shortage"
            if pool.layered:
                assert sum(layer.quantity for layer in pool.layers) == pool.quantity
                assert sum(layer.value for layer in pool.layers) == pool.value


@given(BOTH, OPERATIONS)
@check
def test_a_reversal_nets_to_zero_line_by_line(method: str, operations: list[Operation]) -> None:
    """Of an issue or a supplier return always; of an inflow up to a residue that the pool could not give."""
    history = History.of(operations)
    _, lines = valued(method, history)
    oracle = Oracle(method, history.facts, history.costs)
    for fact in history.facts:
        if fact.kind != Kind.REVERSAL:
            continue
        total = Counter(oracle.event(fact.ref))
        total.update(oracle.event(fact.seq))
        left = {account: amount for account, amount in total.items() if amount}
        if fact.of in (Kind.OUT, Kind.SEND):
            assert left == {}
        else:
            assert len(left) in (0, 2)
            assert left.keys() <= {f"stock:{fact.to_pool or fact.pool}", DIFFERENCE}
    assert sum(sum(line.values()) for line in lines.values()) == 0


def resumed(method: str, history: History, cut: int) -> None:
    """Values after `cut` are the same from a stored state, and from the tail with its table of layers."""
    whole, lines = valued(method, history)
    facts = history.ordered()
    first = CostingPass(State(method), history.lines())
    for fact in facts[:cut]:
        first.step(fact)
    stored = json.loads(json.dumps(first.state.dump()))
    tail = State.load(method, json.loads(json.dumps(first.state.dump_tail())))
    tail.add_open_layers([(*at, *row) for at, row in sorted(first.state.open_layers().items())])
    settled = {seq: nonzero(event) for seq, event in whole.found.items() if nonzero(event)}
    for state in (State.load(method, stored), tail):
        assert state.dump() == stored
        rest = CostingPass(state, history.lines(), settled)
        for fact in facts[cut:]:
            assert nonzero(rest.step(fact)) == nonzero(lines[fact.seq])
        assert rest.state.dump() == whole.state.dump()
        assert {seq: nonzero(event) for seq, event in rest.found.items()} == {
            seq: nonzero(whole.found[seq]) for seq in rest.found
        }


@given(BOTH, OPERATIONS, st.integers(0, 60))
@check
def test_a_checkpoint_changes_nothing(method: str, operations: list[Operation], cut: int) -> None:
    history = History.of(operations)
    resumed(method, history, min(cut, len(history.facts)))


@pytest.mark.parametrize("method", [FIFO, AVERAGE])
@pytest.mark.parametrize("seed", range(25))
def test_long_histories(method: str, seed: int) -> None:
    history = History.of(random_operations(seed, 150))
    _, lines = valued(method, history)
    assert by_day(history, lines) == Oracle(method, history.facts, history.costs).ideal()
    for cut in range(0, len(history.facts), 12):
        resumed(method, history, cut)


@pytest.mark.parametrize("method", [FIFO, AVERAGE])
def test_a_reversal_settled_later_knows_the_true_ups_before_and_after_a_checkpoint(method: str) -> None:
    """A shortage open at the checkpoint carries what its issue has booked, so a changed receipt is carried along.

    10 leave at 5.00; a checkpoint; 4 come in at 7.00 and 6 at 8.00; the reversal takes back 28.00 + 48.00. When the
    second receipt costs 2.00 more, a replay from the checkpoint alone has to take back 78.00.
    """
    facts = [
        Fact(DAY, 1, Kind.OUT, "A", 10, "cogs", estimate=5000),
        Fact(DAY, 2, Kind.IN, "A", 4),
        Fact(DAY, 3, Kind.IN, "A", 6),
        Fact(DAY, 4, Kind.REVERSAL, "A", 10, "cogs", ref=1, of=Kind.OUT),
    ]
    before = CostingPass(State(method), {2: {"grir": 2800}})
    for fact in facts[:2]:
        before.step(fact)
    after = CostingPass(State.load(method, before.state.dump()), {3: {"grir": 4800, "freight": 200}}, {4: {"cogs": 1}})
    after.step(facts[2])
    assert after.step(facts[3]) == {"stock:A": 7800, "cogs": -7800}
    assert after.found == {4: {"stock:A": -7800, "cogs": 7800}}


def test_fifo_sends_its_own_layer_back() -> None:
    facts = [
        Fact(DAY, 1, Kind.IN, "A", 10),
        Fact(DAY, 2, Kind.IN, "A", 3),
        Fact(DAY, 3, Kind.SEND, "A", 2, "grir", ref=2, whole=3),
        Fact(DAY, 4, Kind.REVERSAL, "A", 10, ref=1, of=Kind.IN),
    ]
    state, lines = run_of(FIFO, facts, {1: {"grir": 10000}, 2: {"grir": 10000}})
    assert lines[2] == {"stock:A": -6667, "grir": 6667}
    assert lines[3] == {"stock:A": -10000, "grir": 10000}
    assert state.dump() == [["A", "", [1, 3333, 10000, 3, [["2026-03-01", 2, 1, 3333]], []]]]


def test_a_layer_gives_no_more_than_it_has() -> None:
    """One cent over six units: an issue of two took it, so the slice of the next return finds nothing."""
    facts = [
        Fact(DAY, 1, Kind.IN, "A", 6),
        Fact(DAY, 2, Kind.SEND, "A", 2, "grir", ref=1, whole=6),
        Fact(DAY, 3, Kind.OUT, "A", 2, "cogs"),
        Fact(DAY, 4, Kind.SEND, "A", 1, "grir", ref=1, before=2, whole=6),
    ]
    _, lines = run_of(FIFO, facts, {1: {"grir": 1}})
    assert lines[1:] == [{}, {"stock:A": -1, "cogs": 1}, {"grir": 1, DIFFERENCE: -1}]


@given(BOTH, OPERATIONS)
@check
def test_short_is_said_exactly_when_the_history_is_negative(method: str, operations: list[Operation]) -> None:
    history = History.of(operations)
    run, _ = valued(method, history)
    held: Counter[tuple[str, str]] = Counter()
    lowest = 0
    for fact in history.ordered():
        for area, key, change in fact.moved():
            held[area, key] += change
            lowest = min(lowest, held[area, key])
    assert bool(run.short) == (lowest < 0)


@given(
    st.integers(-10_000, 10_000),
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=20),
    st.integers(1, 40),
)
def test_slices_of_a_full_return_sum_to_the_original(total: int, wishes: list[tuple[int, bool]], whole: int) -> None:
    """Also when returns were reversed in between and their place is taken again."""
    live: list[tuple[int, int]] = []
    for quantity, undo in wishes:
        rest = whole - sum(length for _, length in live)
        if undo and live:
            live.pop(0)
        elif rest:
            live += free_slices(whole, live, min(quantity, rest))
    rest = whole - sum(length for _, length in live)
    if rest:
        live += free_slices(whole, live, rest)
    assert sum(slice_of(total, before, length, whole) for before, length in live) == total
    with pytest.raises(Conflict, match=r"costing\.return_exceeds"):
        free_slices(whole, live, 1)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in (FIFO, AVERAGE)] + ["lifo"])
def test_methods_without_rules_are_refused(method: str) -> None:
    with pytest.raises(Invalid, match=r"costing\.method_unsupported"):
        check_method(method)


# -- figures by hand ---------------------------------------------------------------------------------------------------
DAY = date(2026, 3, 1)


def run_of(method: str, facts: list[Fact], costs: dict[int, Lines]) -> tuple[State, list[Lines]]:
    run = CostingPass(State(method), costs)
    return run.state, [nonzero(run.step(fact)) for fact in facts]


def test_shortage_true_up_and_its_reversal() -> None:
    """10 leave at 5.00 before 10 come in at 7.00; reversing the issue takes back 70.00 from cost of sales."""
    facts = [
        Fact(DAY, 1, Kind.OUT, "A", 10, "cogs", estimate=5000),
        Fact(DAY, 2, Kind.IN, "A", 10),
        Fact(DAY, 3, Kind.REVERSAL, "A", 10, "cogs", ref=1, of=Kind.OUT),
    ]
    state, lines = run_of(AVERAGE, facts, {2: {"grir": 7000}})
    assert lines[0] == {"stock:A": -5000, "cogs": 5000}
    assert lines[1] == {"stock:A": 7000 - 2000, "grir": -7000, "cogs": 2000}
    assert lines[2] == {"stock:A": 7000, "cogs": -7000}
    assert (state.pool("A").quantity, state.pool("A").value) == (10, 7000)


def test_late_cost_follows_dispatched_goods() -> None:
    """10 received and dispatched, 4 invoiced; 10.00 freight: 6.00 stay with the dispatched goods, 4.00 are sold."""
    facts = [
        Fact(DAY, 1, Kind.IN, "A", 10),
        Fact(DAY, 2, Kind.MOVE, "A", 10, "cogs", to_pool="D", to_key="line 1"),
        Fact(DAY, 3, Kind.OUT, "D", 4, "cogs", key="line 1"),
    ]
    for method in (FIFO, AVERAGE):
        state, lines = run_of(method, facts, {1: {"grir": 10000, "freight": 1000}})
        assert lines[2] == {"stock:D": -4400, "cogs": 4400}
        assert state.balances() == {"stock:A": 0, "stock:D": 6600}


def test_true_up_follows_dispatched_goods() -> None:
    """10 dispatched from nothing at 5.00, 4 invoiced, then received at 7.00: 12.00 to dispatched, 8.00 to cost."""
    facts = [
        Fact(DAY, 1, Kind.MOVE, "A", 10, "cogs", to_pool="D", to_key="line 1", estimate=5000),
        Fact(DAY, 2, Kind.OUT, "D", 4, "cogs", key="line 1"),
        Fact(DAY, 3, Kind.IN, "A", 10),
    ]
    state, lines = run_of(FIFO, facts, {3: {"grir": 7000}})
    assert lines[2] == {"stock:A": 5000, "grir": -7000, "stock:D": 1200, "cogs": 800}
    assert state.balances() == {"stock:A": 0, "stock:D": 4200}


def test_supplier_owes_his_own_part() -> None:
    """Of 100.00 price and 10.00 freight the supplier takes back the price; the freight is lost."""
    facts = [Fact(DAY, 1, Kind.IN, "A", 10), Fact(DAY, 2, Kind.SEND, "A", 5, "grir", ref=1, whole=10)]
    _, lines = run_of(FIFO, facts, {1: {"grir": 10000, "freight": 1000}})
    assert lines[1] == {"stock:A": -5500, "grir": 5000, DIFFERENCE: 500}


def test_last_unit_takes_the_rounding() -> None:
    facts = [Fact(DAY, 1, Kind.IN, "A", 3)] + [Fact(DAY, seq, Kind.OUT, "A", 1, "cogs") for seq in (2, 3, 4)]
    for method in (FIFO, AVERAGE):
        _, lines = run_of(method, facts, {1: {"grir": 10000}})
        assert [line["cogs"] for line in lines[1:]] == [3333, 3334, 3333]


def test_too_few_loaded_layers_are_a_defect() -> None:
    state = State(FIFO)
    costs: defaultdict[int, Lines] = defaultdict(lambda: {"grir": 100})
    run = CostingPass(state, {1: costs[1], 2: costs[2]})
    run.step(Fact(DAY, 1, Kind.IN, "A", 1))
    run.step(Fact(DAY, 2, Kind.IN, "A", 1))
    tail = CostingPass(State.load(FIFO, state.dump_tail()))
    with pytest.raises(RuntimeError, match="fewer layers"):
        tail.step(Fact(DAY, 3, Kind.OUT, "A", 2, "cogs"))
