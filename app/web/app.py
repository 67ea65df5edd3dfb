"""The web door's routes: fixed pages first, then whatever the registry holds. No module is named here."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.kernel.errors import Missing
from app.web import (
    access_policy,
    account,
    audit_settings,
    bulk,
    consent,
    credentials,
    deputies,
    developer,
    development,
    dialogs,
    email_change,
    exports,
    factors,
    files,
    imports,
    installed_apps,
    lookup,
    overviews,
    pages,
    palette,
    passkeys,
    people,
    preferences,
    prints,
    reports,
    role_limits,
    roles,
    second,
    security,
    setup,
    sign_in_rules,
    signup,
    sso,
    sso_settings,
    submit,
)
from app.web.errors import outside, to_factor
from app.web.headers import SecurityHeaders, policy
from app.web.portal import Portal, Visit
from app.web.render import STATIC, assets
from app.web.screens import ErrorScreen
from app.web.visits import Handler, ResourceHandler, endpoint, plain, resource_endpoint

IMMUTABLE = "public, max-age=31536000, immutable"
LIST = "/{module}/{collection}"
RECORD = "/{module}/{collection}/{id:uuid}"


class HashedFiles(StaticFiles):
    """Files whose names carry a hash of their content: kept by browsers for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            kept = path.startswith("dist/") and not path.endswith("manifest.json")
            response.headers["Cache-Control"] = IMMUTABLE if kept else "no-cache"
        return response


def web_routes(portal: Portal) -> list[BaseRoute]:
    """Every address of the web door, in order of matching."""

    def get(path: str, handler: Handler, **how: bool) -> Route:
        return Route(path, endpoint(portal, handler, **how), methods=["GET"])

    def post(path: str, handler: Handler, **how: bool) -> Route:
        return Route(path, endpoint(portal, handler, **how), methods=["POST"])

    both = {"public": True, "home": True}
    routes: list[BaseRoute] = [
        Mount("/static", HashedFiles(directory=STATIC, check_dir=False)),
        Route("/favicon.ico", _favicon, methods=["GET"]),
        Route("/objects", plain(portal, _object_in), methods=["POST"]),
        Route("/objects/{token}", plain(portal, _object_out), methods=["GET"]),
        get("/", _front, **both),
        get("/signup", signup.show, **both),
        post("/signup", signup.submit, **both),
        get("/signup/address", signup.check_address, **both),
        get("/login", account.show_login, **both),
        post("/login", account.submit_login, **both),
        *_factors(get, post),
        get("/enter", account.enter, public=True),
        post("/logout", sso.logout, public=True),
        get("/sso/signed-out", sso.signed_out, public=True),
        get("/sso/{provider:uuid}/start", sso.start, public=True),
        get("/sso/{provider:uuid}/callback", sso.callback, public=True),
        post("/sso/{provider:uuid}/connect", sso.connect),
        get("/sso/{provider:uuid}/again", sso.again),
        Route("/sso/{provider:uuid}/logout", plain(portal, sso.back_channel), methods=["POST"]),
        get("/forgot", account.show_forgot, **both),
        post("/forgot", account.submit_forgot, **both),
        get("/reset", account.show_reset, **both),
        post("/reset", account.submit_reset, **both),
        get("/email", email_change.show_confirm, **both),
        post("/email", email_change.submit_confirm, **both),
        get("/confirm", account.show_confirm, **both),
        post("/confirm", account.submit_confirm, **both),
        get("/invite", account.show_invite, **both),
        post("/invite", account.submit_invite, **both),
        get("/dev/mail", development.mails, **both),
        get("/dev/mail/{mail}", development.mail, **both),
        get("/setup", setup.show_wizard),
        post("/setup", setup.take_step),
        get("/{module}/wizards/{name}", setup.show_wizard),
        post("/{module}/wizards/{name}", setup.take_step),
        get("/palette", palette.palette),
        get("/lookup/{name}", lookup.options),
        get("/create/{name}", dialogs.quick_create),
        post("/create/{name}", dialogs.quick_create),
        post("/preferences", preferences.change),
        *_rights(get, post),
        get("/settings/profile", preferences.profile),
        *_security(portal, get, post),
        *_sign_on(get, post),
        *_apps(get, post),
        get("/{module}/imports/{name}", imports.show_import),
        post("/{module}/imports/{name}", imports.take_import),
        get("/{module}/imports/{name}/template.xlsx", imports.template),
        get("/{module}/reports/{name}", reports.show_report),
        get("/{module}/reports/{name}/export.{format}", reports.export_report),
    ]
    return [
        *routes,
        *_resources(portal),
        get("/{module}", overviews.module_home),
        Route("/{path:path}", endpoint(portal, _nothing, public=True, home=True), methods=["GET", "POST"]),
    ]


