"""What an order will post and why: the same rules the engines use, before anything is posted, and the vouchers after."""

from decimal import Decimal

from sqlalchemy import select

from app.kernel.money import digits_of, round_half_up
from app.modules.finance.queries.account import posting_account
from app.modules.finance.queries.explain import postings_of
from app.modules.finance.queries.invoice import invoices_of
from app.modules.inventory.queries.delivery import deliveries_of
from app.modules.inventory.queries.valuation import expected_cost
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.item import items_of, to_base
from app.modules.sales.models.order import Order, OrderLine
from app.platform.organisation import company_at_work
from app.platform.views import PostingLine
from app.platform.work import Work

ZERO = Decimal(0)


def explain_order(work: Work, order: Order) -> list[PostingLine]:
    """Postings made so far by the order's deliveries and invoices, then what the open rest will post."""
    origins = []
    if order.state != "draft":
        origins = [chip.id for chip in deliveries_of(work, "sales.order", order.id)]
        origins += [chip.id for chip in invoices_of(work, "sales.order", order.id)]
    made = postings_of(work, origins) if origins else []
    return [*made, *_expected(work, order)]


def _expected(work: Work, order: Order) -> list[PostingLine]:
    if order.state not in ("draft", "confirmed"):
        return []
    lines = work.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
    items = items_of(work, [line.item_id for line in lines])
    stock = {
        line.item_id: to_base(items[line.item_id], line.unit_id, line.quantity - line.delivered_quantity)
        for line in lines
        if items[line.item_id].stocked and line.quantity > line.delivered_quantity
    }
    cost = expected_cost(work, stock) if stock else ZERO
    rows: list[PostingLine] = []
    company = company_at_work(work)
    if cost:
        target = "dispatched" if company.cost_recognition == "invoice" else "cost_of_sales"
        rule = f"sales.rule.{target}"
        rows.append(PostingLine("sales.when.delivery", posting_account(work, target), rule, cost, ZERO))
        rows.append(PostingLine("sales.when.delivery", posting_account(work, "stock"), "sales.rule.stock", ZERO, cost))
    left = [(line, (line.quantity - line.invoiced_quantity) / line.quantity) for line in lines]
    rate = Decimal(1)
    if order.currency != company.currency:
        rate = rate_on(work, order.currency, company.currency, order.ordered_on)
    digits = digits_of(company.currency)
    net = round_half_up(sum((line.net * share for line, share in left), ZERO) * rate, digits)
    tax = round_half_up(sum((line.tax * share for line, share in left), ZERO) * rate, digits)
    if net or tax:
        when = "sales.when.invoice"
        rows.append(PostingLine(when, posting_account(work, "receivable"), "sales.rule.receivable", net + tax, ZERO))
        rows.append(PostingLine(when, posting_account(work, "revenue"), "sales.rule.revenue", ZERO, net))
        if tax:
            rows.append(PostingLine(when, posting_account(work, "output_tax"), "sales.rule.output_tax", ZERO, tax))
    return rows
