"""Posted forms: create, update, the verbs of a document. Each reads the form, calls the gate once, and leads on.

A refusal never loses what was typed: the same form comes back with the messages beside the fields.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from starlette.responses import Response

from app.kernel.errors import Conflict, Invalid, Missing, Pending, Refusal
from app.platform.actions import Action
from app.platform.queries import labels_of
from app.platform.records import AuditChange
from app.platform.registry import Resource
from app.platform.step_up import require_fresh
from app.platform.views import Button, DocumentView, as_field
from app.platform.work import Work
from app.web.conflicts import show_conflict
from app.web.crumbs import crumbs_of
from app.web.dialogs import button_dialog, dialog_fields, dialog_reader
from app.web.documents import Opened, buttons_of, open_document, segment_of
from app.web.editing import (
    Draft,
    build_form,
    fill_labels,
    may_write_lines,
    offer_of,
    preview_of,
    reader_for,
    record_argument,
    typed_posted,
    with_errors,
)
from app.web.forms import Form
from app.web.grids import edit_grid, totals_rows
from app.web.identity import follow_up
from app.web.inputs import raw_text
from app.web.lists import base_currency
from app.web.portal import Visit
from app.web.responses import go, page, part
from app.web.shell import forget_frames
from app.web.widgets import Notice

REFUSED = 422
"""The status of a form shown again, whatever the refusal's kind: the browser puts it in the form's place."""


def create(visit: Visit, resource: Resource) -> Response:
    """POST on a collection."""
    act = create_action(resource)
    view = visit.document(resource)
    assert view is not None
    reader = reader_for(visit, view, act)
    form = reader.read(visit.pairs)
    try:
        done = visit.perform(act, **reader.arguments(form))
    except Pending as pending:
        return waiting(visit, resource.path, pending)
    except (Invalid, Conflict) as refusal:
        return _again(visit, resource, act, form, refusal, None)
    forget_frames()
    follow_up(visit, act, done.result)
    return go(visit, f"{resource.path}/{done.result}", visit.labels.done(act))


def create_action(resource: Resource) -> Action[..., Any]:
    """The action behind New; Missing where the resource has none."""
    view = resource.document
    act = (view.create if view else None) or (resource.list.create if resource.list else None)
    if act is None or view is None:
        raise Missing("page.missing")
    return act


def update(visit: Visit, resource: Resource) -> Response:
    """POST on one resource: its edit form."""
    view, key = visit.document(resource), visit.id()
    if view is None or view.update is None:
        raise Missing("page.missing")
    act = view.update
    reader = reader_for(visit, view, act)
    form = reader.read([(name, text) for name, text in visit.pairs if name != "version"])
    fixed: dict[str, Any] = dict(record_argument(act, key))
    version = visit.form.get("version", "")
    if "version" in act.parameters:
        fixed["version"] = int(version) if version.isdigit() else 0
    try:
        visit.perform(act, **reader.arguments(form, **fixed))
    except Pending as pending:
        return waiting(visit, f"{resource.path}/{key}", pending)
    except (Invalid, Conflict) as refusal:
        if refusal.code == "document.stale":
            return show_conflict(visit, resource, act, form, key)
        return _again(visit, resource, act, form, refusal, key)
    forget_frames()
    return go(visit, f"{resource.path}/{key}", visit.labels.done(act))


def _again(
    visit: Visit, resource: Resource, act: Action[..., Any], form: Form, refusal: Refusal, key: UUID | None
) -> Response:
    """The form once more, with what was wrong."""
    view = visit.document(resource)
    assert view is not None

    def show(work: Work) -> Response:
        opened = open_document(visit, work, resource, key) if key else None
        typed = with_errors(visit, typed_posted(form), refusal, offer_of(view, act))
        typed.raw["version"] = visit.form.get("version", "")
        screen = build_form(visit, work, resource, Draft(act, typed, opened))
        crumbs = crumbs_of(visit, resource, screen.title)
        return page(visit, work, "document.html", screen, crumbs=crumbs, status=REFUSED)

    return visit.read(show)


def waiting(visit: Visit, path: str, pending: Pending) -> Response:
    """An approval was asked for: back to the page, saying so."""
    return go(visit, path, visit.labels.refusal(pending))


def preview(visit: Visit, resource: Resource) -> Response:
    """Totals and computed cells of a form as it stands."""
    view = visit.document(resource)
    if view is None or view.preview is None:
        raise Missing("page.missing")
    given = visit.params.get("id")
    act = view.update if given and view.update is not None else create_action(resource)
    if not visit.may(act.permission):
        raise Missing("page.missing")

    def show(work: Work) -> Response:
        opened: Opened | None = open_document(visit, work, resource, visit.id()) if given else None
        pen = opened.pen if opened else visit.pen(base_currency(work))
        form = reader_for(visit, view, act).read([(n, t) for n, t in visit.pairs if n != "version"])
        typed = typed_posted(form)
        outcome = preview_of(visit, work, view, act, typed)
        fill_labels(visit, work, view, act, typed, outcome.lines, opened)
        base = opened.url if opened else resource.path
        grids = [
            edit_grid(
                visit,
                pen,
                lines,
                act,
                typed,
                preview_url=f"{base}/preview",
                computed=outcome.lines if n == 0 else (),
                fill=True,
            )
            for n, lines in enumerate(view.lines)
            if may_write_lines(view, act, lines)
        ]
        if grids:
            grids[0].totals = totals_rows(visit, pen, outcome.totals)
        notices = [Notice(visit.labels.text(message, **facts), "warn") for message, facts in outcome.notes]
        fields = header_fields(work, view, outcome.fields)
        return part(
            visit,
            "partials/preview.html",
            grids=grids,
            grid=grids[0] if grids else None,
            notices=notices,
            fields=fields,
        )

    return visit.read(show)


def header_fields(work: Work, view: DocumentView, offered: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(name, raw value, what to show) of header fields a preview fills in: ids of references with their labels."""
    shown = {given.key: given for given in map(as_field, view.fields)}
    wanted = {
        target: {value}
        for name, value in offered.items()
        if isinstance(value, UUID) and (target := shown[name].target if name in shown else None) is not None
    }
    names = labels_of(work, wanted)
    return [(name, raw_text(value), names.get(value) or raw_text(value)) for name, value in offered.items()]


