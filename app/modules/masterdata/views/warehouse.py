"""Warehouses and valuation areas on the screen."""

from app.modules.masterdata.actions.warehouse import (
    create_valuation_area,
    create_warehouse,
    deactivate_warehouse,
    delete_valuation_area,
    delete_warehouse,
    reactivate_warehouse,
    update_valuation_area,
    update_warehouse,
)
from app.modules.masterdata.models.warehouse import ValuationArea, Warehouse
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import Button, DocumentView, Field, ListView

WAREHOUSES = ListView(
    Warehouse,
    columns=[
        Field(Warehouse.code, phone="body"),
        Field(Warehouse.name, phone="title"),
        Field(Warehouse.valuation_area_id),
        Field(Warehouse.country, phone="meta"),
        Field(Warehouse.phone, hidden=True),
        Field(Warehouse.active, phone="badge"),
    ],
    search=[Warehouse.code, Warehouse.name, Warehouse.address],
    group_by=[Warehouse.valuation_area_id, Warehouse.country],
    tabs=life_tabs(Warehouse),
    sort=[Warehouse.code],
    create=create_warehouse,
    bulk=[deactivate_warehouse, reactivate_warehouse],
    icon="building-warehouse",
)
WAREHOUSE = DocumentView(
    Warehouse,
    fields=[
        Field(Warehouse.code, required=True),
        Field(Warehouse.name, required=True),
        Field(Warehouse.valuation_area_id, help="masterdata.help.valuation_area"),
        Warehouse.country,
        Warehouse.phone,
        Warehouse.active,
    ],
    create=create_warehouse,
    update=update_warehouse,
    buttons=life_buttons(deactivate_warehouse, reactivate_warehouse, delete_warehouse),
    memo=Warehouse.address,
    icon="building-warehouse",
)
VALUATION_AREAS = ListView(
    ValuationArea,
    columns=[Field(ValuationArea.code, phone="body"), Field(ValuationArea.name, phone="title")],
    search=[ValuationArea.code, ValuationArea.name],
    sort=[ValuationArea.code],
    create=create_valuation_area,
    icon="stack-2",
)
VALUATION_AREA = DocumentView(
    ValuationArea,
    fields=[Field(ValuationArea.code, required=True), Field(ValuationArea.name, required=True)],
    create=create_valuation_area,
    update=update_valuation_area,
    buttons=[Button(delete_valuation_area, danger=True, icon="trash")],
    icon="stack-2",
)
