"""Invented items with prices and categories, and the exchange rates of the year."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.demo.plan import DemoItem, read_items
from app.demo.stage import DOLLARS, Stage
from app.kernel.dates import add_months, month_start
from app.kernel.errors import Conflict
from app.kernel.money import digits_of, round_half_up
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.item_category import ItemCategory

MARGINS: dict[str, Decimal] = {
    "semi_finished": Decimal("1.55"), "purchased_part": Decimal("1.45"), "standard_part": Decimal("1.8"),
    "raw_part": Decimal("1.6"), "raw_material": Decimal("1.35"), "packaging": Decimal("1.4"),
}  # fmt: skip
"""List price over cost, where the seeds name none."""
CATEGORIES: dict[str, tuple[str, str]] = {
    "finished_cylinder": ("液压缸", "Hydraulic cylinders"),
    "finished_pump": ("液压泵", "Hydraulic pumps"),
    "finished_valve": ("液压阀", "Hydraulic valves"),
    "finished_hpu": ("液压站", "Hydraulic power units"),
    "semi_finished": ("半成品", "Semi-finished goods"),
    "purchased_part": ("外购件", "Purchased parts"),
    "standard_part": ("标准件", "Standard parts"),
    "raw_part": ("毛坯", "Blanks and castings"),
    "raw_material": ("原材料", "Raw materials"),
    "packaging": ("包装物", "Packaging"),
    "consumable": ("辅料", "Consumables"),
    "subcontract_service": ("外协加工", "Subcontracting"),
}
KINDS = {"consumable": "consumable", "subcontract_service": "service"}
YEARLY_DRIFT = Decimal("0.004")


@dataclass(frozen=True)
class Good:
    """An item that is stocked and sold, dearest name first: `cost` in company currency."""

    id: UUID
    cost: Decimal


def enter_items(stage: Stage) -> list[Good]:
    """Enter items that are not there yet; returns what is sold, finished goods first because they sell most."""
    known = stage.keys_by_code(Item)
    items = read_items()
    categories = _enter_categories(stage, items)
    digits = digits_of(stage.company.currency)
    goods: list[tuple[bool, Good]] = []
    for item in items:
        cost = max(round_half_up(item.cost * stage.price_factor, digits), Decimal(1).scaleb(-digits))
        key = known.get(item.code) or _enter(stage, item, cost, categories[item.category])
        if item.category not in KINDS:
            goods.append((not item.category.startswith("finished"), Good(key, cost)))
    return [good for _, good in sorted(goods, key=lambda pair: pair[0])]


def _enter_categories(stage: Stage, items: Iterable[DemoItem]) -> dict[str, UUID]:
    known = stage.keys_by_code(ItemCategory)
    found: dict[str, UUID] = {}
    for name in dict.fromkeys(item.category for item in items):
        code = name.upper().replace("_", "-")
        label = CATEGORIES.get(name, (name, name))[0 if stage.chinese else 1]
        found[name] = known.get(code) or stage.make("masterdata.create_item_category", name=label, code=code)
    return found


def _enter(stage: Stage, item: DemoItem, cost: Decimal, category_id: UUID) -> UUID:
    kind = KINDS.get(item.category, "stock")
    return stage.make(
        "masterdata.create_item",
        name=item.name_zh if stage.chinese else item.name_en,
        english_name=item.name_en if stage.chinese else "",
        unit_id=seeded_id("unit", item.unit),
        kind=kind,
        code=item.code,
        category_id=category_id,
        sales_price=list_price(stage, item, cost) if kind == "stock" else None,
        purchase_price=cost,
        weight_kg=item.weight,
    )


def list_price(stage: Stage, item: DemoItem, cost: Decimal) -> Decimal:
    """The seeds' price, else cost and margin, in company currency."""
    digits = digits_of(stage.company.currency)
    if item.list_price is not None:
        return round_half_up(item.list_price * stage.price_factor, digits)
    return round_half_up(cost * MARGINS.get(item.category, Decimal("1.5")), digits)


def enter_rates(stage: Stage, currencies: Iterable[str], first: date) -> None:
    """A rate on the first of each month up to now, wandering a little; those already entered are left alone."""
    base = stage.company.currency
    for currency in sorted(set(currencies) - {base}):
        chance = random.Random(f"{currency}/{base}")  # noqa: S311  # a demonstration, nothing secret
        rate = DOLLARS[currency] / DOLLARS.get(base, Decimal(1))
        on = month_start(first)
        while on <= stage.today:
            rate *= 1 + Decimal(chance.randint(-12, 12)) * YEARLY_DRIFT / 4
            rounded = round_half_up(rate, 6)
            try:
                stage.perform("masterdata.create_exchange_rate", currency=currency, rate=rounded, valid_on=on)
            except Conflict as refusal:
                if refusal.code != "exchange_rate.exists":
                    raise
            on = add_months(on, 1)


def monthly_needs(orders: Iterable[tuple[date, Mapping[int, Decimal]]], start: date) -> dict[date, dict[int, Decimal]]:
    """By delivery day of the supplier (the start, then each first of a month): quantity by position of the good."""
    needs: dict[date, dict[int, Decimal]] = {}
    for on, quantities in orders:
        day = max(month_start(on), start)
        month = needs.setdefault(day, {})
        for position, quantity in quantities.items():
            month[position] = month.get(position, Decimal(0)) + quantity
    return needs
