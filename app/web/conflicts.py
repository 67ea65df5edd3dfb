"""Somebody else saved first: field by field what stood there, what they made of it, what I typed.

The base is found by undoing, from the audit log, the changes between my version and theirs.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.platform import formats
from app.platform.actions import Action
from app.platform.queries import labels_named
from app.platform.registry import Resource
from app.platform.work import Work
from app.web.boxes import Typed
from app.web.crumbs import crumbs_of
from app.web.documents import Opened, open_document
from app.web.editing import Offer, fill_labels, offer_of, pairs_of, typed_posted, typed_stored
from app.web.forms import Form
from app.web.inputs import Slot, raw_text, read_text
from app.web.panels import entries_of
from app.web.portal import Visit
from app.web.responses import page
from app.web.screens import ConflictField, ConflictScreen

MANY = 50


def show_conflict(visit: Visit, resource: Resource, act: Action[..., Any], form: Form, key: UUID) -> Response:
    """409 with the page that lets the visitor take mine, theirs, or some of both."""

    def show(work: Work) -> Response:
        opened = open_document(visit, work, resource, key)
        screen = _screen(visit, work, opened, act, form)
        crumbs = crumbs_of(visit, resource, opened.title, f"{resource.path}/{key}")
        return page(visit, work, "conflict.html", screen, crumbs=crumbs, status=409)

    return visit.read(show)


def _screen(visit: Visit, work: Work, opened: Opened, act: Action[..., Any], form: Form) -> ConflictScreen:
    view = opened.view
    offer = offer_of(view, act)
    mine, theirs = typed_posted(form), typed_stored(work, opened, act)
    base = _base(visit, work, opened, theirs)
    fill_labels(visit, work, view, act, mine)
    fill_labels(visit, work, view, act, theirs)
    fields = _fields(visit, work, opened, offer, base, mine, theirs)
    compared = {conflict.name for conflict in fields}
    entry = next((entry for entry, _ in entries_of(work, opened.record.id, 1)), None)
    zone = visit.profile.zone if visit.profile else "UTC"
    return ConflictScreen(
        opened.title,
        entry.actor_name if entry else "",
        formats.instant(entry.at, zone, visit.locale) if entry else "",
        opened.url,
        str(getattr(opened.record, "version", "")),
        fields,
        [(name, value) for name, value in pairs_of(mine) if name not in compared],
        f"{opened.url}/edit",
    )


def _base(visit: Visit, work: Work, opened: Opened, theirs: Typed) -> Mapping[str, str]:
    """The texts as they stood in the version the visitor had loaded."""
    loaded = visit.form.get("version", "")
    passed = int(getattr(opened.record, "version", 0)) - int(loaded) if loaded.isdigit() else 0
    base = dict(theirs.raw)
    updates = [change for _, change in entries_of(work, opened.record.id, MANY) if change.operation == "update"]
    for change in updates[: max(0, passed)]:  # newest first, so the oldest one's `before` wins
        for name, (before, _) in change.columns.items():
            if name in base:
                base[name] = raw_text(before) if before is not True else "1"
    return base


def _fields(
    visit: Visit, work: Work, opened: Opened, offer: Offer, base: Mapping[str, str], mine: Typed, theirs: Typed
) -> list[ConflictField]:
    """Every header field in which mine and theirs differ."""
    found = []
    for shown, slot in offer.fields:
        name = shown.key
        if slot.shape == "list":
            continue
        here, there, before = mine.raw.get(name, ""), theirs.raw.get(name, ""), base.get(name, "")
        if _same(visit, slot, here, there):
            continue
        only_mine, only_theirs = _same(visit, slot, there, before), _same(visit, slot, here, before)
        if only_theirs:
            mine.raw[name] = there  # they changed it and I did not: it merges by itself
        texts = [_text(visit, work, opened, shown, value) for value in (before, here, there)]
        found.append(
            ConflictField(
                name,
                visit.labels.field(opened.resource.name, shown),
                texts[0],
                texts[1],
                texts[2],
                mine.raw.get(name, ""),
                there,
                clash=not only_mine and not only_theirs,
            )
        )
    return found


def _same(visit: Visit, slot: Slot, one: str, other: str) -> bool:
    """Whether two texts stand for the same value: `1,200.00` and `1200` do."""
    if one == other:
        return True
    if not one or not other:
        return False
    try:
        return bool(read_text(slot, one, visit.locale) == read_text(slot, other, visit.locale))
    except ValueError:
        return False


def _held(opened: Opened) -> list[UUID]:
    return [held for held in opened.data.values.values() if isinstance(held, UUID)]


def _text(visit: Visit, work: Work, opened: Opened, shown: Any, value: str) -> str:
    if not value:
        return "–"
    kind, resource = shown.shown_as, opened.resource.name
    if kind == "ref" and shown.target is not None:
        try:
            key = UUID(value)
        except ValueError:
            return value
        return labels_named(work, {shown.target: [key]}, _held(opened)).get(key, value)
    if kind == "state":
        return visit.labels.state(resource, value, shown.key)
    if kind == "choice" or shown.choices:
        return visit.labels.choice(resource, shown.key, value)
    if kind == "flag":
        return visit.labels.text("choice.yes" if value in ("1", "True", "true") else "choice.no")
    return value
