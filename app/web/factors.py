"""Setting up, naming and removing second factors: an authenticator app, passkeys, recovery codes.

The pages stand outside the shell, because whoever has to have a factor comes here before anything else. Every change
asks for a fresh proof first, is told to the person by mail, and gives the session a new cookie.
"""

from collections.abc import Sequence
from uuid import UUID

import segno
from starlette.responses import RedirectResponse, Response

from app.kernel.errors import Conflict, Forbidden, Invalid
from app.platform.identity.challenges import peek_challenge, put_challenge, take_challenge
from app.platform.identity.factors import Factors, factors_of
from app.platform.identity.recovery import new_recovery_codes
from app.platform.identity.secrets import new_secret
from app.platform.identity.totp import enrol_totp, new_totp_secret, provisioning_uri, remove_totp
from app.web.account import auth_page, refused
from app.web.addresses import link, local
from app.web.devices import device_name
from app.web.happenings import note_factor
from app.web.identity import renew_session
from app.web.letters import send_note
from app.web.markup import safe
from app.web.passkeys import site_of
from app.web.portal import Visit
from app.web.responses import go
from app.web.screens import AuthScreen, EditForm, PasskeyAsk
from app.web.second import code_box, must_verify
from app.web.widgets import ActionButton, FieldBox

SECURITY = "/settings/security"
ENROLMENT = "totp"


def _identity(visit: Visit) -> UUID:
    assert visit.session is not None
    return visit.session.identity_id


def own_factors(visit: Visit) -> Factors:
    """The signed-in person's factors, seen from this host."""
    return factors_of(visit.portal.control, _identity(visit), site_of(visit).rp_id)


def _next(visit: Visit) -> str:
    return local(visit.form.get("next") or visit.request.query_params.get("next", ""), SECURITY)


def _back(visit: Visit) -> tuple[str, str, str]:
    """The way out: for whoever owes a factor the choice of kinds, else the settings."""
    href = link("/enrol", (), next=_next(visit)) if visit.owes_factor else SECURITY
    return "", visit.labels.text("web.factor.back"), href


# Led here by the tenant's policy


def enrol(visit: Visit) -> Response:
    """GET: what can be set up; whoever has a factor already proves it instead."""
    wanted = local(visit.request.query_params.get("next", ""), "/")
    if not visit.owes_factor:
        return RedirectResponse(wanted, 303)
    if own_factors(visit).any:
        return RedirectResponse(link("/verify", (), next=wanted), 303)
    labels = visit.labels
    screen = AuthScreen(
        "message",
        labels.text("web.factor.enrol"),
        labels.text("web.factor.enrol.text", company=visit.tenant.company_name if visit.tenant else ""),
        icon="shield-lock",
        choices=[
            ActionButton(labels.text("web.factor.passkey"), link("/factors/passkey", (), next=wanted), icon="key"),
            ActionButton(labels.text("web.factor.totp"), link("/factors/totp", (), next=wanted), icon="phone"),
        ],
        form=EditForm("/logout"),
        submit=labels.text("web.factor.sign_out"),
    )
    return auth_page(visit, screen)


# Authenticator app


def show_totp(visit: Visit) -> Response:
    """GET: a new secret as QR code and as text; it counts once its first code is typed."""
    away = must_verify(visit)
    if away is not None:
        return away
    assert visit.tenant is not None
    secret, token, identity = new_totp_secret(), new_secret(), _identity(visit)
    sealed = visit.portal.sealing.seal(secret.encode(), _context(identity))
    put_challenge(visit.portal.control, ENROLMENT, token, visit.tenant.id, identity_id=identity, content=sealed)
    return auth_page(visit, _totp_screen(visit, secret, token))


def _context(identity: UUID) -> str:
    return f"totp-enrolment:{identity}"


