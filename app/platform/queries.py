"""The one way to read: record rules first, then what the view shows. Lists are in `listing`.

Exports, pivots, search, autocomplete, print and `GET` use nothing else, so no door can see more
than another.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, String, bindparam, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.adapters.db import Model, table_of
from app.kernel.errors import Missing
from app.platform.listing import (
    Filter,
    GroupRow,
    ListRequest,
    ListResult,
    ListRow,
    note_disclosed,
    parse_request,
    run_list,
    tab_counts,
)
from app.platform.naming import full_label_in, is_chinese, label_in, label_of_key
from app.platform.permissions import module_of, narrowed, read_permission, require_read
from app.platform.shown import document_for, words_for
from app.platform.views import DocumentView, Field, as_field
from app.platform.work import Work

__all__ = [
    "Choice",
    "DocumentData",
    "Filter",
    "GroupRow",
    "LineData",
    "ListRequest",
    "ListResult",
    "ListRow",
    "known_among",
    "labels_named",
    "labels_of",
    "lookup",
    "parse_request",
    "read_document",
    "run_list",
    "select_for",
    "tab_counts",
]

M = TypeVar("M", bound=Model)
LOOKUP_LIMIT = 20


def select_for(work: Work, model: type[M]) -> Select[M]:
    """A SELECT of the model within the actor's record rules; extend it with `where`, `order_by`, `limit`."""
    return narrowed(select(model), work, model)


@dataclass(frozen=True)
class Choice:
    """One suggestion of a picker."""

    id: UUID
    code: str
    label: str


def _text(model: type[Model], name: str) -> InstrumentedAttribute[Any]:
    attribute: InstrumentedAttribute[Any] = getattr(model, name)
    return attribute


def lookup(work: Work, model: type[Model], text: str, limit: int = LOOKUP_LIMIT) -> list[Choice]:
    """Records whose code, label or other search words hold `text`; exact codes first; retired ones left out."""
    require_read(work, model)
    label = label_in(table_of(model), model, is_chinese(work.actor.locale))
    code = _text(model, model.__code_name__) if model.__code_name__ else None
    columns = [model.__mapper__.columns["id"], label]
    statement = narrowed(select(*columns, code if code is not None else literal("")), work, model)
    if "active" in model.__mapper__.columns:
        statement = statement.where(model.__mapper__.columns["active"])
    names = (model.__label__, *words_for(work.actor, model))
    words = [a for a in (code, *(_text(model, name) for name in names)) if a is not None]
    for part in text.split():
        statement = statement.where(or_(*(cast(word, String).icontains(part, autoescape=True) for word in words)))
    if code is not None:
        statement = statement.order_by(func.lower(code) != text.lower(), code)
    statement = statement.order_by(label).limit(limit)
    return [Choice(row[0], row[2] or "", str(row[1] or "")) for row in work.session.execute(statement)]


def labels_of(work: Work, wanted: Mapping[type[Model], Iterable[UUID]]) -> dict[UUID, str]:
    """What to call records of several models, in one statement. Labels of references are not secrets of
    their own: whoever may see a document may read the names it refers to.
    """
    return _labels(work, [_label_statement(work, model, keys) for model, keys in wanted.items() if keys])


def labels_named(
    work: Work, wanted: Mapping[type[Model], Iterable[UUID]], stored: Collection[UUID] = ()
) -> dict[UUID, str]:
    """The same for records that somebody named in an address or a form: only those they may know have a label.

    `stored` ids stand in a document they see, so those are no secret.
    """
    parts = []
    for model, keys in wanted.items():
        known, asked = [key for key in keys if key in stored], [key for key in keys if key not in stored]
        if known:
            parts.append(_label_statement(work, model, known))
        if asked and _may_name(work, model):
            parts.append(narrowed(_label_statement(work, model, asked), work, model))
    return _labels(work, parts)


def _may_name(work: Work, model: type[Model]) -> bool:
    return not model.__noun__ or work.actor.may(read_permission(model))


def _label_statement(work: Work, model: type[Model], keys: Iterable[UUID]) -> Select[Any]:
    label = full_label_in(table_of(model), model, is_chinese(work.actor.locale))
    column = model.__mapper__.columns["id"]
    return select(column.label("id"), label.label("label")).where(column.in_(sorted(set(keys))))


def _labels(work: Work, parts: Sequence[Select[Any]]) -> dict[UUID, str]:
    if not parts:
        return {}
    statement = union_all(*parts) if len(parts) > 1 else parts[0]
    return {row.id: row.label or "" for row in work.session.execute(statement)}


def known_among(work: Work, wanted: Mapping[type[Model], Iterable[UUID]]) -> set[UUID]:
    """Which of some records the actor may know; no statement for models the actor's rules say nothing of."""
    found: set[UUID] = set()
    for model, keys in wanted.items():
        column = model.__mapper__.columns["id"]
        rules = work.actor.rules
        if rules is None or rules.rows(work, model) is None:
            found.update(keys)
        else:
            found.update(work.session.scalars(narrowed(select(column), work, model).where(column.in_(sorted(keys)))))
    return found


