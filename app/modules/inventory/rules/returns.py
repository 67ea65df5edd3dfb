"""Returns of an earlier movement: every return is a slice of its original, all slices together exactly the original.

A return occupies the interval [before, before + quantity) of the original's quantity. Its value is the difference of
two cumulated shares, so rounding never gains or loses a cent over a full return, whatever the order of the parts.
"""

from collections.abc import Iterable

from app.kernel.errors import Conflict
from app.modules.inventory.rules.scale import share


def slice_of(total: int, before: int, quantity: int, whole: int) -> int:
    """The value of the interval [before, before + quantity) of an original worth `total` for `whole` units."""
    return share(total, before + quantity, whole) - share(total, before, whole)


def free_slices(whole: int, taken: Iterable[tuple[int, int]], quantity: int) -> list[tuple[int, int]]:
    """Intervals (before, quantity), oldest first, in which `quantity` more can be returned.

    `taken` are the intervals of the live returns; a reversed return gives its interval back, so a later return may
    need several pieces: each becomes a fact of its own. Conflict `costing.return_exceeds` where too little is left.
    """
    pieces: list[tuple[int, int]] = []
    start, wanted = 0, quantity
    for before, length in [*sorted(taken), (whole, 0)]:
        part = min(wanted, before - start)
        if part > 0:
            pieces.append((start, part))
            wanted -= part
        start = max(start, before + length)
    if wanted:
        raise Conflict("costing.return_exceeds", field="quantity", wanted=quantity, left=quantity - wanted)
    return pieces
