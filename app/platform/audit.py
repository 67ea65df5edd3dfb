"""The audit log: every performed action and, per record, which columns it changed from what to what.

Changes of documents are collected from the unit of work itself, so no action can forget them; statements over many
rows (`update(Model)`, `delete(Model)`) are watched too. The engines' rows (ledger lines, stock facts) are their own
append-only record and are not repeated here. What changes no record but must be known all the same (sign-ins, exports,
prints, reads of sensitive fields) is an *event*, written by `Gate.record`. Sealed values never show, only that they
changed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session

from app.adapters.db import Model
from app.platform.permissions import name_of
from app.platform.records import AuditChange, AuditEntry
from app.platform.work import Work

MAX_CHANGES = 500
"""Records listed per action."""
MASK = "\N{BULLET}" * 4
"""Stands for a sealed value."""
NO_RECORD = UUID(int=0)
"""The record of an event that concerns none, such as the export of a list."""
EVENTS = frozenset(
    f"platform.{name}"
    for name in (
        "sign_in",
        "sign_in_failed",
        "sign_out",
        "end_session",
        "change_password",
        "change_email",
        "add_factor",
        "remove_factor",
        "create_token",
        "revoke_token",
        "export_list",
        "export_report",
        "print_document",
        "read_sensitive",
        "drop_audit_entries",
    )
)
"""What is logged though no action changed a record; named like actions, with a label of its own."""


class Auditor:
    """Watches one session; `closing` writes what it saw."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.changes: dict[tuple[str, tuple[Any, ...]], Change] = {}
        event.listen(work.session, "before_flush", self._before)
        event.listen(work.session, "after_flush", self._after)
        event.listen(work.session, "do_orm_execute", self._over_many)

    def _before(self, session: Session, *_: Any) -> None:
        for record in session.dirty:
            if isinstance(record, Model) and record.__audited__ and session.is_modified(record):
                self._note(record, "update", _changed(record))
        for record in session.deleted:
            if isinstance(record, Model) and record.__audited__:
                self._note(record, "delete", _gone(record))

    def _after(self, session: Session, *_: Any) -> None:
        for record in session.new:
            if isinstance(record, Model) and record.__audited__:
                values = _values(record).items()
                self._note(record, "create", {name: [None, shown] for name, shown in values if shown is not None})

    def _over_many(self, state: ORMExecuteState) -> Any:
        """A statement that changes or deletes rows of an audited model at once: its rows are read before and after."""
        mapper = state.bind_mapper
        model: Any = mapper.class_ if mapper is not None else None
        where = getattr(state.statement, "whereclause", None)
        if not (state.is_update or state.is_delete) or model is None or not model.__audited__ or where is None:
            return None
        rows = select(*model.__mapper__.column_attrs).where(where).limit(MAX_CHANGES)
        before = [_plain(model, row) for row in state.session.execute(rows)]
        result = state.invoke_statement()
        if state.is_delete:
            for row in before:
                columns = {name: [value, None] for name, value in row.shown.items() if value is not None}
                self._write(model, row.key, "delete", columns)
            return result
        key = next(iter(model.__mapper__.primary_key))
        again = select(*model.__mapper__.column_attrs).where(key.in_([row.first for row in before]))
        after = {row.key: row.shown for found in state.session.execute(again) for row in (_plain(model, found),)}
        for row in before:
            shown = after.get(row.key, {})
            changed = {
                name: [value, shown[name]] for name, value in row.shown.items() if shown.get(name, value) != value
            }
            self._write(model, row.key, "update", changed)
        return result

    def _note(self, record: Model, operation: str, columns: dict[str, Any]) -> None:
        key = tuple(record.__dict__.get(str(column.key)) for column in inspect(type(record)).primary_key)
        self._write(type(record), key, operation, columns)

    def _write(self, model: type[Model], key: tuple[Any, ...], operation: str, columns: dict[str, Any]) -> None:
        record_id = next((part for part in key if isinstance(part, UUID)), NO_RECORD)
        if not columns:
            return
        kind = name_of(model)
        entry = self.changes.setdefault((kind, key), Change(kind, record_id, operation, {}))
        for name, (before, after) in columns.items():
            first = entry.columns.get(name, [before])[0]
            entry.columns[name] = [first, after]

    def listed(self) -> "list[Change]":
        """What was created, changed or deleted, at most MAX_CHANGES records."""
        noted = [Change(*given) for given in self.work.noted]
        return [*noted, *islice(self.changes.values(), MAX_CHANGES)]


@dataclass(frozen=True)
class Change:
    """One record an action touched; `columns` maps a column to [before, after]."""

    kind: str
    record_id: UUID
    operation: str
    columns: dict[str, Any]


@lru_cache(maxsize=1000)
def sealed_names(model: type[Model]) -> frozenset[str]:
    """The attributes whose values the application seals."""
    return frozenset(
        attribute.key
        for attribute in inspect(model).column_attrs
        if getattr(attribute.columns[0].type, "sealed", False)
    )


@lru_cache(maxsize=1000)
def _logged_names(model: type[Model]) -> tuple[str, ...]:
    """The attributes the log shows: not keys, versions and what is derived from sealed ones."""
    return tuple(
        attribute.key
        for attribute in inspect(model).column_attrs
        if attribute.key not in UNSHOWN and not attribute.columns[0].info.get("blind_index")
    )


@dataclass(frozen=True)
class _Row:
    """A row of a statement over many: its key, the key's first part, and what the log shows."""

    key: tuple[Any, ...]
    first: Any
    shown: dict[str, Any]


def _plain(model: type[Model], row: Any) -> _Row:
    names = [attribute.key for attribute in inspect(model).column_attrs]
    values = dict(zip(names, row, strict=True))
    key = tuple(values[str(column.key)] for column in inspect(model).primary_key)
    sealed = sealed_names(model)
    shown = {name: _json(values[name], name in sealed) for name in _logged_names(model)}
    return _Row(key, key[0], shown)


UNSHOWN = ("id", "version")


def _values(record: Model) -> dict[str, Any]:
    """What the log shows of a record."""
    sealed = sealed_names(type(record))
    return {name: _json(record.__dict__.get(name), name in sealed) for name in _logged_names(type(record))}


def _gone(record: Model) -> dict[str, Any]:
    return {name: [shown, None] for name, shown in _values(record).items()}


def _changed(record: Model) -> dict[str, Any]:
    state = inspect(record)
    columns: dict[str, Any] = {}
    sealed = sealed_names(type(record))
    for name in _logged_names(type(record)):
        history = state.attrs[name].history
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            columns[name] = [_json(before, name in sealed), _json(after, name in sealed)]
    return columns


def _json(value: Any, hidden: bool = False) -> Any:
    if hidden:
        return MASK if value else None
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
