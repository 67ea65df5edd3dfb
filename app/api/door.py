"""The ASGI application of the REST door: `Mount("/api", Door(context))` or any router that keeps the whole path.

The body is read within its limit, then one hop into a thread does everything else: token, action or query, JSON.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.call import Answer, Call
from app.api.context import PREFIX, ApiContext
from app.api.errors import Problem, problem, refusal_in
from app.api.openapi import Description
from app.api.reference import ReferencePage
from app.api.routes import build_table
from app.api.tokens import Doorkeeper
from app.kernel.ids import new_id
from app.platform import i18n

MAX_PARAMETERS = 100
LOGGED = frozenset((401, 403, 429))
"""Statuses of attempts that were held back by a rule; they stand in the log."""
REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
log = structlog.get_logger(__name__)


class TooLarge(Exception):  # a fact about the body
    """The body goes beyond the limit."""


class Door:
    """Serves every path under `/api/v1`."""

    def __init__(self, context: ApiContext) -> None:
        self.context = context
        self.keeper = Doorkeeper(context)
        description, page = Description(context.registry), ReferencePage(context.registry, context.styles)
        self.table = build_table(context.registry, (*description.endpoints(), *page.endpoints()))
        description.table = page.table = self.table

    def warm(self) -> None:
        """Build every action's input schema now rather than at its first call."""
        for endpoint in self.table.endpoints:
            if endpoint.action is not None:
                _ = endpoint.action.input

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        state: dict[str, Any] = scope.setdefault("state", {})
        request_id = _request_id(state, headers)
        try:
            body = await _body(headers, receive, self.context.body_limit)
        except TooLarge:
            answer = problem(
                Problem(413, "input.too_big", headers={"Connection": "close"}, most=self.context.body_limit),
                i18n.negotiate(headers.get("accept-language")),
                request_id,
            )
        else:
            answer = await run_in_threadpool(self.answer, scope, headers, body, request_id)
        await _send(scope, send, answer, request_id)

    def answer(self, scope: Scope, headers: Mapping[str, str], body: bytes, request_id: str) -> Answer:
        """One request to its answer; never raises."""
        wish = headers.get("accept-language")
        locale, call = i18n.negotiate(wish), None
        try:
            path = str(scope["path"])
            endpoint, ids = self.table.find(scope["method"], _below(path))
            scope["state"]["route"] = endpoint.template
            call = Call(self.context, endpoint, path.rstrip("/"), ids, _query(scope), headers, body, locale, request_id)
            if not endpoint.public:
                address = scope["client"][0] if scope.get("client") else ""
                call.bearer = self.keeper.actor(headers, address, request_id, locale if wish else None)
                call.locale = locale = call.bearer.locale if call.bearer.locale in i18n.LOCALES else locale
            answer = _ready(endpoint.run(call))
        except Exception as error:
            refusal = refusal_in(error)
            if refusal is None:
                log.exception("api_defect", request_id=request_id)
                refusal = Problem(500, "api.defect")
            answer = _ready(problem(refusal, locale, request_id))
            if answer.status in LOGGED:
                who = call.bearer.user_id if call is not None and call.bearer is not None else None
                log.warning("api_refused", code=refusal.code, path=scope["path"], user=who, request_id=request_id)
        if call is not None and call.bearer is not None and call.bearer.app is not None:
            self.context.used(call.bearer, call.bearer.app, call.endpoint.name, answer.status >= 400)
        return answer


def _ready(answer: Answer) -> Answer:
    """Written out in the thread, not on the event loop."""
    answer.body = answer.content()
    return answer


def _below(path: str) -> str:
    """The path below the prefix; nothing this door knows for any other."""
    return path.removeprefix(PREFIX)


def _query(scope: Scope) -> list[tuple[str, str]]:
    try:
        return parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise Problem(400, "input.malformed") from None


def _request_id(state: dict[str, Any], headers: Mapping[str, str]) -> str:
    """The outer door's id, the caller's where it is well-formed, or a new one."""
    known = str(state.get("request_id") or "")
    given = headers.get("x-request-id", "")
    found = known or (given if REQUEST_ID.fullmatch(given) else new_id().hex)
    state["request_id"] = found
    return found


async def _body(headers: Mapping[str, str], receive: Receive, limit: int) -> bytes:
    announced = headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(scope: Scope, send: Send, answer: Answer, request_id: str) -> None:
    content = answer.content()
    headers = [(b"x-request-id", request_id.encode()), (b"cache-control", b"no-store")]
    if answer.status not in (204, 304):
        headers.append((b"content-type", answer.media_type.encode()))
        headers.append((b"content-length", str(len(content)).encode()))
    given = {name.lower() for name in answer.headers}
    headers = [pair for pair in headers if pair[0].decode() not in given]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers.append((b"vary", b"Accept-Language, Authorization"))
    headers.append((b"x-content-type-options", b"nosniff"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


def api_app(context: ApiContext) -> ASGIApp:
    """The door as an ASGI application, its schemas built."""
    door = Door(context)
    door.warm()
    return door
