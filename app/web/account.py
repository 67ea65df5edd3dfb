"""Signing in and out, forgotten passwords, confirmed addresses, invitations: the pages outside the shell."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.kernel.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.platform.identity.passwords import joined
from app.platform.identity.throttle import TooMany
from app.platform.identity.tickets import issue_ticket, redeem_ticket
from app.platform.users import link_user
from app.web import csrf, session
from app.web.addresses import link, local
from app.web.errors import status_of
from app.web.happenings import note_failed_sign_in, note_own, note_password
from app.web.identity import let_in, system_in
from app.web.letters import send_reset
from app.web.portal import Visit
from app.web.render import render
from app.web.screens import AuthScreen, EditForm, PasskeyAsk
from app.web.sso_offer import offered
from app.web.widgets import ActionButton, FieldBox

OTHER = {"en": "zh_CN", "zh_CN": "en"}
TOKEN_LENGTH = 100


def auth_page(visit: Visit, screen: AuthScreen, status: int = 200) -> Response:
    """A page outside the shell, with the visitor's token and the way to the other language."""
    cookie = session.read_cookie(visit.portal, visit.request, session.SESSION) if visit.profile else visit.guest
    screen.csrf = csrf.token_for(visit.portal.secret, cookie)
    screen.locale = visit.labels.tag
    if visit.profile is None:  # whoever is signed in has chosen a language, and codes shown once are not shown again
        kept = [(name, value) for name, value in visit.query if name != "lang"]
        screen.other_locale_href = link(visit.path, kept, lang=OTHER[visit.locale])
    if visit.tenant is not None:
        screen.company = visit.tenant.company_name
    return HTMLResponse(render("auth.html", visit.locale, auth=screen, screen=screen), status)


def refused(visit: Visit, screen: AuthScreen, refusal: Refusal) -> Response:
    """The same page with what was wrong, and everything but passwords as typed."""
    names = {box.name: box for box in screen.fields}
    errors = []
    for finding in refusal.findings:
        text = visit.labels.refusal(finding)
        at = finding.field or str(finding.facts.get("field", ""))
        if at in names:
            names[at].error = text
        errors.append((at if at in names else "", text))
    for box in screen.fields:
        if box.kind != "password":
            box.value = visit.form.get(box.name, box.value)
            for choice in box.choices:
                choice.selected = choice.value == box.value
    assert screen.form is not None
    screen.form.errors = errors
    response = auth_page(visit, screen, status_of(refusal) if isinstance(refusal, TooMany) else 422)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.facts["seconds"])
    return response


def message(visit: Visit, name: str, links: Sequence[tuple[str, str, str]] = (), icon: str = "") -> Response:
    """A page that only says something."""
    labels = visit.labels
    title, text = labels.text(f"web.auth.{name}"), labels.text(f"web.auth.{name}.text")
    return auth_page(visit, AuthScreen("message", title, text, links=links, icon=icon))


def password_box(visit: Visit, name: str = "password", *, new: bool = False, least: int = 0) -> FieldBox:
    """An input for a password; a new one says how long it must be: by its tenant's profile where `least` is not given."""
    return FieldBox(
        name,
        visit.labels.text(f"web.auth.{name}"),
        "password",
        required=True,
        autocomplete="new-password" if new else "current-password",
        help=visit.labels.text("web.password.hint", least=least or _least(visit)) if new else "",
        max_length=200,
    )


def _least(visit: Visit) -> int:
    """The shortest password of somebody without a second factor, as far as the host tells whose rules hold."""
    return joined([visit.tenant.password_policy] if visit.tenant is not None else []).least


# Signing in


def login_screen(visit: Visit) -> AuthScreen:
    """The sign-in page: by password, on a tenant's host also by passkey."""
    labels = visit.labels
    wanted = local(visit.form.get("next") or visit.request.query_params.get("next", ""), "")
    email = FieldBox(
        "email", labels.text("field.email"), "email", required=True, autocomplete="username", max_length=254
    )
    hidden = [("next", wanted)] if wanted else []
    passkey = None
    if visit.tenant is not None:
        passkey = PasskeyAsk("login", "/login/passkey", labels.text("web.factor.passkey_login"), hidden=hidden)
    links = [] if visit.tenant else [(labels.text("web.auth.no_company"), labels.text("web.auth.signup"), "/signup")]
    screen = AuthScreen(
        "login",
        labels.text("web.auth.login"),
        labels.text("web.auth.login.text"),
        fields=[email, password_box(visit)],
        form=EditForm("/login", hidden=hidden),
        submit=labels.text("web.auth.login"),
        links=links,
        forgot_href="/forgot",
        passkey=passkey,
    )
    return offered(visit, screen, wanted)


def show_login(visit: Visit) -> Response:
    """GET; who is signed in already goes on."""
    if visit.profile is not None:
        return RedirectResponse(local(visit.request.query_params.get("next", ""), "/"), 303)
    return auth_page(visit, login_screen(visit))


