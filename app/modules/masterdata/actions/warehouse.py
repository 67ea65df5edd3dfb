"""Warehouses and valuation areas of the company at work."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid
from app.modules.masterdata.actions.change import CodeText, CountryText, NameText, apply, switch
from app.modules.masterdata.events import WarehouseCreated, WarehouseDeactivated
from app.modules.masterdata.models.warehouse import ValuationArea, Warehouse
from app.modules.masterdata.queries.country import require_country
from app.platform.actions import action
from app.platform.organisation import company_at_work
from app.platform.queries import select_for
from app.platform.work import Work

FIRST_AREA = "MAIN"
Phone = Annotated[str, Limit(max_length=40)]


@action
def create_warehouse(
    work: Work,
    code: CodeText,
    name: NameText,
    valuation_area_id: UUID | None = None,
    address: str = "",
    country: CountryText | None = None,
    phone: Phone = "",
) -> UUID:
    """Add a warehouse; without a valuation area it joins the company's only one, made at need."""
    _require_free(work, Warehouse, code)
    warehouse = Warehouse(
        company_id=work.company_id,
        code=code,
        name=name.strip(),
        valuation_area_id=_area(work, valuation_area_id),
        address=address,
        country=require_country(work, country or company_at_work(work).country),
        phone=phone,
    )
    work.add(warehouse)
    work.emit(WarehouseCreated(warehouse.id))
    return warehouse.id


@action
def update_warehouse(
    work: Work,
    warehouse_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    code: CodeText | MISSING = MISSING,
    address: str | MISSING = MISSING,
    country: CountryText | MISSING = MISSING,
    phone: Phone | MISSING = MISSING,
) -> UUID:
    """Change a warehouse; its valuation area stays, because value lies in it."""
    warehouse = work.load(Warehouse, warehouse_id, version=version)
    if isinstance(code, str) and code != warehouse.code:
        _require_free(work, Warehouse, code)
    if isinstance(country, str):
        require_country(work, country)
    apply(warehouse, name=name, code=code, address=address, country=country, phone=phone)
    return warehouse.id


@action
def deactivate_warehouse(work: Work, warehouse_id: UUID) -> UUID:
    """Close a warehouse for new documents."""
    return switch(work.load(Warehouse, warehouse_id), False, lambda: work.emit(WarehouseDeactivated(warehouse_id)))


@action
def reactivate_warehouse(work: Work, warehouse_id: UUID) -> UUID:
    """Open a closed warehouse again."""
    return switch(work.load(Warehouse, warehouse_id), True)


@action
def delete_warehouse(work: Work, warehouse_id: UUID) -> None:
    """Delete a warehouse that was never used."""
    work.session.delete(work.load(Warehouse, warehouse_id))
    work.session.flush()


@action
def create_valuation_area(work: Work, code: CodeText, name: NameText) -> UUID:
    """Add a valuation area: warehouses in it share one stock account and one cost."""
    _require_free(work, ValuationArea, code)
    return work.add(ValuationArea(company_id=work.company_id, code=code, name=name.strip())).id


@action
def update_valuation_area(
    work: Work, valuation_area_id: UUID, version: int, name: NameText | MISSING = MISSING
) -> UUID:
    """Rename a valuation area."""
    area = work.load(ValuationArea, valuation_area_id, version=version)
    apply(area, name=name)
    return area.id


@action
def delete_valuation_area(work: Work, valuation_area_id: UUID) -> None:
    """Delete a valuation area without warehouses."""
    work.session.delete(work.load(ValuationArea, valuation_area_id))
    work.session.flush()


def _require_free(work: Work, model: type[Warehouse] | type[ValuationArea], code: str) -> None:
    same = select(model.id).where(model.company_id == work.company_id, model.code == code)
    if work.session.execute(same).first():
        raise Conflict("code.taken", field="code", code=code)


def _area(work: Work, valuation_area_id: UUID | None) -> UUID:
    if valuation_area_id is not None:
        return work.get(ValuationArea, valuation_area_id).id
    mine = select_for(work, ValuationArea).where(ValuationArea.company_id == work.company_id)
    areas = work.session.scalars(mine.limit(2)).all()
    if len(areas) > 1:
        raise Invalid("warehouse.area_required", field="valuation_area_id")
    if areas:
        return areas[0].id
    company = company_at_work(work)
    return work.add(ValuationArea(company_id=company.id, code=FIRST_AREA, name=company.name)).id
