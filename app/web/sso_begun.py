"""A sign-in under way, kept in the browser that began it: a sealed cookie per state, and nowhere on our side.

Whoever comes back with a state they did not begin has no cookie that opens under it: a foreign browser, another tenant,
an old page. The state itself is used up on our side too, so that a kept cookie opens nothing twice.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

import orjson
from starlette.responses import Response

from app.adapters.sealing import SealingError, decrypt, derive, encrypt
from app.kernel.dates import now
from app.kernel.errors import Forbidden
from app.platform.identity.oidc import Begun
from app.web import session
from app.web.portal import Visit

COOKIE = "hanse-sso-"
LIFE = timedelta(minutes=10)
MOST_AT_ONCE = 4
"""Sign-ins one browser may have under way; more make the oldest cookies go, so that headers stay short."""
LONGEST_NEXT = 500
LONGEST_COOKIE = 3000

Purpose = Literal["enter", "connect", "verify"]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What has to be known when the browser comes back."""

    provider_id: UUID
    begun: Begun
    next: str
    purpose: Purpose = "enter"
    session: str = ""
    """The session that asked, where somebody signed in connects an account or proves themselves again."""
    began: float = 0.0


def keep(visit: Visit, response: Response, under_way: UnderWay) -> None:
    """Lay it down in the browser."""
    content = orjson.dumps(
        {
            "provider": str(under_way.provider_id),
            "nonce": under_way.begun.nonce,
            "verifier": under_way.begun.verifier,
            "next": under_way.next[:LONGEST_NEXT],
            "purpose": under_way.purpose,
            "session": under_way.session,
            "began": now().timestamp(),
        }
    )
    state = under_way.begun.state
    sealed = urlsafe_b64encode(encrypt(_key(visit), content, _context(visit, state))).decode()
    for name in _others(visit)[MOST_AT_ONCE - 1 :]:
        session.clear_cookie(visit.portal, response, name)
    session.set_cookie(visit.portal, response, _name(state), sealed, int(LIFE.total_seconds()))


def take(visit: Visit, provider_id: UUID, state: str) -> UnderWay:
    """What this browser began under that state, once; Forbidden `sso.state` for anything else."""
    kept = visit.request.cookies.get(session.cookie_name(visit.portal, _name(state)), "")
    if not state or not kept or len(kept) > LONGEST_COOKIE:
        raise Forbidden("sso.state")
    visit.cookies.append(lambda response: session.clear_cookie(visit.portal, response, _name(state)))
    try:
        found = orjson.loads(decrypt(_key(visit), urlsafe_b64decode(kept), _context(visit, state)))
    except (SealingError, ValueError):
        raise Forbidden("sso.state") from None
    if found["provider"] != str(provider_id) or found["began"] + LIFE.total_seconds() < now().timestamp():
        raise Forbidden("sso.state")
    if not visit.portal.sign_ons.once(f"state:{state}", now() + LIFE):
        raise Forbidden("sso.state")
    begun = Begun(state, found["nonce"], found["verifier"])
    return UnderWay(provider_id, begun, found["next"], found["purpose"], found["session"], found["began"])


def _key(visit: Visit) -> bytes:
    return derive(visit.portal.secret, "hanse sign-on under way")


def _context(visit: Visit, state: str) -> bytes:
    assert visit.tenant is not None
    return f"{visit.tenant.id}:{state}".encode()


def _name(state: str) -> str:
    return COOKIE + sha256(state.encode()).hexdigest()[:16]


def _others(visit: Visit) -> list[str]:
    """Names of such cookies without the prefix of secure ones, the latest first."""
    start = session.cookie_name(visit.portal, COOKIE)
    bare = len(start) - len(COOKIE)
    return [name[bare:] for name in reversed(visit.request.cookies) if name.startswith(start)]
