"""Cost centres and lists of one's own."""

from app.modules.finance.actions.dimension import (
    create_cost_centre,
    create_dimension,
    create_dimension_value,
    deactivate_cost_centre,
    deactivate_dimension,
    deactivate_dimension_value,
    reactivate_cost_centre,
    reactivate_dimension,
    reactivate_dimension_value,
    update_cost_centre,
    update_dimension,
    update_dimension_value,
)
from app.modules.finance.models.dimension import CostCentre, Dimension, DimensionValue
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, ListView

COST_CENTRES = ListView(
    CostCentre,
    columns=[
        Field(CostCentre.code, phone="meta"),
        Field(CostCentre.name, phone="title"),
        Field(CostCentre.parent_id, phone="body"),
        Field(CostCentre.active, hidden=True),
    ],
    search=[CostCentre.code, CostCentre.name, CostCentre.sort_key],
    tabs=life_tabs(CostCentre),
    sort=[CostCentre.code],
    create=create_cost_centre,
    icon="building-factory-2",
)
COST_CENTRE = DocumentView(
    CostCentre,
    fields=[Field(CostCentre.code, required=True), Field(CostCentre.name, required=True), CostCentre.parent_id],
    create=create_cost_centre,
    update=update_cost_centre,
    buttons=life_buttons(deactivate_cost_centre, reactivate_cost_centre),
    icon="building-factory-2",
)
DIMENSIONS = ListView(
    Dimension,
    columns=[
        Field(Dimension.code, phone="meta"),
        Field(Dimension.name, phone="title"),
        Field(Dimension.english_name),
        Field(Dimension.active, hidden=True),
    ],
    search=[Dimension.code, Dimension.name],
    tabs=life_tabs(Dimension),
    sort=[Dimension.code],
    create=create_dimension,
    icon="tags",
)
DIMENSION = DocumentView(
    Dimension,
    fields=[Field(Dimension.code, required=True), Field(Dimension.name, required=True), Dimension.english_name],
    create=create_dimension,
    update=update_dimension,
    buttons=life_buttons(deactivate_dimension, reactivate_dimension),
    icon="tags",
)
DIMENSION_VALUES = ListView(
    DimensionValue,
    columns=[
        Field(DimensionValue.code, phone="meta"),
        Field(DimensionValue.name, phone="title"),
        Field(DimensionValue.dimension_id, phone="body"),
        Field(DimensionValue.active, hidden=True),
    ],
    search=[DimensionValue.code, DimensionValue.name, DimensionValue.sort_key],
    group_by=[DimensionValue.dimension_id],
    tabs=life_tabs(DimensionValue),
    sort=[DimensionValue.code],
    create=create_dimension_value,
    icon="tag",
)
DIMENSION_VALUE = DocumentView(
    DimensionValue,
    fields=[
        Field(DimensionValue.dimension_id, required=True),
        Field(DimensionValue.code, required=True),
        Field(DimensionValue.name, required=True),
    ],
    create=create_dimension_value,
    update=update_dimension_value,
    buttons=life_buttons(deactivate_dimension_value, reactivate_dimension_value),
    icon="tag",
)