@dataclass(frozen=True)
class LineData:
    """One line of a document: its record, values and the labels of its references by field name."""

    record: Any
    values: dict[str, Any]
    labels: dict[str, str]


@dataclass(frozen=True)
class DocumentData:
    """A document as its view shows it; `lines` holds one list per `view.lines`."""

    record: Any
    values: dict[str, Any]
    labels: dict[str, str]
    lines: list[list[LineData]] = field(default_factory=list)


KEY = "document_key"


def read_document(work: Work, view: DocumentView, key: UUID) -> DocumentData:
    """The record with all shown values, labels and lines; Missing where the actor may not know it.

    One statement for the record and one for each grid; labels of references come along as subqueries.
    """
    require_read(work, view.model)
    view = document_for(work.actor, view)
    reading = _reading_of(view, is_chinese(work.actor.locale))
    head = reading.head
    row = work.session.execute(narrowed(head.statement, work, view.model), {KEY: key}).one_or_none()
    if row is None:
        raise Missing("record.missing", noun=f"{module_of(view.model)}.{view.model.__noun__}", id=str(key))
    grids = [(part, work.session.execute(part.statement, {KEY: key}).all()) for part in reading.grids]
    values = _values(work, head.fields, [row[0]])[0]
    return DocumentData(row[0], values, head.named(row), [_lines(work, part, rows) for part, rows in grids])


@dataclass(frozen=True)
class _Part:
    """A statement for a record and the labels behind it, with the fields it shows."""

    statement: Any
    fields: list[Field]
    labelled: list[str]

    @classmethod
    def of(cls, model: type[Model], fields: list[Field], chinese: bool) -> "_Part":
        columns, labelled = [], []
        for shown in fields:
            target = shown.target if shown.shown_as == "ref" else None
            if target is not None and shown.source is not None:
                column = model.__mapper__.columns[shown.source.key]
                columns.append(label_of_key(column, target, chinese))
                labelled.append(shown.key)
        return cls(select(model, *columns), fields, labelled)

    def named(self, row: Sequence[Any]) -> dict[str, str]:
        """The labels in a row by field; an unset reference has none."""
        return {name: row[at] for at, name in enumerate(self.labelled, start=1) if row[at] is not None}


@dataclass(frozen=True)
class _Reading:
    """How a view is read, built once a language."""

    view: DocumentView
    head: _Part
    grids: list[_Part]

    @classmethod
    def of(cls, view: DocumentView, chinese: bool) -> "_Reading":
        head = _Part.of(view.model, [as_field(given) for given in view.fields], chinese)
        mine = view.model.__mapper__.columns["id"] == bindparam(KEY)
        grids = []
        for lines in view.lines:
            part = _Part.of(lines.model, [as_field(given) for given in lines.fields], chinese)
            statement = part.statement.where(lines.parent == bindparam(KEY)).order_by(lines.order)
            grids.append(replace(part, statement=statement))
        return cls(view, replace(head, statement=head.statement.where(mine)), grids)


MOST_READINGS = 2_000
_readings: dict[tuple[int, bool], _Reading] = {}
"""By the view's address; each holds its view, so that the address stays its own."""


def _reading_of(view: DocumentView, chinese: bool) -> _Reading:
    found = _readings.get((id(view), chinese))
    if found is None:
        if len(_readings) >= MOST_READINGS:
            _readings.clear()
        found = _readings[id(view), chinese] = _Reading.of(view, chinese)
    return found


def _lines(work: Work, part: _Part, rows: Sequence[Any]) -> list[LineData]:
    values = _values(work, part.fields, [row[0] for row in rows])
    return [LineData(row[0], given, part.named(row)) for row, given in zip(rows, values, strict=True)]


def _values(work: Work, fields: Sequence[Field], records: Sequence[Any]) -> list[dict[str, Any]]:
    """What each record shows, in the order of the fields, and the currencies and units they stand in."""
    if not records:
        return []
    for shown in fields:
        if shown.sensitive and shown.source is not None:
            note_disclosed(work, shown, {row.id: getattr(row, shown.source.key) for row in records})
    keys = [record.id for record in records] if any(shown.compute for shown in fields) else []
    readers: list[tuple[str, str, Mapping[UUID, Any] | None]] = []
    for shown in fields:
        if shown.compute is not None:
            readers.append((shown.key, "", shown.compute(work, keys)))
        elif shown.source is not None:
            readers.append((shown.key, shown.source.key, None))
    named = {name for name, _, _ in readers}
    for shown in fields:
        for extra in (shown.currency, shown.unit):
            if extra is not None and extra.key not in named and hasattr(records[0], extra.key):
                named.add(extra.key)
                readers.append((extra.key, extra.key, None))
    return [
        {
            name: getattr(record, source) if computed is None else computed.get(record.id)
            for name, source, computed in readers
        }
        for record in records
    ]
