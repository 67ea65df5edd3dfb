"""Warehouses of the company at work."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.queries import select_for
from app.platform.reference import facts_of, reference
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class WarehouseFacts:
    """A warehouse as documents rest on it."""

    id: UUID
    company_id: UUID
    code: str
    name: str
    valuation_area_id: UUID
    address: str
    country: str
    phone: str
    active: bool


def warehouse_of(work: Work, warehouse_id: UUID, *, field: str = "warehouse_id") -> WarehouseFacts:
    """An active warehouse; Missing for an unknown one, Conflict `warehouse.inactive`."""
    found = facts_of(work, WarehouseFacts, Warehouse, [warehouse_id])[warehouse_id]
    if not found.active:
        raise Conflict("warehouse.inactive", field=field, warehouse=found.name)
    return found


def default_warehouse(work: Work) -> WarehouseFacts | None:
    """The company's first active warehouse by code, of those the actor may know; None while there is none."""
    company = work.company_id
    if work.actor.rules is not None and work.actor.rules.rows(work, Warehouse) is not None:
        mine = select_for(work, Warehouse).where(Warehouse.active).order_by(Warehouse.code).limit(1)
        allowed = work.session.scalars(mine.with_only_columns(Warehouse.id)).first()
        return None if allowed is None else warehouse_of(work, allowed)
    first = reference(work, "masterdata.default_warehouse", [company], lambda missing: _first_of(work, missing))[
        company
    ]
    return None if first is None else warehouse_of(work, first)


def _first_of(work: Work, companies: Sequence[UUID]) -> dict[UUID, UUID | None]:
    rows = work.session.execute(
        select(Warehouse.company_id, Warehouse.id)
        .where(Warehouse.company_id.in_(companies), Warehouse.active)
        .order_by(Warehouse.code.desc())
    )
    found = {row.company_id: row.id for row in rows}  # the first by code comes last and stays
    return {company: found.get(company) for company in companies}
