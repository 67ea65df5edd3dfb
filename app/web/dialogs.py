"""Short forms on demand: what a button asks before it acts, and the quick creation of what a picker lacks."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.kernel.errors import Conflict, Invalid, Missing, Refusal
from app.platform.actions import Action
from app.platform.permissions import fixed_fields
from app.platform.queries import labels_named, labels_of
from app.platform.step_up import require_fresh
from app.platform.views import Button, Field, as_field
from app.platform.work import Work
from app.web import csrf, session
from app.web.boxes import Typed, edit_box, field_for, refs_in
from app.web.documents import Opened, segment_of
from app.web.editing import fill_labels, offer_of, reader_for, typed_new, typed_posted, with_errors
from app.web.forms import Form, Reader
from app.web.inputs import raw_text, slots_of
from app.web.portal import Visit
from app.web.responses import part
from app.web.screens import DialogScreen
from app.web.widgets import FieldBox


class DialogReader(Reader):
    """Reads a dialog; `fields` are the inputs it shows."""

    fields: Sequence[Field] = ()


def dialog_fields(button: Button) -> list[Field]:
    """The inputs of a button's dialog: declared ones, and a reason where a destructive action takes one."""
    fields = [as_field(given) for given in button.fields]
    slots = slots_of(button.action)
    if button.danger and "reason" in slots and not any(shown.key == "reason" for shown in fields):
        fields.append(field_for(slots["reason"], None))
    return fields


def dialog_fields_for(visit: Visit, button: Button) -> list[Field]:
    """The inputs without those the visitor may not fill."""
    fields = dialog_fields(button)
    models = {shown.source.class_ for shown in fields if shown.source is not None}
    fixed = {model: fixed_fields(visit.actor, model) for model in models}
    return [shown for shown in fields if shown.source is None or shown.source.key not in fixed[shown.source.class_]]


def dialog_reader(visit: Visit, button: Button) -> DialogReader:
    """The reader of a button's dialog."""
    fields = dialog_fields_for(visit, button)
    zone = visit.profile.zone if visit.profile else "UTC"
    reader = DialogReader(button.action, locale=visit.locale, zone=zone, shown=[field.key for field in fields])
    reader.fields = fields
    return reader


def button_dialog(
    visit: Visit,
    work: Work,
    opened: Opened,
    button: Button,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """What `dialog.html` needs to ask before a button acts."""
    act = button.action
    fields = dialog_fields_for(visit, button)
    typed = typed_posted(form) if form is not None else Typed()
    if form is None:
        for shown in fields:
            if shown.default is not None:
                typed.raw[shown.key] = raw_text(shown.default(work))
            elif shown.source is not None and hasattr(opened.record, shown.key):
                typed.raw[shown.key] = raw_text(getattr(opened.record, shown.key))
    errors: list[tuple[str, str]] = []
    if refusal is not None:
        names = {shown.key for shown in fields}
        for finding in refusal.findings:
            message = visit.labels.refusal(finding)
            if finding.field in names:
                typed.errors[str(finding.field)] = message
            errors.append((finding.field if finding.field in names else "", message))
    wanted = refs_in(visit.portal.registry, {shown.key: shown for shown in fields}, typed.raw)
    stored = () if form is not None else [key for keys in wanted.values() for key in keys]
    typed.shown |= {str(key): text for key, text in labels_named(work, wanted, stored).items()} if wanted else {}
    label = visit.labels.action(act)
    screen = DialogScreen(
        "confirm" if button.danger else "form",
        label,
        f"{opened.url}/{segment_of(act, opened.resource)}",
        visit.labels.optional(f"{act.name}.ask")
        or (visit.labels.text("web.confirm", name=opened.title) if button.danger else ""),
        _boxes(visit, opened.resource.name, act, fields, typed),
        label,
        button.danger,
        errors=errors,
        version=str(getattr(opened.record, "version", "")),
    )
    return {"screen": screen, "shell": None, "csrf": csrf_of(visit)}


def csrf_of(visit: Visit) -> str:
    """The token fragments carry when they stand outside the page that has it."""
    cookie = session.read_cookie(visit.portal, visit.request, session.SESSION)
    return csrf.token_for(visit.portal.secret, cookie)


def _boxes(visit: Visit, resource: str, act: Action[..., Any], fields: Sequence[Field], typed: Typed) -> list[FieldBox]:
    slots = slots_of(act)
    return [edit_box(visit, resource, shown, slots.get(shown.key), typed, act=act) for shown in fields]


# Quick creation


def quick_create(visit: Visit) -> Response:
    """GET: the required fields of a new record, the typed text as its name. POST: make it and hand it back."""
    resource = visit.portal.registry.resources.get(str(visit.params["name"]))
    view = visit.document(resource) if resource else None
    if resource is None or view is None or view.create is None or not visit.may(view.create.permission):
        raise Missing("page.missing")
    act, posted = view.create, visit.request.method == "POST"
    if act.fresh:
        require_fresh(visit.actor)
    if posted:
        reader = reader_for(visit, view, act)
        form = reader.read([(name, text) for name, text in visit.pairs if name != "text"])
        try:
            done = visit.perform(act, **reader.arguments(form))
        except (Invalid, Conflict) as refusal:
            typed = with_errors(visit, typed_posted(form), refusal, offer_of(view, act))
            return visit.read(lambda work: _quick_form(visit, work, resource.name, act, typed, 422))
        return visit.read(lambda work: _made(visit, work, resource.model, done.result))

    def show(work: Work) -> Response:
        typed = typed_new(visit, work, view, act)
        text = dict(visit.query).get("text", "")
        names = {shown.key for shown, _ in offer_of(view, act).fields}
        label = resource.model.__label__
        target = label if label in names else resource.model.__code_name__ or ""
        if target in names and not typed.raw.get(target):
            typed.raw[target] = text[:200]
        return _quick_form(visit, work, resource.name, act, typed, 200)

    return visit.read(show)


def _quick_form(visit: Visit, work: Work, name: str, act: Action[..., Any], typed: Typed, status: int) -> Response:
    resource = visit.portal.registry.resources[name]
    view = visit.document(resource)
    assert view is not None
    fill_labels(visit, work, view, act, typed)
    offer = offer_of(view, act)
    fields = [
        (shown, slot)
        for shown, slot in offer.fields
        if slot.required or shown.required or typed.raw.get(shown.key) or typed.errors.get(shown.key)
    ]
    boxes = [edit_box(visit, resource.name, shown, slot, typed, act=act) for shown, slot in fields]
    screen = DialogScreen(
        "create",
        visit.labels.action(act),
        f"/create/{resource.name}",
        fields=boxes,
        submit=visit.labels.text("web.create"),
        errors=[*(("", text) for text in typed.whole), *typed.errors.items()],
    )
    return part(visit, "dialog.html", status=status, screen=screen, csrf=csrf_of(visit))


def _made(visit: Visit, work: Work, model: Any, result: Any) -> Response:
    key = UUID(str(result))
    label = labels_of(work, {model: [key]}).get(key, str(key))
    event = json.dumps({"hanse:created": {"id": str(key), "text": label}})  # ASCII: header values are Latin-1
    return Response("", headers={"HX-Trigger": event, "HX-Reswap": "none"})
