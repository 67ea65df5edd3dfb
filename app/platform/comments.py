"""What people say beside a document. A comment belongs to a record of any kind by reference."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Memo, Model
from app.platform.actions import own_action
from app.platform.work import Work

MAX_LENGTH = 10_000


class Comment(Model):
    """One remark; never changed, only written."""

    __tablename__ = "platform_comment"
    __append_only__ = True
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    text: Mapped[Memo]
    at: Mapped[datetime]
    __table_args__ = (Index("platform_comment_record_ix", "record_id", "at"),)


@own_action
def create_comment(
    work: Work, kind: str, record_id: UUID, text: Annotated[str, Limit(min_length=1, max_length=MAX_LENGTH)]
) -> UUID:
    """Write a comment on a record; the door has checked that the actor may read it."""
    comment = Comment(
        kind=kind,
        record_id=record_id,
        author_id=work.actor.user_id,
        author_name=work.actor.name,
        text=text,
        at=work.now,
    )
    return work.add(comment).id


def comments_on(work: Work, record_id: UUID, limit: int = 200) -> list[Comment]:
    """Newest first."""
    statement = select(Comment).where(Comment.record_id == record_id).order_by(Comment.at.desc()).limit(limit)
    return list(work.session.scalars(statement))