def _rights(get: Callable[..., Route], post: Callable[..., Route]) -> list[Route]:
    return [
        get("/platform/roles/{id:uuid}/rights", roles.show_rights),
        post("/platform/roles/{id:uuid}/rights", roles.submit_rights),
        get("/platform/roles/{id:uuid}/limits", role_limits.show),
        post("/platform/roles/{id:uuid}/limits", role_limits.add),
        post("/platform/roles/{id:uuid}/limits/choose", role_limits.choose),
        post("/platform/roles/{id:uuid}/limits/{rule:uuid}/delete", role_limits.remove),
        get("/platform/users/{id:uuid}/access", people.show_access),
        get("/settings/deputies", deputies.show),
        post("/settings/deputies", deputies.name),
        post("/settings/deputies/stop", deputies.stop),
        post("/settings/deputies/{id:uuid}/end", deputies.end),
        post("/settings/deputies/{id:uuid}/act", deputies.act),
        get("/settings/access", access_policy.show),
        post("/settings/access", access_policy.save),
        post("/settings/access/separate", access_policy.separate),
        post("/settings/access/propose", access_policy.propose),
        post("/settings/access/confirm", access_policy.confirm),
    ]


def _security(portal: Portal, get: Callable[..., Route], post: Callable[..., Route]) -> list[Route]:
    return [
        get("/settings/audit", audit_settings.show),
        post("/settings/audit", audit_settings.change),
        post("/settings/audit/drop", audit_settings.drop),
        get("/settings/sessions", security.sessions),
        post("/settings/sessions/{session:uuid}/end", security.end_session),
        get("/settings/tokens", security.tokens),
        post("/settings/tokens", security.make_token),
        post("/settings/tokens/{token:uuid}/revoke", security.revoke_token),
        post("/settings/sessions/end-others", security.end_others),
        get("/settings/security", credentials.show_security),
        get("/settings/email", email_change.show_change),
        post("/settings/email", email_change.submit_change),
        post("/settings/password", credentials.change_password),
        get("/settings/sign-in", sign_in_rules.show_rules),
        post("/settings/sign-in", sign_in_rules.change_rules),
    ]


def _sign_on(get: Callable[..., Route], post: Callable[..., Route]) -> list[Route]:
    return [
        get("/settings/sso", sso_settings.show_all),
        get("/settings/sso/new", sso_settings.show_new),
        post("/settings/sso", sso_settings.create),
        get("/settings/sso/{provider:uuid}", sso_settings.show_one),
        post("/settings/sso/{provider:uuid}", sso_settings.update),
        post("/settings/sso/{provider:uuid}/test", sso_settings.test),
        get("/settings/sso/{provider:uuid}/remove", sso_settings.ask_remove),
        post("/settings/sso/{provider:uuid}/remove", sso_settings.remove),
        post("/settings/sso/{provider:uuid}/links/{link:uuid}/disconnect", sso_settings.disconnect),
    ]


def _apps(get: Callable[..., Route], post: Callable[..., Route]) -> list[Route]:
    """Partner apps: consent, what is installed, and the developer's pages."""
    installed, app = "/settings/apps/{installation:uuid}", "/settings/developer/{app:uuid}"
    return [
        get(consent.ADDRESS, consent.show_consent),
        post(consent.ADDRESS, consent.answer_consent),
        get("/oauth/apps/{app:uuid}/logo", consent.show_logo),
        get("/settings/apps", installed_apps.show_apps),
        post("/settings/apps/grants/{grant:uuid}/revoke", installed_apps.revoke_grant),
        get(installed, installed_apps.show_app),
        post(installed, installed_apps.limit),
        get(f"{installed}/uninstall", installed_apps.ask_uninstall),
        post(f"{installed}/uninstall", installed_apps.uninstall),
        get("/settings/developer", developer.show_apps),
        get("/settings/developer/new", developer.show_new),
        post("/settings/developer", developer.create),
        get(app, developer.show_app),
        post(app, developer.update),
        post(f"{app}/logo", developer.set_logo),
        post(f"{app}/rotate/{{kind}}", developer.rotate),
        post(f"{app}/secrets/{{secret:uuid}}/end", developer.end_secret),
        get(f"{app}/disable", developer.ask_disable),
        post(f"{app}/disable", developer.switch),
        post(f"{app}/enable", developer.switch),
    ]