# Verbs


def find_button(visit: Visit, resource: Resource, segment: str) -> Button:
    """The button behind the last part of an address; Missing where there is none."""
    for button in buttons_of(visit, resource):
        if segment_of(button.action, resource) == segment:
            return button
    raise Missing("page.missing")


def ask(visit: Visit, resource: Resource) -> Response:
    """GET on a verb: the dialog that asks for what it needs."""
    button = find_button(visit, resource, str(visit.params["verb"]))
    if button.action.fresh:
        require_fresh(visit.actor)

    def show(work: Work) -> Response:
        opened = open_document(visit, work, resource, visit.id())
        return part(visit, "dialog.html", **button_dialog(visit, work, opened, button))

    return visit.read(show)


def press(visit: Visit, resource: Resource) -> Response:
    """POST on a verb: do it, then lead to what it made or back to the document."""
    button = find_button(visit, resource, str(visit.params["verb"]))
    act, key = button.action, visit.id()
    back = resource.path if act.verb == "delete" else f"{resource.path}/{key}"
    reader = dialog_reader(visit, button)
    pairs = [(name, text) for name, text in visit.pairs if name in {field.key for field in reader.fields}]
    form = reader.read(pairs)
    fixed: dict[str, Any] = dict(record_argument(act, key))
    version = visit.form.get("version", "")
    if "version" in act.parameters and version.isdigit():
        fixed["version"] = int(version)
    try:
        done = visit.perform(act, **reader.arguments(form, **fixed))
    except Pending as pending:
        return waiting(visit, back, pending)
    except (Invalid, Conflict) as refusal:
        return _refused_verb(visit, resource, button, form, refusal)
    forget_frames()
    follow_up(visit, act, done.result)
    return go(visit, target_of(visit, key, done.result, back), visit.labels.done(act))


def target_of(visit: Visit, key: UUID, result: Any, back: str) -> str:
    """Where an action leads: to another document it made, if the visitor may open it, else back."""
    try:
        made = UUID(str(result))
    except ValueError:
        return back
    if made == key:
        return back
    kind = visit.read(
        lambda work: work.session.scalar(select(AuditChange.kind).where(AuditChange.record_id == made).limit(1))
    )
    resource = visit.portal.registry.resources.get(kind or "")
    return f"{resource.path}/{made}" if resource and resource.model in visit.paths else back


def _refused_verb(visit: Visit, resource: Resource, button: Button, form: Form, refusal: Refusal) -> Response:
    """A dialog comes back with its mistakes; without one, the browser shows the refusal over the page."""
    if not dialog_fields(button):
        raise refusal

    def show(work: Work) -> Response:
        opened = open_document(visit, work, resource, visit.id())
        values = button_dialog(visit, work, opened, button, form, refusal)
        return part(visit, "dialog.html", status=REFUSED, **values)

    return visit.read(show)
