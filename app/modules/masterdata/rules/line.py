"""Rows that belong to a record and are edited as a whole: which stay, which are new, which go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from app.kernel.errors import Finding


class Row(Protocol):
    """A stored row."""

    id: Any


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Pairing(Generic[R]):
    """For each wanted row the stored one it replaces or None; and the stored ones nobody wants."""

    kept: list[R | None]
    removed: list[R]


def paired(
    stored: Sequence[R], wanted: Sequence[tuple[UUID | None, Mapping[str, Any]]], natural: str = ""
) -> Pairing[R]:
    """Pair by the natural key first (`unit_id` of an item's units: it must stay unique), then by id, else by none."""
    free = {row.id: row for row in stored}
    kept: list[R | None] = [None] * len(wanted)
    if natural:
        by_key = {getattr(row, natural): row for row in stored}
        for position, (_, values) in enumerate(wanted):
            row = by_key.get(values[natural])
            if row is not None and row.id in free:
                kept[position] = free.pop(row.id)
    for position, (key, _) in enumerate(wanted):
        if kept[position] is None and key is not None:
            kept[position] = free.pop(key, None)
    return Pairing(kept, list(free.values()))


def repeated(values: Sequence[Any], code: str, place: str, field: str) -> list[Finding]:
    """A finding for each value that stood in an earlier row already."""
    seen: set[Any] = set()
    found = []
    for position, value in enumerate(values):
        if value in seen:
            found.append(Finding(code, f"{place}.{position}.{field}"))
        seen.add(value)
    return found
