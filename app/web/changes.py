"""What an action changed, in words: the fields' labels, and values as pages write them, before and after."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from app.adapters.db import Model
from app.platform.audit import NO_RECORD
from app.platform.audit import Change as Changed
from app.platform.audit_log import record_labels
from app.platform.permissions import model_named
from app.platform.queries import labels_of
from app.platform.views import Field
from app.platform.work import Work
from app.web.portal import Visit
from app.web.screens import TableCard
from app.web.widgets import Cell, Change, ColumnHead, ListRow

QUIET = frozenset(("id", "company_id", "version"))
MOST_RECORDS = 50


def change_tables(visit: Visit, work: Work, changes: Sequence[Changed]) -> list[TableCard]:
    """One card a record: what was done to it, and its fields before and after."""
    labels = visit.labels
    shown = changes[:MOST_RECORDS]
    names = record_labels(work, [(change.kind, change.record_id) for change in shown])
    references = references_in(work, shown)
    heads = [
        ColumnHead("field", labels.text("audit.field"), slot="title"),
        ColumnHead("before", labels.text("audit.before"), slot="body"),
        ColumnHead("after", labels.text("audit.after"), slot="body"),
    ]
    cards = []
    for change in shown:
        noun = labels.optional(change.kind) or _report_name(visit, change.kind)
        name = names.get(change.record_id, "")
        if not name and change.record_id != NO_RECORD:
            name = str(change.record_id)
        operation = labels.optional(f"audit.operation.{change.operation}") or change.operation
        title = f"{noun} {name}".strip() + f" · {operation}"
        rows = [
            ListRow(
                str(number),
                [Cell("text", one.label), Cell("text", one.before), Cell("text", one.after)],
                label=one.label,
            )
            for number, one in enumerate(changed_fields(visit, change, references))
        ]
        cards.append(TableCard(title, heads, rows, empty=labels.text("audit.nothing_shown")))
    return cards


def _report_name(visit: Visit, kind: str) -> str:
    module, _, name = kind.partition(".")
    return visit.labels.report(module, name) if kind in visit.portal.registry.reports else kind


def changed_fields(visit: Visit, change: Changed, references: Mapping[UUID, str]) -> list[Change]:
    """The fields of a change that differ, in words."""
    model = model_named(change.kind)
    found = []
    for name, pair in change.columns.items():
        if name in QUIET:
            continue
        attribute = getattr(model, name, None) if model is not None and name in model.__mapper__.columns else None
        shown = Field(attribute) if attribute is not None else Field(name=name)
        label = visit.labels.optional(f"{change.kind}.{name}", f"field.{name}", f"audit.fact.{name}") or name
        before, after = (_word(visit, change, shown, value, references) for value in pair)
        if before != after:
            found.append(Change(label, before, after))
    return found


def references_in(work: Work, changes: Sequence[Changed]) -> dict[UUID, str]:
    """What the records are called that values of these changes refer to."""
    wanted: dict[type[Model], set[UUID]] = {}
    for change in changes:
        model = model_named(change.kind)
        for name, pair in change.columns.items() if model is not None else ():
            attribute = getattr(model, name, None) if name in model.__mapper__.columns else None  # type: ignore[union-attr]
            target = Field(attribute).target if attribute is not None else None
            if target is None or target.__label__ == "id":
                continue
            wanted.setdefault(target, set()).update(key for key in map(_key, pair) if key is not None)
    return labels_of(work, {model: keys for model, keys in wanted.items() if keys})


def _key(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


def _word(visit: Visit, change: Changed, shown: Field, value: Any, references: Mapping[UUID, str]) -> str:
    labels, kind = visit.labels, shown.shown_as
    if value is None or value in ("", []):
        return "–"
    if change.operation == "read" and shown.key == "fields":
        names = [labels.optional(f"{change.kind}.{name}", f"field.{name}") or name for name in value]
        return visit.pen().words(names)
    key = _key(value) if kind == "ref" else None
    if key is not None and key in references:
        return references[key]
    if kind == "state":
        return labels.state(change.kind, str(value), shown.key)
    if kind == "choice":
        return labels.choice(change.kind, shown.key, str(value))
    if isinstance(value, bool):
        return labels.text("choice.yes" if value else "choice.no")
    if isinstance(value, str):
        return _read_back(visit, kind, value)
    return visit.pen().words(value)


def _read_back(visit: Visit, kind: str, value: str) -> str:
    """A value the log holds as text, written as pages write its kind."""
    pen = visit.pen()
    try:
        if kind in ("price", "quantity", "percent", "number"):
            return pen.cell(kind, Decimal(value)).text
        if kind == "money":
            return pen.cell("number", Decimal(value)).text
        if kind == "date":
            return pen.words(date.fromisoformat(value))
        if kind == "instant":
            return pen.words(datetime.fromisoformat(value))
    except (ValueError, InvalidOperation):
        return value
    return value