def submit_login(visit: Visit) -> Response:
    """POST: on a portal into it, on the bare domain to the portals one belongs to."""
    email, password = visit.form.get("email", "").strip()[:254], visit.form.get("password", "")
    try:
        tenant_id = visit.tenant.id if visit.tenant is not None else None
        identity = visit.portal.accounts.sign_in(email, password, address=visit.address, tenant_id=tenant_id)
        if visit.portal.accounts.password_due(identity):
            return _renew(visit, identity, email)
        if visit.tenant is not None:
            return let_in(visit, identity, local(visit.form.get("next", ""), "/"))
    except (Forbidden, Invalid, TooMany) as refusal:
        response = refused(visit, login_screen(visit), refusal)
        if isinstance(refusal, Forbidden):
            response.background = BackgroundTask(note_failed_sign_in, visit, email)
        return response
    return _choose(visit, identity)


def _renew(visit: Visit, identity: UUID, email: str) -> Response:
    """A temporary or expired password opens nothing but the page that sets a new one."""
    secret = visit.portal.accounts.mail_token("renew", email.lower(), identity_id=identity)
    return RedirectResponse(f"/reset?token={quote(secret)}", 303)


def _choose(visit: Visit, identity: UUID) -> Response:
    """One place: straight there. Several: a link each. None: say so."""
    places = visit.portal.accounts.places(identity)
    if not places:
        return message(visit, "no_place", [("", visit.labels.text("web.auth.signup"), "/signup")])
    if len(places) == 1:
        return RedirectResponse(hand_over(visit, identity, places[0].tenant.id, places[0].tenant.slug), 303)
    choices = [
        ActionButton(
            place.tenant.company_name,
            hand_over(visit, identity, place.tenant.id, place.tenant.slug),
            note=visit.portal.settings.tenant_url(place.tenant.slug).partition("//")[2],
        )
        for place in places
    ]
    return auth_page(visit, AuthScreen("choose", visit.labels.text("web.auth.choose"), choices=choices))


def hand_over(visit: Visit, identity: UUID, tenant_id: UUID, slug: str) -> str:
    """The address on the tenant's host that opens a session there, once."""
    ticket = issue_ticket(visit.portal.control, identity, tenant_id)
    return f"{visit.portal.settings.tenant_url(slug)}/enter?ticket={quote(ticket)}"


def enter(visit: Visit) -> Response:
    """GET with a ticket from the bare domain."""
    assert visit.tenant is not None
    ticket = visit.request.query_params.get("ticket", "")[:TOKEN_LENGTH]
    identity = redeem_ticket(visit.portal.control, ticket, visit.tenant.id)
    if identity is None:
        return RedirectResponse("/" if visit.profile is not None else "/login", 303)
    return let_in(visit, identity, "/")


def logout(visit: Visit) -> Response:
    """POST: the session ends everywhere, the browser forgets what it kept."""
    if visit.session is not None:
        note_own(visit, "platform.sign_out")
        visit.portal.logins.end(visit.session.id)
    response = RedirectResponse("/login", 303)
    session.clear_cookie(visit.portal, response, session.SESSION)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


# Forgotten passwords


def _forgot_screen(visit: Visit) -> AuthScreen:
    labels = visit.labels
    email = FieldBox(
        "email", labels.text("field.email"), "email", required=True, autocomplete="username", max_length=254
    )
    return AuthScreen(
        "forgot",
        labels.text("web.auth.forgot"),
        labels.text("web.auth.forgot.text"),
        fields=[email],
        form=EditForm("/forgot"),
        submit=labels.text("web.auth.forgot.send"),
        links=[("", labels.text("web.auth.login"), "/login")],
    )


def show_forgot(visit: Visit) -> Response:
    """GET."""
    return auth_page(visit, _forgot_screen(visit))


def submit_forgot(visit: Visit) -> Response:
    """POST: the same answer whether the address is known or not."""
    try:
        found = visit.portal.accounts.ask_reset(visit.form.get("email", "")[:254], address=visit.address)
    except (Invalid, TooMany) as refusal:
        return refused(visit, _forgot_screen(visit), refusal)
    labels = visit.labels
    screen = AuthScreen("check_mail", labels.text("web.auth.check_mail"), labels.text("web.auth.check_mail.reset"))
    response = auth_page(visit, screen)
    if found is not None:  # sent after the answer, which so takes as long for strangers
        response.background = BackgroundTask(send_reset, visit, *found)
    return response


def _token(visit: Visit) -> str:
    return (visit.form.get("token") or visit.request.query_params.get("token", ""))[:TOKEN_LENGTH]


def _reset_screen(visit: Visit, token: str) -> AuthScreen:
    labels = visit.labels
    return AuthScreen(
        "reset",
        labels.text("web.auth.reset"),
        fields=[password_box(visit, new=True)],
        form=EditForm("/reset", hidden=[("token", token)]),
        submit=labels.text("web.auth.reset.save"),
    )


