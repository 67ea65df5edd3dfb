"""What must hold of stock: on hand is the sum of the moves, reserved the sum of the promises."""

from decimal import Decimal

from sqlalchemy import Subquery, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.errors import Finding
from app.modules.inventory.models.stock import Move, Reservation, Stock
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.work import Work


def stock_findings(work: Work) -> list[Finding]:
    """`check.stock_differs` for every item and warehouse whose quantity on hand is not the sum of its moves."""
    moves = (
        select(Move.item_id, Move.warehouse_id, func.sum(Move.quantity).label("quantity"))
        .where(Move.company_id == work.company_id)
        .group_by(Move.item_id, Move.warehouse_id)
        .subquery()
    )
    return [
        Finding("check.stock_differs", None, {"item": item, "warehouse": warehouse, "stock": kept, "moves": summed})
        for item, warehouse, kept, summed in _differences(work, moves, Stock.on_hand)
    ]


def promise_findings(work: Work) -> list[Finding]:
    """`check.reserved_differs` for every item and warehouse whose reserved quantity is not the sum of its promises."""
    promised = (
        select(Reservation.item_id, Reservation.warehouse_id, func.sum(Reservation.quantity).label("quantity"))
        .where(Reservation.company_id == work.company_id)
        .group_by(Reservation.item_id, Reservation.warehouse_id)
        .subquery()
    )
    return [
        Finding(
            "check.reserved_differs", None, {"item": item, "warehouse": warehouse, "stock": kept, "promised": summed}
        )
        for item, warehouse, kept, summed in _differences(work, promised, Stock.reserved)
    ]


def _differences(
    work: Work, summed: Subquery, kept: InstrumentedAttribute[Decimal]
) -> list[tuple[str, str, Decimal, Decimal]]:
    """Rows where the stored quantity is not the sum; either may be missing altogether."""
    stock = select(Stock.item_id, Stock.warehouse_id, kept.label("quantity")).where(Stock.company_id == work.company_id)
    own = stock.subquery()
    item_id = func.coalesce(own.c.item_id, summed.c.item_id)
    warehouse_id = func.coalesce(own.c.warehouse_id, summed.c.warehouse_id)
    here, there = func.coalesce(own.c.quantity, 0), func.coalesce(summed.c.quantity, 0)
    same = and_(own.c.item_id == summed.c.item_id, own.c.warehouse_id == summed.c.warehouse_id)
    statement = (
        select(Item.code, Warehouse.name, here, there)
        .select_from(own.outerjoin(summed, same, full=True))
        .join(Item, Item.id == item_id)
        .join(Warehouse, Warehouse.id == warehouse_id)
        .where(here != there)
        .order_by(Item.code, Warehouse.code)
    )
    return [(row[0], row[1], row[2], row[3]) for row in work.session.execute(statement)]
