"""Quantities on hand: the only writer of `inventory_stock`, once at the end of each transaction.

Everything a transaction does to stock (promises, releases, movements of all its lines) is applied as one
set: the stock rows are locked in (item, warehouse) order, worked out in memory, written back.
So nothing is oversold however many people ship the same item, and rivals cannot deadlock.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from app.adapters.db import table_of
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.modules.inventory.models.stock import Move, Reservation, Stock
from app.modules.inventory.rules.reservation import promise
from app.modules.masterdata.queries.item import items_of
from app.platform.sets import insert_rows, update_rows
from app.platform.work import Phase, Work

ZERO = Decimal(0)
Place = tuple[UUID, UUID]
"""(item, warehouse)"""


@dataclass(frozen=True)
class Demand:
    """A line that wants stock, in base units."""

    line_kind: str
    line_id: UUID
    item_id: UUID
    warehouse_id: UUID
    quantity: Decimal


@dataclass(frozen=True)
class Release:
    """A line that wants nothing any more."""

    line_id: UUID


@dataclass(frozen=True)
class StockMove:
    """A signed change of the quantity on hand, in base units; an issue uses up the demand line's promise."""

    item_id: UUID
    warehouse_id: UUID
    moved_on: date
    quantity: Decimal
    kind: str
    document_kind: str
    document_id: UUID
    line_id: UUID
    demand_line_id: UUID | None = None
    field: str | None = None


Task = Demand | Release | StockMove


def change_stock(work: Work, tasks: Sequence[Task]) -> None:
    """Queue changes; they are applied together after all documents are locked."""
    for task in tasks:
        work.defer(Phase.STOCK, _apply, task)


def _apply(work: Work, tasks: list[Task]) -> None:
    moves = [task for task in tasks if isinstance(task, StockMove)]
    promises = _promises(work, tasks)
    places = {(task.item_id, task.warehouse_id) for task in tasks if not isinstance(task, Release)}
    places |= {(promised.item_id, promised.warehouse_id) for promised in promises.values()}
    incoming = {(move.item_id, move.warehouse_id) for move in moves if move.quantity > 0}
    stocks = _locked(work, places, incoming)
    book = _Book(work, stocks, promises)
    for task in tasks:
        if isinstance(task, Release):
            book.release(task.line_id)
    for move in moves:
        book.move(move)
    book.promise([task for task in tasks if isinstance(task, Demand)])
    book.write()
    if moves:
        _record(work, moves)


def _promises(work: Work, tasks: list[Task]) -> dict[UUID, Reservation]:
    lines = {
        key
        for task in tasks
        if (key := task.demand_line_id if isinstance(task, StockMove) else task.line_id) is not None
    }
    if not lines:
        return {}
    statement = select(Reservation).where(Reservation.line_id.in_(sorted(lines))).order_by(Reservation.id)
    return {found.line_id: found for found in work.session.scalars(statement.with_for_update())}


