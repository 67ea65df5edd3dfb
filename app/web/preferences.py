"""One's own settings: language, theme, density, company, saved views, sessions and tokens."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.kernel.errors import Invalid
from app.platform.administrators import confirm_joint_administration, update_access_policy
from app.platform.app_registration import create_app
from app.platform.audit_retention import update_audit_retention
from app.platform.i18n import LOCALES
from app.platform.preferences import create_saved_view, delete_saved_view
from app.platform.registry import Resource
from app.platform.sign_in_policy import update_sign_in_policy
from app.platform.sign_on import update_identity_provider
from app.platform.users import update_preferences
from app.platform.work import Work
from app.web import session
from app.web.addresses import local
from app.web.dialogs import csrf_of
from app.web.portal import Visit
from app.web.responses import go, page, part
from app.web.screens import DialogScreen, EditForm, SettingsScreen, SettingsSection
from app.web.shell import forget_frames
from app.web.widgets import Choice, FieldBox, Tab

THEMES = ("system", "light", "dark")
DENSITIES = ("compact", "normal", "roomy")
LANGUAGES = {"en": "English", "zh_CN": "简体中文"}


def change(visit: Visit) -> Response:
    """POST from the toggles of the shell or the profile page; back to where one was."""
    given = {name: value for name, value in visit.form.items() if value}
    changes: dict[str, Any] = {}
    locale = given.get("locale", "").replace("-", "_")
    if locale:
        locale = next((known for known in LOCALES if known == locale or known.partition("_")[0] == locale), "")
        if not locale:
            raise Invalid("input.choice", field="locale", choices=list(LOCALES))
        changes["locale"] = locale
    for name, allowed in (("theme", THEMES), ("density", DENSITIES)):
        if name in given:
            if given[name] not in allowed:
                raise Invalid("input.choice", field=name, choices=list(allowed))
            changes[name] = given[name]
    if given.get("shortcuts") in ("on", "off"):
        letters = given["shortcuts"]
        visit.cookies.append(
            lambda response: session.set_cookie(visit.portal, response, session.LETTERS, letters, session.YEAR)
        )
    company = given.get("company_id") or given.get("company") or ""
    if company:
        try:
            changes["company_id"] = UUID(company)
        except ValueError:
            raise Invalid("input.not_an_id", field="company_id") from None
    if changes:
        visit.perform(update_preferences, **changes)
        forget_frames()
    return go(visit, "/" if company else local(given.get("here", "") or visit.came_from, "/"))


def settings_nav(visit: Visit) -> list[Tab]:
    """The sections of one's own settings; for who may set them, the rules of signing in and the developer's apps."""
    names = ["profile", "security", "sessions", "tokens", "apps", "deputies"]
    if any(visit.may(act.permission) for act in (update_access_policy, confirm_joint_administration)):
        names.append("access")
    if visit.may(update_sign_in_policy.permission):
        names.append("sign-in")
    if visit.may(update_identity_provider.permission):
        names.append("sso")
    if visit.may(update_audit_retention.permission):
        names.append("audit")
    if visit.may(create_app.permission):
        names.append("developer")
    return [
        Tab(
            visit.labels.text(f"web.account.{name.replace('-', '_')}"),
            f"/settings/{name}",
            visit.path.startswith(f"/settings/{name}"),
        )
        for name in names
    ]


def profile(visit: Visit) -> Response:
    """GET the page of one's own preferences."""

    def show(work: Work) -> Response:
        mine = visit.profile
        assert mine is not None
        labels = visit.labels
        fields = [
            FieldBox("name", labels.text("field.name"), value=mine.name, readonly=True),
            FieldBox("email", labels.text("field.email"), "email", value=mine.email, readonly=True),
            _choice(visit, "locale", [(key, LANGUAGES[key]) for key in LOCALES], mine.locale),
            _choice(visit, "theme", [(key, labels.text(f"web.theme.{key}")) for key in THEMES], mine.theme),
            _choice(visit, "density", [(key, labels.text(f"web.density.{key}")) for key in DENSITIES], mine.density),
        ]
        form = EditForm("/preferences", hidden=[("here", "/settings/profile")])
        title = labels.text("web.account.profile")
        screen = SettingsScreen(
            title, settings_nav(visit), [SettingsSection(title, id="profile", fields=fields, form=form)]
        )
        return page(visit, work, "settings.html", screen, crumbs=[(title, "")])

    return visit.read(show)


def _choice(visit: Visit, name: str, options: list[tuple[str, str]], chosen: str) -> FieldBox:
    choices = [Choice(value, label, value == chosen) for value, label in options]
    return FieldBox(name, visit.labels.text(f"field.{name}"), "choice", value=chosen, choices=choices)


# Saved views of lists


def ask_view(visit: Visit, resource: Resource) -> Response:
    """GET the dialog that names the present view."""
    labels = visit.labels
    fields = [
        FieldBox("name", labels.text("field.name"), required=True, max_length=60),
        FieldBox("shared", labels.text("web.view.shared"), "flag"),
    ]
    screen = DialogScreen(
        "form",
        labels.text("web.view.save"),
        f"{resource.path}/views",
        fields=fields,
        submit=labels.text("web.save"),
        hidden=[("query", visit.request.url.query)],
    )
    return part(visit, "dialog.html", screen=screen, csrf=csrf_of(visit))


def save_view(visit: Visit, resource: Resource) -> Response:
    """POST: keep it and show it."""
    query, name = visit.form.get("query", ""), visit.form.get("name", "").strip()
    if not name:
        raise Invalid("input.required", field="name")
    shared = visit.form.get("shared", "") in ("1", "on", "true")
    visit.perform(create_saved_view, resource=resource.name, name=name[:60], query=query[:2000], shared=shared)
    return go(visit, f"{resource.path}?{query}" if query else resource.path)


def forget_view(visit: Visit, resource: Resource) -> Response:
    """POST: take it away."""
    visit.perform(delete_saved_view, saved_view_id=visit.id("view"))
    return go(visit, resource.path)
