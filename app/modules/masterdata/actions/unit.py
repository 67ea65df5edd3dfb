"""Units of measure: the list is seeded from UN/ECE; tenants add their own."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid
from app.modules.masterdata.actions.change import CodeText, NameText, apply, free_code, switch
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.rules.unit import checked_factor
from app.platform.actions import action
from app.platform.work import Work

Factor = Annotated[Decimal, Limit(gt=0, max_digits=30, decimal_places=15)]


@action
def create_unit(
    work: Work,
    code: CodeText,
    name: NameText,
    base: CodeText | None = None,
    factor: Factor = Decimal(1),
    dimension: Annotated[str, Limit(pattern="^[a-z_]{2,30}$")] | None = None,
    name_zh: Annotated[str, Limit(max_length=200)] = "",
) -> UUID:
    """Add a unit: `factor` times the base unit, or a base of its own where none is given."""
    free_code(work, Unit, code, "")
    checked_factor(factor, field="factor")
    if base is None or base == code:
        if factor != 1:
            raise Invalid("unit.own_base_factor", field="factor")
        found_dimension = dimension or "package"
    else:
        whole = work.session.scalars(select(Unit).where(Unit.code == base)).one_or_none()
        if whole is None or whole.base != whole.code:
            raise Invalid("unit.base_unknown", field="base", base=base)
        found_dimension = whole.dimension
    unit = Unit(
        code=code, name=name, name_zh=name_zh or name, dimension=found_dimension, base=base or code, factor=factor
    )
    return work.add(unit).id


@action
def update_unit(
    work: Work,
    unit_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    name_zh: NameText | MISSING = MISSING,
) -> UUID:
    """Rename a unit; its size never changes, because quantities of the past were converted by it."""
    unit = work.load(Unit, unit_id, version=version)
    apply(unit, name=name, name_zh=name_zh)
    return unit.id


@action
def deactivate_unit(work: Work, unit_id: UUID) -> UUID:
    """No longer offer a unit."""
    return switch(work.load(Unit, unit_id), False)


@action
def reactivate_unit(work: Work, unit_id: UUID) -> UUID:
    """Offer a retired unit again."""
    return switch(work.load(Unit, unit_id), True)


@action
def delete_unit(work: Work, unit_id: UUID) -> None:
    """Delete a unit that nothing refers to."""
    unit = work.load(Unit, unit_id)
    others = select(Unit.code).where(Unit.base == unit.code, Unit.id != unit.id).limit(1)
    if work.session.scalars(others).first() is not None:
        raise Conflict("data.in_use")
    work.session.delete(unit)
    work.session.flush()
