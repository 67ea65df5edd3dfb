from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.modules.masterdata.rules.unit import (
    Conversions,
    Measure,
    base_quantity,
    checked_factor,
    converted,
    factor_between,
    unit_price,
)


def measure(code: str, dimension: str, base: str, factor: str | None) -> Measure:
    return Measure(uuid4(), code, dimension, base, None if factor is None else Decimal(factor))


PIECE = measure("C62", "count", "C62", "1")
DOZEN = measure("DZN", "count", "C62", "12")
GROSS = measure("GRO", "count", "C62", "144")
KILO = measure("KGM", "mass", "KGM", "1")
POUND = measure("LBR", "mass", "KGM", "0.45359237")
BOX = measure("XBX", "package", "XBX", "1")
PALLET = measure("XPX", "package", "XPX", "1")
FAHRENHEIT = measure("FAH", "temperature", "CEL", None)
CELSIUS = measure("CEL", "temperature", "CEL", "1")

quantities = st.decimals(min_value=-(10**6), max_value=10**6, places=6)


def test_known_conversions() -> None:
    assert converted(Decimal(3), GROSS, DOZEN) == 36
    assert converted(Decimal(1), POUND, KILO) == Decimal("0.453592")
    assert converted(Decimal(4), PIECE, DOZEN) == Decimal("0.333333")
    assert converted(Decimal("0.333333"), DOZEN, PIECE) == Decimal("3.999996")


@given(quantities)
def test_to_smaller_units_and_back_is_exact(quantity: Decimal) -> None:
    assert converted(converted(quantity, GROSS, PIECE), PIECE, GROSS) == quantity


@given(quantities)
def test_one_way_over_a_third_unit(quantity: Decimal) -> None:
    there = converted(quantity, GROSS, DOZEN)
    assert converted(there, DOZEN, PIECE) == converted(quantity, GROSS, PIECE)


@pytest.mark.parametrize(
    ("unit", "target"), [(KILO, PIECE), (BOX, PALLET), (FAHRENHEIT, CELSIUS), (CELSIUS, FAHRENHEIT)]
)
def test_no_conversion_across_dimensions(unit: Measure, target: Measure) -> None:
    with pytest.raises(Invalid, match=r"unit\.dimension"):
        factor_between(unit, target)
    with pytest.raises(Invalid, match=r"unit\.dimension"):
        converted(Decimal(1), unit, target)


def test_the_items_own_conversion_comes_first() -> None:
    siblings = {unit.id: unit for unit in (PIECE, DOZEN, GROSS)}
    known = Conversions("A", PIECE, {BOX.id: Decimal(24), DOZEN.id: Decimal(13)}, siblings)
    assert base_quantity(known, BOX.id, Decimal("1.5")) == 36
    assert base_quantity(known, DOZEN.id, Decimal(2)) == 26
    assert base_quantity(known, GROSS.id, Decimal(1)) == 144
    assert base_quantity(known, PIECE.id, Decimal(7)) == base_quantity(known, None, Decimal(7)) == 7
    assert unit_price(known, BOX.id, Decimal("0.25")) == 6
    with pytest.raises(Invalid) as refused:
        base_quantity(known, PALLET.id, Decimal(1), field="lines.0.unit_id")
    assert (refused.value.code, refused.value.field) == ("item.unit_unknown", "lines.0.unit_id")


def test_a_unit_without_factor_does_not_convert() -> None:
    known = Conversions("A", CELSIUS, {}, {FAHRENHEIT.id: FAHRENHEIT})
    with pytest.raises(Invalid, match=r"item\.unit_unknown"):
        base_quantity(known, FAHRENHEIT.id, Decimal(1))


@pytest.mark.parametrize("factor", ["0", "-1", "NaN", "Infinity"])
def test_factors_are_positive(factor: str) -> None:
    with pytest.raises(Invalid, match=r"unit\.factor"):
        checked_factor(Decimal(factor))
