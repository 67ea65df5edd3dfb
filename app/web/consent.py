"""`/oauth/authorize`: where a person lets a partner app act for them, and an administrator lets it in.

Nothing is granted in silence: the page is shown at every request. The query string is the request, checked anew when
the form is posted; the form itself holds only the answer. An error goes back to the app only where app and redirect
are sound and somebody is signed in; everything else is said here.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from authlib.oauth2 import OAuth2Error
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.kernel.errors import Forbidden, Refusal
from app.platform.app_installations import install_app
from app.platform.oauth.apps import AppFacts, origins
from app.platform.oauth.asked import Asked, Reply
from app.platform.oauth.grants import Consent
from app.platform.oauth.metadata import place_of
from app.platform.oauth.server import CodeGrant
from app.platform.work import Work
from app.web.account import OTHER
from app.web.addresses import link
from app.web.app_limits import limit_boxes, read_limits
from app.web.dialogs import csrf_of
from app.web.errors import outside, status_of
from app.web.headers import policy
from app.web.portal import Visit
from app.web.render import render
from app.web.scope_words import scope_words
from app.web.screens import ConsentScreen, ErrorScreen
from app.web.widgets import Notice

ADDRESS = "/oauth/authorize"


@dataclass
class _Request:
    """A sound authorization request, and how the app stands in this tenant."""

    asked: Asked
    grant: CodeGrant
    app: AppFacts
    scopes: list[str]
    installation_id: UUID | None
    covered: bool
    """Whether the installation allows all that is asked for; else an administrator has to let it in."""

    @property
    def redirect_uri(self) -> str:
        return str(self.grant.redirect_uri)


def show_consent(visit: Visit) -> Response:
    """GET: the page, or straight back to the app with an error that is the app's own."""
    found = _read(visit)
    return found if isinstance(found, Response) else _page(visit, found)


def answer_consent(visit: Visit) -> Response:
    """POST: back to the app with a code or with `access_denied`; an installation is made on the way where need be."""
    found = _read(visit)
    if isinstance(found, Response):
        return found
    server = visit.portal.partners.server
    if visit.form.get("decision") != "allow":
        return _sent(server.answer(found.asked, found.grant, None))
    assert visit.profile is not None
    try:
        installation_id = found.installation_id if found.covered else _install(visit, found)
    except Refusal as refusal:
        return _page(visit, found, refusal)
    assert installation_id is not None
    consent = Consent(found.app.id, visit.actor.tenant_id, installation_id, visit.profile.user_id, tuple(found.scopes))
    return _sent(server.answer(found.asked, found.grant, consent))


def _install(visit: Visit, found: _Request) -> UUID:
    """Let the app in, or in further; nobody hands out more than they hold."""
    permissions = visit.portal.partners.catalogue.expand(found.scopes)
    if not all(permission in visit.actor.grants for permission in permissions if permission != "platform.self"):
        raise Forbidden("app.beyond_own_rights")
    company_ids, role_ids = read_limits(visit)
    limits = {} if found.installation_id is not None else {"company_ids": company_ids, "role_ids": role_ids}
    done = visit.perform(install_app, app_id=found.app.id, app_name=found.app.name, scopes=found.scopes, **limits)
    return UUID(str(done.result))


def _read(visit: Visit) -> _Request | Response:
    """The request in the query string; a page that says what is wrong, or the way back to the app with an error."""
    assert visit.tenant is not None
    partners = visit.portal.partners
    place = place_of(visit.portal.settings, visit.tenant, visit.request.headers.get("host", ""))
    try:
        given = [(name, value) for name, value in visit.query if value and name != "lang"]
        asked = Asked(place, "GET", query=given)
    except OAuth2Error:
        return _unsound(visit)
    try:
        grant = partners.server.consent(asked)
    except OAuth2Error as error:
        return _sent(partners.server.refuse(asked, error)) if error.redirect_uri else _unsound(visit)
    scopes = str(asked.scope).split()
    installed = partners.bearers.installed(visit.tenant, grant.client.app.id)
    covered = installed is not None and partners.catalogue.covers(installed[1], scopes)
    return _Request(asked, grant, grant.client.app, scopes, installed[0] if installed else None, covered)


