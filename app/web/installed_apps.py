"""Partner apps inside a tenant: those that act for oneself, and for administrators all that were let in."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from starlette.responses import Response

from app.kernel.errors import Forbidden, Missing, Refusal
from app.platform import formats
from app.platform.app_installations import (
    AppInstallation,
    forget_limits,
    limit_app_installation,
    live_installations,
    uninstall_app_installation,
)
from app.platform.oauth.grants import GrantFacts
from app.platform.users import User
from app.platform.work import Work
from app.web.app_limits import limit_boxes, read_limits
from app.web.dialogs import csrf_of
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page, part
from app.web.scope_words import scope_words
from app.web.screens import DialogScreen, EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.widgets import ActionButton, Cell, ColumnHead, ListRow

HOME = "/settings/apps"
DAYS = 30


def administers(visit: Visit) -> bool:
    """Whether the visitor sees what was let in, and for whom it acts."""
    return any(visit.may(act.permission) for act in (limit_app_installation, uninstall_app_installation)) or visit.may(
        "platform.install_app"
    )


def moment(visit: Visit, at: datetime | None) -> Cell:
    """A point in time, or a dash."""
    return Cell("instant", formats.instant(at, visit.actor.zone, visit.locale) if at else "–")


def counted(visit: Visit, number: int) -> Cell:
    """A number of calls."""
    return Cell("number", formats.number(Decimal(number), visit.locale))


def columns(visit: Visit, *named: tuple[str, str, str]) -> list[ColumnHead]:
    """Heads by (name, kind, place on a phone card); labels are `web.app.<name>`."""
    return [
        ColumnHead(name, visit.labels.text(f"web.app.{name}"), kind, slot=slot)  # type: ignore[arg-type]
        for name, kind, slot in named
    ]


def show_apps(visit: Visit) -> Response:
    """GET: apps acting for oneself, then what is installed."""

    def show(work: Work) -> Response:
        labels = visit.labels
        sections = [_mine(visit)]
        if administers(visit):
            sections.append(_installed(visit, work))
        screen = SettingsScreen(labels.text("web.account.apps"), settings_nav(visit), sections)
        return page(visit, work, "settings.html", screen, crumbs=[(screen.title, "")])

    return visit.read(show)


def _mine(visit: Visit) -> SettingsSection:
    assert visit.profile is not None
    labels, rows, actions = visit.labels, [], []
    for found in visit.portal.partners.grants.of_user(visit.actor.tenant_id, visit.profile.user_id):
        cells = [
            Cell("text", found.app_name),
            Cell("text", _list(visit, found)),
            moment(visit, found.created_at),
            moment(visit, found.last_used_at),
        ]
        rows.append(ListRow(str(found.id), cells, label=found.app_name))
        label = labels.text("web.app.take_back", name=found.app_name[:30])
        actions.append(ActionButton(label, f"{HOME}/grants/{found.id}/revoke", "post", "trash", "danger"))
    title = labels.text("web.app.mine")
    heads = columns(visit, ("name", "text", "title"), ("may", "text", "body"), ("since", "instant", "meta"),
                    ("used", "instant", "meta"))  # fmt: skip
    table = TableCard(title, heads, rows, empty=labels.text("web.app.mine.none"))
    return SettingsSection(title, labels.text("web.app.mine.text"), "mine", table=table, actions=actions)


def _list(visit: Visit, found: GrantFacts) -> str:
    words = scope_words(visit.portal, visit.labels, list(found.scopes))
    return visit.labels.text("web.scope.comma").join(what for what, _ in words)


def _installed(visit: Visit, work: Work) -> SettingsSection:
    labels, partners, tenant_id = visit.labels, visit.portal.partners, visit.actor.tenant_id
    used, rows = partners.grants.last_used(tenant_id), []
    for found in live_installations(work):
        days = partners.usage.days(tenant_id, found.app_id, most=DAYS)
        cells = [
            Cell("text", found.app_name, href=f"{HOME}/{found.id}"),
            moment(visit, found.installed_at),
            moment(visit, used.get(found.id)),
            counted(visit, sum(day.calls for day in days)),
        ]
        rows.append(ListRow(str(found.id), cells, href=f"{HOME}/{found.id}", label=found.app_name))
    heads = columns(visit, ("name", "text", "title"), ("installed", "instant", "meta"), ("used", "instant", "meta"),
                    ("calls_30", "number", "amount"))  # fmt: skip
    title = labels.text("web.app.installed_here")
    table = TableCard(title, heads, rows, empty=labels.text("web.app.installed_here.none"))
    return SettingsSection(title, labels.text("web.app.installed_here.text"), "installed", table=table)


def revoke_grant(visit: Visit) -> Response:
    """POST: take back what one allowed an app oneself; another's id changes nothing."""
    assert visit.profile is not None
    visit.portal.partners.grants.revoke(visit.actor.tenant_id, visit.profile.user_id, visit.id("grant"))
    return go(visit, HOME, visit.labels.text("web.app.taken_back"))


# One installation


def show_app(visit: Visit) -> Response:
    """GET."""
    return visit.read(lambda work: _shown(visit, work))


def _load(visit: Visit, work: Work) -> AppInstallation:
    if not administers(visit):
        raise Forbidden("permission.missing", permission=limit_app_installation.name)
    found = work.session.get(AppInstallation, visit.id("installation"))
    if found is None or found.ended_at is not None:
        raise Missing("app.missing")
    return found


