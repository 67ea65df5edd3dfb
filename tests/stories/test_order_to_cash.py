"""A whole business day, from an empty shelf to money in the bank, at the gate and again through REST over HTTP.

In a Chinese company the cost of sales is recognised with the invoice (through dispatched goods), in a German one with
the delivery. Every expected amount is worked out here by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.modules.finance.models.invoice import Invoice, InvoiceLine
from app.modules.finance.models.payment import Payment
from app.modules.inventory.models.delivery import Delivery
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.sales.models.order import Order, OrderLine
from app.platform.work import Work
from tests.factories.ledger import Books, Line, Sum
from tests.stories.conftest import HANDS, Hand, Maker, Said

PIECE = seeded_id("unit", "H87")
NET30 = seeded_id("payment_term", "N30")
RATES = {"CN": (Decimal("7.10"), Decimal("7.25")), "DE": (Decimal("0.90"), Decimal("0.94"))}
"""One dollar in the company's currency when invoiced, and when paid."""
TAX = {"CN": Decimal(13), "DE": Decimal(19)}


@dataclass
class Day:
    """One company, its hand and its books."""

    country: str
    hand: Hand
    books: Books
    today: date
    home: UUID
    abroad: UUID
    item: UUID

    def do(self, name: str, /, **arguments: Any) -> Any:
        return self.hand.do(name, **arguments)

    def get(self, model: Any, key: UUID) -> Any:
        return self.hand.tenant.read(lambda work: work.session.get_one(model, key))

    def lines(self, order_id: UUID) -> list[OrderLine]:
        def read(work: Work) -> list[OrderLine]:
            return list(work.session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)))

        return self.hand.tenant.read(read)

    def order(self, quantity: int, item: UUID | None = None) -> UUID:
        key: UUID = self.do(
            "sales.create_order",
            customer_id=self.home,
            lines=[{"item_id": item or self.item, "quantity": quantity}],
            ordered_on=self.today - timedelta(10),
        )
        self.do("sales.confirm_order", order_id=key)
        return key

    @property
    def on_invoice(self) -> bool:
        return self.country == "CN"


@pytest.fixture(scope="module", params=[f"{country}-{hand}" for country in ("CN", "DE") for hand in HANDS])
def day(request: pytest.FixtureRequest, hand_of: Maker) -> Day:
    country, _, kind = request.param.partition("-")
    hand = hand_of(country, kind)
    tenant = hand.tenant
    today = tenant.read(lambda work: work.today())
    for on, rate in zip((today - timedelta(20), today - timedelta(2)), RATES[country], strict=True):
        hand.do("masterdata.create_exchange_rate", currency="USD", rate=rate, valid_on=on)
    home = hand.do("masterdata.create_party", name="Home & Co", is_customer=True, payment_term_id=NET30)
    abroad = hand.do(
        "masterdata.create_party",
        name="Sundmark Machinery LLC",
        is_customer=True,
        country="US",
        price_currency="USD",
        payment_term_id=NET30,
    )
    item = hand.do("masterdata.create_item", name="Cylinder", unit_id=PIECE, sales_price="100")
    hand.do(
        "inventory.create_receipt",
        lines=[{"item_id": item, "quantity": 100, "unit_cost": "60"}],
        received_on=today - timedelta(25),
        post=True,
    )
    return Day(country, hand, Books(tenant), today, home, abroad, item)


@pytest.fixture(autouse=True)
def books_hold(day: Day) -> Iterator[None]:
    """After every story the trial balance balances, stock is worth what the ledger says, quantities add up."""
    yield
    day.books.check_balanced()
    day.books.check_stock_value()
    day.books.check_stock()


def test_opening_stock_is_worth_what_it_cost(day: Day) -> None:
    assert day.books.on_hand(day.item) == (100, 0)
    assert day.books.check_stock_value() == 6000
    assert day.books.balance("opening") == -6000


