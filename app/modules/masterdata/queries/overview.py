"""A few counts for the overview, in one statement a page."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.permissions import narrowed
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each there are."""

    customers: int
    suppliers: int
    items: int
    blocked: int
    warehouses: int


def counts(work: Work) -> Counts:
    """Active customers, suppliers, items, warehouses of the company, and blocked parties."""
    return work.remember("masterdata.counts", lambda: _count(work))


def _count(work: Work) -> Counts:
    one = func.count()
    counted = select(
        one.filter(Party.is_customer & Party.active),
        one.filter(Party.is_supplier & Party.active),
        one.filter(Party.blocked),
    )
    parties = narrowed(counted.select_from(Party), work, Party).subquery()
    items = narrowed(select(one).select_from(Item), work, Item).where(Item.active).scalar_subquery()
    warehouses = narrowed(select(one).select_from(Warehouse), work, Warehouse).where(Warehouse.active)
    row = work.session.execute(select(parties, items, warehouses.scalar_subquery())).one()
    return Counts(customers=row[0], suppliers=row[1], blocked=row[2], items=row[3], warehouses=row[4])
