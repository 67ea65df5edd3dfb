"""Documents as forms: new, edited, and shown again after a refusal with everything typed still there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import MISSING

from app.kernel.errors import Refusal
from app.platform.actions import Action
from app.platform.queries import labels_named, lookup
from app.platform.registry import Resource
from app.platform.users import Role, roles_of
from app.platform.views import DocumentView, Field, Lines, Preview, as_field
from app.platform.work import Work
from app.web.boxes import Typed, edit_box, field_for, label_of, refs_in
from app.web.cells import Pen, widget_kind
from app.web.documents import Opened
from app.web.forms import WITHHELD, Form, Reader
from app.web.grids import edit_grid, line_fields, slots_of_line, texts_of_lines, totals_rows
from app.web.inputs import Slot, raw_text, slots_of
from app.web.labels import resource_name
from app.web.lists import base_currency
from app.web.portal import Visit
from app.web.screens import DocumentScreen, EditForm, FieldSection
from app.web.widgets import FieldBox, Notice

OPTIONS = 200
ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Offer:
    """What a form offers of an action: header fields with their slots, and ids carried along unseen."""

    fields: Sequence[tuple[Field, Slot]]
    hidden: Sequence[str]
    grids: Sequence[str]

    @property
    def names(self) -> list[str]:
        return [shown.key for shown, _ in self.fields] + list(self.grids)


def offer_of(view: DocumentView, act: Action[..., Any]) -> Offer:
    """The view's fields the action takes, in the view's order, then what the view does not show."""
    slots = {name: slot for name, slot in slots_of(act).items() if name not in WITHHELD and name not in view.withheld}
    grids = [lines.argument for lines in view.lines if lines.argument in slots and may_write_lines(view, act, lines)]
    for name in (*(lines.argument for lines in view.lines), "version", f"{act.noun}_id" if act.takes_record else ""):
        slots.pop(name, None)
    fields = [(shown, slots.pop(shown.key)) for shown in map(as_field, view.fields) if shown.key in slots]
    if view.memo is not None and view.memo.key in slots:
        fields.append((Field(view.memo, wide=True), slots.pop(view.memo.key)))
    hidden = []
    for slot in slots.values():
        shown = field_for(slot, view.model)
        if (
            slot.name in view.unasked
            or slot.shape in ("lines", "group")
            or (slot.shape == "id" and shown.target is None)
        ):
            hidden.append(slot.name)
        else:
            fields.append((shown, slot))
    return Offer(fields, hidden, grids)


def may_write_lines(view: DocumentView, act: Action[..., Any], lines: Lines) -> bool:
    """Lines are replaced as a whole, so nobody changes them who may not write all of them; making them is another thing."""
    return act is not view.update or not any(name.startswith(f"{lines.argument}.") for name in view.withheld)


def reader_for(visit: Visit, view: DocumentView, act: Action[..., Any]) -> Reader:
    """Reads this form as posted."""
    zone = visit.profile.zone if visit.profile else "UTC"
    shown = offer_of(view, act).names
    return Reader(act, locale=visit.locale, zone=zone, shown=shown, updating=act is view.update)


# What stands in the form


def typed_new(visit: Visit, work: Work, view: DocumentView, act: Action[..., Any]) -> Typed:
    """Defaults, overridden by what the address prefills (`/new?customer_id=…`)."""
    offer = offer_of(view, act)
    typed = Typed()
    for shown, slot in offer.fields:
        if shown.default is not None:
            typed.raw[shown.key] = raw_text(shown.default(work))
        else:
            typed.raw[shown.key] = raw_text(default_of(act, slot.name))
    allowed = {shown.key for shown, _ in offer.fields} | set(offer.hidden)
    for name, value in visit.query:
        if name in allowed:
            typed.raw[name] = value
            typed.many.setdefault(name, []).append(value)
    return typed


def default_of(act: Action[..., Any], name: str) -> Any:
    """The argument's own default where it says something; None otherwise."""
    parameter = act.parameters.get(name)
    if parameter is None or parameter.default is parameter.empty or parameter.default is MISSING:
        return None
    return parameter.default


def typed_stored(work: Work, opened: Opened, act: Action[..., Any]) -> Typed:
    """The record as texts."""
    view, data = opened.view, opened.data
    offer = offer_of(view, act)
    typed = Typed()
    for shown, slot in offer.fields:
        value = data.values.get(shown.key)
        if value is None and shown.source is not None:
            value = getattr(opened.record, shown.source.key, None)
        if slot.shape == "list":
            typed.many[shown.key] = [str(part) for part in stored_list(work, opened, shown, value)]
        else:
            typed.raw[shown.key] = raw_text(value)
    for lines, rows in zip(view.lines, data.lines, strict=True):
        if lines.argument in offer.grids:
            typed.lines[lines.argument] = texts_of_lines(lines, slots_of_line(act, lines), rows)
    return typed


