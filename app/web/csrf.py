"""Cross-site request forgery: every unsafe request proves that one of our own pages sent it.

Two proofs are asked for. The token is an HMAC of the visitor's cookie, so it dies with the session and
cannot be planted from a sibling subdomain; the `Origin` (or `Referer`) must be the address asked for.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import Request

from app.kernel.errors import Forbidden

HEADER = "x-csrf-token"
FIELD = "csrf"
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def token_for(secret: bytes, cookie: str) -> str:
    """The token that belongs to a cookie value; the empty text where there is no cookie yet."""
    if not cookie:
        return ""
    digest = hmac.new(secret, b"csrf:" + cookie.encode(), sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def check(request: Request, secret: bytes, cookie: str, given: str) -> None:
    """Forbidden `csrf.token` or `csrf.origin` unless the request came from our own page."""
    expected = token_for(secret, cookie)
    sent = request.headers.get(HEADER) or given
    if not expected or not hmac.compare_digest(expected.encode(), sent.encode()):
        raise Forbidden("csrf.token")
    if not from_here(request):
        raise Forbidden("csrf.origin")


def from_here(request: Request) -> bool:
    """Whether Origin, or Referer where a browser leaves Origin out, names the host asked for.

    `Origin: null` comes from sandboxed or redirected forms and is refused. Neither header at all (a
    privacy proxy) leaves the token as the only proof; `Sec-Fetch-Site` must then not say otherwise.
    """
    host = request.headers.get("host", "").lower()
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host
    referer = request.headers.get("referer")
    if referer:
        return urlsplit(referer).netloc.lower() == host
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