def _sent(reply: Reply) -> Response:
    """Out to the app, telling it nothing of the page the person came from (RFC 9700, 4.2.4)."""
    return RedirectResponse(reply.location, 303, headers={"Referrer-Policy": "no-referrer"})


def _unsound(visit: Visit) -> Response:
    """Nowhere to go back to: an unknown app, a redirect that is not registered, a parameter sent twice."""
    labels = visit.labels
    title, text = labels.text("web.consent.unsound"), labels.text("web.consent.unsound.text")
    return outside(visit, ErrorScreen(400, title, text, "oauth.request", visit.request_id))


def _page(visit: Visit, found: _Request, refusal: Refusal | None = None) -> Response:
    screen = visit.read(lambda work: _screen(visit, work, found, refusal))
    status = status_of(refusal) if refusal is not None else 200
    response = HTMLResponse(render("consent.html", visit.locale, screen=screen), status)
    # The browser holds the redirect that follows the form to this list, too.
    portal = visit.portal
    response.headers["Content-Security-Policy"] = policy(portal.objects.origin, origins([found.redirect_uri]))
    response.headers["Referrer-Policy"] = "no-referrer, same-origin"
    return response


def _screen(visit: Visit, work: Work, found: _Request, refusal: Refusal | None) -> ConsentScreen:
    assert visit.tenant is not None
    assert visit.profile is not None
    labels, app = visit.labels, found.app
    may = found.covered or visit.may("platform.install_app")
    kind = "use" if found.covered else "install" if found.installation_id is None else "extend"
    fields = limit_boxes(visit, work, *_chosen(visit)) if may and kind == "install" else []
    return ConsentScreen(
        labels.text(f"web.consent.{kind}", app=app.name),
        labels.text(f"web.consent.{kind}.text", app=app.name, company=visit.tenant.company_name),
        locale=labels.tag,
        csrf=csrf_of(visit),
        other_locale_href=link(
            visit.path, [pair for pair in visit.query if pair[0] != "lang"], lang=OTHER[visit.locale]
        ),
        company=visit.tenant.company_name,
        app_name=app.name,
        logo_href=f"/oauth/apps/{app.id}/logo" if app.logo_type else "",
        facts=_facts(visit, app, found.redirect_uri),
        scopes=scope_words(visit.portal, labels, found.scopes),
        scopes_title=labels.text("web.consent.scopes"),
        fields=fields,
        action=visit.here,
        allow=labels.text("web.consent.allow" if found.covered else "web.consent.allow_in") if may else "",
        deny=labels.text("web.consent.deny"),
        notices=[] if may else [Notice(labels.text("web.consent.ask"), tone="warn")],
        errors=[("", labels.refusal(one)) for one in refusal.findings] if refusal is not None else [],
    )


def _chosen(visit: Visit) -> tuple[list[str], list[str]]:
    """What was ticked before a refusal."""
    posted = [(name, value) for name, value in visit.pairs]
    return [v for n, v in posted if n == "company_ids"], [v for n, v in posted if n == "role_ids"]


def _facts(visit: Visit, app: AppFacts, redirect_uri: str) -> list[tuple[str, str]]:
    """Who offers it: the tenant that registered it, whose name nobody but the operator gives."""
    labels = visit.labels
    assert visit.profile is not None
    owner = visit.portal.directory.find(app.owner_tenant_id)
    facts = [
        (labels.text("web.consent.owner"), owner.company_name if owner is not None else ""),
        (labels.text("web.consent.leads"), urlsplit(redirect_uri).netloc),
        (labels.text("web.consent.as"), f"{visit.profile.name} ({visit.profile.email})"),
    ]
    return [fact for fact in facts if fact[1]]


def show_logo(visit: Visit) -> Response:
    """GET an app's logo; the type was read off its first bytes."""
    found = visit.portal.partners.apps.logo(visit.id("app"))
    if found is None:
        return Response(status_code=404)
    return Response(found[0], media_type=found[1], headers={"Cache-Control": "private, max-age=300"})
