"""Answers: whole pages and parts of them, redirects with a toast, refusals in the visitor's language."""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.platform.work import Work
from app.web import session
from app.web.portal import Visit
from app.web.render import render
from app.web.shell import build_shell
from app.web.widgets import Notice

Crumbs = Sequence[tuple[str, str]]


def page(
    visit: Visit,
    work: Work,
    template: str,
    screen: Any,
    *,
    title: str = "",
    crumbs: Crumbs = (),
    notices: Sequence[Notice] = (),
    status: int = 200,
) -> Response:
    """A signed-in page."""
    shell = build_shell(visit, work, title or screen.title, crumbs=crumbs, notices=notices)
    return HTMLResponse(render(template, visit.locale, shell=shell, screen=screen), status)


def part(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A fragment."""
    return HTMLResponse(render(template, visit.locale, **values), status)


def go(visit: Visit, path: str, toast: str = "") -> Response:
    """See other, with a toast on the page that follows. htmx requests for a part are sent there as a page."""
    response: Response = RedirectResponse(path, 303)
    if visit.partial:
        response = Response(status_code=204, headers={"HX-Redirect": path})
    if toast:
        value = session.flash_value(visit.portal, toast)
        session.set_cookie(visit.portal, response, session.FLASH, value, session.FLASH_SECONDS)
    return response


def json(value: Any, status: int = 200) -> Response:
    """For islands."""
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


def finish(visit: Visit, response: Response) -> Response:
    """Cookie changes found necessary on the way."""
    for change in visit.cookies:
        change(response)
    if visit.request_id:
        response.headers.setdefault("X-Request-Id", visit.request_id)
    return response
