"""Facts that modules tell each other. A lower module emits, upper ones listen; never the other way round.

Listeners run inside the emitting transaction and do bounded inserts and updates only; what can wait
is read from the outbox after the commit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past tense. Fields are ids, dates, decimals and plain tuples of such."""

    internal: ClassVar[bool] = False
    """A matter of our own machinery, which webhooks do not tell."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the parts of each row are called, for a field of rows: `Annotated[tuple[...], Columns("line_id", "quantity")]`."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


E = TypeVar("E", bound=Event)
Listener = Callable[["Work", Any], None]
LISTENERS: dict[type[Event], list[Listener]] = {}


def on(kind: type[E]) -> Callable[[Callable[["Work", E], None]], Callable[["Work", E], None]]:
    """Run the function for every such event, inside the transaction that emitted it."""

    def listen(handle: Callable[["Work", E], None]) -> Callable[["Work", E], None]:
        LISTENERS.setdefault(kind, []).append(handle)
        return handle

    return listen
