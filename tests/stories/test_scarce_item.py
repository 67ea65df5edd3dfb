"""Sixty-four clients at once want the last of one item: nothing is oversold, nobody meets a deadlock, nothing has gaps."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select

from app.modules.finance.models.invoice import Invoice
from app.modules.inventory.models.delivery import Delivery
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.sales.models.order import Order
from app.platform.work import Work
from tests.factories.ledger import Books
from tests.stories.conftest import HANDS, Hand, Maker, Said

CLIENTS = 64
STOCK = 50
PIECE = seeded_id("unit", "H87")


@dataclass
class Shop:
    """A company with one scarce item and many who want it."""

    hand: Hand
    books: Books
    scarce: UUID
    plenty: UUID
    customers: list[UUID]


@pytest.fixture(scope="module", params=[f"{country}-{kind}" for country, kind in zip(("CN", "DE"), HANDS, strict=True)])
def shop(request: pytest.FixtureRequest, hand_of: Maker) -> Shop:
    country, _, kind = request.param.partition("-")
    hand = hand_of(country, kind)
    items = [
        hand.do("masterdata.create_item", name=name, unit_id=PIECE, sales_price="100") for name in ("scarce", "plenty")
    ]
    hand.do(
        "inventory.create_receipt",
        lines=[
            {"item_id": item, "quantity": count, "unit_cost": "60"}
            for item, count in zip(items, (STOCK, 10_000), strict=True)
        ],
        post=True,
    )
    customers = [hand.do("masterdata.create_party", name=f"Customer {n}", is_customer=True) for n in range(8)]
    return Shop(hand, Books(hand.tenant), items[0], items[1], customers)


def buy(shop: Shop, client: int, barrier: Barrier) -> str:
    """One client's day; how it ended. Lines stand in different orders, as rivals would want to deadlock."""
    lines = [{"item_id": shop.scarce, "quantity": 1 + client % 2}, {"item_id": shop.plenty, "quantity": 1}]
    order = shop.hand.do(
        "sales.create_order",
        customer_id=shop.customers[client % len(shop.customers)],
        lines=lines if client % 3 else lines[::-1],
    )
    barrier.wait(60)
    shop.hand.do("sales.confirm_order", order_id=order)
    try:
        shop.hand.do("sales.deliver_order", order_id=order, ship=True)
    except Said as said:
        if said.code != "stock.short":  # the only word a client may hear
            raise
        return "short"
    shop.hand.do("sales.invoice_order", order_id=order, post=True)
    return "shipped"


def test_the_last_of_an_item(shop: Shop) -> None:
    barrier = Barrier(CLIENTS)
    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(lambda client: buy(shop, client, barrier), range(CLIENTS)))
    counts = Counter(outcomes)
    wanted = sum(1 + client % 2 for client in range(CLIENTS))
    shipped = sum(1 + client % 2 for client, outcome in enumerate(outcomes) if outcome == "shipped")
    assert wanted > STOCK >= shipped > STOCK - 2  # all that fits has gone
    assert counts["shipped"] + counts["short"] == CLIENTS

    on_hand, reserved = shop.books.on_hand(shop.scarce)
    assert on_hand == STOCK - shipped == shop.books.moved(shop.scarce)
    assert 0 <= reserved <= on_hand
    assert reserved == shop.books.promised(shop.scarce)
    assert shop.books.on_hand(shop.plenty)[0] == 10_000 - counts["shipped"]

    shop.books.check_stock()
    shop.books.check_balanced()
    assert shop.books.check_stock_value() == 60 * (on_hand + shop.books.on_hand(shop.plenty)[0])
    assert shop.books.balance("cost_of_sales") == 60 * (shipped + counts["shipped"])
    assert shop.books.balance("revenue") == -100 * (shipped + Decimal(counts["shipped"]))


def test_numbers_have_no_gaps(shop: Shop) -> None:
    def read(work: Work) -> list[list[str]]:
        return [
            [number for number in work.session.scalars(select(model.number)) if number]
            for model in (Order, Delivery, Invoice)
        ]

    orders, deliveries, invoices = shop.hand.tenant.read(read)
    assert len(orders) == CLIENTS
    assert len(deliveries) == len(invoices)
    for numbers in (orders, deliveries, invoices):
        assert sorted(int(number.rpartition("-")[2]) for number in numbers) == list(range(1, len(numbers) + 1))
