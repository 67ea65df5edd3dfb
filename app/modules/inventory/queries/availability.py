"""Stock on hand, promised and free, by item."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, func, select

from app.modules.inventory.models.stock import Stock
from app.platform.work import Work

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Availability:
    """Quantities in base units."""

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        return self.on_hand - self.reserved


_EVERYWHERE = (
    select(Stock.item_id, func.sum(Stock.on_hand), func.sum(Stock.reserved))
    .where(Stock.company_id == bindparam("company"), Stock.item_id.in_(bindparam("items", expanding=True)))
    .group_by(Stock.item_id)
)
_IN_ONE = _EVERYWHERE.where(Stock.warehouse_id == bindparam("warehouse"))


def available(work: Work, item_ids: Iterable[UUID], warehouse_id: UUID | None = None) -> dict[UUID, Availability]:
    """Of every item asked for, in one warehouse or all of the company; zeros for items never stocked."""
    ids = sorted(set(item_ids))
    if not ids:
        return {}
    given = {"company": work.company_id, "items": ids, "warehouse": warehouse_id}
    statement = _EVERYWHERE if warehouse_id is None else _IN_ONE
    found = {row[0]: Availability(row[1], row[2]) for row in work.session.execute(statement, given)}
    return {key: found.get(key, Availability()) for key in ids}
