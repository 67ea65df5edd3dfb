"""Files attached to records: the bytes lie in the object store under `tenant/uuid`, the facts here.

Upload is direct to the store by a signed URL; the record counts only once the size and SHA-256 that the
store holds were confirmed. Files are always served as attachments.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, Index, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Model, Name
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import new_id
from app.platform.actions import own_action
from app.platform.work import Work

MAX_BYTES = 50 * 1024 * 1024


class Attachment(Model):
    """One file of one record."""

    __tablename__ = "platform_attachment"
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    name: Mapped[Name]
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    uploaded: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        Index("platform_attachment_record_ix", "record_id"),
        CheckConstraint("size >= 0", name="size"),
    )


def object_key(work: Work, attachment_id: UUID) -> str:
    """Where the bytes lie."""
    return f"{work.actor.schema}/{attachment_id}"


@own_action
def create_attachment(
    work: Work,
    kind: str,
    record_id: UUID,
    name: Annotated[str, Limit(min_length=1, max_length=200)],
    media_type: Annotated[str, Limit(max_length=120)],
    size: int,
) -> UUID:
    """Announce a file that will be uploaded; the door answers with a signed URL for its key."""
    if not 0 < size <= MAX_BYTES:
        raise Invalid("attachment.size", field="size", size=size, limit=MAX_BYTES)
    attachment = Attachment(
        id=new_id(),
        kind=kind,
        record_id=record_id,
        name=name.replace("/", "_").replace("\\", "_"),
        media_type=media_type or "application/octet-stream",
        size=size,
        author_id=work.actor.user_id,
        author_name=work.actor.name,
        at=work.now,
    )
    return work.add(attachment).id


@own_action
def confirm_attachment(work: Work, attachment_id: UUID, size: int, sha256: str) -> UUID:
    """Say what the store really holds; the file is shown from now on."""
    attachment = work.load(Attachment, attachment_id)
    if attachment.author_id != work.actor.user_id or attachment.uploaded:
        raise Conflict("attachment.not_pending")
    if size != attachment.size:
        raise Invalid("attachment.size_differs", field="size", size=size, announced=attachment.size)
    attachment.sha256 = sha256
    attachment.uploaded = True
    return attachment.id


@own_action
def delete_attachment(work: Work, attachment_id: UUID) -> UUID:
    """Take away a file one has attached oneself (or any, as owner)."""
    attachment = work.load(Attachment, attachment_id)
    if attachment.author_id != work.actor.user_id and not work.actor.grants.everything:
        raise Conflict("attachment.not_yours")
    work.session.delete(attachment)
    return attachment_id


def attachments_of(work: Work, record_id: UUID) -> list[Attachment]:
    """The uploaded files of a record, newest first."""
    statement = select(Attachment).where(Attachment.record_id == record_id, Attachment.uploaded)
    return list(work.session.scalars(statement.order_by(Attachment.at.desc())))
