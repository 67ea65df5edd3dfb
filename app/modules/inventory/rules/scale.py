"""Money and quantities as integers inside a costing pass.

A pass multiplies and divides thousands of times and must not lose anything, so amounts are counted in the currency's
minor unit and quantities in millionths of the item's unit. At rest both are NUMERIC.
"""

from decimal import ROUND_DOWN, Decimal

from app.kernel.errors import Invalid
from app.kernel.quantity import QUANTITY_DIGITS

QUANTITY_SCALE: int = 10**QUANTITY_DIGITS
"""One unit of an item inside a pass."""


def scaled(value: Decimal, digits: int, *, field: str | None = None) -> int:
    """`value` counted in steps of 10^-digits; Invalid `costing.precision` where it has more decimals than that."""
    shifted = value.scaleb(digits)
    whole = shifted.to_integral_value(rounding=ROUND_DOWN)
    if whole != shifted:
        raise Invalid("costing.precision", field=field, value=value, digits=digits)
    return int(whole)


def unscaled(count: int, digits: int) -> Decimal:
    """The decimal that `scaled` counted."""
    return Decimal(count).scaleb(-digits)


def scaled_quantity(value: Decimal, *, field: str | None = None) -> int:
    """A quantity in millionths; Invalid `costing.precision` beyond six decimals."""
    return scaled(value, QUANTITY_DIGITS, field=field)


def unscaled_quantity(count: int) -> Decimal:
    """The quantity that `scaled_quantity` counted."""
    return unscaled(count, QUANTITY_DIGITS)


def share(total: int, part: int, whole: int) -> int:
    """`total · part / whole`, rounded half away from zero as `app.kernel.money` does; `whole` is positive."""
    if total < 0:
        return -share(-total, part, whole)
    return (2 * total * part + whole) // (2 * whole)