def _factors(get: Callable[..., Route], post: Callable[..., Route]) -> list[Route]:
    """Open before the tenant's second factor is proved, because they are where it is."""
    passkey = "/factors/passkeys/{passkey:uuid}"
    return [
        post("/passkey/options", passkeys.options, public=True),
        post("/login/passkey", passkeys.sign_in, public=True),
        get("/second", second.show_second, public=True),
        post("/second", second.submit_second, public=True),
        get("/verify", second.show_verify, early=True),
        post("/verify", second.submit_verify, early=True),
        get("/enrol", factors.enrol, early=True),
        get("/factors/totp", factors.show_totp, early=True),
        post("/factors/totp", factors.submit_totp, early=True),
        get("/factors/passkey", factors.show_passkey, early=True),
        post("/factors/passkey", factors.submit_passkey, early=True),
        get("/factors/totp/remove", factors.show_remove),
        post("/factors/totp/remove", factors.submit_remove),
        get(f"{passkey}/remove", factors.show_remove),
        post(f"{passkey}/remove", factors.submit_remove),
        get(f"{passkey}/rename", factors.show_rename),
        post(f"{passkey}/rename", factors.submit_rename),
        get("/factors/codes", factors.show_codes),
        post("/factors/codes", factors.submit_codes),
    ]


def _resources(portal: Portal) -> Sequence[Route]:
    def get(path: str, handler: ResourceHandler) -> Route:
        return Route(path, resource_endpoint(portal, handler), methods=["GET"])

    def post(path: str, handler: ResourceHandler) -> Route:
        return Route(path, resource_endpoint(portal, handler), methods=["POST"])

    return [
        get(LIST, pages.show_list),
        post(LIST, submit.create),
        get(f"{LIST}/new", pages.show_new),
        post(f"{LIST}/preview", submit.preview),
        get(f"{LIST}/export.{{format}}", exports.export),
        post(f"{LIST}/bulk/{{verb}}", bulk.run_bulk),
        get(f"{LIST}/views/new", preferences.ask_view),
        post(f"{LIST}/views", preferences.save_view),
        post(f"{LIST}/views/{{view:uuid}}/delete", preferences.forget_view),
        get(RECORD, pages.show_document),
        post(RECORD, submit.update),
        get(f"{RECORD}/edit", pages.show_edit),
        post(f"{RECORD}/preview", submit.preview),
        post(f"{RECORD}/comments", files.comment),
        post(f"{RECORD}/files", files.attach),
        post(f"{RECORD}/files/sign", files.sign),
        get(f"{RECORD}/files/{{file:uuid}}", files.download),
        post(f"{RECORD}/files/{{file:uuid}}/done", files.confirm),
        post(f"{RECORD}/files/{{file:uuid}}/delete", files.remove),
        get(f"{RECORD}/print/{{print}}.pdf", prints.print_document),
        get(f"{RECORD}/{{verb}}", submit.ask),
        post(f"{RECORD}/{{verb}}", submit.press),
    ]


def web_middleware(portal: Portal) -> list[Middleware]:
    """Headers every response of this door carries."""
    return [
        Middleware(SecurityHeaders, csp=policy(portal.objects.origin, portal_sources(portal)), secure=portal.secure)
    ]


def portal_sources(portal: Portal) -> list[str]:
    """Hosts a form's redirect may lead to: the tenants' portals, for sign-up's hand-over."""
    settings = portal.settings
    if settings.single_tenant:
        return []
    example = settings.tenant_url("x")
    return [example.replace("//x.", "//*.", 1), settings.public_url]


def _front(visit: Visit) -> Response:
    """`/`: the sign-up site on the bare domain, the home page on a portal."""
    if visit.tenant is None:
        return RedirectResponse("/signup", 303)
    if visit.profile is None:
        return RedirectResponse("/login", 303)
    if visit.owes_factor:
        return to_factor(visit)
    path = visit.read(lambda work: setup.setup_path(visit, work))
    return RedirectResponse(path, 303) if path else overviews.home(visit)


def _nothing(visit: Visit) -> Response:
    if visit.profile is None:
        title = visit.labels.optional("web.error.404") or visit.labels.text("page.missing")
        return outside(
            visit, ErrorScreen(404, title, visit.labels.text("page.missing"), "page.missing", visit.request_id)
        )
    raise Missing("page.missing")


async def _favicon(request: Request) -> Response:
    return RedirectResponse(assets().href("mark.svg"), 301)


def _object_in(portal: Portal, request: Request, form: dict[str, Any]) -> Response:
    return files.store_upload(portal, str(form.get("token", "")), form.get("file"))


def _object_out(portal: Portal, request: Request, form: dict[str, Any]) -> Response:
    return files.store_download(portal, str(request.path_params["token"]), request)