def _locked(work: Work, places: set[Place], incoming: set[Place]) -> dict[Place, Stock]:
    def read() -> dict[Place, Stock]:
        statement = (
            select(Stock)
            .where(Stock.company_id == work.company_id, tuple_(Stock.item_id, Stock.warehouse_id).in_(sorted(places)))
            .order_by(Stock.item_id, Stock.warehouse_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return {(stock.item_id, stock.warehouse_id): stock for stock in work.session.scalars(statement)}

    if not places:
        return {}
    found = read()
    missing = sorted(incoming - found.keys())
    if missing:
        items = items_of(work, [item_id for item_id, _ in missing])
        rows = [
            {
                "id": new_id(),
                "company_id": work.company_id,
                "item_id": item_id,
                "warehouse_id": warehouse_id,
                "unit_id": items[item_id].unit_id,
                "on_hand": ZERO,
                "reserved": ZERO,
            }
            for item_id, warehouse_id in missing
        ]
        work.session.execute(upsert(table_of(Stock)).values(rows).on_conflict_do_nothing())
        found = read()
    return found


class _Book:
    """The stock rows of one transaction while they are worked out."""

    def __init__(self, work: Work, stocks: dict[Place, Stock], promises: dict[UUID, Reservation]) -> None:
        self.work = work
        self.on_hand = {place: stock.on_hand for place, stock in stocks.items()}
        self.reserved = {place: stock.reserved for place, stock in stocks.items()}
        self.stocks = stocks
        self.promises = promises
        self.wanted = {line: (found.wanted, found.quantity) for line, found in promises.items()}
        self.new: list[dict[str, object]] = []

    def release(self, line_id: UUID) -> None:
        """Give back the promise of a line; nothing for a line without one."""
        found = self.promises.get(line_id)
        if found is not None:
            self.reserved[found.item_id, found.warehouse_id] -= self.wanted[line_id][1]
            self.wanted[line_id] = (ZERO, ZERO)

    def move(self, move: StockMove) -> None:
        """Change the quantity on hand; Conflict `stock.short` where neither promised nor free stock suffices."""
        place = (move.item_id, move.warehouse_id)
        if move.quantity < 0:
            out = -move.quantity
            wanted, promised = self.wanted.get(move.demand_line_id or move.line_id, (ZERO, ZERO))
            free = self.on_hand.get(place, ZERO) - self.reserved.get(place, ZERO)
            used = min(promised, out)
            if out - used > free:
                item = items_of(self.work, [move.item_id])[move.item_id]
                facts = {"item": item.code, "wanted": out, "available": free + promised}
                raise Conflict("stock.short", field=move.field, **facts)
            if move.demand_line_id in self.promises:
                self.wanted[move.demand_line_id] = (max(wanted - out, ZERO), promised - used)
            self.reserved[place] = self.reserved.get(place, ZERO) - used
        self.on_hand[place] = self.on_hand.get(place, ZERO) + move.quantity

    def promise(self, demands: list[Demand]) -> None:
        """Promise free stock to the lines in their order; what is missing is kept as wanted."""
        by_place: dict[Place, list[Demand]] = defaultdict(list)
        for demand in demands:
            by_place[demand.item_id, demand.warehouse_id].append(demand)
        for place, wanting in by_place.items():
            free = self.on_hand.get(place, ZERO) - self.reserved.get(place, ZERO)
            open_parts = [
                max(demand.quantity - self.wanted.get(demand.line_id, (ZERO, ZERO))[1], ZERO) for demand in wanting
            ]
            for demand, given in zip(wanting, promise(free, open_parts), strict=True):
                if given:
                    self.reserved[place] += given
                if demand.line_id in self.promises:
                    self.wanted[demand.line_id] = (demand.quantity, self.wanted[demand.line_id][1] + given)
                else:
                    self.new.append(
                        {
                            "id": new_id(),
                            "company_id": self.work.company_id,
                            "line_kind": demand.line_kind,
                            "line_id": demand.line_id,
                            "item_id": demand.item_id,
                            "warehouse_id": demand.warehouse_id,
                            "wanted": demand.quantity,
                            "quantity": given,
                        }
                    )

    def write(self) -> None:
        """Write back what changed: at most one statement each for stock, old promises and new ones."""
        session = self.work.session
        changed = [
            {"id": stock.id, "on_hand": self.on_hand[place], "reserved": self.reserved[place]}
            for place, stock in self.stocks.items()
            if (stock.on_hand, stock.reserved) != (self.on_hand[place], self.reserved[place])
        ]
        update_rows(session, Stock, changed)
        done = [found.id for line, found in self.promises.items() if self.wanted[line][0] == 0]
        if done:
            session.execute(
                delete(Reservation).where(Reservation.id.in_(done)).execution_options(synchronize_session=False)
            )
        kept = [
            {"id": found.id, "wanted": self.wanted[line][0], "quantity": self.wanted[line][1]}
            for line, found in self.promises.items()
            if self.wanted[line][0] and self.wanted[line] != (found.wanted, found.quantity)
        ]
        update_rows(session, Reservation, kept)
        insert_rows(session, (Reservation, self.new))
        for stock in self.stocks.values():
            session.expunge(stock)
        for found in self.promises.values():
            session.expunge(found)


def _record(work: Work, moves: list[StockMove]) -> None:
    items = items_of(work, [move.item_id for move in moves])
    rows = [
        {
            "id": new_id(),
            "company_id": work.company_id,
            "item_id": move.item_id,
            "warehouse_id": move.warehouse_id,
            "moved_on": move.moved_on,
            "quantity": move.quantity,
            "unit_id": items[move.item_id].unit_id,
            "kind": move.kind,
            "document_kind": move.document_kind,
            "document_id": move.document_id,
            "line_id": move.line_id,
        }
        for move in moves
    ]
    insert_rows(work.session, (Move, rows))
