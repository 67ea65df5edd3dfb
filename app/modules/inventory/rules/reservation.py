"""How scarce stock is promised: first come, first served, never more than is free."""

from collections.abc import Sequence
from decimal import Decimal

ZERO = Decimal(0)


def promise(free: Decimal, wanted: Sequence[Decimal]) -> list[Decimal]:
    """What each demand gets of the free stock, in the order given; what is missing stays backordered."""
    left = max(free, ZERO)
    given = []
    for quantity in wanted:
        part = min(left, max(quantity, ZERO))
        given.append(part)
        left -= part
    return given
