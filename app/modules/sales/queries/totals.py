"""The rows under a saved document's lines, from what its lines store."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.modules.finance.queries.tax import tax_codes_of
from app.modules.sales.models.order import Order, OrderLine
from app.modules.sales.models.quotation import Quotation, QuotationLine
from app.platform.views import Total
from app.platform.work import Work


def order_totals(work: Work, order: Order) -> list[Total]:
    """Net, each tax, gross of an order."""
    pairs = select(OrderLine.tax_code_id, OrderLine.tax).where(OrderLine.order_id == order.id)
    return _totals(work, order, work.session.execute(pairs).all())


def quotation_totals(work: Work, quotation: Quotation) -> list[Total]:
    """Net, each tax, gross of a quotation."""
    pairs = select(QuotationLine.tax_code_id, QuotationLine.tax).where(QuotationLine.quotation_id == quotation.id)
    return _totals(work, quotation, work.session.execute(pairs).all())


def _totals(work: Work, document: Any, pairs: Any) -> list[Total]:
    by_code: dict[UUID, Decimal] = {}
    for code, tax in pairs:
        if code is not None and tax:
            by_code[code] = by_code.get(code, Decimal(0)) + tax
    codes = tax_codes_of(work, list(by_code))
    rows = [Total("field.net", document.net, document.currency)]
    rows += [
        Total("sales.total.tax", amount, document.currency, facts={"code": codes[code].code})
        for code, amount in by_code.items()
    ]
    return [*rows, Total("field.gross", document.gross, document.currency, strong=True)]
