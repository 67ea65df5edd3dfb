"""Rounding to a step that need not be a power of ten, and shares that add up.

The kernel rounds to decimals; tax and cash amounts may have other steps (0.05), and sums of rounded
parts must equal the rounded sum.
"""

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction

from app.kernel.money import ZERO, round_half_up

_WIDE = Context(prec=60)
"""Wide enough that a fraction with a finite decimal form is converted without loss (halves stay halves)."""


def exact(value: Fraction | Decimal) -> Decimal:
    """A fraction as a decimal: without loss where its decimal form ends, else 60 digits."""
    if isinstance(value, Decimal):
        return value
    return _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))


def round_to(value: Fraction | Decimal, step: Decimal) -> Decimal:
    """To the nearest multiple of `step`, half away from zero."""
    return round_half_up(_WIDE.divide(exact(value), step), 0) * step


def apportion(values: Sequence[Fraction], step: Decimal) -> list[Decimal]:
    """Each value rounded to `step` so that the parts sum to the rounded sum of the values.

    Values may have either sign. The steps that are left over go where rounding lost most; ties go to
    the earlier value. No part is further than one step from its value.
    """
    if len(values) == 1:
        return [round_to(values[0], step)]
    parts = [round_to(value, step) for value in values]
    missing = int((round_to(sum(values, Fraction(0)), step) - sum(parts, ZERO)) / step)
    if missing:
        sign = 1 if missing > 0 else -1
        lost = sorted(range(len(values)), key=lambda i: (sign * (Fraction(parts[i]) - values[i]), i))
        for index in lost[: abs(missing)]:
            parts[index] += sign * step
    return parts
