"""The audit log as the people see it who may: found by person, time, door, address, action, record and content.

What an entry changed is shown as far as the reader may know it: nothing of records whose kind they may not read or
that lie beyond their row rules, no field that is hidden from them, and nobody searches where they may not look.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, exists, func, or_, select

from app.adapters.db import Model
from app.kernel.errors import Invalid
from app.platform import i18n
from app.platform.actions import ACTIONS
from app.platform.audit import EVENTS, NO_RECORD, Change
from app.platform.permissions import hidden_fields, model_named, module_of, name_of, narrowed, read_permission
from app.platform.queries import labels_of
from app.platform.records import AuditChange, AuditEntry
from app.platform.views import DocumentView, Field, ListView
from app.platform.work import Work

NAMED = 3
"""Records a row of the list names."""
DOORS = ("web", "api", "cli", "job", "system")


def may_read(work: Work, model: type[Model]) -> bool:
    """Whether the reader may know what such records hold; inner tables need a right over the whole module."""
    name = read_permission(model) if model.__noun__ else f"{module_of(model)}.read_{model.__tablename__}"
    return name in work.actor.grants


def changes_of(work: Work, entry: AuditEntry) -> list[Change]:
    """What an entry did, record by record, as far as the reader may know it; else the record alone."""
    statement = select(AuditChange).where(AuditChange.entry_id == entry.id).order_by(AuditChange.no)
    found = [
        Change(row.kind, row.record_id, row.operation, dict(row.columns)) for row in work.session.scalars(statement)
    ]
    return visible(work, found)


def visible(work: Work, changes: Sequence[Change]) -> list[Change]:
    """The same changes without what the reader may not know."""
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for change in changes:
        by_kind[change.kind].add(change.record_id)
    known = {kind: _known(work, kind, keys) for kind, keys in by_kind.items()}
    shown = []
    for change in changes:
        model, open_to = model_named(change.kind), known[change.kind]
        hidden = hidden_fields(work.actor, model) if model is not None else frozenset[str]()
        columns = {name: pair for name, pair in change.columns.items() if name not in hidden}
        shown.append(replace(change, columns=columns if change.record_id in open_to else {}))
    return shown


def _known(work: Work, kind: str, keys: set[UUID]) -> set[UUID]:
    """Those of the records the reader may look into; a deleted one only where no rule could have hidden it."""
    model = model_named(kind)
    if model is None:
        return keys  # an event that is of no table: an export, a report
    if not may_read(work, model):
        return set()
    rules = work.actor.rules
    if rules is None or "id" not in model.__mapper__.columns or rules.rows(work, model) is None:
        return keys
    column = model.__mapper__.columns["id"]
    return {NO_RECORD} | set(work.session.scalars(narrowed(select(column), work, model).where(column.in_(keys))))


def touched(work: Work, keys: Sequence[UUID]) -> Mapping[UUID, str]:
    """The first records of each entry in words: `Customer K0012 Elmwerk, Order SO-17 and 3 more`."""
    counted = (
        select(AuditChange.entry_id, func.count()).where(AuditChange.entry_id.in_(keys)).group_by(AuditChange.entry_id)
    )
    counts = {row[0]: row[1] for row in work.session.execute(counted)}
    statement = (
        select(AuditChange.entry_id, AuditChange.kind, AuditChange.record_id)
        .where(AuditChange.entry_id.in_(keys), AuditChange.no <= NAMED)
        .order_by(AuditChange.entry_id, AuditChange.no)
    )
    rows = work.session.execute(statement).all()
    labels = record_labels(work, [(kind, key) for _, kind, key in rows])
    names: dict[UUID, list[str]] = defaultdict(list)
    for entry_id, kind, key in rows:
        names[entry_id].append(f"{kind_in_words(work.actor.locale, kind)} {labels.get(key, '')}".strip())
    mark = "、" if work.actor.locale == "zh_CN" else ", "
    found = {}
    for key, parts in names.items():
        text = mark.join(dict.fromkeys(parts))
        more = counts.get(key, 0) - NAMED
        found[key] = i18n.text(work.actor.locale, "audit.and_more", records=text, count=more) if more > 0 else text
    return found


def record_labels(work: Work, records: Sequence[tuple[str, UUID]]) -> dict[UUID, str]:
    """What records are called today; those that are gone, or that the reader may not know, have no name."""
    wanted: dict[type[Model], set[UUID]] = defaultdict(set)
    for kind, key in records:
        model = model_named(kind)
        if model is not None and model.__noun__ and model.__label__ != "id" and may_read(work, model):
            wanted[model].add(key)
    return labels_of(work, {model: keys & _known(work, name_of(model), keys) for model, keys in wanted.items()})


def kind_in_words(locale: str, kind: str) -> str:
    """`sales.order` -> Sales order; inner tables have no words and go by their name."""
    return i18n.text(locale, kind) if i18n.has(locale, kind) else kind


# Searching


def by_action(work: Work, text: str) -> ColumnElement[bool]:
    """By what an action is called in the reader's language, or by its name."""
    wanted, locale = text.casefold(), work.actor.locale
    names = [
        name
        for name in (*ACTIONS, *EVENTS)
        if any(wanted in i18n.messages(locale).get(key, "").casefold() for key in (name, f"{name}.done"))
    ]
    return or_(AuditEntry.action.icontains(text, autoescape=True), AuditEntry.action.in_(names))


