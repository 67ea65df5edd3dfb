"""Who a cookie belongs to, opening and closing sessions, and what follows from changes of users."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.kernel.errors import Forbidden, Refusal
from app.platform.actions import Action
from app.platform.delegations import acting_profile
from app.platform.identity.challenges import LIFE, put_challenge
from app.platform.identity.factors import clear_factors
from app.platform.identity.secrets import new_secret
from app.platform.identity.sessions import Vouched
from app.platform.sign_in_policy import policy_of
from app.platform.sign_on import admits, enforced, providers_of, record_sign_on
from app.platform.user_credentials import reset_user_factors
from app.platform.users import (
    Profile,
    User,
    create_user,
    deactivate_user,
    invite_user,
    profile_of,
    revoke_user_tokens,
)
from app.platform.work import Actor, Work
from app.web import session
from app.web.happenings import note_sign_in
from app.web.letters import send_invitation, send_note
from app.web.portal import Visit

log = logging.getLogger(__name__)

SECOND = "second"
"""Purpose of the challenge that stands for a sign-in waiting for its second factor."""


def signed_in(visit: Visit, cookie: str) -> None:
    """Set the visit's session and person; session, user, roles and company are remembered for seconds."""
    assert visit.tenant is not None
    found = visit.portal.logins.find(cookie, visit.tenant.id)
    if found is None:
        return
    with visit.portal.sessions(visit.tenant.schema) as tenant_session:
        profile = profile_of(tenant_session, visit.tenant.schema, found.user_id)
        providers = providers_of(tenant_session, visit.tenant.schema)
        policy = policy_of(tenant_session, visit.tenant.schema)
        acting = _acting(visit, tenant_session, profile)
        tenant_session.rollback()
    if profile is not None and admits(providers, found.provider_id, owner=profile.owner):
        visit.session, visit.profile = found, acting or profile
        visit.must_have_factor = policy.asks_factor_of(profile.roles)


def _acting(visit: Visit, tenant_session: Session, own: Profile | None) -> Profile | None:
    """The person as somebody's deputy, where the browser says so and it is lent."""
    wanted = session.read_cookie(visit.portal, visit.request, session.ACTING)
    if own is None or visit.tenant is None or not wanted:
        return None
    try:
        return acting_profile(tenant_session, visit.tenant.schema, own, UUID(wanted))
    except ValueError:
        return None


def let_in(
    visit: Visit, identity_id: UUID, path: str, method: str = "password", *, vouched: Vouched | None = None
) -> Response:
    """After any first factor: on to the second where the person has one, else in. Forbidden `login.wrong` for
    non-members.

    `method` says what proved the person. A passkey used alone has verified them, a provider that vouches answers for
    a second factor of its own: neither is asked for another. Where sign-in through a provider is enforced, anybody
    but an owner is sent there instead, however they came.
    """
    assert visit.tenant is not None
    user_id = visit.portal.accounts.user_in(identity_id, visit.tenant.id)
    if user_id is None:
        raise Forbidden("login.wrong", field="password")
    if not _may_enter(visit, user_id, vouched):
        return RedirectResponse("/login?required=1", 303)
    if method == "password" and vouched is None and visit.portal.accounts.has_factor(identity_id):
        return _ask_second(visit, identity_id, path)
    return open_session(visit, identity_id, user_id, path, method, vouched=vouched)


def _ask_second(visit: Visit, identity_id: UUID, path: str) -> Response:
    """Put the half-done sign-in aside under a cookie of its own; nothing is open yet."""
    assert visit.tenant is not None
    secret = new_secret()
    put_challenge(
        visit.portal.control, SECOND, secret, visit.tenant.id, identity_id=identity_id, content=path[:2000].encode()
    )
    response = RedirectResponse("/second", 303)
    session.set_cookie(visit.portal, response, session.PENDING, secret, int(LIFE.total_seconds()))
    return response