def show_reset(visit: Visit) -> Response:
    """GET from the mailed link."""
    token = _token(visit)
    if not _reset_kind(visit, token):
        return dead_link(visit)
    return auth_page(visit, _reset_screen(visit, token))


def _reset_kind(visit: Visit, token: str) -> str:
    """`reset` for a mailed link, `renew` for a password that has run out, the empty text for a dead one."""
    for kind in ("reset", "renew"):
        try:
            visit.portal.accounts.peek(kind, token)
        except Invalid:
            continue
        return kind
    return ""


def submit_reset(visit: Visit) -> Response:
    """POST: the new password; every session of the person ends, and after a forgotten one every API token."""
    token = _token(visit)
    kind = _reset_kind(visit, token) or "reset"
    try:
        identity = visit.portal.accounts.reset_password(token, visit.form.get("password", ""), kind)
    except Invalid as refusal:
        return dead_link(visit) if refusal.code == "link.dead" else refused(visit, _reset_screen(visit, token), refusal)
    visit.portal.logins.end_all(identity)
    if kind == "reset":
        visit.portal.tokens.revoke_of_identity(identity)
        visit.portal.partners.grants.end_identity(identity)
    note_password(visit, identity, "reset")
    return message(visit, "reset_done", [("", visit.labels.text("web.auth.login"), "/login")], "circle-check")


def dead_link(visit: Visit) -> Response:
    """A link that was used already or is too old."""
    response = message(visit, "dead_link", [("", visit.labels.text("web.auth.login"), "/login")], "alert-triangle")
    response.status_code = 410
    return response


# Confirmed addresses: a button, because mail scanners follow links


def show_confirm(visit: Visit) -> Response:
    """GET from the mailed link."""
    labels, token = visit.labels, _token(visit)
    try:
        visit.portal.accounts.peek("confirm", token)
    except Invalid:
        return dead_link(visit)
    form = EditForm("/confirm", hidden=[("token", token)])
    screen = AuthScreen(
        "message", labels.text("web.auth.confirm"), form=form, submit=labels.text("web.auth.confirm.do")
    )
    return auth_page(visit, screen)


def submit_confirm(visit: Visit) -> Response:
    """POST."""
    try:
        visit.portal.accounts.confirm_email(_token(visit))
    except Invalid:
        return dead_link(visit)
    return message(visit, "confirmed", [("", visit.labels.text("web.auth.go_on"), "/")], "circle-check")


# Invitations


def _invite_screen(visit: Visit, token: str, email: str, known: bool) -> AuthScreen:
    labels = visit.labels
    fields = [FieldBox("email", labels.text("field.email"), "email", value=email, readonly=True)]
    if not known:
        fields.append(
            FieldBox("name", labels.text("web.auth.your_name"), required=True, autocomplete="name", max_length=200)
        )
    fields.append(password_box(visit, new=not known))
    company = visit.tenant.company_name if visit.tenant else ""
    return AuthScreen(
        "invite",
        labels.text("web.auth.invite", company=company),
        labels.text("web.auth.invite.known" if known else "web.auth.invite.new"),
        fields=fields,
        form=EditForm("/invite", hidden=[("token", token)]),
        submit=labels.text("web.auth.invite.accept"),
    )


def show_invite(visit: Visit) -> Response:
    """GET from the mailed link, on the tenant's host."""
    token = _token(visit)
    screen = _invitation(visit, token)
    return auth_page(visit, screen) if screen else dead_link(visit)


def _invitation(visit: Visit, token: str) -> AuthScreen | None:
    try:
        found = visit.portal.accounts.peek("invite", token)
    except Invalid:
        return None
    if visit.tenant is None or found.tenant_id != visit.tenant.id:
        return None
    return _invite_screen(visit, token, found.email, visit.portal.accounts.knows(found.email))


def submit_invite(visit: Visit) -> Response:
    """POST: become the invited user and come in."""
    token = _token(visit)
    screen = _invitation(visit, token)
    if screen is None or visit.tenant is None:
        return dead_link(visit)
    given: Mapping[str, str] = visit.form
    tenant = visit.tenant

    def tie(tenant_id: UUID, user_id: UUID, identity_id: UUID) -> None:
        if tenant_id != tenant.id:
            raise Missing("page.missing")
        actor = system_in(visit, tenant.id, tenant.schema)
        visit.portal.gate.perform(link_user, actor, None, user_id=user_id, identity_id=identity_id)

    try:
        identity, _, _ = visit.portal.accounts.accept(
            token, given.get("name", ""), given.get("password", ""), visit.locale, tie, address=visit.address
        )
    except (Invalid, Forbidden, Conflict, TooMany) as refusal:
        return refused(visit, screen, refusal)
    return let_in(visit, identity, "/")
