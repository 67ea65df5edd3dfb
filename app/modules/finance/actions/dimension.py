"""Cost centres and lists of one's own (辅助核算项目): made, changed, retired. What was posted keeps its values."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import MISSING
from sqlalchemy import select

from app.adapters.db import Model
from app.kernel.errors import Conflict, Invalid
from app.modules.finance.models.dimension import CostCentre, Dimension, DimensionValue
from app.modules.finance.rules.dimension import KINDS, LISTS, dimension_id
from app.modules.masterdata.actions.change import CodeText, NameText, apply, switch
from app.modules.masterdata.models.pinyin import sort_key
from app.platform.actions import action
from app.platform.work import Work

NAMES = {"project": ("项目", "Project"), "employee": ("职员", "Employee"), "item_group": ("存货类别", "Item group")}


def dimension_rows() -> list[tuple[type[Model], Sequence[Mapping[str, Any]]]]:
    """The lists every tenant starts with."""
    rows = [
        {
            "id": dimension_id(code),
            "version": 1,
            "code": code,
            "name": NAMES[code][0],
            "english_name": NAMES[code][1],
            "active": True,
        }
        for code in LISTS
    ]
    return [(Dimension, rows)]


@action
def create_cost_centre(work: Work, code: CodeText, name: NameText, parent_id: UUID | None = None) -> UUID:
    """Add a cost centre, below another one where `parent_id` names it."""
    _free(work, CostCentre, code)
    if parent_id is not None:
        work.load(CostCentre, parent_id, lock=False)
    centre = CostCentre(
        company_id=work.company_id, code=code, name=name.strip(), sort_key=sort_key(name), parent_id=parent_id
    )
    return work.add(centre).id


@action
def update_cost_centre(
    work: Work,
    cost_centre_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    parent_id: UUID | MISSING | None = MISSING,
) -> UUID:
    """Change the name or the place of a cost centre."""
    centre = work.load(CostCentre, cost_centre_id, version=version)
    above = parent_id if isinstance(parent_id, UUID) else None
    while above is not None:
        if above == cost_centre_id:
            raise Invalid("cost_centre.loop", field="parent_id")
        above = work.load(CostCentre, above, lock=False).parent_id
    apply(centre, name=name, parent_id=parent_id, sort_key=sort_key(name) if isinstance(name, str) else MISSING)
    return centre.id


@action
def deactivate_cost_centre(work: Work, cost_centre_id: UUID) -> UUID:
    """No longer offer a cost centre."""
    return switch(work.load(CostCentre, cost_centre_id), False)


@action
def reactivate_cost_centre(work: Work, cost_centre_id: UUID) -> UUID:
    """Offer a cost centre again."""
    return switch(work.load(CostCentre, cost_centre_id), True)


@action
def create_dimension(work: Work, code: CodeText, name: NameText, english_name: str = "") -> UUID:
    """Add a list of one's own to tell lines apart by: regions, contracts, brands."""
    if code in KINDS and code not in LISTS:
        raise Conflict("dimension.built_in", field="code", code=code)
    if work.session.scalars(select(Dimension.id).where(Dimension.code == code)).first() is not None:
        raise Conflict("code.taken", field="code", code=code)
    made = Dimension(id=dimension_id(code), code=code, name=name.strip(), english_name=english_name.strip())
    return work.add(made).id


@action
def update_dimension(
    work: Work,
    dimension_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    english_name: str | MISSING = MISSING,
) -> UUID:
    """Change what a dimension is called; its code stays."""
    found = work.load(Dimension, dimension_id, version=version)
    apply(found, name=name, english_name=english_name)
    return found.id


@action
def deactivate_dimension(work: Work, dimension_id: UUID) -> UUID:
    """No longer offer a dimension."""
    return switch(work.load(Dimension, dimension_id), False)


@action
def reactivate_dimension(work: Work, dimension_id: UUID) -> UUID:
    """Offer a dimension again."""
    return switch(work.load(Dimension, dimension_id), True)


@action
def create_dimension_value(work: Work, dimension_id: UUID, code: CodeText, name: NameText) -> UUID:
    """Add a value to a list: a project, an employee, a region."""
    work.load(Dimension, dimension_id, lock=False)
    mine = DimensionValue.dimension_id == dimension_id
    _free(work, DimensionValue, code, mine)
    value = DimensionValue(
        company_id=work.company_id, dimension_id=dimension_id, code=code, name=name.strip(), sort_key=sort_key(name)
    )
    return work.add(value).id


@action
def update_dimension_value(
    work: Work, dimension_value_id: UUID, version: int, name: NameText | MISSING = MISSING
) -> UUID:
    """Change the name of a value."""
    value = work.load(DimensionValue, dimension_value_id, version=version)
    apply(value, name=name, sort_key=sort_key(name) if isinstance(name, str) else MISSING)
    return value.id


@action
def deactivate_dimension_value(work: Work, dimension_value_id: UUID) -> UUID:
    """No longer offer a value."""
    return switch(work.load(DimensionValue, dimension_value_id), False)


@action
def reactivate_dimension_value(work: Work, dimension_value_id: UUID) -> UUID:
    """Offer a value again."""
    return switch(work.load(DimensionValue, dimension_value_id), True)


def _free(work: Work, model: type[Model], code: str, *where: object) -> None:
    columns = model.__mapper__.columns
    taken = select(columns["id"]).where(columns["company_id"] == work.company_id, columns["code"] == code, *where)  # type: ignore[arg-type]
    if work.session.execute(taken).first() is not None:
        raise Conflict("code.taken", field="code", code=code)
