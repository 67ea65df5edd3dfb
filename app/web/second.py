"""The second factor at sign-in, and proving oneself again before a sensitive change: one screen for both."""

from collections.abc import Sequence
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from app.kernel.errors import Forbidden, Invalid, Refusal
from app.platform.identity.challenges import Asked, peek_challenge, take_challenge
from app.platform.identity.factors import Factors, factors_of, prove_by_code
from app.platform.identity.recovery import codes_left
from app.platform.identity.throttle import TooMany
from app.web import session
from app.web.account import auth_page, password_box, refused
from app.web.addresses import link, local
from app.web.happenings import note_failed_factor
from app.web.identity import SECOND, open_session, renew_session
from app.web.passkeys import site_of
from app.web.portal import Visit
from app.web.screens import AuthScreen, EditForm, PasskeyAsk
from app.web.sso_offer import proved_anew
from app.web.widgets import FieldBox

CODE_LENGTH = 40


def code_box(visit: Visit, *, recovery: bool = False) -> FieldBox:
    """An input for a code: six digits, which phones offer by themselves, or a recovery code."""
    kind = "recovery_code" if recovery else "code"
    return FieldBox(
        "code",
        visit.labels.text(f"web.factor.{kind}"),
        "code",
        required=True,
        autocomplete="off" if recovery else "one-time-code",
        max_length=CODE_LENGTH,
        help=visit.labels.text(f"web.factor.{kind}.hint"),
    )


def _screen(visit: Visit, found: Factors, path: str, hidden: Sequence[tuple[str, str]], *, again: bool) -> AuthScreen:
    """What this person can prove themselves with on this host; with `again` also by the password, where there is no
    factor.
    """
    labels, recovery = visit.labels, visit.request.query_params.get("with") == "recovery" or bool(_recovery(visit))
    title = labels.text("web.factor.verify" if again else "web.factor.second")
    screen = AuthScreen("message", title, labels.text("web.factor.verify.text" if again else "web.factor.second.text"))
    screen.icon = "shield-lock"
    if not found.any:
        screen.fields, screen.form = [password_box(visit)], EditForm(path, hidden=hidden)
    elif recovery or not (found.totp or found.passkeys_here):
        more = [*hidden, ("with", "recovery")]
        screen.fields, screen.form = [code_box(visit, recovery=True)], EditForm(path, hidden=more)
        if found.totp or found.passkeys_here:
            screen.links = [("", labels.text("web.factor.without_recovery"), link(path, (), **dict(hidden)))]
        else:
            screen.text = labels.text("web.factor.elsewhere")
    else:
        if found.passkeys_here:
            label = labels.text("web.factor.use_passkey")
            screen.passkey = PasskeyAsk("verify" if again else "second", path, label, hidden=hidden, lead=True)
        if found.totp:
            screen.fields, screen.form = [code_box(visit)], EditForm(path, hidden=hidden)
        href = link(path, (), **dict(hidden), **{"with": "recovery"})
        screen.links = [(labels.text("web.factor.lost"), labels.text("web.factor.use_recovery"), href)]
    screen.submit = labels.text("web.factor.confirm")
    return screen


def _recovery(visit: Visit) -> bool:
    return visit.form.get("with") == "recovery"


def _refused(visit: Visit, screen: AuthScreen, refusal: Refusal) -> Response:
    """The screen again; what was wrong stands at the way that was tried."""
    if screen.passkey is not None and (screen.form is None or "credential" in visit.form):
        screen.passkey.error = visit.labels.refusal(refusal)
        return auth_page(visit, screen, 429 if isinstance(refusal, TooMany) else 422)
    return refused(visit, screen, refusal)


def _prove(visit: Visit, identity_id: UUID) -> str:
    """How the posted code or passkey proves the person; refuses where it does not."""
    if visit.form.get("credential"):
        visit.portal.passkeys.use(site_of(visit), visit.form["credential"], identity_id)
        return "passkey"
    code = visit.form.get("code", "")[:CODE_LENGTH]
    method = prove_by_code(visit.portal.control, visit.portal.sealing, identity_id, code)
    if not method:
        raise Invalid("factor.wrong", field="code")
    return method


