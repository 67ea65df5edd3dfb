"""The tree of item categories."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Code, Key, Model, Name, Versioned


class ItemCategory(Versioned, Model):
    """A node of the tree by which items are grouped in lists and reports."""

    __tablename__ = "masterdata_item_category"
    __noun__ = "item_category"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("masterdata_item_category.id"))
    active: Mapped[bool] = mapped_column(default=True)
