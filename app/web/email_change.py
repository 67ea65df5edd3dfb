"""Changing the e-mail address one signs in with: a fresh proof, a link to the new address, a word to the old one."""

import logging
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import Response

from app.kernel.errors import Conflict, Invalid
from app.platform.identity.email_change import KIND, AddressChange, ask_address_change, take_address_change
from app.platform.identity.throttle import TooMany
from app.platform.user_credentials import readdress_user
from app.web.account import TOKEN_LENGTH, auth_page, dead_link, message, refused
from app.web.happenings import note_email
from app.web.identity import system_in
from app.web.letters import base_url, send, send_note
from app.web.portal import Visit
from app.web.screens import AuthScreen, EditForm
from app.web.second import must_verify
from app.web.widgets import FieldBox

log = logging.getLogger(__name__)


def show_change(visit: Visit) -> Response:
    """GET."""
    return must_verify(visit) or auth_page(visit, _screen(visit))


def _screen(visit: Visit) -> AuthScreen:
    assert visit.profile is not None
    labels = visit.labels
    field = FieldBox(
        "email", labels.text("web.email.new"), "email", required=True, autocomplete="email", max_length=254
    )
    return AuthScreen(
        "message",
        labels.text("web.email.change"),
        labels.text("web.email.change.text", email=visit.profile.email),
        fields=[field],
        form=EditForm("/settings/email"),
        submit=labels.text("web.auth.forgot.send"),
        links=[("", labels.text("web.factor.back"), "/settings/security")],
        icon="mail",
    )


def submit_change(visit: Visit) -> Response:
    """POST: the same answer whether the new address is free or not; letters go out after it."""
    away = must_verify(visit)
    if away is not None:
        return away
    assert visit.session is not None
    control, limiter, email = visit.portal.control, visit.portal.limiter, visit.form.get("email", "")[:254]
    try:
        change = ask_address_change(control, limiter, visit.session.identity_id, email, address=visit.address)
    except (Invalid, TooMany) as refusal:
        return refused(visit, _screen(visit), refusal)
    labels = visit.labels
    screen = AuthScreen("check_mail", labels.text("web.auth.check_mail"), labels.text("web.email.sent"))
    response = auth_page(visit, screen)
    response.background = BackgroundTask(_send, visit, change)
    return response


def _send(visit: Visit, change: AddressChange) -> None:
    if change.secret:
        link = f"{base_url(visit)}/email?token={quote(change.secret)}"
        send(visit.portal, change.new, visit.locale, "email_link", link)
    send_note(visit, change.old, visit.locale, "email_asked")


def _token(visit: Visit) -> str:
    return (visit.form.get("token") or visit.request.query_params.get("token", ""))[:TOKEN_LENGTH]


def show_confirm(visit: Visit) -> Response:
    """GET from the mailed link; a button, because mail scanners follow links."""
    labels, token = visit.labels, _token(visit)
    try:
        found = visit.portal.accounts.peek(KIND, token)
    except Invalid:
        return dead_link(visit)
    screen = AuthScreen(
        "message",
        labels.text("web.email.change"),
        labels.text("web.email.confirm.text", email=found.email),
        form=EditForm("/email", hidden=[("token", token)]),
        submit=labels.text("web.auth.confirm.do"),
    )
    return auth_page(visit, screen)


def submit_confirm(visit: Visit) -> Response:
    """POST: the address is changed here and in all the person's companies; every session ends."""
    try:
        change = take_address_change(visit.portal.control, _token(visit))
    except Invalid:
        return dead_link(visit)
    for place in visit.portal.accounts.places(change.identity_id):
        actor = system_in(visit, place.tenant.id, place.tenant.schema)
        try:
            visit.portal.gate.perform(readdress_user, actor, None, user_id=place.user_id, email=change.new)
        except Conflict:
            log.warning("a company knows another user by the new address of one of its people")
    visit.portal.logins.end_all(change.identity_id)
    note_email(visit, change.identity_id, change.old, change.new)
    send_note(visit, change.old, visit.locale, "email_changed")
    return message(visit, "email_done", [("", visit.labels.text("web.auth.login"), "/login")], "circle-check")
