"""From a request to a visit, and from a handler to an endpoint: once in the thread pool, everything in there sync.

Order: tenant by host, person by cookie, language, CSRF for unsafe methods, then the handler. A refusal becomes
a page in the visitor's language, anything else a 500 with the request id.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message

from app.adapters.telemetry import bind
from app.kernel.errors import Invalid, Missing, Refusal
from app.platform.documents import MAX_BYTES
from app.platform.i18n import LOCALES, negotiate
from app.platform.registry import Resource
from app.web import csrf, errors, session
from app.web.identity import signed_in
from app.web.portal import Portal, Visit
from app.web.responses import finish

log = logging.getLogger(__name__)

Handler = Callable[[Visit], Response]
ResourceHandler = Callable[[Visit, Resource], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

MOST_FORM = 2_000_000
MOST_FIELDS = 40_000
MOST_MULTIPART = MAX_BYTES + 100_000


class TooBigError(Exception):
    """The body is longer than this address takes."""


def endpoint(
    portal: Portal, handler: Handler, *, public: bool = False, home: bool = False, early: bool = False
) -> Endpoint:
    """An async endpoint over a sync handler. `public` needs nobody signed in; `home` also works without a tenant;
    `early` is open to people who still owe the second factor their tenant asks for.
    """

    async def serve(request: Request) -> Response:
        visit = Visit(request, portal, "en")
        try:
            await _read_body(visit)
        except (TooBigError, MultiPartException) as error:
            code = "input.too_big" if isinstance(error, TooBigError) else "input.malformed"
            refusal = Invalid(code, most=MOST_FORM)
            return await run_in_threadpool(_handled, visit, lambda _: errors.refuse(visit, refusal), True, True, True)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            return await run_in_threadpool(_handled, visit, handler, public, home, early)
        finally:
            await _close(visit)

    return serve


async def _close(visit: Visit) -> None:
    for file in visit.files:
        await file[1].close()


def resource_endpoint(portal: Portal, handler: ResourceHandler) -> Endpoint:
    """An endpoint under `/{module}/{collection}`."""

    def handle(visit: Visit) -> Response:
        resource = portal.registry.by_path.get(f"/{visit.params['module']}/{visit.params['collection']}")
        if resource is None:
            raise Missing("page.missing")
        return handler(visit, resource)

    return endpoint(portal, handle)


async def _read_body(visit: Visit) -> None:
    request = visit.request
    if request.method in csrf.SAFE:
        return
    multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
    most, seen = MOST_MULTIPART if multipart else MOST_FORM, 0
    receive = request.receive

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise TooBigError
        return message

    limited = Request(request.scope, counted)
    form = await limited.form(max_files=20, max_fields=MOST_FIELDS, max_part_size=MOST_FORM)
    visit.pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    visit.files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]


def _handled(visit: Visit, handler: Handler, public: bool, home: bool, early: bool) -> Response:
    with bind(request_id=visit.request_id):
        try:
            response = _guarded(visit, handler, public, home, early)
        except Refusal as refusal:
            response = errors.refuse(visit, refusal)
        except Exception:
            log.exception("defect at %s %r", visit.request.method, visit.path)
            response = errors.broken(visit)
        return finish(visit, response)


def _guarded(visit: Visit, handler: Handler, public: bool, home: bool, early: bool) -> Response:
    portal, request = visit.portal, visit.request
    visit.locale = visitor_locale(visit)
    host = request.headers.get("host", "")
    if portal.directory.is_home(host):
        if not home:
            raise Missing("page.missing")
    else:
        visit.tenant = portal.directory.tenant_at(host)
    with bind(tenant=visit.tenant.schema if visit.tenant else "-"):
        cookie = session.read_cookie(portal, request, session.SESSION)
        if visit.tenant is not None and cookie:
            signed_in(visit, cookie)
            if visit.profile is not None:
                visit.locale = visit.profile.locale if visit.profile.locale in LOCALES else visit.locale
        if visit.profile is None:
            _greet(visit)
        if request.method not in csrf.SAFE:
            csrf.check(
                request, portal.secret, cookie if visit.profile is not None else visit.guest, visit.form.get("csrf", "")
            )
        if not public and visit.profile is None:
            return errors.to_login(visit)
        if visit.owes_factor and not (public or early):
            return errors.to_factor(visit)
        return handler(visit)


def _greet(visit: Visit) -> None:
    """Give a visitor the random cookie their forms' tokens hang on."""
    visit.guest = session.read_cookie(visit.portal, visit.request, session.GUEST)
    if not visit.guest and visit.request.method in csrf.SAFE:
        guest = visit.guest = session.new_guest()
        visit.cookies.append(lambda response: session.set_cookie(visit.portal, response, session.GUEST, guest))


def visitor_locale(visit: Visit) -> str:
    """The language before sign-in: asked for in the address, remembered, the browser's."""
    asked = visit.request.query_params.get("lang", "").replace("-", "_")
    wanted = asked or session.read_cookie(visit.portal, visit.request, session.LOCALE)
    found = next((locale for locale in LOCALES if locale == wanted or locale.partition("_")[0] == wanted), "")
    if found and asked:
        visit.cookies.append(
            lambda response: session.set_cookie(visit.portal, response, session.LOCALE, found, session.YEAR)
        )
    return found or negotiate(visit.request.headers.get("accept-language"))


def plain(portal: Portal, handler: Callable[[Portal, Request, dict[str, Any]], Response]) -> Endpoint:
    """An endpoint whose address alone is the permission (signed addresses): no cookie, no CSRF."""

    async def serve(request: Request) -> Response:
        visit = Visit(request, portal, "en")
        try:
            await _read_body(visit)
        except (TooBigError, MultiPartException):
            return Response(status_code=413)
        try:
            return await run_in_threadpool(handler, portal, request, {**visit.form, **dict(visit.files)})
        finally:
            await _close(visit)

    return serve
