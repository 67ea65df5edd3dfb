"""Sales as the doors see it."""

import app.modules.sales.listeners  # noqa: F401  listeners register themselves on import
from app.modules.sales.views.order import ORDER, ORDERS
from app.modules.sales.views.overview import OVERVIEW
from app.modules.sales.views.quotation import QUOTATION, QUOTATIONS
from app.platform.registry import Module
from app.platform.views import Menu

MODULE = Module(
    name="sales",
    icon="file-invoice",
    views=[QUOTATIONS, QUOTATION, ORDERS, ORDER, OVERVIEW],
    menu=[Menu("sales.quotation"), Menu("sales.order")],
    roles={
        "sales": ["sales.*"],
        "warehouse": ["sales.read_order", "sales.deliver_order"],
        "accountant": ["sales.read_*", "sales.invoice_order"],
    },
)
