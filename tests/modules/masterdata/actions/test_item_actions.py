from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.db import counted
from app.kernel.errors import Conflict, Invalid, Missing, Refusal
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.queries.item import (
    ItemFacts,
    item_by_barcode,
    items_of,
    price_per_unit,
    to_base,
    usable_items,
)
from app.modules.masterdata.rules.item import BarcodeInput, ItemUnitInput
from app.modules.masterdata.views.item import ITEM, ITEMS
from app.platform.queries import parse_request, read_document, run_list

PIECE, DOZEN, BOX, PALLET = (seeded_id("unit", code) for code in ("C62", "DZN", "XBX", "XPX"))
KILO, GRAM = seeded_id("unit", "KGM"), seeded_id("unit", "GRM")


def made(tenant: Any, code: str, **more: Any) -> UUID:
    arguments = {"name": f"Item {code}", "unit_id": PIECE, "code": code} | more
    key: UUID = tenant.perform("masterdata.create_item", **arguments)
    return key


def refused(tenant: Any, name: str, /, **arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        tenant.perform(name, **arguments)
    return caught.value


def facts(tenant: Any, key: UUID) -> ItemFacts:
    found: dict[UUID, ItemFacts] = tenant.read(lambda work: items_of(work, [key]))
    return found[key]


def test_create_and_convert(tenant: Any) -> None:
    key = made(
        tenant,
        "PUMP",
        sales_price=Decimal("12.5"),
        units=[ItemUnitInput(unit_id=BOX, factor=Decimal(24))],
        barcodes=[BarcodeInput(code="4006381333931"), BarcodeInput(code="10614141000415", unit_id=BOX)],
    )
    item = facts(tenant, key)
    assert (item.unit_code, item.sales_currency, item.tax_class, item.stocked) == ("C62", "CNY", "standard", True)
    assert to_base(item, BOX, Decimal(2)) == 48
    assert to_base(item, DOZEN, Decimal("1.5")) == 18
    assert to_base(item, None, Decimal(7)) == 7
    assert price_per_unit(item, BOX, item.sales_price or Decimal(0)) == 300
    with pytest.raises(Invalid, match=r"item\.unit_unknown"):
        to_base(item, PALLET, Decimal(1))
    assert tenant.read(lambda work: item_by_barcode(work, "04006381333931")) == (key, None)
    assert tenant.read(lambda work: item_by_barcode(work, "10614141000415")) == (key, BOX)
    assert tenant.read(lambda work: item_by_barcode(work, "nothing")) is None


def test_mass_converts_by_dimension(tenant: Any) -> None:
    steel = facts(tenant, made(tenant, "STEEL", unit_id=KILO))
    assert to_base(steel, GRAM, Decimal(2500)) == Decimal("2.5")


def test_many_items_are_one_statement(tenant: Any) -> None:
    keys = [made(tenant, f"MANY{n}") for n in range(5)]

    def read(work: Any) -> int:
        with counted() as statements:
            assert list(items_of(work, keys)) == keys
            assert list(usable_items(work, keys[:2])) == keys[:2]
        return statements[0]

    assert tenant.read(read) == 3  # the routed BEGIN, the epoch of the reference data and the one SELECT


def test_services_have_their_own_tax_class(tenant: Any) -> None:
    assert facts(tenant, made(tenant, "REPAIR", kind="service")).tax_class == "services"


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"sales_price": Decimal(-1)}, "item.negative", "sales_price"),
        ({"kind": "service", "cost_method": "fifo"}, "item.cost_method_without_stock", "cost_method"),
        ({"sales_price": Decimal(1), "sales_currency": "XXX"}, "currency.unknown", "sales_currency"),
        ({"units": [ItemUnitInput(unit_id=PIECE, factor=Decimal(2))]}, "item.unit_is_base", "units.0.unit_id"),
        ({"units": [ItemUnitInput(unit_id=BOX, factor=Decimal(0))]}, "unit.factor", "units.0.factor"),
        ({"units": [ItemUnitInput(unit_id=BOX, factor=Decimal(2))] * 2}, "item.unit_repeated", "units.1.unit_id"),
        ({"barcodes": [BarcodeInput(code="4006381333932")]}, "barcode.check_digit", "barcodes.0.code"),
        ({"barcodes": [BarcodeInput(code="A", kind="other")] * 2}, "barcode.repeated", "barcodes.1.code"),
        (
            {"barcodes": [BarcodeInput(code="A", kind="other", unit_id=BOX)]},
            "barcode.unit_unknown",
            "barcodes.0.unit_id",
        ),
    ],
)
def test_refusals(tenant: Any, arguments: dict[str, Any], code: str, field: str) -> None:
    refusal = refused(tenant, "masterdata.create_item", **({"name": "Refused", "unit_id": PIECE} | arguments))
    assert (refusal.code, refusal.field) == (code, field)


