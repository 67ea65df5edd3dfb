"""Sign-in through the company's identity provider: away to it, back from it, out of it, and its own logouts.

Everything stays on the tenant's own host, whose address is made from settings and never from the request: the
cookie that binds the browser, the redirect address registered at the provider, the session that follows.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.adapters.sealing import SealingError
from app.kernel.errors import Forbidden, Missing, Refusal
from app.platform.identity.oidc import Begun, Metadata, Person, Registration, logout_url
from app.platform.identity.oidc_tokens import verify_logout_token
from app.platform.identity.sessions import SIGN_ON, Vouched
from app.platform.identity.throttle import TooMany, throttle
from app.platform.sign_on import SIGNED_IN, Provider, provider_secret, providers_of, secret_context
from app.web import account, sso_begun
from app.web.account import auth_page
from app.web.addresses import link, local
from app.web.errors import status_of
from app.web.identity import let_in, note_sign_on, renew_session, system_in
from app.web.letters import base_url
from app.web.portal import Portal, Visit
from app.web.responses import go
from app.web.screens import AuthScreen
from app.web.sso_begun import UnderWay
from app.web.widgets import ActionButton, Notice

log = logging.getLogger(__name__)

HOME = "/settings/sso"
TAGS = {"en": "en", "zh_CN": "zh-CN"}
LONGEST = 2000
"""Of a parameter a provider sends back; codes may be long, but not without end."""


def callback_url(visit: Visit, provider_id: UUID) -> str:
    """Where the provider sends the browser back to: one address a provider, so that none answers for another."""
    return f"{base_url(visit)}/sso/{provider_id}/callback"


def logout_address(visit: Visit, provider_id: UUID) -> str:
    """Where the provider tells of its own logouts (back channel)."""
    return f"{base_url(visit)}/sso/{provider_id}/logout"


def signed_out_url(visit: Visit) -> str:
    """Where the provider sends the browser after it has signed out there."""
    return f"{base_url(visit)}/sso/signed-out"


def registration(visit: Visit, provider: Provider) -> Registration:
    """Hanse as that provider knows it, with the secret opened."""
    assert visit.tenant is not None
    actor = system_in(visit, visit.tenant.id, visit.tenant.schema)
    sealed = visit.portal.gate.read(actor, lambda work: provider_secret(work, provider.id))
    try:
        secret = visit.portal.sealing.unseal(sealed or b"", secret_context(visit.tenant.id, provider.id)).decode()
    except SealingError as error:
        log.exception("the secret of an identity provider does not open")
        raise Forbidden("sso.secret_lost") from error
    return Registration(provider.issuer, provider.client_id, secret, provider.scopes)


# Away and back


def start(visit: Visit) -> Response:
    """GET: to the provider; who is signed in already goes on."""
    provider = _provider(visit)
    wanted = local(visit.request.query_params.get("next", ""), "/")
    if visit.profile is not None:
        return RedirectResponse(wanted, 303)
    home = base_url(visit)
    if visit.request.headers.get("host", "").lower() != home.partition("//")[2].lower():
        return RedirectResponse(home + link(visit.path, (), next=wanted), 303)  # cookies do not follow to the callback
    try:
        return _away(visit, provider, UnderWay(provider.id, Begun.new(), wanted))
    except (Forbidden, TooMany) as refusal:
        return _refused(visit, provider, refusal, None)


def connect(visit: Visit) -> Response:
    """POST: link the account of the signed-in person, which is how an owner comes to sign in this way."""
    assert visit.session is not None
    provider = _provider(visit)
    if visit.session.provider_id is not None:
        raise Forbidden("sso.connect_own")
    if not visit.session.proved_self:
        return RedirectResponse(link("/verify", (), next=HOME, own="1"), 303)
    under_way = UnderWay(provider.id, Begun.new(), HOME, "connect", str(visit.session.id))
    away = _away(visit, provider, under_way)
    url = away.headers["location"]
    return _onward(visit, away, url, visit.labels.text("web.sso.connect", name=provider.name))


def again(visit: Visit) -> Response:
    """GET: prove oneself anew at the provider that vouched for the session, before something sensitive."""
    assert visit.session is not None
    provider = _provider(visit)
    if visit.session.provider_id != provider.id:
        raise Missing("page.missing")
    wanted = local(visit.request.query_params.get("next", ""), "/")
    return _away(visit, provider, UnderWay(provider.id, Begun.new(), wanted, "verify", str(visit.session.id)))


def _away(visit: Visit, provider: Provider, under_way: UnderWay) -> Response:
    assert visit.tenant is not None
    throttle(visit.portal.limiter, "sso", "", visit.address, str(visit.tenant.id))
    asking = Registration(provider.issuer, provider.client_id, "", provider.scopes)
    url = visit.portal.relying_party.authorization_url(
        asking,
        under_way.begun,
        callback_url(visit, provider.id),
        TAGS[visit.locale],
        anew=under_way.purpose == "verify",
    )
    response = RedirectResponse(url, 303)
    sso_begun.keep(visit, response, under_way)
    return response


def callback(visit: Visit) -> Response:
    """GET: back from the provider, with a code or with a refusal of its own."""
    provider = _provider(visit)
    person: Person | None = None
    try:
        answer = _answer(visit)
        under_way = sso_begun.take(visit, provider.id, answer.get("state", ""))
        if under_way.session and (visit.session is None or str(visit.session.id) != under_way.session):
            raise Forbidden("sso.state")
        person = visit.portal.relying_party.person(
            registration(visit, provider),
            under_way.begun,
            answer,
            callback_url(visit, provider.id),
            provider.role_claim,
            since=under_way.began if under_way.purpose == "verify" else 0.0,
        )
        return _received(visit, provider, person, under_way)
    except Refusal as refusal:
        return _refused(visit, provider, refusal, person)


def _answer(visit: Visit) -> dict[str, str]:
    """The query; a parameter given twice is an attempt to be read differently by two readers (RFC 6749, 3.1)."""
    answer = {name: value[:LONGEST] for name, value in visit.query}
    if len(answer) != len(visit.query):
        raise Forbidden("sso.state")
    return answer


def _received(visit: Visit, provider: Provider, person: Person, under_way: UnderWay) -> Response:
    """Somebody the provider vouches for: linked, proved anew, or let in."""
    assert visit.tenant is not None
    actor = system_in(visit, visit.tenant.id, visit.tenant.schema)
    if under_way.purpose == "verify":
        assert visit.session is not None
        if visit.portal.sign_ons.subject_of(visit.session.id) != person.subject:
            raise Forbidden("sso.other_person")
        return renew_session(visit, RedirectResponse(local(under_way.next, "/"), 303), SIGN_ON)
    if under_way.purpose == "connect":
        assert visit.session is not None
        visit.portal.sign_ons.connect(visit.tenant.id, provider, person, visit.session.identity_id)
        note(visit, provider.id, "sso.connected", person=person)
        return go(visit, under_way.next, visit.labels.text("web.sso.connected", name=provider.name))
    identity_id = visit.portal.sign_ons.admit(actor, provider, person, visit.locale)
    sealed = visit.portal.sealing.seal(person.id_token.encode(), _token_context(visit.tenant.id, provider.id))
    vouched = Vouched(provider.id, person.subject, person.session, sealed)
    response = let_in(visit, identity_id, local(under_way.next, "/"), vouched=vouched)
    note(visit, provider.id, SIGNED_IN, person=person)
    return response


def note(visit: Visit, provider_id: UUID, code: str, detail: str = "", person: Person | None = None) -> None:
    """Tell the administrator what became of a sign-in, and whom it was about."""
    email = person.claims.get("email") if person else ""
    subject = person.subject if person else ""
    note_sign_on(visit, provider_id, code, detail, email if isinstance(email, str) else "", subject)


def _refused(visit: Visit, provider: Provider, refusal: Refusal, person: Person | None) -> Response:
    """Say plainly what was wrong and offer both ways on; what the machine said is for the administrator."""
    labels, status = visit.labels, status_of(refusal)
    if not isinstance(refusal, TooMany):
        note(visit, provider.id, refusal.code, str(refusal.facts.get("detail", "")), person)
    again = ActionButton(labels.text("web.sso.again"), f"/sso/{provider.id}/start", icon="login", look="primary")
    screen = AuthScreen(
        "message",
        labels.text("web.sso.refused", name=provider.name),
        labels.refusal(refusal),
        notices=[Notice(f"{refusal.code} · {visit.request_id}" if visit.request_id else refusal.code)],
        choices=[again],
        links=[("", labels.text("web.sso.other_way"), "/login")],
        icon="alert-triangle",
    )
    response = auth_page(visit, screen, status)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.facts["seconds"])
    return response


def _provider(visit: Visit) -> Provider:
    """The active provider of the address; Missing for any other, of this tenant or another."""
    if visit.tenant is None:
        raise Missing("page.missing")
    key = visit.id("provider")
    for one in visit.providers:
        if one.id == key and one.active:
            return one
    raise Missing("page.missing")


# Out


def logout(visit: Visit) -> Response:
    """POST: out of Hanse, and then out of the provider that vouched for the session, if it can be."""
    url, name = _logout_url(visit)
    response = account.logout(visit)
    return _onward(visit, response, url, visit.labels.text("web.sso.signing_out", name=name)) if url else response


def _logout_url(visit: Visit) -> tuple[str, str]:
    """(address of the provider's own logout, its name), or nothing: also when the provider cannot be asked now."""
    if visit.session is None or visit.session.provider_id is None or visit.tenant is None:
        return "", ""
    provider = next((one for one in visit.providers if one.id == visit.session.provider_id), None)
    if provider is None:
        return "", ""
    try:
        metadata = visit.portal.relying_party.metadata(provider.issuer)
        sealed = visit.portal.sign_ons.token_of(visit.session.id)
        token = visit.portal.sealing.unseal(sealed or b"", _token_context(visit.tenant.id, provider.id)).decode()
    except (Forbidden, SealingError):
        log.warning("the provider's logout is not to be had", exc_info=True)
        return "", ""
    return logout_url(metadata, provider.client_id, token, signed_out_url(visit)), provider.name


def signed_out(visit: Visit) -> Response:
    """GET: back after the provider's logout."""
    labels = visit.labels
    links = [("", labels.text("web.auth.login"), "/login")]
    title, text = labels.text("web.sso.signed_out"), labels.text("web.sso.signed_out.text")
    return auth_page(visit, AuthScreen("message", title, text, links=links, icon="circle-check"))


def _onward(visit: Visit, told: Response, url: str, words: str) -> Response:
    """Lead a POST to another site. The content policy lets no form end there, so the browser is told, not redirected."""
    if visit.htmx:
        response: Response = Response(status_code=204, headers={"HX-Redirect": url})
    else:
        response = auth_page(visit, AuthScreen("message", words, links=[("", words, url)], icon="login"))
        response.headers["Refresh"] = f"0; url={url}"
    for name, value in told.raw_headers:
        if name in (b"set-cookie", b"clear-site-data"):
            response.raw_headers.append((name, value))
    return response


def _token_context(tenant_id: UUID, provider_id: UUID) -> str:
    return f"sign_on_session:{tenant_id}:{provider_id}"


# Logouts the provider tells of


def back_channel(portal: Portal, request: Request, form: Mapping[str, Any]) -> Response:
    """POST by the provider itself: sessions of ours end. The signature is the permission (Back-Channel Logout 1.0)."""
    try:
        tenant = portal.directory.tenant_at(request.headers.get("host", ""))
        throttle(portal.limiter, "sso_logout", "", request.client.host if request.client else "")
        key = UUID(str(request.path_params["provider"]))
        with portal.sessions(tenant.schema) as session:
            found = next((one for one in providers_of(session, tenant.schema) if one.id == key and one.active), None)
            session.rollback()
        if found is None:
            raise Missing("page.missing")
        metadata = portal.relying_party.metadata(found.issuer)
        _end_sessions(portal, tenant.id, found, metadata, str(form.get("logout_token", "")))
    except Refusal as refusal:
        log.info("a logout by back channel was refused: %s", refusal)
        error = {"error": "invalid_request", "error_description": refusal.code}
        return JSONResponse(error, 429 if isinstance(refusal, TooMany) else 400, {"Cache-Control": "no-store"})
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


def _end_sessions(portal: Portal, tenant_id: UUID, provider: Provider, metadata: Metadata, token: str) -> None:
    asked = verify_logout_token(
        token,
        issuer=metadata.issuer,
        client_id=provider.client_id,
        algorithms=metadata.algorithms,
        keys=lambda fresh: portal.relying_party.keys(metadata, fresh=fresh),
        now=datetime.now(UTC).timestamp(),
    )
    until = datetime.fromtimestamp(asked.expires_at, UTC)
    if not portal.sign_ons.once(f"logout:{tenant_id}:{provider.issuer}:{asked.token_id}", until):
        raise Forbidden("sso.token_again")
    portal.sign_ons.end(tenant_id, provider.id, subject=asked.subject, session=asked.session)
    portal.logins.forget()
