"""What every response carries: a strict content security policy, no caching of tenants' pages, no sniffing."""

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = "/static/"


def policy(objects_origin: str = "", portals: Iterable[str] = ()) -> str:
    """The content security policy; `objects_origin` is where browsers upload to, empty for ourselves.

    `portals` are the hosts a form may lead to by redirect (sign-up hands over to the new portal).
    """
    connect = f"'self' {objects_origin}".strip()
    action = " ".join(("'self'", *portals))
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {objects_origin}".strip(),
            "font-src 'self'",
            f"connect-src {connect}",
            f"form-action {action}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-src 'none'",
        )
    )


class SecurityHeaders:
    """Pure ASGI middleware; adds what the response has not said itself."""

    def __init__(self, app: ASGIApp, *, csp: str, secure: bool) -> None:
        self.app, self.secure = app, secure
        self.fixed = {
            "content-security-policy": csp,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=()",
            "x-frame-options": "DENY",
        }
        if secure:
            self.fixed["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        static = scope["path"].startswith(STATIC)

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.fixed.items():
                    headers.setdefault(name, value)
                if not static:
                    headers.setdefault("cache-control", "no-store")
                    headers.add_vary_header("HX-Request-Type, HX-Request")
            await send(message)

        await self.app(scope, receive, finish)
