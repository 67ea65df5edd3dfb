"""Saved views: a list's URL state under a name, private or shared with everybody who may read the list."""

from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import Index, String, bindparam, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Model, Name
from app.kernel.errors import Conflict
from app.platform.actions import own_action
from app.platform.work import Work


class SavedView(Model):
    """`query` is the query string that reproduces the view."""

    __tablename__ = "platform_saved_view"
    __label__ = "name"
    id: Mapped[Key]
    resource: Mapped[str] = mapped_column(String(80))
    name: Mapped[Name]
    query: Mapped[str] = mapped_column(String(2000))
    user_id: Mapped[UUID | None]
    shared: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (Index("platform_saved_view_resource_ix", "resource"),)


@own_action
def create_saved_view(
    work: Work,
    resource: Annotated[str, Limit(max_length=80)],
    name: Annotated[str, Limit(min_length=1, max_length=60)],
    query: Annotated[str, Limit(max_length=2000)],
    shared: bool = False,
) -> UUID:
    """Keep a list's filter, sort, group and columns under a name."""
    view = SavedView(resource=resource, name=name, query=query, shared=shared, user_id=work.actor.user_id)
    return work.add(view).id


@own_action
def delete_saved_view(work: Work, saved_view_id: UUID) -> UUID:
    """Forget a view one has saved oneself."""
    view = work.load(SavedView, saved_view_id)
    if view.user_id != work.actor.user_id and not work.actor.grants.everything:
        raise Conflict("saved_view.not_yours")
    work.session.delete(view)
    return saved_view_id


_VISIBLE = (
    select(SavedView)
    .where(SavedView.resource == bindparam("of"), or_(SavedView.user_id == bindparam("me"), SavedView.shared))
    .order_by(SavedView.name)
)


def saved_views(work: Work, resource: str) -> list[SavedView]:
    """The actor's own views of a list and the shared ones, by name."""
    return list(work.session.scalars(_VISIBLE, {"of": resource, "me": work.actor.user_id}))
