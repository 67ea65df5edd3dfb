"""The endpoints of the authorization server that programs call: token, revocation, introspection, metadata, keys.

The authorization endpoint is a page for people and stands in the web door. All of these are without cookies, so
there is nothing here that a foreign page could borrow.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from authlib.oauth2 import OAuth2Error
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from app.api.context import Limiter
from app.kernel.errors import Refusal
from app.platform.oauth.asked import MOST_PARAMETERS, Asked, Place, Reply
from app.platform.oauth.metadata import metadata
from app.platform.oauth.partners import Partners

BODY_LIMIT = 16_000
FORM = "application/x-www-form-urlencoded"
CALLS_PER_MINUTE = 300
"""Of one address at one tenant."""
FAILURES_PER_MINUTE = 30
"""Wrong secrets, codes and tokens of one address."""
METADATA_SECONDS = 300
Answer = Callable[[Asked], Reply]


@dataclass(frozen=True)
class OAuthDoor:
    """Built once a process by `app.main`."""

    partners: Partners
    place_at: Callable[[str], Place]
    """Host header -> tenant and issuer; refuses for a host that serves none."""
    limiter: Limiter

    def routes(self) -> list[Route]:
        """The addresses of this door."""
        server = self.partners.server
        return [
            Route("/oauth/token", self._posted(server.token), methods=["POST"]),
            Route("/oauth/revoke", self._posted(server.revocation), methods=["POST"]),
            Route("/oauth/introspect", self._posted(server.introspection), methods=["POST"]),
            Route("/oauth/jwks", self._read(lambda place: self.partners.key.published()), methods=["GET"]),
            Route(
                "/.well-known/oauth-authorization-server",
                self._read(lambda place: metadata(place, self.partners.catalogue)),
                methods=["GET"],
            ),
        ]

    def _posted(self, answer: Answer) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            try:
                body = await _body(request)
            except ClientDisconnect:
                return Response(status_code=400)
            if body is None:
                return _json({"error": "invalid_request", "error_description": "The body is too large."}, 413)
            return await run_in_threadpool(self._answered, request, body, answer)

        return serve

    def _read(self, show: Callable[[Place], Any]) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            def found() -> Response:
                try:
                    place = self.place_at(request.headers.get("host", ""))
                except Refusal:
                    return _json({"error": "invalid_request"}, 404)
                return _json(show(place), 200, {"Cache-Control": f"public, max-age={METADATA_SECONDS}"})

            return await run_in_threadpool(found)

        return serve

    def _answered(self, request: Request, body: bytes, answer: Answer) -> Response:
        address = request.client.host if request.client else ""
        try:
            place = self.place_at(request.headers.get("host", ""))
        except Refusal:
            return _json({"error": "invalid_request"}, 404)
        wait = self.limiter.take(f"oauth:{place.tenant.id}:{address}", limit=CALLS_PER_MINUTE, seconds=60)
        if wait:
            return _busy(wait)
        try:
            asked = _asked(request, body, place)
        except OAuth2Error as error:
            status, content, headers = error()
            return _json(dict(content), status, dict(headers))
        reply = answer(asked)
        if reply.status >= 400:
            wait = self.limiter.take(f"oauth-failed:{address}", limit=FAILURES_PER_MINUTE, seconds=60)
            if wait:
                return _busy(wait)
        return _json(reply.body, reply.status, reply.headers)


def _asked(request: Request, body: bytes, place: Place) -> Asked:
    """The posted form. Nothing may stand in the URL, where it would be written into logs (RFC 6749, 2.3.1)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.url.query or kind != FORM:
        raise _malformed("Parameters belong into a form-encoded body.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise _malformed("The body is not form-encoded, or holds too many parameters.") from None
    # An empty value counts as left out (RFC 6749, 3.2).
    given = [(name, value) for name, value in pairs if value]
    headers = {name: request.headers[name] for name in ("Authorization", "Accept") if name in request.headers}
    return Asked(place, "POST", posted=given, headers=headers)


def _malformed(description: str) -> OAuth2Error:
    return OAuth2Error(error="invalid_request", description=description, status_code=400)


def _busy(wait: float) -> Response:
    return _json({"error": "temporarily_unavailable"}, 429, {"Retry-After": str(math.ceil(wait))})


async def _body(request: Request) -> bytes | None:
    """The body, or None for one beyond the limit."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > BODY_LIMIT:
            return None
    return found


def _json(value: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    content = value if isinstance(value, (str, bytes)) else orjson.dumps(value)
    response = Response(content, status, media_type="application/json")
    for name, given in (headers or {}).items():
        response.headers[name] = given
    response.headers.setdefault("Cache-Control", "no-store")
    return response