def open_session(
    visit: Visit, identity_id: UUID, user_id: UUID, path: str, method: str, *, vouched: Vouched | None = None
) -> Response:
    """A new session on this tenant's host for somebody fully proved, then on to a page."""
    assert visit.tenant is not None
    device = visit.request.headers.get("user-agent", "")
    secret = visit.portal.logins.open(
        identity_id, visit.tenant.id, user_id, address=visit.address, device=device, method=method, vouched=vouched
    )
    by = next((one.name for one in visit.providers if vouched and one.id == vouched.provider_id), "")
    note_sign_in(visit, identity_id, method="sso" if vouched else method, **({"provider": by} if by else {}))
    response = RedirectResponse(path, 303)
    session.set_cookie(visit.portal, response, session.SESSION, secret)
    for name in (session.GUEST, session.PENDING):
        session.clear_cookie(visit.portal, response, name)
    return response


def renew_session(visit: Visit, response: Response, method: str) -> Response:
    """The signed-in person has proved themselves again: a new cookie, and ten minutes for what asks for it."""
    assert visit.session is not None
    session.set_cookie(visit.portal, response, session.SESSION, visit.portal.logins.renew(visit.session.id, method))
    return response


def _may_enter(visit: Visit, user_id: UUID, vouched: Vouched | None) -> bool:
    assert visit.tenant is not None
    with visit.portal.sessions(visit.tenant.schema) as tenant_session:
        profile = profile_of(tenant_session, visit.tenant.schema, user_id)
        tenant_session.rollback()
    owner = profile is not None and profile.owner
    if vouched is None and owner and enforced(visit.providers):
        first = next(one for one in visit.providers if one.active and one.enforced)
        assert profile is not None
        note_sign_on(visit, first.id, "sso.emergency", email=profile.email)
    return admits(visit.providers, vouched.provider_id if vouched else None, owner=owner)


def note_sign_on(
    visit: Visit, provider_id: UUID, code: str, detail: str = "", email: str = "", subject: str = ""
) -> None:
    """A line for the administrator on a sign-in through a provider; that it cannot be written does not stop it."""
    assert visit.tenant is not None
    actor = system_in(visit, visit.tenant.id, visit.tenant.schema)
    facts: dict[str, Any] = {
        "provider_id": provider_id,
        "code": code,
        "detail": detail,
        "email": email,
        "subject": subject,
    }
    try:
        visit.portal.gate.perform(record_sign_on, actor, None, **facts)
    except Refusal:
        log.exception("what became of a sign-in was not noted")


def system_in(visit: Visit, tenant_id: UUID, schema: str) -> Actor:
    """The system acting for somebody who is not a user yet (sign-up, invitation)."""
    return Actor.system(tenant_id, schema, "Hanse", door="web", address=visit.address, request_id=visit.request_id)


def follow_up(visit: Visit, act: Action[..., Any], result: Any) -> None:
    """After a change of a user: the invitation of one who is awaited, the end of a dismissed one's sessions and keys."""
    if act in (create_user, invite_user):
        send_invitation(visit, UUID(str(result)))
    elif act is deactivate_user:
        visit.portal.logins.end_of_user(visit.actor.tenant_id, UUID(str(result)))
        visit.portal.partners.grants.end_user(visit.actor.tenant_id, UUID(str(result)))
    elif act is revoke_user_tokens:
        visit.portal.tokens.revoke_all(visit.actor.tenant_id, UUID(str(result)))
        visit.portal.partners.grants.end_user(visit.actor.tenant_id, UUID(str(result)))
    elif act is reset_user_factors:
        _reset_factors(visit, UUID(str(result)))


def _reset_factors(visit: Visit, user_id: UUID) -> None:
    """A colleague's factors go, their sessions end, and they are told."""

    def read(work: Work) -> tuple[UUID | None, str, str]:
        user = work.get(User, user_id)
        return user.identity_id, user.email, user.locale

    identity_id, email, locale = visit.read(read)
    if identity_id is None:
        return
    clear_factors(visit.portal.control, identity_id, visit.actor.tenant_id)
    visit.portal.logins.end_all(identity_id)
    send_note(visit, email, locale, "factors_reset")
