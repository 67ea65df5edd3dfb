"""Refusals and defects as pages, or as toasts inside a page; always with the request id, never with internals."""

import logging

from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.kernel.errors import Refusal
from app.platform.step_up import CODE as STEP_UP
from app.platform.work import Work
from app.web.addresses import link
from app.web.portal import Visit
from app.web.render import render
from app.web.responses import page
from app.web.screens import AuthScreen, ErrorScreen
from app.web.widgets import ActionButton, Notice

log = logging.getLogger(__name__)

STATUS = {"invalid": 422, "forbidden": 403, "missing": 404, "conflict": 409, "pending": 202, "throttled": 429}
RELOGIN = frozenset(("session.none", "session.ended"))
LOGGED = frozenset(("forbidden", "throttled"))
"""Kinds of refusal whose attempt stands in the log: somebody was held back by a rule, not by a slip of the pen."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal's kind."""
    return STATUS.get(refusal.kind, 400)


def refuse(visit: Visit, refusal: Refusal) -> Response:
    """Answer a refusal nobody caught: sign-in for visitors, else an error page or a toast."""
    if refusal.code in RELOGIN:
        return to_login(visit)
    if refusal.code == STEP_UP and visit.request.method == "GET" and not visit.partial:
        return to_verify(visit)
    status = status_of(refusal)
    if refusal.kind in LOGGED:
        who = visit.profile.user_id if visit.profile is not None else "visitor"
        log.warning(
            "refused %s %r to %s from %s: %s", visit.request.method, visit.path, who, visit.address, refusal.code
        )
    labels = visit.labels
    texts = [labels.refusal(finding) for finding in refusal.findings]
    screen = ErrorScreen(
        status,
        labels.optional(f"web.error.{status}") or labels.text("web.error.500"),
        texts[0] if texts else "",
        refusal.code,
        visit.request_id,
        [_verify(visit)] if refusal.code == STEP_UP else _ways_out(visit),
        [(finding.field or "", text) for finding, text in zip(refusal.findings, texts, strict=True)]
        if len(texts) > 1
        else [],
    )
    retry = refusal.facts.get("seconds")
    if status == 429 and retry:
        screen.retry_after = str(retry)
    response = _answer(visit, screen)
    if screen.retry_after:
        response.headers["Retry-After"] = screen.retry_after
    return response


def broken(visit: Visit) -> Response:
    """A defect: 500 with the request id; what happened stands in the log."""
    labels = visit.labels
    screen = ErrorScreen(
        500,
        labels.text("web.error.500"),
        labels.text("web.error.500.text"),
        "defect",
        visit.request_id,
        _ways_out(visit),
    )
    return _answer(visit, screen)


def to_login(visit: Visit) -> Response:
    """Visitors are led to the sign-in page and back afterwards."""
    wanted = visit.here if visit.request.method == "GET" and not visit.partial else "/"
    path = link("/login", (), next=wanted if wanted != "/" else "")
    if visit.htmx:
        return Response(status_code=401, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def to_factor(visit: Visit) -> Response:
    """Whoever has to have a second factor and has not proved one does that first, and comes back."""
    wanted = visit.here if visit.request.method == "GET" and not visit.partial else "/"
    path = link("/enrol", (), next=wanted if wanted != "/" else "")
    if visit.htmx:
        return Response(status_code=401, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def to_verify(visit: Visit) -> Response:
    """What comes next is sensitive: prove oneself first, then come back to this page."""
    return RedirectResponse(link("/verify", (), next=visit.here), 303)


def _verify(visit: Visit) -> ActionButton:
    """The way to prove oneself from a refused form, back to the page it stood on."""
    path = link("/verify", (), next=visit.came_from)
    return ActionButton(visit.labels.text("web.factor.verify"), path, icon="shield-lock", look="primary")


def _ways_out(visit: Visit) -> list[ActionButton]:
    return [ActionButton(visit.labels.text("web.home"), "/", icon="home", look="primary")]


def _answer(visit: Visit, screen: ErrorScreen) -> Response:
    if visit.profile is not None and visit.tenant is not None and screen.status < 500:
        try:
            return visit.read(lambda work: _inside(visit, work, screen))
        except Refusal:
            log.info("the frame of an error page was refused", exc_info=True)
    return outside(visit, screen)


def _inside(visit: Visit, work: Work, screen: ErrorScreen) -> Response:
    return page(visit, work, "error.html", screen, title=screen.title, status=screen.status)


def outside(visit: Visit, screen: ErrorScreen) -> Response:
    """The error without a frame: visitors, and defects that may have hit the frame itself."""
    auth = AuthScreen(
        "message",
        screen.title,
        screen.text,
        visit.labels.tag,
        notices=[Notice(f"{screen.code} · {screen.request_id}")] if screen.request_id else [],
        choices=screen.actions,
        icon="alert-triangle",
    )
    return HTMLResponse(render("auth.html", visit.locale, auth=auth, screen=screen), screen.status)
