"""What the gate writes beside the business rows, in the same transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Model


class AuditEntry(Model):
    """One performed action: who, acting for whom, from where, and the nested trail."""

    __tablename__ = "audit_entry"
    __noun__ = "audit_entry"
    __label__ = "action"
    __append_only__ = True
    __sealer_may__ = ("DELETE",)  # of months older than the tenant's retention
    __audited__ = False
    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    actor_name: Mapped[str]
    on_behalf_of: Mapped[str | None]
    door: Mapped[str]
    address: Mapped[str]
    request_id: Mapped[str]
    action: Mapped[str]
    trail: Mapped[list[str]]


class AuditChange(Model):
    """One record that an action created, changed or deleted; `columns` maps a column to [before, after]."""

    __tablename__ = "audit_change"
    __append_only__ = True
    __sealer_may__ = ("DELETE",)
    __audited__ = False
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(AuditEntry.id), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    record_id: Mapped[UUID]
    operation: Mapped[str]
    columns: Mapped[dict[str, Any]]
    __table_args__ = (Index("audit_change_record_ix", "record_id", "entry_id"),)


class OutboxEvent(Model):
    """A fact waiting for the relay, which moves it to the history."""

    __tablename__ = "outbox_event"
    __audited__ = False
    id: Mapped[Key]
    at: Mapped[datetime]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    actor_id: Mapped[UUID | None]


class OutboxHistory(Model):
    """A fact that has been handed to every consumer."""

    __tablename__ = "outbox_history"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    actor_id: Mapped[UUID | None]
    relayed_at: Mapped[datetime]


class IdempotencyKey(Model):
    """A claimed key: scoped to actor and action; `answer` is null until the action has ended."""

    __tablename__ = "idempotency_key"
    __audited__ = False
    actor: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(index=True)
