"""Document life cycles: which state may follow which, and by which verb.

Catalogue R1: Draft -> (approval) -> Confirmed/Posted -> Closed; Cancelled only before posting;
Reversed by a new linked document. Guards live in each action's rules; this file holds the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.errors import Conflict


@dataclass(frozen=True)
class Lifecycle:
    """`moves` maps a verb to {from-state: to-state}. `Lifecycle(...).after("confirm", "draft")` -> next state."""

    initial: str
    moves: Mapping[str, Mapping[str, str]]

    @property
    def states(self) -> list[str]:
        """All states in the order they first appear."""
        seen = {self.initial: None}
        for move in self.moves.values():
            seen |= dict.fromkeys((*move, *move.values()))
        return list(seen)

    def may(self, verb: str, state: str) -> bool:
        return state in self.moves.get(verb, {})

    def after(self, verb: str, state: str) -> str:
        """The state that follows; Conflict `lifecycle.refused` where the verb is not allowed."""
        try:
            return self.moves[verb][state]
        except KeyError:
            raise Conflict("lifecycle.refused", verb=verb, state=state) from None
