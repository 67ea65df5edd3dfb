"""Units of measure: a quantity keeps its size when its unit changes, and never changes its dimension.

A unit has a base (kilogram for gram) and the factor to it. Units convert only within one base: a box
is not a pallet, though both are packages. What a box of *this* item holds is told by the item's own
conversions. Degrees Fahrenheit have no factor, because their zero differs: they do not convert at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from uuid import UUID

from app.kernel.errors import Invalid
from app.kernel.money import round_half_up
from app.kernel.quantity import QUANTITY_DIGITS

FACTOR_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Measure:
    """What conversion needs to know of a unit. `factor` = base units in one of it, None where there is none."""

    id: UUID
    code: str
    dimension: str
    base: str
    factor: Decimal | None


def factor_between(unit: Measure, target: Measure) -> Decimal:
    """How many of `target` one `unit` is; exact to 28 digits. Invalid `unit.dimension` across dimensions."""
    if unit.id == target.id:
        return Decimal(1)
    if unit.base != target.base or unit.factor is None or target.factor is None:
        raise Invalid("unit.dimension", unit=unit.code, target=target.code)
    with localcontext(prec=28):
        return unit.factor / target.factor


def converted(quantity: Decimal, unit: Measure, target: Measure) -> Decimal:
    """The quantity in `target`, rounded to six decimals."""
    if unit.id == target.id:
        return quantity
    if unit.base != target.base or unit.factor is None or target.factor is None:
        raise Invalid("unit.dimension", unit=unit.code, target=target.code)
    with localcontext(prec=50):  # one division at the end: 3 * 4 / 12, not 3 * 0.333...
        return round_half_up(quantity * unit.factor / target.factor, QUANTITY_DIGITS)


@dataclass(frozen=True, slots=True)
class Conversions:
    """What is known of one item's units: its base unit, its own conversions, and the units of the same base."""

    item: str
    """The item's code, for refusals."""
    base: Measure
    own: Mapping[UUID, Decimal]
    """Unit id -> base units in one of it."""
    siblings: Mapping[UUID, Measure]


def base_quantity(known: Conversions, unit_id: UUID | None, quantity: Decimal, *, field: str | None = None) -> Decimal:
    """The quantity in the item's base unit, to six decimals: the item's own conversion first, else the dimension's.

    None stands for the base unit. Invalid `item.unit_unknown` where neither knows the unit.
    """
    if unit_id is None or unit_id == known.base.id:
        return quantity
    if unit_id in known.own:
        return round_half_up(quantity * known.own[unit_id], QUANTITY_DIGITS)
    if unit_id in known.siblings:
        try:
            return converted(quantity, known.siblings[unit_id], known.base)
        except Invalid:
            pass  # a unit without a factor: told below, with the field
    raise Invalid("item.unit_unknown", field=field, item=known.item, base=known.base.code)


def unit_price(known: Conversions, unit_id: UUID | None, price: Decimal) -> Decimal:
    """The price of one `unit_id` for a price of one base unit, to six decimals."""
    return round_half_up(price * base_quantity(known, unit_id, Decimal(1)), QUANTITY_DIGITS)


def checked_factor(factor: Decimal, *, field: str | None = None) -> Decimal:
    """A conversion factor is positive; Invalid `unit.factor` otherwise."""
    if not factor.is_finite() or factor <= 0:
        raise Invalid("unit.factor", field=field, factor=factor)
    return factor
