"""Cookies, and who a request comes from. One cookie holds the session's random value, nothing else is kept.

Over plain HTTP on loopback `Secure` and the `__Host-` prefix give way; nowhere else.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from app.web.portal import Portal

SESSION = "hanse"
GUEST = "hanse-guest"
PENDING = "hanse-second"
"""A sign-in that waits for its second factor."""
FLASH = "hanse-flash"
LOCALE = "hanse-locale"
ACTING = "hanse-acting"
"""Whom one acts for; it grants nothing, every request looks whether it is lent."""
LETTERS = "hanse-letters"
"""`off` for somebody who has switched single-letter keys off."""
FLASH_SECONDS = 60
YEAR = 365 * 24 * 3600


def cookie_name(portal: Portal, name: str) -> str:
    """`__Host-hanse`, or `hanse` on a developer's loopback."""
    return f"__Host-{name}" if portal.secure else name


def read_cookie(portal: Portal, request: Request, name: str) -> str:
    """The cookie's value, or the empty text."""
    return request.cookies.get(cookie_name(portal, name), "")[:300]


def set_cookie(portal: Portal, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Host-only, HttpOnly, SameSite=Lax; a session cookie where no age is given."""
    response.set_cookie(
        cookie_name(portal, name),
        value,
        max_age=seconds,
        path="/",
        secure=portal.secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(portal: Portal, response: Response, name: str) -> None:
    response.delete_cookie(cookie_name(portal, name), path="/", secure=portal.secure, httponly=True, samesite="lax")


def new_guest() -> str:
    """A fresh random value for a visitor who is not signed in."""
    return secrets.token_urlsafe(18)


def flash_value(portal: Portal, text: str) -> str:
    """A toast for the next page, signed so that nobody else can put words there."""
    body = urlsafe_b64encode(text[:200].encode()).decode()
    return f"{body}.{_mark(portal, body)}"


def flash_text(portal: Portal, value: str) -> str:
    """The toast in a cookie, or the empty text for a forged one."""
    body, _, mark = value.partition(".")
    if not body or not hmac.compare_digest(mark.encode(), _mark(portal, body).encode()):
        return ""
    return urlsafe_b64decode(body.encode()).decode()


def _mark(portal: Portal, body: str) -> str:
    return hmac.new(portal.secret, b"flash:" + body.encode(), sha256).hexdigest()[:24]
