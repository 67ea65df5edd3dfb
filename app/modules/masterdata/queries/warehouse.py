"""Warehouses of the company at work."""

from uuid import UUID

from app.kernel.errors import Conflict
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.queries import select_for
from app.platform.work import Work


def warehouse_of(work: Work, warehouse_id: UUID, *, field: str = "warehouse_id") -> Warehouse:
    """An active warehouse, read once a transaction; Missing for an unknown one, Conflict `warehouse.inactive`."""
    found = work.remember(("masterdata.warehouse", warehouse_id), lambda: work.get(Warehouse, warehouse_id))
    if not found.active:
        raise Conflict("warehouse.inactive", field=field, warehouse=found.name)
    return found


def default_warehouse(work: Work) -> Warehouse | None:
    """The company's first active warehouse by code; None while it has none."""
    statement = select_for(work, Warehouse).where(Warehouse.active, Warehouse.company_id == work.company_id)
    return work.remember(
        ("masterdata.default_warehouse", work.company_id),
        lambda: work.session.scalars(statement.order_by(Warehouse.code).limit(1)).first(),
    )