def _totp_screen(visit: Visit, secret: str, token: str) -> AuthScreen:
    assert visit.profile is not None
    labels, issuer = visit.labels, visit.tenant.company_name if visit.tenant else "Hanse"
    address = provisioning_uri(secret, visit.profile.email, issuer or "Hanse")
    picture = segno.make(address, error="m").svg_inline(
        border=3,
        dark="#000",
        light="#fff",
        svgclass="qr",
        lineclass=None,
        omitsize=True,
        title=labels.text("web.factor.qr"),
    )
    return AuthScreen(
        "message",
        labels.text("web.factor.totp.set_up"),
        labels.text("web.factor.totp.set_up.text"),
        figure=safe(picture),
        codes=[" ".join(secret[at : at + 4] for at in range(0, len(secret), 4))],
        fields=[code_box(visit)],
        form=EditForm("/factors/totp", hidden=[("enrolment", token), ("next", _next(visit))]),
        submit=labels.text("web.factor.confirm"),
        links=[_back(visit)],
    )


def submit_totp(visit: Visit) -> Response:
    """POST the first code; a wrong one shows the same secret again."""
    assert visit.tenant is not None
    token, identity, control = visit.form.get("enrolment", ""), _identity(visit), visit.portal.control
    asked = peek_challenge(control, ENROLMENT, token, visit.tenant.id)
    if asked is None or asked.identity_id != identity:
        return RedirectResponse(link("/factors/totp", (), next=_next(visit)), 303)
    secret = visit.portal.sealing.unseal(asked.content, _context(identity)).decode()
    if not enrol_totp(control, visit.portal.sealing, identity, secret, visit.form.get("code", "")[:20]):
        return refused(visit, _totp_screen(visit, secret, token), Invalid("factor.wrong", field="code"))
    take_challenge(control, ENROLMENT, token, visit.tenant.id)
    return _added(visit, "totp")


# Passkeys


def show_passkey(visit: Visit) -> Response:
    """GET: name it, then let the browser make it."""
    return must_verify(visit) or auth_page(visit, _passkey_screen(visit))


def _passkey_screen(visit: Visit, error: str = "") -> AuthScreen:
    labels = visit.labels
    name = visit.form.get("name") or device_name(visit.request.headers.get("user-agent", ""))
    field = FieldBox("name", labels.text("web.factor.passkey.name"), value=name, required=True, max_length=100)
    ask = PasskeyAsk(
        "make",
        "/factors/passkey",
        labels.text("web.factor.passkey.make"),
        fields=[field],
        hidden=[("next", _next(visit))],
        lead=True,
        error=error,
    )
    title, text = labels.text("web.factor.passkey.set_up"), labels.text("web.factor.passkey.set_up.text")
    return AuthScreen("message", title, text, icon="key", passkey=ask, links=[_back(visit)])


def submit_passkey(visit: Visit) -> Response:
    """POST what the authenticator made."""
    away = must_verify(visit)
    if away is not None:
        return away
    try:
        visit.portal.passkeys.make(
            site_of(visit), _identity(visit), visit.form.get("credential", ""), visit.form.get("name", "")
        )
    except (Invalid, Conflict) as refusal:
        return auth_page(visit, _passkey_screen(visit, visit.labels.refusal(refusal)), 422)
    return _added(visit, "passkey")


def _added(visit: Visit, kind: str) -> Response:
    """Told by mail; the first factor brings recovery codes, later ones lead straight on."""
    _tell(visit, f"{kind}_added")
    note_factor(visit, _identity(visit), "platform.add_factor", kind)
    if own_factors(visit).recovery_codes == 0:
        return renew_session(visit, _codes_page(visit), kind)
    return renew_session(visit, go(visit, _next(visit), visit.labels.text(f"web.factor.{kind}.added")), kind)


def _tell(visit: Visit, letter: str) -> None:
    assert visit.profile is not None
    send_note(visit, visit.profile.email, visit.locale, letter)


def _own_passkey(visit: Visit) -> str:
    """The name of the passkey in the address; Forbidden `passkey.missing` for none of one's own."""
    wanted = visit.id("passkey")
    for one in visit.portal.passkeys.of_identity(_identity(visit)):
        if one.id == wanted:
            return one.name
    raise Forbidden("passkey.missing")


def show_rename(visit: Visit) -> Response:
    """GET."""
    return auth_page(visit, _rename_screen(visit, _own_passkey(visit)))


