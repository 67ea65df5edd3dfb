"""Units by id and code."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Missing
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.rules.unit import Measure, converted
from app.platform.work import Work


def units(work: Work) -> dict[UUID, Measure]:
    """Every unit, retired ones too, by id; read once a transaction."""
    return work.remember(
        "masterdata.units", lambda: {unit.id: unit.measure for unit in work.session.scalars(select(Unit))}
    )


def units_of(work: Work, ids: Iterable[UUID]) -> dict[UUID, Unit]:
    """The units as records, for their names on paper; one statement. Missing for an unknown id."""
    return work.load_all(Unit, ids, lock=False)


def unit_by_code(work: Work, code: str) -> Measure:
    """The unit with that UN/ECE code; Missing where there is none."""
    found = next((unit for unit in units(work).values() if unit.code == code), None)
    if found is None:
        raise Missing("record.missing", noun="masterdata.unit", id=code)
    return found


def convert(work: Work, quantity: Decimal, unit_id: UUID, target_id: UUID) -> Decimal:
    """The quantity in another unit of the same dimension, six decimals; Invalid `unit.dimension` otherwise."""
    known = units(work)
    for key in (unit_id, target_id):
        if key not in known:
            raise Missing("record.missing", noun="masterdata.unit", id=str(key))
    return converted(quantity, known[unit_id], known[target_id])