def stored_list(work: Work, opened: Opened, shown: Field, value: Any) -> Iterable[Any]:
    """What a multiple choice holds: the column's list, or a user's roles, which lie in a table of their own."""
    if shown.ref is Role:
        return [role.id for role in roles_of(work, opened.record.id)]
    return value or ()


def typed_posted(form: Form) -> Typed:
    """The texts as they came."""
    return Typed(dict(form.raw), dict(form.many), {name: list(rows) for name, rows in form.lines.items()})


def with_errors(visit: Visit, typed: Typed, refusal: Refusal, offer: Offer) -> Typed:
    """The refusal's findings beside their fields; the rest above the form."""
    known = {shown.key for shown, _ in offer.fields}
    for finding in refusal.findings:
        name = finding.field or ""
        head = name.partition(".")[0]
        message = visit.labels.refusal(finding)
        if name in known or head in offer.grids or (head in known and name):
            typed.errors.setdefault(name if head in offer.grids else head, message)
        else:
            typed.whole.append(message)
    return typed


def fill_labels(
    visit: Visit,
    work: Work,
    view: DocumentView,
    act: Action[..., Any],
    typed: Typed,
    computed: Sequence[Mapping[str, Any]] = (),
    opened: Opened | None = None,
) -> None:
    """Readable texts of all references in the form and its computed lines, in one query; options of choices.

    What stands in the opened document or follows from the form is named; what was typed, if the visitor may know it.
    """
    offer = offer_of(view, act)
    registry = visit.portal.registry
    wanted = refs_in(registry, {shown.key: shown for shown, _ in offer.fields}, typed.raw)
    stored = _stored_ids(opened)
    for lines in view.lines:
        fields = {shown.key: shown for shown in line_fields(lines)}
        texts = [{name: raw_text(value) for name, value in row.items()} for row in computed]
        entered = {text for row in typed.lines.get(lines.argument, []) for text in row.values()}
        stored |= {value for row in computed for value in row.values() if isinstance(value, UUID)} - _ids(entered)
        for row in [*typed.lines.get(lines.argument, []), *texts]:
            for model, keys in refs_in(registry, fields, row).items():
                wanted.setdefault(model, set()).update(keys)
    typed.shown |= {str(key): text for key, text in labels_named(work, wanted, stored).items()} if wanted else {}
    for shown, slot in offer.fields:
        if slot.shape == "list" and shown.ref is not None:
            options = lookup(work, shown.ref, "", OPTIONS)
            typed.options[shown.key] = [(str(option.id), option.label) for option in options]


def _stored_ids(opened: Opened | None) -> set[UUID]:
    """Every id the opened document holds."""
    if opened is None:
        return set()
    rows = [opened.data.values, *(line.values for lines in opened.data.lines for line in lines)]
    return {value for row in rows for value in row.values() if isinstance(value, UUID)}


def _ids(texts: Iterable[str]) -> set[UUID]:
    """Those of some texts that are ids."""
    return {UUID(text) for text in texts if ID.fullmatch(text)}


# The screen


@dataclass
class Draft:
    """A form about to be shown."""

    act: Action[..., Any]
    typed: Typed
    opened: Opened | None = None
    preview: Preview = field(default_factory=Preview)


def build_form(visit: Visit, work: Work, resource: Resource, draft: Draft) -> DocumentScreen:
    """The edit page: the same floorplan as reading, as a form."""
    view = visit.document(resource)
    assert view is not None
    act, typed, opened = draft.act, draft.typed, draft.opened
    pen = opened.pen if opened else visit.pen(base_currency(work))
    offer = offer_of(view, act)
    base = opened.url if opened else resource.path
    if view.preview is not None:
        draft.preview = preview_of(visit, work, view, act, typed)
    fill_labels(visit, work, view, act, typed, draft.preview.lines, opened)
    noun = visit.labels.noun(resource.name)
    screen = DocumentScreen(title=opened.title if opened else visit.labels.action(act))
    screen.subtitle = noun if opened else ""
    screen.sections = [FieldSection(form_boxes(visit, resource, draft, offer, pen))]
    preview_url = f"{base}/preview" if view.preview is not None else ""
    screen.grids = [
        edit_grid(
            visit, pen, lines, act, typed, preview_url=preview_url, computed=draft.preview.lines if number == 0 else ()
        )
        for number, lines in enumerate(view.lines)
        if lines.argument in offer.grids
    ]
    if screen.grids:
        screen.grids[0].totals = totals_rows(visit, pen, draft.preview.totals)
        memo = memo_key(view)
        screen.grids[0].memo_field = next(
            (edit_box(visit, resource.name, f, slot, typed, act=act) for f, slot in offer.fields if f.key == memo), None
        )
    version = str(getattr(opened.record, "version", "")) if opened else ""
    screen.form = EditForm(
        base,
        typed.raw.get("version") or version,
        preview_url,
        base,
        summary_of(visit, resource, view, act, typed),
        hidden=[(name, typed.raw[name]) for name in offer.hidden if typed.raw.get(name)],
    )
    screen.version = screen.form.version
    screen.notices = [Notice(visit.labels.text(message, **facts), "warn") for message, facts in draft.preview.notes]
    if opened is not None:
        screen.id = str(opened.record.id)
        if view.state is not None:
            screen.badge = pen.state(resource.name, opened.state)
    return screen