def test_a_dollar_order_from_offer_to_cash(day: Day) -> None:
    before = day.books.sums()
    quotation = day.do(
        "sales.create_quotation",
        customer_id=day.abroad,
        lines=[{"item_id": day.item, "quantity": 10, "price": "20.00"}],
        quoted_on=day.today - timedelta(15),
        valid_until=day.today + timedelta(15),
    )
    day.do("sales.issue_quotation", quotation_id=quotation)
    order = day.do("sales.order_quotation", quotation_id=quotation, ordered_on=day.today - timedelta(12))
    day.do("sales.confirm_order", order_id=order)
    assert day.books.on_hand(day.item)[1] == 10
    assert day.books.change(before) == {}  # promises are not postings

    line = day.lines(order)[0]
    day.do(
        "sales.deliver_order",
        order_id=order,
        lines=[{"line_id": line.id, "quantity": 4}],
        planned_on=day.today - timedelta(11),
        ship=True,
    )
    cost = Decimal(240)  # 4 × 60
    held = "dispatched" if day.on_invoice else "cost_of_sales"
    assert day.books.changes(before) == {"stock": -cost, held: cost}
    assert day.get(Order, order).delivery_state == "partial"

    invoice_id = day.do("sales.invoice_order", order_id=order, invoiced_on=day.today - timedelta(10), post=True)
    invoice = day.get(Invoice, invoice_id)
    assert (invoice.net, invoice.tax, invoice.gross, invoice.currency) == (80, 0, 80, "USD")
    rate, later = RATES[day.country]
    receivable = 80 * rate
    assert day.books.changes(before) == {
        "stock": -cost, "cost_of_sales": cost, "receivable": receivable, "revenue": -receivable
    }  # fmt: skip

    day.do("finance.pay_invoice", invoice_id=invoice_id, paid_on=day.today - timedelta(1))
    gain = 80 * (later - rate)  # 12.00 in China, 3.20 in Germany
    assert gain == {"CN": 12, "DE": Decimal("3.2")}[day.country]
    assert day.books.changes(before) == {
        "stock": -cost, "cost_of_sales": cost, "bank": 80 * later, "revenue": -receivable, "exchange_difference": -gain
    }  # fmt: skip
    assert day.get(Invoice, invoice_id).open_amount == 0

    day.do("sales.deliver_order", order_id=order, planned_on=day.today - timedelta(9), ship=True)
    second = day.do("sales.invoice_order", order_id=order, invoiced_on=day.today - timedelta(8), post=True)
    day.do("finance.pay_invoice", invoice_id=second, paid_on=day.today - timedelta(1))
    done = day.get(Order, order)
    assert (done.delivery_state, done.billing_state, done.payment_state) == ("delivered", "invoiced", "paid")
    assert done.claimed == 0


def test_nothing_can_be_done_twice(day: Day) -> None:
    order = day.order(2)
    with pytest.raises(Said) as said:
        day.do("sales.confirm_order", order_id=order)
    assert said.value.code == "lifecycle.refused"
    with pytest.raises(Said) as said:
        day.do("sales.invoice_order", order_id=order)
    assert said.value.code == "order.invoice.nothing"
    day.do("sales.cancel_order", order_id=order, reason="a test")


def test_a_cancelled_order_leaves_nothing(day: Day) -> None:
    before, shelf = day.books.sums(), day.books.on_hand(day.item)
    order = day.order(7)
    assert day.books.on_hand(day.item) == (shelf[0], shelf[1] + 7)
    day.do("sales.cancel_order", order_id=order, reason="changed their mind")
    assert day.books.on_hand(day.item) == shelf
    assert day.books.change(before) == {}
    assert day.get(Order, order).claimed == 0


def test_reversals_net_to_zero_line_by_line(day: Day) -> None:
    order = day.order(5)
    nothing = day.books.sums()
    shelf = day.books.on_hand(day.item)

    first = deliver(day, order)
    day.do("inventory.reverse_delivery", delivery_id=first)
    came_back(day, nothing)
    assert day.books.on_hand(day.item)[0] == shelf[0]

    deliver(day, order)
    delivered = day.books.sums()
    invoice = day.do("sales.invoice_order", order_id=order, invoiced_on=day.today - timedelta(5), post=True)
    net, tax = Decimal(500), 5 * TAX[day.country]
    cost = {"dispatched": Decimal(-300), "cost_of_sales": Decimal(300)} if day.on_invoice else {}
    assert day.books.changes(delivered) == {"receivable": net + tax, "revenue": -net, "output_tax": -tax, **cost}

    invoiced = day.books.sums()
    payment = day.do("finance.pay_invoice", invoice_id=invoice, paid_on=day.today - timedelta(3))
    assert day.books.changes(invoiced) == {"bank": net + tax, "receivable": -net - tax}
    assert day.get(Order, order).payment_state == "paid"

    with pytest.raises(Said):  # what is paid is not reversed under the payment's feet
        day.do("finance.reverse_invoice", invoice_id=invoice)

    day.do("finance.reverse_payment", payment_id=payment)
    came_back(day, invoiced)
    assert day.get(Payment, payment).state == "reversed"
    assert day.get(Invoice, invoice).open_amount == net + tax

    day.do("finance.reverse_invoice", invoice_id=invoice)
    came_back(day, delivered)
    assert day.lines(order)[0].invoiced_quantity == 0


