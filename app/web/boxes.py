"""Fields as boxes: a label with a cell to read, or with an input whose control follows from the field's kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.platform import i18n
from app.platform.actions import Action
from app.platform.permission_catalog import grantable
from app.platform.registry import Registry
from app.platform.views import Field
from app.platform.webhooks.catalogue import catalogue_of, event_title
from app.web.cells import widget_kind
from app.web.inputs import Slot
from app.web.labels import Labels, resource_name
from app.web.portal import Visit
from app.web.widgets import Choice, FieldBox


@dataclass
class Typed:
    """The texts of a form: as stored (edit), as defaulted (new) or as typed (after a refusal)."""

    raw: dict[str, str] = field(default_factory=dict)
    many: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    """Id -> readable text of references."""
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Field name -> (value, text) of the records a multiple choice offers."""
    errors: dict[str, str] = field(default_factory=dict)
    """Field name -> message."""
    whole: list[str] = field(default_factory=list)
    """Messages about the form as a whole."""


def kind_of(slot: Slot) -> str:
    """The view kind an argument without a view field is shown as."""
    return {
        "flag": "flag",
        "integer": "number",
        "decimal": "number",
        "date": "date",
        "instant": "instant",
        "choice": "choice",
        "list": "tags",
        "id": "ref",
    }.get(slot.shape, "text")


def field_for(slot: Slot, model: type[Any] | None) -> Field:
    """A field for an argument the view does not list: the model's column of that name, or the bare kind."""
    source = getattr(model, slot.name, None) if model is not None else None
    if source is not None and hasattr(source, "property") and hasattr(source.property, "columns"):
        return Field(source)
    kind = "memo" if slot.name in ("reason", "memo", "note") else kind_of(slot)
    return Field(name=slot.name, kind=kind, choices=slot.choices)


def choices_for(
    labels: Labels, resource: str, shown: Field, slot: Slot | None, selected: Sequence[str]
) -> list[Choice]:
    """The options of a coded field: declared, from the argument's type, or the states the catalog knows."""
    values: Sequence[str] = shown.choices or (slot.choices if slot else ()) or ()
    if not values and shown.shown_as == "state":
        values = labels.states(resource)
    if shown.key in ("locale", "language") and not values:
        values = i18n.LOCALES
    options = [Choice(value, labels.choice(resource, shown.key, value), value in selected) for value in values]
    known = set(values)
    options += [Choice(value, value, selected=True) for value in selected if value and value not in known]
    return options


def edit_box(
    visit: Visit,
    resource: str,
    shown: Field,
    slot: Slot | None,
    typed: Typed,
    *,
    act: Action[..., Any] | None = None,
    name: str = "",
) -> FieldBox:
    """One input, filled with what stands in the form."""
    name = name or shown.key
    kind = "choice" if shown.choices or (slot is not None and slot.choices) else shown.shown_as
    value = typed.raw.get(name, "")
    box = FieldBox(
        name=name,
        label=label_of(visit.labels, resource, shown, act),
        kind=widget_kind(kind),
        value=value,
        required=shown.required or (slot is not None and slot.required and slot.shape != "flag"),
        error=typed.errors.get(name, ""),
        help=visit.labels.text(shown.help) if shown.help else "",
        span=4 if shown.wide or kind == "memo" else 1,
    )
    if kind == "ref":
        _ref(visit, box, shown, typed, value)
    elif kind in ("choice", "state"):
        box.choices = choices_for(visit.labels, resource, shown, slot, [value])
        box.kind = "choice"
        if not box.required and not any(choice.value == "" for choice in box.choices):
            box.choices = [Choice("", "", not value), *box.choices]
    elif kind == "tags":
        _tags(visit, resource, box, shown, slot, typed)
    elif kind == "percent":
        box.unit = "%"
    return box


def label_of(labels: Labels, resource: str, shown: Field, act: Action[..., Any] | None = None) -> str:
    """A field's label, or the argument's where the field stands for nothing else."""
    if act is not None and shown.source is None and not shown.label:
        return labels.argument(act, shown.key)
    return labels.field(resource, shown)


def _ref(visit: Visit, box: FieldBox, shown: Field, typed: Typed, value: str) -> None:
    target = shown.target
    if target is None:
        return
    box.shown = typed.shown.get(value, value)
    box.lookup = f"/lookup/{resource_name(target)}"
    resource = visit.portal.registry.resource_of(target)
    view = resource.document if resource else None
    if resource and view and view.create is not None and visit.may(view.create.permission):
        box.create = f"/create/{resource.name}"


def _tags(visit: Visit, resource: str, box: FieldBox, shown: Field, slot: Slot | None, typed: Typed) -> None:
    """Several of a set: checkboxes over the offered records or codes, what is chosen first kept."""
    chosen = typed.many.get(box.name, [])
    box.multiple, box.kind, box.span = True, "choice", 4
    if shown.ref is not None:
        offered = typed.options.get(box.name, [])
        box.choices = [Choice(value, text, value in chosen) for value, text in offered]
        box.lookup = "" if offered else f"/lookup/{resource_name(shown.ref)}"
    elif shown.key in ("first", "second"):
        box.choices = _permissions(visit, chosen)
    elif shown.key == "events":
        box.choices = _events(visit, chosen)
    else:
        box.choices = choices_for(visit.labels, resource, shown, slot, chosen)


def _permissions(visit: Visit, chosen: Sequence[str]) -> list[Choice]:
    """What a duty may consist of: every action, and what was chosen that is not there (yet)."""
    actions = visit.portal.registry.actions
    known = [name for name in grantable(visit.portal.registry) if name in actions]
    found = [Choice(name, name, selected=True) for name in chosen if name not in known]
    return found + [Choice(name, visit.labels.action(actions[name]), name in chosen, name) for name in known]


def _events(visit: Visit, chosen: Sequence[str]) -> list[Choice]:
    """Every event a webhook can carry, and those chosen once that are no more; the name stands beside the words."""
    known = catalogue_of(visit.portal.registry).by_name
    found = [Choice(name, name, selected=True) for name in chosen if name not in known]
    for name, kind in known.items():
        found.append(Choice(name, event_title(visit.locale, kind), name in chosen, name))
    return found


def refs_in(registry: Registry, fields: Mapping[str, Field], raw: Mapping[str, str]) -> dict[type[Any], set[UUID]]:
    """Model -> keys named in the texts, for one query of their labels."""
    found: dict[type[Any], set[UUID]] = {}
    for name, shown in fields.items():
        target = shown.target if shown.shown_as == "ref" else None
        text = raw.get(name, "")
        if target is None or not text:
            continue
        try:
            found.setdefault(target, set()).add(UUID(text))
        except ValueError:
            continue
    return found