def _rename_screen(visit: Visit, name: str) -> AuthScreen:
    labels = visit.labels
    field = FieldBox("name", labels.text("web.factor.passkey.name"), value=name, required=True, max_length=100)
    return AuthScreen(
        "message",
        labels.text("web.factor.passkey.rename"),
        fields=[field],
        form=EditForm(visit.path),
        submit=labels.text("web.save"),
        links=[_back(visit)],
    )


def submit_rename(visit: Visit) -> Response:
    """POST."""
    try:
        visit.portal.passkeys.rename(_identity(visit), visit.id("passkey"), visit.form.get("name", ""))
    except Invalid as refusal:
        return refused(visit, _rename_screen(visit, _own_passkey(visit)), refusal)
    return go(visit, SECURITY, visit.labels.text("web.factor.passkey.renamed"))


# Taking away


def show_remove(visit: Visit) -> Response:
    """GET: asked before it is done, and only after a fresh proof."""
    away = must_verify(visit)
    if away is not None:
        return away
    name = _own_passkey(visit) if "passkey" in visit.params else visit.labels.text("web.factor.totp")
    return auth_page(visit, _removal(visit, visit.labels.text("web.factor.remove", name=name)))


def _removal(visit: Visit, title: str) -> AuthScreen:
    labels = visit.labels
    return AuthScreen(
        "message",
        title,
        labels.text("web.factor.remove.text"),
        icon="alert-triangle",
        form=EditForm(visit.path),
        submit=labels.text("web.factor.remove.do"),
        links=[_back(visit)],
    )


def submit_remove(visit: Visit) -> Response:
    """POST; the last factor stays where the tenant asks for one."""
    away = must_verify(visit)
    if away is not None:
        return away
    found, identity = own_factors(visit), _identity(visit)
    if visit.must_have_factor and int(found.totp) + found.passkeys == 1:
        raise Conflict("factor.required")
    if "passkey" in visit.params:
        visit.portal.passkeys.remove(identity, visit.id("passkey"))
        kind = "passkey"
    else:
        remove_totp(visit.portal.control, identity)
        kind = "totp"
    _tell(visit, f"{kind}_removed")
    note_factor(visit, identity, "platform.remove_factor", kind)
    return go(visit, SECURITY, visit.labels.text(f"web.factor.{kind}.removed"))


# Recovery codes


def show_codes(visit: Visit) -> Response:
    """GET: new codes make the old ones worthless, so they are made by a button."""
    away = must_verify(visit)
    if away is not None:
        return away
    labels = visit.labels
    screen = AuthScreen(
        "message",
        labels.text("web.factor.codes.new"),
        labels.text("web.factor.codes.new.text"),
        icon="rosette-discount",
        form=EditForm("/factors/codes"),
        submit=labels.text("web.factor.codes.make"),
        links=[_back(visit)],
    )
    return auth_page(visit, screen)


def submit_codes(visit: Visit) -> Response:
    """POST: the codes stand on the answer to this very request and nowhere else."""
    away = must_verify(visit)
    if away is not None:
        return away
    if not own_factors(visit).any:
        raise Conflict("factor.none")
    response = _codes_page(visit)
    _tell(visit, "codes_made")
    note_factor(visit, _identity(visit), "platform.add_factor", "recovery")
    return response


def _codes_page(visit: Visit) -> Response:
    labels = visit.labels
    screen = AuthScreen(
        "message",
        labels.text("web.factor.codes.made"),
        labels.text("web.factor.codes.made.text"),
        icon="circle-check",
        codes=new_recovery_codes(visit.portal.control, _identity(visit)),
        choices=[ActionButton(labels.text("web.factor.codes.kept"), _next(visit), look="primary")],
    )
    return auth_page(visit, screen)


def factor_actions(visit: Visit, found: Factors) -> Sequence[ActionButton]:
    """What one can do with the authenticator app."""
    labels = visit.labels
    kind = "replace" if found.totp else "set_up"
    actions = [ActionButton(labels.text(f"web.factor.{kind}"), "/factors/totp", icon="phone")]
    if found.totp:
        actions.append(ActionButton(labels.text("web.factor.remove.do"), "/factors/totp/remove", icon="trash"))
    return actions