def summary_of(
    visit: Visit, resource: Resource, view: DocumentView, act: Action[..., Any], typed: Typed
) -> list[tuple[str, str]]:
    """(field, "label: message") for the band above the form; lines are named by their number."""
    labels = {shown.key: label_of(visit.labels, resource.name, shown, act) for shown, _ in offer_of(view, act).fields}
    for lines in view.lines:
        for shown in line_fields(lines):
            labels[f"{lines.argument}.{shown.key}"] = visit.labels.field(resource_name(lines.model), shown)
    found = [("", message) for message in typed.whole]
    for name, message in typed.errors.items():
        head, _, rest = name.partition(".")
        index, _, part = rest.partition(".")
        where = f"{int(index) + 1} · {labels.get(f'{head}.{part}', part)}" if index.isdigit() else labels.get(name, "")
        found.append((name, f"{where}: {message}" if where else message))
    return found


def form_boxes(visit: Visit, resource: Resource, draft: Draft, offer: Offer, pen: Pen) -> list[FieldBox]:
    """Inputs in the view's order; what cannot be changed stands between them to read."""
    view = visit.document(resource)
    assert view is not None
    offered = {shown.key: (shown, slot) for shown, slot in offer.fields}
    order = [shown.key for shown in map(as_field, view.fields)]
    order += [key for key in offered if key not in order]
    by_key = {shown.key: shown for shown in map(as_field, view.fields)}
    live, memo = view.preview is not None, memo_key(view)
    boxes = []
    for key in order:
        if key == memo:
            continue
        if key in offered:
            shown, slot = offered[key]
            hinted = draft.preview.fields.get(key)
            if hinted is not None and not draft.typed.raw.get(key):
                draft.typed.raw[key] = raw_text(hinted)
            box = edit_box(visit, resource.name, shown, slot, draft.typed, act=draft.act)
            box.depends = "1" if live else ""
            boxes.append(box)
        elif draft.opened is not None:
            shown = by_key[key]
            data = draft.opened.data
            cell = pen.writer(resource.name, shown)(data.values, data.labels)
            label = visit.labels.field(resource.name, shown)
            span = 4 if shown.wide else 1
            boxes.append(FieldBox(key, label, widget_kind(shown.shown_as), cell, readonly=True, span=span))
    return boxes


def memo_key(view: DocumentView) -> str:
    """The long text that stands beside the totals; empty where there are no lines."""
    return view.memo.key if view.memo is not None and view.lines else ""


def preview_of(visit: Visit, work: Work, view: DocumentView, act: Action[..., Any], typed: Typed) -> Preview:
    """What the form would come to; an empty preview where its rules refuse what stands there so far."""
    assert view.preview is not None
    reader = reader_for(visit, view, act)
    form = reader.read(pairs_of(typed))
    given = reader.incomplete(form)
    try:
        if work.actor.rules is not None:
            work.actor.rules.admit_records(work, act, given)
        return view.preview(work, given)
    except Refusal:
        return Preview()


def pairs_of(typed: Typed) -> list[tuple[str, str]]:
    """The texts as a form would post them."""
    pairs = [(name, value) for name, value in typed.raw.items() if name not in typed.many]
    pairs += [(name, value) for name, values in typed.many.items() for value in values]
    for argument, rows in typed.lines.items():
        pairs += [
            (f"{argument}.{index}.{name}", value) for index, row in enumerate(rows) for name, value in row.items()
        ]
    return pairs


def record_argument(act: Action[..., Any], key: UUID) -> Mapping[str, UUID]:
    """The record's id under the name of the action's first argument; nothing for one that takes none."""
    first = next(iter(act.parameters), "")
    return {first: key} if first.endswith("_id") else {}