def test_a_return_with_credit_takes_the_whole_sale_back(day: Day) -> None:
    order = day.order(5)
    before, shelf = day.books.sums(), day.books.on_hand(day.item)[0]
    deliver(day, order)
    day.do("sales.invoice_order", order_id=order, invoiced_on=day.today - timedelta(5), post=True)
    line = day.lines(order)[0]

    day.do(
        "sales.return_order",
        order_id=order,
        lines=[{"line_id": line.id, "quantity": 2}],
        returned_on=day.today - timedelta(2),
    )
    kept = Decimal(3)
    net, tax = 100 * kept, kept * TAX[day.country]
    assert day.books.changes(before) == {
        "receivable": net + tax, "revenue": -net, "output_tax": -tax, "stock": -60 * kept, "cost_of_sales": 60 * kept
    }  # fmt: skip
    credit = credit_notes(day, order)
    assert [(note.gross, note.state) for note in credit] == [(200 + 2 * TAX[day.country], "posted")]

    day.do(
        "sales.return_order",
        order_id=order,
        lines=[{"line_id": line.id, "quantity": 3}],
        returned_on=day.today - timedelta(1),
    )
    assert day.books.change(before) == {}
    assert day.books.on_hand(day.item)[0] == shelf
    with pytest.raises(Said) as said:
        day.do("sales.return_order", order_id=order, lines=[{"line_id": line.id, "quantity": 1}])
    assert said.value.code == "order.return.too_much"


def test_a_reversed_invoice_gives_back_the_cost_it_recognised(day: Day) -> None:
    """Two deliveries at different costs, billed apart: each reversal nets to zero whichever comes first."""
    item = day.do("masterdata.create_item", name="Pump", unit_id=PIECE, sales_price="50")
    receive(day, item, 2, "10", 24)
    order = day.order(5, item=item)
    before = day.books.sums()
    invoices = []
    for quantity, days in ((2, 9), (3, 7)):
        line = day.lines(order)[0]
        day.do(
            "sales.deliver_order",
            order_id=order,
            lines=[{"line_id": line.id, "quantity": quantity}],
            planned_on=day.today - timedelta(days),
            ship=True,
        )
        on = day.today - timedelta(days - 1)
        invoices.append(day.do("sales.invoice_order", order_id=order, invoiced_on=on, post=True))
        if quantity == 2:
            receive(day, item, 3, "16", 8)
    after = day.books.changes(before)
    assert after["cost_of_sales"] == 2 * 10 + 3 * 16
    day.do("finance.reverse_invoice", invoice_id=invoices[0])
    first = day.books.changes(before)
    assert first["cost_of_sales"] == (3 * 16 if day.on_invoice else 68)
    day.do("finance.reverse_invoice", invoice_id=invoices[1])
    again = day.do("sales.invoice_order", order_id=order, invoiced_on=day.today, post=True)
    assert day.books.changes(before) == after
    day.do("finance.reverse_invoice", invoice_id=again)


def test_goods_that_come_back_before_they_are_billed_are_not_billed(day: Day) -> None:
    order = day.order(6)
    before = day.books.sums()
    deliver(day, order)
    line = day.lines(order)[0]
    day.do(
        "sales.return_order",
        order_id=order,
        lines=[{"line_id": line.id, "quantity": 6}],
        returned_on=day.today - timedelta(2),
    )
    assert day.books.change(before) == {}
    assert credit_notes(day, order) == []
    with pytest.raises(Said) as said:
        day.do("sales.invoice_order", order_id=order)
    assert said.value.code == "order.invoice.nothing"


def test_numbers_have_no_gaps(day: Day) -> None:
    def read(work: Work) -> list[list[str]]:
        found = []
        for model in (Order, Delivery, Invoice, Payment):
            numbers = work.session.scalars(select(model.number).where(model.number.is_not(None)))
            found.append([number for number in numbers if number])
        return found

    for numbers in day.hand.tenant.read(read):
        series: dict[str, list[int]] = {}
        for number in numbers:
            prefix, _, count = number.rpartition("-")
            series.setdefault(prefix, []).append(int(count))
        for counts in series.values():
            assert sorted(counts) == list(range(1, len(counts) + 1))


def receive(day: Day, item: UUID, quantity: int, unit_cost: str, days: int) -> None:
    day.do(
        "inventory.create_receipt",
        lines=[{"item_id": item, "quantity": quantity, "unit_cost": unit_cost}],
        kind="surplus",
        received_on=day.today - timedelta(days),
        post=True,
    )


def deliver(day: Day, order: UUID) -> UUID:
    delivery: UUID = day.do("sales.deliver_order", order_id=order, planned_on=day.today - timedelta(6), ship=True)
    return delivery


def came_back(day: Day, before: dict[Line, Sum]) -> None:
    """Nothing is left of it; in a Chinese book (red ink) not even on one side of an account.

    Cost that goes back to dispatched goods is a movement of its own, with the other sides.
    """
    assert day.books.change(before) == {}
    if day.on_invoice:
        roles = day.books.roles()
        assert day.books.sides(before).keys() <= {roles["cost_of_sales"], roles["dispatched"]}


def credit_notes(day: Day, order: UUID) -> list[Invoice]:
    def read(work: Work) -> list[Invoice]:
        statement = select(Invoice).join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        statement = statement.where(Invoice.origin_id == order, Invoice.kind == "credit_note").distinct()
        return list(work.session.scalars(statement))

    return day.hand.tenant.read(read)
