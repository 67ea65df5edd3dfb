"""Random stock histories of one item: receipts, issues, transfers, dispatches, returns, reversals, late costs.

A history only holds what an engine would accept: returns within their original, one full reversal, invoicing of goods
that were dispatched. Facts are entered in the order of `seq` but dated back and forth.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from app.modules.inventory.rules.costing import Fact, Kind
from app.modules.inventory.rules.returns import free_slices

FIRST = date(2026, 1, 1)
WAREHOUSES = ("A", "B")
DISPATCHED = "D"
KINDS = (
    ["in"] * 5 + ["out"] * 5 + ["move"] * 2 + ["dispatch"] * 2 + ["invoice"] * 2 + ["undispatch"] + ["back"] * 2
    + ["send"] * 2 + ["reverse"] * 3 + ["late"] * 3 + ["consume"]
)  # fmt: skip
Operation = tuple[str, int, int, int, int, int]

OPERATIONS: st.SearchStrategy[list[Operation]] = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(1, 12),  # quantity
        st.integers(0, 5000),  # amount
        st.integers(0, 3),  # days forward
        st.sampled_from([0] * 6 + [1, 2, 5, 9, 20]),  # days back
        st.integers(0, 7),  # choice
    ),
    min_size=3,
    max_size=45,
)


def random_operations(seed: int, count: int) -> list[Operation]:
    """A long history, the same for the same seed: what short shrunk ones rarely reach."""
    draw = Random(seed)
    return [
        (draw.choice(KINDS), draw.randint(1, 12), draw.randint(0, 5000), draw.choice((0, 0, 1, 2)),
         draw.choice([0] * 6 + [1, 2, 5, 9, 20]), draw.randint(0, 7))
        for _ in range(count)
    ]  # fmt: skip


@dataclass
class History:
    facts: list[Fact] = field(default_factory=list)
    costs: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    today: date = FIRST
    floor: date = FIRST
    reversed: set[int] = field(default_factory=set)
    key_held: Counter[str] = field(default_factory=Counter)
    key_last: dict[str, date] = field(default_factory=dict)

    @classmethod
    def of(cls, operations: list[Operation], estimate: int = 70) -> "History":
        history = cls()
        for operation in operations:
            history.apply(operation, estimate)
        return history

    def lines(self) -> dict[int, dict[str, int]]:
        """Cost events as the rules want them."""
        return {seq: dict(_summed(events)) for seq, events in self.costs.items()}

    def ordered(self) -> list[Fact]:
        return sorted(self.facts, key=lambda fact: (fact.on, fact.seq))

    def add(self, **values: Any) -> Fact:
        fact = Fact(seq=len(self.facts) + 1, **values)
        self.facts.append(fact)
        return fact

    def live_slices(self, seq: int) -> list[tuple[int, int]]:
        kinds = (Kind.BACK, Kind.SEND)
        live = [f for f in self.facts if f.ref == seq and f.kind in kinds and f.seq not in self.reversed]
        return [(f.before, f.quantity) for f in live]

    def apply(self, operation: Operation, estimate: int) -> None:
        kind, quantity, amount, forward, back, pick = operation
        self.today += timedelta(days=forward)
        on = max(self.today - timedelta(days=back), self.floor)
        area, other = WAREHOUSES[pick % 2], WAREHOUSES[1 - pick % 2]
        guess = estimate * quantity
        if kind == "in":
            fact = self.add(on=on, kind=Kind.IN, pool=area, quantity=quantity)
            self.costs[fact.seq] = [("grir", amount)]
        elif kind in ("out", "consume"):
            account = "cogs" if kind == "out" else "difference"
            self.add(on=on, kind=Kind.OUT, pool=area, quantity=quantity, account=account, estimate=guess)
        elif kind == "move":
            self.add(on=on, kind=Kind.MOVE, pool=area, quantity=quantity, to_pool=other, estimate=guess)
        elif kind == "dispatch":
            key = f"line {len(self.facts)}"
            self.add(on=on, kind=Kind.MOVE, pool=area, quantity=quantity, account="cogs", estimate=guess,
                     to_pool=DISPATCHED, to_key=key)  # fmt: skip
            self.key_held[key], self.key_last[key] = quantity, on
        elif kind in ("invoice", "undispatch"):
            self.from_dispatched(kind, on, quantity, pick, area)
        elif kind in ("back", "send"):
            self.give_back(kind, on, quantity, pick, area)
        elif kind == "reverse":
            self.reverse(on, pick)
        elif kind == "late" and self.costs:
            seq = sorted(self.costs)[pick % len(self.costs)]
            self.costs[seq].append(("freight" if pick % 3 else "grir", amount - 1500))

    def from_dispatched(self, kind: str, on: date, quantity: int, pick: int, area: str) -> None:
        keys = [key for key, held in sorted(self.key_held.items()) if held]
        if not keys:
            return
        key = keys[pick % len(keys)]
        on, quantity = max(on, self.key_last[key]), min(quantity, self.key_held[key])
        if kind == "invoice":
            self.add(on=on, kind=Kind.OUT, pool=DISPATCHED, key=key, quantity=quantity, account="cogs")
        else:
            self.add(on=on, kind=Kind.MOVE, pool=DISPATCHED, key=key, quantity=quantity, to_pool=area)
        self.key_held[key] -= quantity
        self.key_last[key] = on

    def give_back(self, kind: str, on: date, quantity: int, pick: int, area: str) -> None:
        wanted, account = (Kind.OUT, "cogs") if kind == "back" else (Kind.IN, "grir")
        left: dict[int, int] = {}
        for fact in self.facts:
            if fact.kind == wanted and fact.seq not in self.reversed and fact.account in ("", account):
                left[fact.seq] = fact.quantity - sum(length for _, length in self.live_slices(fact.seq))
        open_ones = [seq for seq, rest in left.items() if rest]
        if not open_ones:
            return
        original = self.facts[open_ones[pick % len(open_ones)] - 1]
        quantity = min(quantity, left[original.seq])
        for before, part in free_slices(original.quantity, self.live_slices(original.seq), quantity):
            pool = original.pool if kind == "send" else area
            self.add(on=max(on, original.on), kind=Kind.BACK if kind == "back" else Kind.SEND, pool=pool, account=account,
                     quantity=part, ref=original.seq, before=before, whole=original.quantity)  # fmt: skip

    def reverse(self, on: date, pick: int) -> None:
        possible = [f for f in self.facts if self.reversible(f)]
        if not possible:
            return
        original = possible[-1 - pick % len(possible)]
        on = max(on, original.on)
        for key, sign in ((original.key, 1), (original.to_key, -1)):
            if key:
                on = max(on, self.key_last[key])
                self.key_last[key] = on
                self.key_held[key] += sign * original.quantity
        self.reversed.add(original.seq)
        self.add(on=on, kind=Kind.REVERSAL, of=int(original.kind), ref=original.seq, pool=original.pool, key=original.key,
                 quantity=original.quantity, account=original.account, to_pool=original.to_pool,
                 to_key=original.to_key)  # fmt: skip

    def reversible(self, fact: Fact) -> bool:
        if fact.kind == Kind.REVERSAL or fact.seq in self.reversed or self.live_slices(fact.seq):
            return False
        return not fact.to_key or self.key_held[fact.to_key] == fact.quantity


def _summed(events: list[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for account, amount in events:
        total[account] += amount
    return total
