"""The tenant's sign-in rules: which password profile holds, and who has to have a second factor."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.kernel.errors import Forbidden, Invalid
from app.platform.sign_in_policy import forget_policy, policy_of, update_sign_in_policy
from app.platform.users import Role
from app.platform.work import Work
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection
from app.web.widgets import Choice, FieldBox
from tenants.models import Tenant

HERE = "/settings/sign-in"
PROFILES = ("nist", "mlps3")
ASKED = ("optional", "roles", "everybody")


def show_rules(visit: Visit) -> Response:
    """GET."""
    return _rules(visit)


def _rules(visit: Visit, refusal: Invalid | None = None) -> Response:
    if not visit.may(update_sign_in_policy.permission):
        raise Forbidden("permission.missing", permission=update_sign_in_policy.permission)
    forget_policy(visit.actor.schema)  # who changes it sees what it is now, not what it was some seconds ago

    def show(work: Work) -> Response:
        screen = _screen(visit, work, refusal)
        return page(
            visit,
            work,
            "settings.html",
            screen,
            crumbs=[(screen.title, "")],
            status=422 if refusal is not None else 200,
        )

    return visit.read(show)


def _screen(visit: Visit, work: Work, refusal: Invalid | None) -> SettingsScreen:
    labels, policy = visit.labels, policy_of(work.session, visit.actor.schema)
    profile = visit.form.get("password_profile", policy.password_profile)
    asked = visit.form.get("second_factor", policy.second_factor)
    chosen = {value for name, value in visit.pairs if name == "roles"} if visit.pairs else policy.roles
    roles = [
        Choice(role.code, labels.optional(f"platform.role.{role.code}") or role.name, role.code in chosen)
        for role in work.session.scalars(select(Role).order_by(Role.name))
    ]
    fields = [
        FieldBox("password_profile", labels.text("field.password_profile"), "choice", value=profile, span=4,
                 choices=[Choice(name, labels.text(f"password_profile.{name}")) for name in PROFILES],
                 help=labels.text("web.rules.profile.hint")),
        FieldBox("second_factor", labels.text("field.second_factor"), "choice", value=asked, span=4,
                 choices=[Choice(name, labels.text(f"second_factor.{name}")) for name in ASKED],
                 help=labels.text("web.rules.factor.hint")),
        FieldBox("roles", labels.text("web.rules.roles"), "choice", multiple=True, choices=roles, span=4),
    ]  # fmt: skip
    errors = []
    if refusal is not None:
        for box in fields:
            box.error = labels.refusal(refusal) if box.name == refusal.field else ""
        errors = [(refusal.field or "", labels.refusal(refusal))]
    title = labels.text("web.account.sign_in")
    section = SettingsSection(
        title, labels.text("web.rules.text"), "rules", fields=fields, form=EditForm(HERE, errors=errors)
    )
    return SettingsScreen(title, settings_nav(visit), [section])


def change_rules(visit: Visit) -> Response:
    """POST: through the gate, so that the audit log knows; then the copy that passwords are judged by."""
    profile, asked = visit.form.get("password_profile", ""), visit.form.get("second_factor", "")
    roles = [value for name, value in visit.pairs if name == "roles"]
    try:
        _check_choice("password_profile", profile, PROFILES)
        _check_choice("second_factor", asked, ASKED)
        visit.perform(update_sign_in_policy, password_profile=profile, second_factor=asked, roles=roles)
    except Invalid as refusal:
        return _rules(visit, refusal)
    _copy_profile(visit, profile)
    return go(visit, HERE, visit.labels.text("web.rules.saved"))


def _check_choice(field: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise Invalid("input.choice", field=field, choices=list(choices))


def _copy_profile(visit: Visit, profile: str) -> None:
    """The password profile in the control database, where all tenants of a person are looked at together."""
    assert visit.tenant is not None
    with Session(visit.portal.control) as session, session.begin():
        session.execute(update(Tenant).where(Tenant.id == visit.tenant.id).values(password_policy=profile))
    visit.portal.directory.forget()
    forget_policy(visit.actor.schema)
