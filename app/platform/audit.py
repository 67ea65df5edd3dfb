"""The audit log: every performed action and, per record, which columns it changed from what to what.

Changes of documents are collected from the unit of work itself, so no action can forget them.
The engines' rows (ledger lines, stock facts) are their own append-only record and are not repeated here.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from app.adapters.db import Model
from app.platform.permissions import module_of
from app.platform.records import AuditChange, AuditEntry
from app.platform.work import Work

MAX_CHANGES = 500
"""Records listed per action; a mass action says how many it touched beyond that."""


class Auditor:
    """Watches one session; `closing` writes what it saw."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.changes: dict[tuple[str, UUID], dict[str, Any]] = {}
        event.listen(work.session, "before_flush", self._before)
        event.listen(work.session, "after_flush", self._after)

    def _before(self, session: Session, *_: Any) -> None:
        for record in session.dirty:
            if isinstance(record, Model) and record.__audited__ and session.is_modified(record):
                self._note(record, "update", _changed(record))
        for record in session.deleted:
            if isinstance(record, Model) and record.__audited__:
                self._note(record, "delete", {name: [_json(value), None] for name, value in _values(record).items()})

    def _after(self, session: Session, *_: Any) -> None:
        for record in session.new:
            if isinstance(record, Model) and record.__audited__:
                shown = {name: [None, _json(value)] for name, value in _values(record).items() if value is not None}
                self._note(record, "create", shown)

    def _note(self, record: Model, operation: str, columns: dict[str, Any]) -> None:
        key = getattr(record, "id", None)
        if not columns or not isinstance(key, UUID):
            return
        kind = f"{module_of(type(record))}.{type(record).__noun__ or type(record).__tablename__}"
        entry = self.changes.setdefault((kind, key), {"operation": operation, "columns": {}})
        for name, (before, after) in columns.items():
            first = entry["columns"].get(name, [before])[0]
            entry["columns"][name] = [first, after]

    def listed(self) -> "list[Change]":
        """What was created, changed or deleted, at most MAX_CHANGES records."""
        return [
            Change(kind, key, found["operation"], found["columns"])
            for (kind, key), found in islice(self.changes.items(), MAX_CHANGES)
        ]


@dataclass(frozen=True)
class Change:
    """One record an action touched; `columns` maps a column to [before, after]."""

    kind: str
    record_id: UUID
    operation: str
    columns: dict[str, Any]


def _values(record: Model) -> dict[str, Any]:
    return {
        attribute.key: record.__dict__.get(attribute.key)
        for attribute in inspect(type(record)).column_attrs
        if attribute.key not in ("id", "version")
    }


def _changed(record: Model) -> dict[str, Any]:
    state = inspect(record)
    columns: dict[str, Any] = {}
    for attribute in inspect(type(record)).column_attrs:
        if attribute.key == "version":
            continue
        history = state.attrs[attribute.key].history
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            columns[attribute.key] = [_json(before), _json(history.added[0] if history.added else None)]
    return columns


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, (UUID, date, datetime)):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value


@dataclass(frozen=True)
class HistoryItem:
    """What one action did to one record."""

    at: datetime
    actor_name: str
    action: str
    door: str
    operation: str
    columns: dict[str, Any]


def history_of(work: Work, record_id: UUID, limit: int = 100) -> list[HistoryItem]:
    """The record's changes, newest first."""
    statement = (
        select(AuditEntry, AuditChange)
        .join(AuditChange, AuditChange.entry_id == AuditEntry.id)
        .where(AuditChange.record_id == record_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [
        HistoryItem(entry.at, entry.actor_name, entry.action, entry.door, change.operation, change.columns)
        for entry, change in work.session.execute(statement)
    ]