def test_unknown_references(tenant: Any) -> None:
    for arguments in ({"unit_id": uuid4()}, {"unit_id": PIECE, "category_id": uuid4()}):
        with pytest.raises(Missing):
            tenant.perform("masterdata.create_item", name="X", **arguments)
    with pytest.raises(Missing):
        tenant.read(lambda work: items_of(work, [uuid4()]))


def test_a_barcode_belongs_to_one_item(tenant: Any) -> None:
    made(tenant, "OWNER", barcodes=[BarcodeInput(code="OWN-1", kind="other")])
    refusal = refused(
        tenant,
        "masterdata.create_item",
        name="Thief",
        unit_id=PIECE,
        barcodes=[BarcodeInput(code="OWN-1", kind="other")],
    )
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.field, refusal.facts["item"]) == ("barcode.taken", "barcodes.0.code", "OWNER")


def test_update_replaces_units_and_barcodes(tenant: Any) -> None:
    key = made(
        tenant,
        "CHANGE",
        units=[ItemUnitInput(unit_id=BOX, factor=Decimal(10)), ItemUnitInput(unit_id=PALLET, factor=Decimal(100))],
        barcodes=[BarcodeInput(code="C-1", kind="other"), BarcodeInput(code="C-2", kind="other", unit_id=BOX)],
    )
    tenant.perform(
        "masterdata.update_item",
        item_id=key,
        version=1,
        weight_kg=Decimal("1.5"),
        units=[ItemUnitInput(unit_id=PALLET, factor=Decimal(120))],
        barcodes=[BarcodeInput(code="C-1", kind="other")],
    )
    item = facts(tenant, key)
    assert item.weight_kg == Decimal("1.5")
    assert to_base(item, PALLET, Decimal(1)) == 120
    with pytest.raises(Invalid):
        to_base(item, BOX, Decimal(1))
    tenant.perform("masterdata.update_item", item_id=key, version=2, weight_kg=None)
    assert facts(tenant, key).weight_kg is None
    assert to_base(facts(tenant, key), PALLET, Decimal(1)) == 120
    data = tenant.read(lambda work: read_document(work, ITEM, key))
    assert [line.values["factor"] for line in data.lines[0]] == [Decimal(120)]
    assert [line.values["code"] for line in data.lines[1]] == ["C-1"]


def test_retire_delete_and_list(tenant: Any) -> None:
    key = made(tenant, "RETIRE", barcodes=[BarcodeInput(code="R-1", kind="other")])
    tenant.perform("masterdata.deactivate_item", item_id=key)
    with pytest.raises(Conflict, match=r"item\.inactive") as refusal:
        tenant.read(lambda work: usable_items(work, [key]))
    assert refusal.value.field == "lines.0.item_id"
    found = tenant.read(lambda work: run_list(work, ITEMS, parse_request(ITEMS, {"tab": "inactive"})))
    assert [row.id for row in found.rows] == [key]
    tenant.perform("masterdata.reactivate_item", item_id=key)
    tenant.perform("masterdata.delete_item", item_id=key)
    with pytest.raises(Missing):
        facts(tenant, key)


def test_categories_form_a_tree(tenant: Any) -> None:
    top = tenant.perform("masterdata.create_item_category", name="Top")
    below = tenant.perform("masterdata.create_item_category", name="Below", parent_id=top)
    refusal = refused(tenant, "masterdata.update_item_category", item_category_id=top, version=1, parent_id=below)
    assert refusal.code == "item_category.loop"
    assert refused(tenant, "masterdata.delete_item_category", item_category_id=top).code == "data.in_use"
    tenant.perform("masterdata.update_item_category", item_category_id=below, version=1, parent_id=None)
    tenant.perform("masterdata.delete_item_category", item_category_id=top)
