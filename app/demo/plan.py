"""A year of trade, decided before it is performed: seasons, good and slow customers, parts, delays, returns.

Everything follows from one seed, so two demo companies of a kind are alike and tests can rely on them.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"
SEASON = (0.75, 0.55, 1.05, 1.05, 1.0, 1.1, 0.9, 0.85, 1.1, 0.95, 1.2, 1.3)
"""Share of an average month by calendar month: a quiet new year, strong closing quarters."""
ORDERS_A_YEAR = 2_100
MAX_LINES = 5
TERMS_DAYS = (0, 15, 30, 30, 30, 45, 60)


@dataclass(frozen=True)
class DemoParty:
    """A row of the invented companies."""

    code: str
    name_zh: str
    name_en: str
    country: str
    role: str


@dataclass(frozen=True)
class DemoItem:
    """A row of the invented items; list price only for what is sold."""

    code: str
    name_zh: str
    name_en: str
    category: str
    unit: str
    cost: Decimal
    list_price: Decimal | None
    weight: Decimal | None


@dataclass(frozen=True)
class PlannedLine:
    """Position of the item among those sold, quantity, discount."""

    item: int
    quantity: Decimal
    discount_percent: Decimal


@dataclass
class PlannedOrder:
    """One order from quotation to cash; days are offsets from the order's day, None = has not happened."""

    on: date
    customer: int
    lines: list[PlannedLine]
    quoted_days_before: int | None = None
    promised_days: int = 10
    confirm: bool = True
    deliveries: list[tuple[int, Decimal]] = field(default_factory=list)
    """(days after the order, share of each line)"""
    invoice_days: int | None = None
    payments: list[tuple[int, Decimal]] = field(default_factory=list)
    """(days after the order, share of the invoice)"""
    return_days: int | None = None
    cancel: bool = False
    reference: str = ""


def read_parties(chinese: bool) -> list[DemoParty]:
    """Customers and suppliers of the company's own part of the world first, then some from abroad."""
    rows = [
        DemoParty(row["code"], row["name_zh"], row["name_en"], row["country"], row["role"])
        for row in _read("demo_companies")
    ]
    home = [row for row in rows if (row.country == "CN") == chinese]
    away = [row for row in rows if (row.country == "CN") != chinese]
    return [*home[:70], *away[:20]]


def read_items() -> list[DemoItem]:
    """All items with a cost; those with a list price are sold."""
    return [
        DemoItem(
            row["code"],
            row["name_zh"],
            row["name_en"],
            row["category"],
            row["uom"],
            Decimal(row["standard_cost"] or "1"),
            Decimal(row["list_price"]) if row["list_price"] else None,
            Decimal(row["weight_kg"]) if row["weight_kg"] else None,
        )
        for row in _read("demo_items")
    ]


def _read(name: str) -> Iterator[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        yield from csv.DictReader(source)


def plan_orders(
    today: date,
    customers: int,
    items: int,
    orders: int = ORDERS_A_YEAR,
    seed: int = 1241,
    start: date | None = None,
) -> list[PlannedOrder]:
    """The orders of the twelve months up to today (or from `start`), oldest first.

    Busy customers order often, popular items sell most.
    """
    chance = random.Random(seed)  # noqa: S311  # a demonstration, nothing secret
    start = start or today - timedelta(days=365)
    days = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    weights = [SEASON[day.month - 1] * (0.08 if day.weekday() >= 5 else 1.0) for day in days]
    chosen = sorted(chance.choices(days, weights, k=orders))
    popular = [1 / (1 + n * 0.06) for n in range(items)]
    busy = [1 / (1 + n * 0.09) for n in range(customers)]
    return [_plan(chance, day, today, busy, popular) for day in chosen]


def _plan(chance: random.Random, day: date, today: date, busy: list[float], popular: list[float]) -> PlannedOrder:
    customer = chance.choices(range(len(busy)), busy)[0]
    count = chance.choices(range(1, MAX_LINES + 1), (30, 28, 20, 14, 8))[0]
    picked = list(dict.fromkeys(chance.choices(range(len(popular)), popular, k=count)))
    lines = [
        PlannedLine(
            item,
            Decimal(chance.choice((1, 2, 2, 4, 5, 6, 8, 10, 12, 20))),
            Decimal(chance.choice((0, 0, 0, 0, 3, 5, 5, 8, 10))),
        )
        for item in picked
    ]
    order = PlannedOrder(day, customer, lines, promised_days=chance.choice((5, 7, 10, 14, 21)))
    order.reference = f"PO-{chance.randrange(10_000, 99_999)}"
    if chance.random() < 0.35:
        order.quoted_days_before = chance.randint(1, 12)
    age = (today - day).days
    if age < 4 and chance.random() < 0.4:
        order.confirm = False
        return order
    if chance.random() < 0.02:
        order.cancel = True
        return order
    lead = max(1, order.promised_days + chance.choice((-3, -2, -1, 0, 0, 0, 1, 2, 5)))
    if chance.random() < 0.18:
        part = Decimal(chance.choice(("0.5", "0.25", "0.75")))
        order.deliveries = [(max(1, lead // 2), part), (lead + chance.randint(1, 6), Decimal(1) - part)]
    else:
        order.deliveries = [(lead, Decimal(1))]
    order.invoice_days = order.deliveries[-1][0] + chance.choice((0, 0, 1, 1, 2, 5))
    pay = order.invoice_days + chance.choice(TERMS_DAYS) + chance.choice((-2, 0, 0, 1, 3, 7, 15, 40))
    if chance.random() < 0.1:
        order.payments = [(max(pay, order.invoice_days), Decimal("0.4")), (pay + 25, Decimal("0.6"))]
    elif chance.random() < 0.95:
        order.payments = [(max(pay, order.invoice_days), Decimal(1))]
    if chance.random() < 0.015:
        order.return_days = order.invoice_days + chance.randint(2, 12)
    return order
