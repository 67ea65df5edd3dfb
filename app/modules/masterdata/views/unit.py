"""Units of measure on the screen."""

from app.modules.masterdata.actions.unit import create_unit, deactivate_unit, delete_unit, reactivate_unit, update_unit
from app.modules.masterdata.models.unit import Unit
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, ListView

UNITS = ListView(
    Unit,
    columns=[
        Field(Unit.code, phone="body"),
        Field(Unit.name, phone="title"),
        Field(Unit.name_zh, phone="meta"),
        Field(Unit.dimension),
        Field(Unit.base),
        Field(Unit.factor, phone="value"),
        Field(Unit.active, phone="badge"),
    ],
    search=[Unit.code, Unit.name, Unit.name_zh],
    group_by=[Unit.dimension, Unit.base],
    tabs=life_tabs(Unit),
    sort=[Unit.code],
    create=create_unit,
    bulk=[deactivate_unit, reactivate_unit],
    icon="ruler-2",
)
UNIT = DocumentView(
    Unit,
    fields=[
        Field(Unit.code, required=True),
        Field(Unit.name, required=True),
        Unit.name_zh,
        Unit.dimension,
        Field(Unit.base, help="masterdata.help.unit_base"),
        Unit.factor,
        Unit.active,
    ],
    create=create_unit,
    update=update_unit,
    buttons=life_buttons(deactivate_unit, reactivate_unit, delete_unit),
    icon="ruler-2",
)
