"""Passkeys between browser and server: the options a page asks for, and signing in with nothing else."""

from urllib.parse import urlsplit
from uuid import UUID

from starlette.responses import Response

from app.kernel.errors import Forbidden, Invalid
from app.platform.identity.challenges import peek_challenge
from app.platform.identity.passkeys import Site
from app.platform.identity.throttle import TooMany, throttle
from app.web import session
from app.web.account import login_screen, refused
from app.web.addresses import local
from app.web.identity import SECOND, let_in
from app.web.portal import Visit
from app.web.responses import json


def site_of(visit: Visit) -> Site:
    """The tenant at the host the browser is on. The host is one the directory serves, or there would be no visit."""
    assert visit.tenant is not None
    host = visit.request.headers.get("host", "").lower()
    scheme = urlsplit(visit.portal.settings.public_url).scheme
    name = session.SESSION if visit.profile is not None else session.GUEST
    return Site(
        visit.tenant.id,
        visit.tenant.company_name or "Hanse",
        host.partition(":")[0],
        f"{scheme}://{host}",
        session.read_cookie(visit.portal, visit.request, name),
    )


def options(visit: Visit) -> Response:
    """POST from the page's script: what to hand to the browser for one of the purposes of `PasskeyAsk`."""
    if visit.tenant is None:
        raise Invalid("input.malformed")
    throttle(visit.portal.limiter, "passkey", "", visit.address)
    site, keys, purpose = site_of(visit), visit.portal.passkeys, visit.form.get("purpose", "")
    if purpose == "login":
        return json(keys.options_to_use(site))
    if purpose == "second":
        return json(keys.options_to_use(site, _pending(visit)))
    if visit.session is None:
        raise Forbidden("session.none")
    if purpose == "verify":
        return json(keys.options_to_use(site, visit.session.identity_id))
    if purpose == "make" and visit.session.proved_self:
        return json(keys.options_to_make(site, visit.session.identity_id))
    raise Forbidden("identity.stepup_required")


def _pending(visit: Visit) -> UUID:
    assert visit.tenant is not None
    cookie = session.read_cookie(visit.portal, visit.request, session.PENDING)
    asked = peek_challenge(visit.portal.control, SECOND, cookie, visit.tenant.id)
    if asked is None or asked.identity_id is None:
        raise Forbidden("session.ended")
    return asked.identity_id


def sign_in(visit: Visit) -> Response:
    """POST from the sign-in page: the passkey says who it is and proves it, with PIN or biometrics."""
    if visit.tenant is None:
        raise Invalid("input.malformed")
    try:
        throttle(visit.portal.limiter, "passkey", "", visit.address)
        identity = visit.portal.passkeys.use(site_of(visit), visit.form.get("credential", ""))
        return let_in(visit, identity, local(visit.form.get("next", ""), "/"), "passkey")
    except (Forbidden, Invalid, TooMany) as refusal:
        return refused(visit, login_screen(visit), refusal)
