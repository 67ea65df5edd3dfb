"""The tree of item categories."""

from uuid import UUID

from pydantic import MISSING

from app.kernel.errors import Invalid
from app.modules.masterdata.actions.change import CodeText, NameText, apply, change_code, free_code, switch
from app.modules.masterdata.models.item_category import ItemCategory
from app.platform.actions import action
from app.platform.work import Work


@action
def create_item_category(
    work: Work, name: NameText, code: CodeText | None = None, parent_id: UUID | None = None
) -> UUID:
    """Add a category, under another one or at the top."""
    if parent_id is not None:
        work.get(ItemCategory, parent_id)
    code = free_code(work, ItemCategory, code, "IC")
    return work.add(ItemCategory(code=code, name=name.strip(), parent_id=parent_id)).id


@action
def update_item_category(
    work: Work,
    item_category_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    code: CodeText | MISSING = MISSING,
    parent_id: UUID | MISSING | None = MISSING,
) -> UUID:
    """Rename or move a category; it never becomes its own ancestor."""
    category = work.load(ItemCategory, item_category_id, version=version)
    above = parent_id if isinstance(parent_id, UUID) else None
    while above is not None:
        if above == category.id:
            raise Invalid("item_category.loop", field="parent_id")
        above = work.get(ItemCategory, above).parent_id
    change_code(work, category, code)
    apply(category, name=name, parent_id=parent_id)
    return category.id


@action
def deactivate_item_category(work: Work, item_category_id: UUID) -> UUID:
    """No longer offer a category."""
    return switch(work.load(ItemCategory, item_category_id), False)


@action
def reactivate_item_category(work: Work, item_category_id: UUID) -> UUID:
    """Offer a retired category again."""
    return switch(work.load(ItemCategory, item_category_id), True)


@action
def delete_item_category(work: Work, item_category_id: UUID) -> None:
    """Delete a category that holds nothing."""
    work.session.delete(work.load(ItemCategory, item_category_id))
    work.session.flush()