def _shown(visit: Visit, work: Work, refusal: Refusal | None = None) -> Response:
    found, labels = _load(visit, work), visit.labels
    sections = [
        _scopes(visit, found),
        _limits(visit, work, found, refusal),
        *_use(visit, found),
        _people(visit, work, found),
    ]
    actions = []
    if visit.may(uninstall_app_installation.permission):
        uninstall = labels.action(uninstall_app_installation)
        actions.append(ActionButton(uninstall, f"{HOME}/{found.id}/uninstall", "dialog", "trash", "danger"))
    screen = SettingsScreen(found.app_name, settings_nav(visit), sections, actions)
    crumbs = [(labels.text("web.account.apps"), HOME), (found.app_name, "")]
    return page(visit, work, "settings.html", screen, crumbs=crumbs, status=200 if refusal is None else 422)


def _scopes(visit: Visit, found: AppInstallation) -> SettingsSection:
    title = visit.labels.text("web.app.may")
    rows = [
        ListRow(str(place), [Cell("text", what), Cell("text", which)], label=what)
        for place, (what, which) in enumerate(scope_words(visit.portal, visit.labels, found.scopes))
    ]
    heads = columns(visit, ("right", "text", "title"), ("to", "text", "body"))
    return SettingsSection(title, id="scopes", table=TableCard(title, heads, rows))


def _limits(visit: Visit, work: Work, found: AppInstallation, refusal: Refusal | None) -> SettingsSection:
    labels = visit.labels
    boxes = limit_boxes(visit, work, found.company_ids, found.role_ids)
    title, text = labels.text("web.app.limits"), labels.text("web.app.limits.text")
    if not visit.may(limit_app_installation.permission):
        for box in boxes:
            box.readonly = True
        return SettingsSection(title, text, "limits", fields=boxes, form=None)
    errors = [(one.field or "", labels.refusal(one)) for one in refusal.findings] if refusal is not None else []
    form = EditForm(f"{HOME}/{found.id}", version=str(found.version), errors=errors)
    return SettingsSection(title, text, "limits", fields=boxes, form=form)


def _use(visit: Visit, found: AppInstallation) -> list[SettingsSection]:
    labels, usage, tenant_id = visit.labels, visit.portal.partners.usage, visit.actor.tenant_id
    days = [
        ListRow(
            str(day.day),
            [Cell("date", formats.day(day.day, visit.locale)), counted(visit, day.calls), counted(visit, day.refused)],
        )
        for day in usage.days(tenant_id, found.app_id, most=DAYS)
    ]
    calls = [
        ListRow(name, [Cell("code", name), counted(visit, made), counted(visit, refused)])
        for name, made, refused in usage.operations(tenant_id, found.app_id, most=DAYS)
    ]
    numbers = (("calls", "number", "amount"), ("refused", "number", "meta"))
    none = labels.text("web.app.use.none")
    return [
        SettingsSection(labels.text(f"web.app.{name}"), id=name, table=TableCard("", columns(visit, head, *numbers), rows, empty=none))
        for name, head, rows in (
            ("use", ("day", "date", "title"), days),
            ("operations", ("operation", "code", "title"), calls),
        )
    ]  # fmt: skip


def _people(visit: Visit, work: Work, found: AppInstallation) -> SettingsSection:
    labels, rows = visit.labels, []
    for grant in visit.portal.partners.grants.of_installation(visit.actor.tenant_id, found.id):
        user = work.session.get(User, grant.user_id) if grant.user_id else None
        who = user.name if user is not None else labels.text("web.app.itself")
        cells = [Cell("text", who), moment(visit, grant.created_at), moment(visit, grant.last_used_at)]
        rows.append(ListRow(str(grant.id), cells, label=who))
    title = labels.text("web.app.acts_for")
    heads = columns(visit, ("person", "text", "title"), ("since", "instant", "meta"), ("used", "instant", "meta"))
    table = TableCard(title, heads, rows, empty=labels.text("web.app.acts_for.none"))
    return SettingsSection(title, id="people", table=table)


def limit(visit: Visit) -> Response:
    """POST the limits."""
    installation_id = visit.id("installation")
    try:
        company_ids, role_ids = read_limits(visit)
        visit.perform(
            limit_app_installation,
            app_installation_id=installation_id,
            version=int(given) if (given := visit.form.get("version", "")).isdigit() else 0,
            company_ids=company_ids,
            role_ids=role_ids,
        )
    except Refusal as refusal:
        if refusal.kind != "invalid":
            raise
        wrong = refusal
        return visit.read(lambda work: _shown(visit, work, wrong))
    forget_limits(visit.actor.schema, installation_id)
    return go(visit, f"{HOME}/{installation_id}", visit.labels.text("web.app.limited"))


def ask_uninstall(visit: Visit) -> Response:
    """GET the question before it."""
    found = visit.read(lambda work: (loaded := _load(visit, work), (loaded.id, loaded.app_name))[1])
    labels = visit.labels
    screen = DialogScreen(
        "confirm",
        labels.text("web.app.uninstall", name=found[1]),
        f"{HOME}/{found[0]}/uninstall",
        labels.text("web.app.uninstall.text"),
        submit=labels.action(uninstall_app_installation),
        danger=True,
    )
    return part(visit, "dialog.html", screen=screen, csrf=csrf_of(visit))


def uninstall(visit: Visit) -> Response:
    """POST: the installation ends, then every token it was given; either alone would do."""
    installation_id: UUID = visit.id("installation")
    visit.perform(uninstall_app_installation, app_installation_id=installation_id)
    forget_limits(visit.actor.schema, installation_id)
    visit.portal.partners.grants.end_installation(visit.actor.tenant_id, installation_id)
    return go(visit, HOME, visit.labels.text("web.app.uninstalled"))
