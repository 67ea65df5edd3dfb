"""The sign-in page of a tenant with identity providers: a button each, and the password only where it still opens."""

from app.platform.sign_on import enforced
from app.web.addresses import link
from app.web.portal import Visit
from app.web.screens import AuthScreen
from app.web.widgets import ActionButton, Notice


def offered(visit: Visit, screen: AuthScreen, wanted: str) -> AuthScreen:
    """The page with "Sign in with …"; enforced, the password form gives way, save for owners who ask for it."""
    if visit.tenant is None:
        return screen
    labels, active = visit.labels, [one for one in visit.providers if one.active]
    if not active:
        return screen
    screen.choices = [
        ActionButton(
            labels.text("web.sso.with", name=one.name),
            link(f"/sso/{one.id}/start", (), next=wanted),
            icon="login",
            look="primary",
        )
        for one in active
    ]
    if visit.request.query_params.get("required"):
        screen.notices = [Notice(labels.text("web.sso.required"), "warn")]
    if not enforced(active):
        screen.text = labels.text("web.sso.or_password")
        return screen
    if visit.request.method == "POST" or visit.request.query_params.get("owner"):
        screen.text = labels.text("web.sso.emergency.text")
        assert screen.form is not None
        screen.form.hidden = [*screen.form.hidden, ("owner", "1")]
        return screen
    screen.text = labels.text("web.sso.only")
    screen.fields, screen.form, screen.passkey, screen.forgot_href = (), None, None, ""
    screen.links = [(labels.text("web.sso.emergency.ask"), labels.text("web.sso.emergency"), "/login?owner=1")]
    return screen


def proved_anew(visit: Visit, wanted: str) -> list[ActionButton]:
    """Ways to prove oneself again where a provider vouched for the session; not for one's own credentials."""
    if visit.session is None or visit.session.provider_id is None or visit.request.query_params.get("own"):
        return []
    return [
        ActionButton(
            visit.labels.text("web.sso.with", name=one.name),
            link(f"/sso/{one.id}/again", (), next=wanted),
            icon="login",
            look="primary",
        )
        for one in visit.providers
        if one.id == visit.session.provider_id and one.active
    ]
