"""Replaying the suffix of an item's history until it meets what is stored, and what to book then.

A replay starts at a checkpoint and goes day by day. Where its state equals the one stored at a later checkpoint,
nothing after that day can differ, unless a later return or reversal copies from an original that was replayed: there
it stops (*cut*). What is booked is only `ideal - booked` of the replayed days, so it is idempotent and changes coalesce.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from app.modules.inventory.rules.costing import CostingPass, Fact, State
from app.modules.inventory.rules.pool import Lines

EVERY = 200
"""Facts between two checkpoints; they are made at the end of a day."""
Booked = dict[tuple[date, str], int]
"""Amounts by the day they are true on and the account."""


def state_text(state: State) -> str:
    """A whole state as text, equal for equal states."""
    return json.dumps(state.dump(), separators=(",", ":"))


def tail_text(state: State) -> str:
    """The part of a state that is kept with the unit."""
    return json.dumps(state.dump_tail(), separators=(",", ":"))


def state_of(method: str, text: str) -> State:
    """The state that either text describes."""
    return State.load(method, json.loads(text) if text else None)


@dataclass
class Replay:
    """One replay on its way: `end` is the last day done, `since` the facts after the last checkpoint."""

    run: CostingPass
    start: date
    end: date
    since: int = 0
    cut: bool = False
    book: Booked = field(default_factory=dict)
    days: dict[int, date] = field(default_factory=dict)
    """seq -> day of the facts that copied from an original."""
    checkpoints: dict[date, str] = field(default_factory=dict)

    @classmethod
    def at(cls, state: State, start: date, costs: Mapping[int, Lines], derived: Mapping[int, Lines]) -> "Replay":
        return cls(CostingPass(state, costs, derived), start, start)

    def go(
        self,
        facts: Iterable[Fact],
        stored: Mapping[date, str],
        *,
        cut_after: date | None = None,
        references: Sequence[tuple[date, date]] = (),
        every: int = EVERY,
    ) -> None:
        """Replay facts (in position order, whole days) from where it stands.

        `stored`: checkpoints by day. With `cut_after` it stops at a checkpoint on or after that day which is met
        again; `references` are (day of the original, day of the return) pairs that may forbid it.
        """
        for day, group in groupby(facts, key=lambda fact: fact.on):
            if self.since >= every and self.end not in stored:
                self.checkpoints[self.end] = state_text(self.run.state)
                self.since = 0
            self._day(day, group)
            self.end = day
            if day in stored:
                text = state_text(self.run.state)
                self.since = 0
                bridged = any(self.start < original <= day < copy for original, copy in references)
                if cut_after is not None and day >= cut_after and not bridged and text == stored[day]:
                    self.cut = True
                    return
                self.checkpoints[day] = text

    def _day(self, day: date, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self.since += 1
            for account, amount in self.run.step(fact).items():
                self.book[day, account] = self.book.get((day, account), 0) + amount
            if fact.ref:
                self.days[fact.seq] = day

    def changed_copies(self) -> dict[int, Lines]:
        """Fact -> what its copy of the original differs by from what was settled last."""
        changes: dict[int, Lines] = {}
        for seq, found in self.run.found.items():
            change = difference(found, self.run.derived.get(seq, {}))
            if change:
                changes[seq] = change
        return changes


def difference(new: Mapping[Any, int], old: Mapping[Any, int]) -> dict[Any, int]:
    """`new - old`, without zeros."""
    return {key: amount for key in {**old, **new} if (amount := new.get(key, 0) - old.get(key, 0))}


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Facts in position order."""
    return sorted(facts, key=lambda fact: (fact.on, fact.seq))
