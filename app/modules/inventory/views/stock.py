"""Stock on hand, the stock ledger, and the overview cards."""

from decimal import Decimal

from sqlalchemy import func

from app.modules.inventory.models.delivery import Delivery
from app.modules.inventory.models.stock import Move, Stock
from app.platform.queries import select_for
from app.platform.views import Field, Kpi, ListView, OverviewView, Tab, Todo
from app.platform.work import Work

STOCKS = ListView(
    Stock,
    columns=[
        Field(Stock.item_id, phone="title"),
        Field(Stock.warehouse_id, phone="body"),
        Field(Stock.on_hand, phone="value", unit=Stock.unit_id),
        Field(Stock.reserved, unit=Stock.unit_id),
        Field(Stock.unit_id, hidden=True),
    ],
    group_by=[Stock.warehouse_id],
    tabs=[
        Tab("in_stock", lambda work: Stock.on_hand > 0, default=True),
        Tab("promised", lambda work: Stock.reserved > 0),
        Tab("all"),
    ],
    icon="building-warehouse",
)
MOVES = ListView(
    Move,
    columns=[
        Field(Move.moved_on, phone="meta"),
        Field(Move.item_id, phone="title"),
        Field(Move.warehouse_id, phone="body"),
        Field(Move.kind, choices=("receipt", "delivery", "return"), phone="badge"),
        Field(Move.quantity, unit=Move.unit_id, phone="value"),
        Field(Move.unit_id, hidden=True),
    ],
    group_by=[Move.item_id, Move.warehouse_id, Move.moved_on],
    sort=[Move.moved_on.desc()],
    icon="arrows-exchange",
)


def items_in_stock(work: Work) -> Kpi:
    """How many items are on hand."""
    statement = select_for(work, Stock).with_only_columns(func.count(func.distinct(Stock.item_id)))
    count = work.session.scalar(statement.where(Stock.on_hand > 0)) or 0
    return Kpi("inventory.kpi.items", "number", Decimal(count), link="/inventory/stocks")


def to_ship(work: Work) -> Todo | None:
    """Deliveries waiting to leave."""
    statement = select_for(work, Delivery).with_only_columns(func.count())
    count = work.session.scalar(statement.where(Delivery.state == "draft", Delivery.kind == "delivery")) or 0
    return Todo("inventory.todo.ship", count, "/inventory/deliveries?tab=to_ship") if count else None


def to_receive(work: Work) -> Todo | None:
    """Returns waiting to be taken in."""
    statement = select_for(work, Delivery).with_only_columns(func.count())
    count = work.session.scalar(statement.where(Delivery.state == "draft", Delivery.kind == "return")) or 0
    return Todo("inventory.todo.receive", count, "/inventory/deliveries?tab=returns") if count else None


OVERVIEW = OverviewView("inventory", needs="inventory.read_stock", kpis=[items_in_stock], todos=[to_ship, to_receive])