def by_record(work: Work, text: str) -> ColumnElement[bool]:
    """By the record's key, or by any value it ever had (its number, its name)."""
    inner = select(AuditChange.record_id).where(*_searchable(work))
    try:
        which = AuditChange.record_id == UUID(text)
    except ValueError:
        named = inner.where(cast(AuditChange.columns, String).icontains(text, autoescape=True))
        which = AuditChange.record_id.in_(named.where(AuditChange.record_id != NO_RECORD))
    return exists().where(AuditChange.entry_id == AuditEntry.id, which, *_searchable(work))


def by_content(work: Work, text: str) -> ColumnElement[bool]:
    """By what stood in a column before or after."""
    if not text.strip():
        raise Invalid("filter.value", field="content", value=text)
    written = cast(AuditChange.columns, String).icontains(text, autoescape=True)
    return exists().where(AuditChange.entry_id == AuditEntry.id, written, *_searchable(work))


def _searchable(work: Work) -> list[ColumnElement[bool]]:
    """The kinds in which the reader may search: of the others, answers would tell what their pages do not."""
    if work.actor.grants.everything and work.actor.rules is None:
        return []
    return [AuditChange.kind.in_([name_of(model) for model in _models() if _open(work, model)])]


def _models() -> list[type[Model]]:
    return [mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, Model)]


def _open(work: Work, model: type[Model]) -> bool:
    rules = work.actor.rules
    kept = rules is not None and (rules.rows(work, model) is not None or bool(hidden_fields(work.actor, model)))
    return may_read(work, model) and not kept


AUDIT = ListView(
    AuditEntry,
    columns=[
        Field(AuditEntry.at, phone="meta"),
        Field(AuditEntry.actor_name, phone="body"),
        Field(AuditEntry.action, kind="action", phone="title"),
        Field(name="records", compute=touched, phone="body"),
        Field(AuditEntry.on_behalf_of, hidden=True),
        Field(AuditEntry.door, kind="choice", choices=DOORS, phone="badge"),
        Field(AuditEntry.address, kind="code"),
        Field(AuditEntry.request_id, kind="code", hidden=True),
    ],
    filters=[
        AuditEntry.at,
        AuditEntry.actor_name,
        AuditEntry.on_behalf_of,
        AuditEntry.door,
        AuditEntry.address,
        AuditEntry.request_id,
    ],
    searches={"action": by_action, "record": by_record, "content": by_content},
    search=[AuditEntry.actor_name, AuditEntry.action, AuditEntry.request_id],
    sort=[AuditEntry.at.desc()],
    icon="history",
)
AUDIT_ENTRY = DocumentView(
    AuditEntry,
    fields=[
        AuditEntry.at,
        AuditEntry.actor_name,
        AuditEntry.on_behalf_of,
        Field(AuditEntry.action, kind="action"),
        Field(AuditEntry.door, kind="choice", choices=DOORS),
        Field(AuditEntry.address, kind="code"),
        Field(AuditEntry.request_id, kind="code"),
        Field(AuditEntry.trail, kind="actions", wide=True),
    ],
    changes=changes_of,
    icon="history",
)
