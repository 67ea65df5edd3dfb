"""Who a cookie belongs to, opening and closing sessions, and what follows from changes of users."""

from typing import Any
from uuid import UUID

from starlette.responses import RedirectResponse, Response

from app.kernel.errors import Forbidden
from app.platform.actions import Action
from app.platform.users import create_user, deactivate_user, invite_user, profile_of, revoke_user_tokens
from app.platform.work import Actor
from app.web import session
from app.web.happenings import note_sign_in
from app.web.letters import send_invitation
from app.web.portal import Visit


def signed_in(visit: Visit, cookie: str) -> None:
    """Set the visit's session and person; session, user, roles and company are remembered for seconds."""
    assert visit.tenant is not None
    found = visit.portal.logins.find(cookie, visit.tenant.id)
    if found is None:
        return
    with visit.portal.sessions(visit.tenant.schema) as tenant_session:
        profile = profile_of(tenant_session, visit.tenant.schema, found.user_id)
        tenant_session.rollback()
    if profile is not None:
        visit.session, visit.profile = found, profile


def let_in(visit: Visit, identity_id: UUID, path: str) -> Response:
    """A new session on this tenant's host, then on to a page. Forbidden `login.wrong` for non-members."""
    assert visit.tenant is not None
    user_id = visit.portal.accounts.user_in(identity_id, visit.tenant.id)
    if user_id is None:
        raise Forbidden("login.wrong", field="password")
    device = visit.request.headers.get("user-agent", "")
    secret = visit.portal.logins.open(identity_id, visit.tenant.id, user_id, address=visit.address, device=device)
    note_sign_in(visit, identity_id)
    response = RedirectResponse(path, 303)
    session.set_cookie(visit.portal, response, session.SESSION, secret)
    session.clear_cookie(visit.portal, response, session.GUEST)
    return response


def system_in(visit: Visit, tenant_id: UUID, schema: str) -> Actor:
    """The system acting for somebody who is not a user yet (sign-up, invitation)."""
    return Actor.system(tenant_id, schema, "Hanse", door="web", address=visit.address, request_id=visit.request_id)


def follow_up(visit: Visit, act: Action[..., Any], result: Any) -> None:
    """After a change of a user: the invitation of one who is awaited, the end of a dismissed one's sessions and keys."""
    if act in (create_user, invite_user):
        send_invitation(visit, UUID(str(result)))
    elif act is deactivate_user:
        visit.portal.logins.end_of_user(visit.actor.tenant_id, UUID(str(result)))
    elif act is revoke_user_tokens:
        visit.portal.tokens.revoke_all(visit.actor.tenant_id, UUID(str(result)))
