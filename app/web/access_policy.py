"""How strictly duties and administrators are kept apart: one page for whoever may set it or has to agree."""

from uuid import UUID

from sqlalchemy import select
from starlette.responses import Response

from app.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from app.platform.access_policy import AccessPolicy
from app.platform.administration import ROLES
from app.platform.administrators import (
    confirm_joint_administration,
    propose_joint_administration,
    separate_administrators,
    update_access_policy,
)
from app.platform.users import Role, User, UserRole, in_force
from app.platform.work import Work
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.shell import forget_frames
from app.web.widgets import ActionButton, Cell, Choice, ColumnHead, FieldBox, ListRow, Notice

PAGE = "/settings/access"
RIGHTS = (update_access_policy, separate_administrators, propose_joint_administration, confirm_joint_administration)


def concerned(visit: Visit) -> bool:
    """Whether the visitor may do anything on this page."""
    return any(visit.may(act.permission) for act in RIGHTS)


def show(visit: Visit) -> Response:
    """GET."""
    return _shown(visit)


def _shown(visit: Visit, refusal: Refusal | None = None) -> Response:
    if not concerned(visit):
        raise Forbidden("permission.missing", permission=update_access_policy.permission)

    def build(work: Work) -> Response:
        policy = work.session.scalars(select(AccessPolicy)).first() or AccessPolicy(
            duty_conflicts="warn", three_administrators=False
        )
        title = visit.labels.text("web.account.access")
        sections = [_apart(visit, work, policy) if policy.three_administrators else _separate(visit, refusal)]
        if visit.may(update_access_policy.permission):
            sections.insert(0, _duties(visit, policy))
        screen = SettingsScreen(title, settings_nav(visit), sections)
        if policy.joining_asked_by_id is not None:
            screen.notices = [Notice(visit.labels.text("web.access.proposed"), "warn")]
        return page(visit, work, "settings.html", screen, crumbs=[(title, "")], status=422 if refusal else 200)

    return visit.read(build)


def _duties(visit: Visit, policy: AccessPolicy) -> SettingsSection:
    labels = visit.labels
    choices = [
        Choice(value, labels.text(f"web.access.duties.{value}"), value == policy.duty_conflicts)
        for value in ("warn", "refuse")
    ]
    box = FieldBox("duty_conflicts", labels.text("web.access.duties"), "choice", choices=choices, span=4)
    return SettingsSection(
        labels.nouns("platform.duty_conflict"), labels.text("web.access.duties.text"), "duties", [box], EditForm(PAGE)
    )


def _separate(visit: Visit, refusal: Refusal | None) -> SettingsSection:
    labels, errors = visit.labels, []
    fields = [
        FieldBox(f"{area}_id", labels.text(f"platform.role.{code}"), "ref", required=True, lookup="/lookup/platform.user")
        for area, code in ROLES.items()
    ]  # fmt: skip
    for box in fields:
        box.value, box.shown = visit.form.get(box.name, ""), visit.form.get(f"_text.{box.name}", "")
    for finding in refusal.findings if refusal is not None else ():
        text = labels.refusal(finding)
        for box in fields:
            box.error = text if box.name == finding.field else box.error
        errors.append((finding.field or "", text))
    section = SettingsSection(labels.text("web.access.three"), labels.text("web.access.three.text"), "three", fields)
    if visit.may(separate_administrators.permission):
        section.form = EditForm(f"{PAGE}/separate", errors=errors)
    else:
        section.fields = []
    return section


def _apart(visit: Visit, work: Work, policy: AccessPolicy) -> SettingsSection:
    """Who administers what, and the way back, which takes two."""
    labels = visit.labels
    statement = (
        select(Role.code, User.name)
        .join(UserRole, UserRole.role_id == Role.id)
        .join(User, User.id == UserRole.user_id)
        .where(Role.code.in_(ROLES.values()), User.active, in_force(work.now))
        .order_by(User.name)
    )
    holders: dict[str, list[str]] = {code: [] for code in ROLES.values()}
    for code, name in work.session.execute(statement):
        holders[code].append(name)
    rows = [
        ListRow(code, [Cell("text", labels.text(f"platform.role.{code}")), Cell("text", ", ".join(names) or "–")])
        for code, names in holders.items()
    ]
    columns = [
        ColumnHead("role", labels.text("field.role_id"), slot="title"),
        ColumnHead("holders", labels.text("field.holders"), slot="body"),
    ]
    table = TableCard(labels.text("web.access.three"), columns, rows)
    actions = []
    if policy.joining_asked_by_id is None and visit.may(propose_joint_administration.permission):
        actions.append(ActionButton(labels.action(propose_joint_administration), f"{PAGE}/propose", "post"))
    if policy.joining_asked_by_id is not None and visit.may(confirm_joint_administration.permission):
        actions.append(ActionButton(labels.action(confirm_joint_administration), f"{PAGE}/confirm", "post"))
    return SettingsSection(table.title, labels.text("web.access.apart.text"), "three", table=table, actions=actions)


def save(visit: Visit) -> Response:
    """POST: warn or refuse."""
    chosen = visit.form.get("duty_conflicts", "")
    if chosen not in ("warn", "refuse"):
        raise Invalid("input.choice", field="duty_conflicts", choices=["warn", "refuse"])
    visit.perform(update_access_policy, duty_conflicts=chosen)
    return go(visit, PAGE, visit.labels.text("web.done"))


def separate(visit: Visit) -> Response:
    """POST: three people, one area each."""
    try:
        visit.perform(separate_administrators, **_three(visit))
    except (Invalid, Conflict) as refusal:
        return _shown(visit, refusal)
    forget_frames()
    return go(visit, PAGE if concerned(visit) else "/", visit.labels.text("web.access.separated"))


def _three(visit: Visit) -> dict[str, UUID]:
    found = {}
    for area in ROLES:
        try:
            found[f"{area}_id"] = UUID(visit.form.get(f"{area}_id", ""))
        except ValueError:
            raise Invalid("input.required", field=f"{area}_id") from None
    return found


def propose(visit: Visit) -> Response:
    """POST: ask that the owners administer again."""
    visit.perform(propose_joint_administration)
    return go(visit, PAGE, visit.labels.text("web.access.proposed"))


def confirm(visit: Visit) -> Response:
    """POST: agree."""
    visit.perform(confirm_joint_administration)
    forget_frames()
    return go(visit, "/", visit.labels.text("web.access.joined"))