# At sign-in


def _pending(visit: Visit) -> tuple[str, Asked | None]:
    assert visit.tenant is not None
    cookie = session.read_cookie(visit.portal, visit.request, session.PENDING)
    return cookie, peek_challenge(visit.portal.control, SECOND, cookie, visit.tenant.id)


def show_second(visit: Visit) -> Response:
    """GET after the first factor; without one back to the beginning."""
    _, asked = _pending(visit)
    if asked is None or asked.identity_id is None:
        return RedirectResponse("/login", 303)
    return auth_page(visit, _second_screen(visit, asked.identity_id))


def _second_screen(visit: Visit, identity_id: UUID) -> AuthScreen:
    found = factors_of(visit.portal.control, identity_id, site_of(visit).rp_id)
    screen = _screen(visit, found, "/second", [], again=False)
    screen.links = [*screen.links, ("", visit.labels.text("web.factor.start_again"), "/login")]
    return screen


def submit_second(visit: Visit) -> Response:
    """POST of a code or passkey: the half-done sign-in is done, once."""
    cookie, asked = _pending(visit)
    if visit.tenant is None or asked is None or asked.identity_id is None:
        return RedirectResponse("/login", 303)
    identity = asked.identity_id
    try:
        method = _prove(visit, identity)
    except (Invalid, Forbidden, TooMany) as refusal:
        response = _refused(visit, _second_screen(visit, identity), refusal)
        response.background = BackgroundTask(note_failed_factor, visit, identity)
        return response
    user_id = visit.portal.accounts.user_in(identity, visit.tenant.id)
    if take_challenge(visit.portal.control, SECOND, cookie, visit.tenant.id) is None or user_id is None:
        return RedirectResponse("/login", 303)
    response = open_session(visit, identity, user_id, local(asked.content.decode(), "/"), method)
    if method == "recovery":
        left = visit.labels.text("web.factor.codes_left", count=codes_left(visit.portal.control, identity))
        session.set_cookie(
            visit.portal, response, session.FLASH, session.flash_value(visit.portal, left), session.FLASH_SECONDS
        )
    return response


# Again, before a sensitive change


def must_verify(visit: Visit) -> Response | None:
    """None for somebody who has proved themselves lately; else the way to do it and to come back here."""
    assert visit.session is not None
    if visit.session.proved_self:
        return None
    return RedirectResponse(link("/verify", (), next=visit.here, own="1"), 303)


def _next(visit: Visit) -> str:
    return local(visit.form.get("next") or visit.request.query_params.get("next", ""), "/")


def _verify_screen(visit: Visit) -> AuthScreen:
    assert visit.session is not None
    found = factors_of(visit.portal.control, visit.session.identity_id, site_of(visit).rp_id)
    screen = _screen(visit, found, "/verify", [("next", _next(visit))], again=True)
    screen.links = [*screen.links, ("", visit.labels.text("web.factor.back"), "/")]
    screen.choices = proved_anew(visit, _next(visit))
    return screen


def show_verify(visit: Visit) -> Response:
    """GET."""
    return auth_page(visit, _verify_screen(visit))


def submit_verify(visit: Visit) -> Response:
    """POST: a new cookie, and back to where it was asked for."""
    assert visit.session is not None
    identity = visit.session.identity_id
    try:
        if visit.portal.accounts.has_factor(identity):
            method = _prove(visit, identity)
        else:
            visit.portal.accounts.prove_password(identity, visit.form.get("password", ""), address=visit.address)
            method = "password"
    except (Invalid, Forbidden, TooMany) as refusal:
        return _refused(visit, _verify_screen(visit), refusal)
    return renew_session(visit, RedirectResponse(_next(visit), 303), method)
