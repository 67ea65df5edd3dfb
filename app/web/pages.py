"""The pages of a resource: list, new, read, edit, and the panel beside a document."""

from starlette.responses import Response

from app.kernel.errors import Conflict, Forbidden, Missing
from app.platform.permissions import require_read
from app.platform.registry import Resource
from app.platform.step_up import require_fresh
from app.platform.work import Work
from app.web.crumbs import crumbs_of
from app.web.documents import build_document, may_edit, open_document
from app.web.editing import Draft, build_form, typed_new, typed_stored
from app.web.lists import build_list
from app.web.portal import Visit
from app.web.responses import page
from app.web.submit import create_action


def show_list(visit: Visit, resource: Resource) -> Response:
    """GET on a collection."""
    if resource.list is None:
        raise Missing("page.missing")

    def show(work: Work) -> Response:
        screen = build_list(visit, work, resource)
        return page(visit, work, "list.html", screen, crumbs=crumbs_of(visit, resource))

    return visit.read(show)


def show_new(visit: Visit, resource: Resource) -> Response:
    """GET of the empty form."""
    act, view = create_action(resource), visit.document(resource)
    assert view is not None
    if not visit.may(act.permission):
        raise Forbidden("permission.missing", permission=act.permission)
    if act.fresh:
        require_fresh(visit.actor)  # before anything is typed

    def show(work: Work) -> Response:
        screen = build_form(visit, work, resource, Draft(act, typed_new(visit, work, view, act)))
        return page(visit, work, "document.html", screen, crumbs=crumbs_of(visit, resource, screen.title))

    return visit.read(show)


def show_document(visit: Visit, resource: Resource) -> Response:
    """GET on one resource."""
    if resource.document is None:
        raise Missing("page.missing")
    key = visit.id()

    def show(work: Work) -> Response:
        opened = open_document(visit, work, resource, key)
        screen = build_document(visit, work, opened, visit.request.query_params.get("panel", "activity"))
        template = "document.html" if opened.view.steps is not None or opened.view.lines else "master.html"
        return page(visit, work, template, screen, crumbs=crumbs_of(visit, resource, screen.title))

    return visit.read(show)


def show_edit(visit: Visit, resource: Resource) -> Response:
    """GET of the form over a stored record."""
    view, key = visit.document(resource), visit.id()
    if view is None or view.update is None:
        raise Missing("page.missing")
    act = view.update
    if not visit.may(act.permission):
        raise Forbidden("permission.missing", permission=act.permission)
    if act.fresh:
        require_fresh(visit.actor)

    def show(work: Work) -> Response:
        require_read(work, view.model)
        opened = open_document(visit, work, resource, key)
        if not may_edit(visit, opened):
            raise Conflict("lifecycle.refused", verb="edit", state=opened.state)
        screen = build_form(visit, work, resource, Draft(act, typed_stored(work, opened, act), opened))
        crumbs = [*crumbs_of(visit, resource, opened.title, opened.url), (visit.labels.text("web.edit"), "")]
        return page(visit, work, "document.html", screen, crumbs=crumbs)

    return visit.read(show)
