"""ASGI: every answered request is measured by its route template, whichever door answered it."""

from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from app.adapters.db import counted
from app.adapters.telemetry import observe_request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

UNKNOWN = "unknown"
"""The template of an address nobody serves."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observed:
    """The outermost layer. A door names its template in `scope["state"]["route"]`; else the endpoint found tells it."""

    def __init__(self, app: App, template: Callable[[Any], str | None]) -> None:
        self.app = app
        self.template = template

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; what breaks before an answer began counts as 500."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        began, status = perf_counter(), 500

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with counted() as statements:
            try:
                await self.app(scope, receive, noted)
            finally:
                route = state.get("route") or self.template(scope.get("endpoint")) or UNKNOWN
                method = scope["method"] if scope["method"] in METHODS else UNKNOWN
                observe_request(method, route, status, perf_counter() - began, statements[0])
