"""Items on the screen."""

from typing import get_args

from app.modules.masterdata.actions.item import (
    create_item,
    deactivate_item,
    delete_item,
    reactivate_item,
    update_item,
)
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.models.item import Barcode, Item, ItemUnit
from app.modules.masterdata.rules.item import BarcodeKind, CostMethod, ItemKind, ItemTaxClass
from app.modules.masterdata.views.buttons import life_buttons
from app.platform.views import DocumentView, Field, Lines, ListView, Tab

ITEMS = ListView(
    Item,
    columns=[
        Field(Item.code, phone="body"),
        Field(Item.name, phone="title"),
        Field(Item.english_name, hidden=True),
        Field(Item.specification),
        Field(Item.kind, choices=get_args(ItemKind), phone="meta"),
        Field(Item.category_id),
        Field(Item.unit_id),
        Field(Item.tax_class, choices=get_args(ItemTaxClass)),
        Field(Item.sales_price, currency=Item.sales_currency, phone="value"),
        Field(Item.purchase_price, currency=Item.purchase_currency, hidden=True),
        Field(Item.weight_kg, hidden=True),
        Field(Item.hs_code, hidden=True),
        Field(Item.active, phone="badge"),
    ],
    search=[Item.code, Item.name, Item.english_name, Item.specification, Item.sort_key],
    group_by=[Item.category_id, Item.kind, Item.tax_class],
    tabs=[
        Tab("active", lambda work: Item.active.is_(True), default=True),
        Tab("stock", lambda work: (Item.kind == "stock") & Item.active),
        Tab("service", lambda work: (Item.kind == "service") & Item.active),
        Tab("inactive", lambda work: ~Item.active),
        Tab("all"),
    ],
    sort=[Item.code],
    create=create_item,
    bulk=[deactivate_item, reactivate_item],
    icon="package",
)
ITEM = DocumentView(
    Item,
    fields=[
        Field(Item.name, required=True, wide=True),
        Field(Item.code, help="masterdata.help.code"),
        Field(Item.kind, choices=get_args(ItemKind)),
        Field(Item.unit_id, required=True, default=lambda work: seeded_id("unit", "C62")),
        Item.category_id,
        Field(Item.tax_class, choices=get_args(ItemTaxClass)),
        Item.english_name,
        Item.specification,
        Field(Item.sales_price, currency=Item.sales_currency),
        Item.sales_currency,
        Field(Item.purchase_price, currency=Item.purchase_currency),
        Item.purchase_currency,
        Field(Item.cost_method, choices=get_args(CostMethod), help="masterdata.help.cost_method"),
        Item.weight_kg,
        Item.hs_code,
        Item.active,
    ],
    create=create_item,
    update=update_item,
    lines=[
        Lines(
            ItemUnit,
            ItemUnit.item_id,
            ItemUnit.position,
            [Field(ItemUnit.unit_id, required=True), Field(ItemUnit.factor, required=True)],
            editable=["unit_id", "factor"],
            argument="units",
        ),
        Lines(
            Barcode,
            Barcode.item_id,
            Barcode.position,
            [
                Field(Barcode.kind, choices=get_args(BarcodeKind)),
                Field(Barcode.code, required=True),
                Barcode.unit_id,
            ],
            editable=["kind", "code", "unit_id"],
            argument="barcodes",
        ),
    ],
    buttons=life_buttons(deactivate_item, reactivate_item, delete_item),
    memo=Item.description,
    icon="package",
)
