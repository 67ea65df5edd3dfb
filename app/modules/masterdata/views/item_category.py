"""The tree of item categories on the screen."""

from app.modules.masterdata.actions.item_category import (
    create_item_category,
    deactivate_item_category,
    delete_item_category,
    reactivate_item_category,
    update_item_category,
)
from app.modules.masterdata.models.item_category import ItemCategory
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, ListView

ITEM_CATEGORIES = ListView(
    ItemCategory,
    columns=[
        Field(ItemCategory.code, phone="body"),
        Field(ItemCategory.name, phone="title"),
        Field(ItemCategory.parent_id, phone="meta"),
        Field(ItemCategory.active, phone="badge"),
    ],
    search=[ItemCategory.code, ItemCategory.name],
    group_by=[ItemCategory.parent_id],
    tabs=life_tabs(ItemCategory),
    sort=[ItemCategory.code],
    create=create_item_category,
    bulk=[deactivate_item_category, reactivate_item_category],
    icon="category",
)
ITEM_CATEGORY = DocumentView(
    ItemCategory,
    fields=[
        Field(ItemCategory.name, required=True, wide=True),
        Field(ItemCategory.code, help="masterdata.help.code"),
        ItemCategory.parent_id,
        ItemCategory.active,
    ],
    create=create_item_category,
    update=update_item_category,
    buttons=life_buttons(deactivate_item_category, reactivate_item_category, delete_item_category),
    icon="category",
)
