"""Filters of a list: the chips in force, the inputs that set them, both read from and written to the address."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from markupsafe import Markup

from app.platform.queries import Filter, ListRequest, labels_named
from app.platform.registry import Resource
from app.platform.views import Field, ListView
from app.platform.work import Work
from app.web.addresses import Pairs, link
from app.web.boxes import choices_for
from app.web.cells import NUMERIC, widget_kind
from app.web.labels import resource_name
from app.web.markup import safe
from app.web.portal import Visit
from app.web.render import render
from app.web.widgets import Choice, FieldBox, FilterChip, FilterField
from tenants.resolve import Remembered

SIGNS = {"ge": "≥", "le": "≤", "gt": ">", "lt": "<", "ne": "≠", "eq": ""}
PAGE = ("cursor", "at", "back")


def filterable(view: ListView) -> dict[str, Field]:
    """Name -> field of everything this list can be filtered by, in column order."""
    fields = {field.key: field for field in view.fields if field.searchable}
    searched = {name: Field(name=name) for name in view.searches}
    if not view.filters:
        return fields | searched
    allowed = {attribute.key: fields.get(attribute.key) or Field(attribute) for attribute in view.filters}
    return {key: field for key, field in fields.items() if key in allowed} | allowed | searched


def chips_of(
    visit: Visit, work: Work, resource: Resource, view: ListView, pairs: Pairs, request: ListRequest
) -> list[FilterChip]:
    """One chip a field that is filtered by."""
    fields = filterable(view)
    by_field: dict[str, list[Filter]] = {}
    for given in request.filters:
        by_field.setdefault(given.field, []).append(given)
    names = _names(work, fields, by_field)
    chips = []
    for key, held in by_field.items():
        field = fields.get(key)
        if field is None:
            continue
        gone = [name for name, _ in pairs if name.partition(".")[0] == key]
        chips.append(
            FilterChip(
                key,
                visit.labels.field(resource.name, field),
                _text(visit, resource, field, held, names),
                link(resource.path, pairs, drop=(*gone, *PAGE)),
                _boxes(visit, resource, field, held, names),
            )
        )
    return chips


_menus = Remembered(600.0, 2_000)


def filter_menu(visit: Visit, resource: Resource, view: ListView, request: ListRequest) -> Markup:
    """The menu that adds a filter: the same for everybody in a language, so rendered once for each set in force."""
    used = frozenset(given.field for given in request.filters)

    def make() -> tuple[ListView, Markup]:
        given = filters_of(visit, resource, view, request)
        return view, safe(render("partials/filters.html", visit.locale, filters=given))

    # The view is kept beside its menu, so that its address stays its own.
    menu: Markup = _menus.get((id(view), visit.locale, used), make)[1]
    return menu


def filters_of(visit: Visit, resource: Resource, view: ListView, request: ListRequest) -> list[FilterField]:
    """The fields that could still be filtered by."""
    used = {given.field for given in request.filters}
    return [
        FilterField(
            key,
            visit.labels.field(resource.name, field),
            widget_kind(field.shown_as),
            _boxes(visit, resource, field, (), {}),
        )
        for key, field in filterable(view).items()
        if key not in used
    ]


def _names(work: Work, fields: dict[str, Field], by_field: dict[str, list[Filter]]) -> dict[str, str]:
    wanted: dict[type[Any], set[UUID]] = {}
    for key, given in by_field.items():
        field = fields.get(key)
        target = field.target if field is not None and field.shown_as == "ref" else None
        if target is None:
            continue
        for filter_ in given:
            for value in filter_.values:
                try:
                    wanted.setdefault(target, set()).add(UUID(value))
                except ValueError:
                    continue
    return {str(key): text for key, text in labels_named(work, wanted).items()} if wanted else {}


def _text(visit: Visit, resource: Resource, field: Field, given: Sequence[Filter], names: dict[str, str]) -> str:
    parts = []
    for filter_ in given:
        if filter_.operator == "empty":
            parts.append(visit.labels.text("web.filter.empty"))
            continue
        words = [_word(visit, resource, field, value, names) for value in filter_.values]
        if len(words) > 2:
            words = [*words[:2], f"+{len(words) - 2}"]
        parts.append(f"{SIGNS.get(filter_.operator, '')} {', '.join(words)}".strip())
    return " ".join(parts)


def _word(visit: Visit, resource: Resource, field: Field, value: str, names: dict[str, str]) -> str:
    kind = field.shown_as
    if kind == "ref":
        return names.get(value, value)
    if kind == "state":
        return visit.labels.state(resource.name, value, field.key)
    if kind == "choice" or field.choices:
        return visit.labels.choice(resource.name, field.key, value)
    if kind == "flag":
        return visit.labels.text("choice.yes" if value in ("1", "true") else "choice.no")
    return value


def _boxes(
    visit: Visit, resource: Resource, field: Field, given: Sequence[Filter], names: dict[str, str]
) -> list[FieldBox]:
    key, kind = field.key, field.shown_as
    label = visit.labels.field(resource.name, field)
    held = {(filter_.operator): ",".join(filter_.values) for filter_ in given}
    if kind in ("state", "choice") or field.choices:
        chosen = held.get("eq", "").split(",")
        options = [c for c in choices_for(visit.labels, resource.name, field, None, chosen) if c.value]
        if options:
            return [FieldBox(key, label, "choice", choices=options, multiple=True)]
    if kind == "ref" and field.target is not None:
        value = held.get("eq", "")
        lookup = f"/lookup/{resource_name(field.target)}"
        return [FieldBox(key, label, "ref", value=value, shown=names.get(value, ""), lookup=lookup)]
    if kind == "flag":
        chosen_flag = held.get("eq", "")
        options = [
            Choice("", "", not chosen_flag),
            Choice("1", visit.labels.text("choice.yes"), chosen_flag in ("1", "true")),
            Choice("0", visit.labels.text("choice.no"), chosen_flag in ("0", "false")),
        ]
        return [FieldBox(key, label, "choice", choices=options)]
    if kind in ("date", "instant") or kind in NUMERIC or kind == "progress":
        shown = "date" if kind == "instant" else kind
        return [
            FieldBox(f"{key}.ge", visit.labels.text("web.filter.from"), widget_kind(shown), value=held.get("ge", "")),
            FieldBox(f"{key}.le", visit.labels.text("web.filter.to"), widget_kind(shown), value=held.get("le", "")),
        ]
    return [FieldBox(f"{key}.contains", label, "text", value=held.get("contains", held.get("eq", "")))]
