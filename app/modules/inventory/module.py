"""Inventory as the doors see it."""

from app.modules.inventory.actions import stock_account
from app.modules.inventory.actions.settlement import settle_pending
from app.modules.inventory.queries import closing
from app.modules.inventory.queries.check import promise_findings, stock_findings
from app.modules.inventory.queries.costing_check import costing_findings
from app.modules.inventory.views.delivery import DELIVERIES, DELIVERY
from app.modules.inventory.views.receipt import RECEIPT, RECEIPTS
from app.modules.inventory.views.stock import MOVES, OVERVIEW, STOCKS
from app.platform.registry import Module
from app.platform.views import Menu

__all__ = [
    "MODULE",
    "closing",
    "stock_account",
]  # an action no view shows yet, and the step of the close: imported so that they exist

MODULE = Module(
    name="inventory",
    icon="building-warehouse",
    views=[DELIVERIES, DELIVERY, RECEIPTS, RECEIPT, STOCKS, MOVES, OVERVIEW],
    menu=[Menu("inventory.delivery"), Menu("inventory.receipt"), Menu("inventory.stock"), Menu("inventory.move")],
    checks=[stock_findings, promise_findings, costing_findings],
    upkeep=[settle_pending],
    roles={
        "warehouse": ["inventory.*"],
        "sales": ["inventory.read_*", "inventory.create_delivery", "inventory.ship_delivery"],
        "buyer": ["inventory.read_*", "inventory.create_receipt", "inventory.update_receipt"],
        "accountant": ["inventory.read_*", "inventory.post_receipt", "inventory.reverse_*"],
    },
)
