"""Deputies: whom I let act for me, for whom I may act, and the switch between."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from starlette.responses import Response

from app.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from app.platform import formats
from app.platform.delegations import Delegation, delegations_of, end_deputy, name_deputy, principals_of
from app.platform.permissions import read_permission
from app.platform.queries import labels_of
from app.platform.users import User
from app.platform.work import Work
from app.web import session
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.shell import forget_frames
from app.web.widgets import ActionButton, Cell, ColumnHead, FieldBox, ListRow

PAGE = "/settings/deputies"


def show(visit: Visit) -> Response:
    """GET."""
    return _shown(visit)


def _shown(visit: Visit, refusal: Refusal | None = None) -> Response:
    def build(work: Work) -> Response:
        assert visit.profile is not None
        me, labels = visit.profile.user_id, visit.labels
        given, lent = delegations_of(work, me), delegations_of(work, me, to_them=True)
        names = labels_of(work, {User: {key for one in (*given, *lent) for key in (one.principal_id, one.deputy_id)}})
        title = labels.text("web.account.deputies")
        sections = [
            _form(visit, refusal),
            _section(visit, "given", [(one, names.get(one.deputy_id, "")) for one in given]),
            _section(visit, "lent", [(one, names.get(one.principal_id, "")) for one in lent]),
        ]
        screen = SettingsScreen(title, settings_nav(visit), sections)
        if visit.profile.for_user_id is not None:
            screen.actions = [ActionButton(labels.text("web.deputy.stop"), f"{PAGE}/stop", "post", "x")]
        return page(visit, work, "settings.html", screen, crumbs=[(title, "")], status=422 if refusal else 200)

    return visit.read(build)


def _form(visit: Visit, refusal: Refusal | None) -> SettingsSection:
    labels = visit.labels
    whom = FieldBox("deputy_id", labels.text("field.deputy_id"), "ref", required=True, lookup="/lookup/platform.user")
    if not visit.may(read_permission(User)):
        whom = FieldBox("deputy_email", labels.text("web.deputy.email"), "email", required=True, max_length=254)
    fields = [
        whom,
        FieldBox("from_at", labels.text("field.from_at"), "instant", help=labels.text("platform.role_grant.from_at.help")),
        FieldBox("until_at", labels.text("field.until_at"), "instant", required=True),
        FieldBox("reason", labels.text("field.reason"), max_length=200),
    ]  # fmt: skip
    errors = []
    for box in fields:
        box.value = visit.form.get(box.name, "")
        box.shown = visit.form.get(f"_text.{box.name}", "")
    for finding in refusal.findings if refusal is not None else ():
        text = labels.refusal(finding)
        for box in fields:
            box.error = text if box.name == finding.field else box.error
        errors.append((finding.field or "", text))
    return SettingsSection(
        labels.text("platform.name_deputy"),
        labels.text("web.deputy.text"),
        "name",
        fields,
        EditForm(PAGE, errors=errors),
    )


def _section(visit: Visit, side: str, found: list[tuple[Delegation, str]]) -> SettingsSection:
    labels, rows, actions = visit.labels, [], []
    for one, name in found:
        times = [
            Cell("instant", formats.instant(at, visit.actor.zone, visit.locale)) for at in (one.from_at, one.until_at)
        ]
        rows.append(ListRow(str(one.id), [Cell("text", name), *times, Cell("text", one.reason or "–")], label=name))
        if side == "lent" and one.from_at <= datetime.now(tz=ZoneInfo("UTC")):
            label = labels.text("web.deputy.act", name=name)
            actions.append(ActionButton(label, f"{PAGE}/{one.principal_id}/act", "post", "arrows-exchange"))
        label = labels.text("web.deputy.end", name=name)
        actions.append(ActionButton(label, f"{PAGE}/{one.id}/end", "post", "x", "danger"))
    columns = [
        ColumnHead("name", labels.text("field.deputy_id" if side == "given" else "field.principal_id"), slot="title"),
        ColumnHead("from_at", labels.text("field.from_at"), "instant", slot="meta"),
        ColumnHead("until_at", labels.text("field.until_at"), "instant", slot="meta"),
        ColumnHead("reason", labels.text("field.reason"), slot="body"),
    ]
    title = labels.text(f"web.deputy.{side}")
    table = TableCard(title, columns, rows, empty=labels.text("ui.none"))
    return SettingsSection(title, id=side, table=table, actions=actions)


def name(visit: Visit) -> Response:
    """POST: name a deputy."""
    try:
        visit.perform(name_deputy, **_read(visit))
    except (Invalid, Conflict) as refusal:
        return _shown(visit, refusal)
    return go(visit, PAGE, visit.labels.text("web.deputy.named"))


def _read(visit: Visit) -> dict[str, object]:
    given: dict[str, object] = {"reason": visit.form.get("reason", "").strip()[:200]}
    given["deputy_id"] = _deputy(visit)
    for field in ("from_at", "until_at"):
        text = visit.form.get(field, "")
        if text:
            given[field] = _instant(visit, field, text)
    if "until_at" not in given:
        raise Invalid("input.required", field="until_at")
    return given


def _deputy(visit: Visit) -> UUID:
    """Picked from the users; typed as an address by those who may not list them."""
    email = visit.form.get("deputy_email", "").strip().lower()
    if email:
        known = select(User.id).where(User.email == email, User.active)
        found = visit.read(lambda work: work.session.scalars(known).one_or_none())
        if found is None:
            raise Invalid("delegation.unknown", field="deputy_email")
        return found
    try:
        return UUID(visit.form.get("deputy_id", ""))
    except ValueError:
        field = "deputy_id" if visit.may(read_permission(User)) else "deputy_email"
        raise Invalid("input.required", field=field) from None


def _instant(visit: Visit, field: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(visit.actor.zone))
    except ValueError:
        raise Invalid("input.not_an_instant", field=field) from None


def end(visit: Visit) -> Response:
    """POST: end one that concerns me."""
    visit.perform(end_deputy, delegation_id=visit.id())
    forget_frames()
    return go(visit, PAGE, visit.labels.text("web.deputy.ended"))


def act(visit: Visit) -> Response:
    """POST: act for somebody from now on."""
    assert visit.profile is not None
    principal = visit.id()
    lent = visit.read(lambda work: principals_of(work.session, work.actor.schema, _me(visit)))
    if principal not in lent:
        raise Forbidden("delegation.not_yours")
    visit.cookies.append(lambda response: session.set_cookie(visit.portal, response, session.ACTING, str(principal)))
    forget_frames()
    return go(visit, "/", visit.labels.text("web.deputy.acting_now"))


def stop(visit: Visit) -> Response:
    """POST: be oneself again."""
    visit.cookies.append(lambda response: session.clear_cookie(visit.portal, response, session.ACTING))
    forget_frames()
    return go(visit, "/", visit.labels.text("web.deputy.stopped"))


def _me(visit: Visit) -> UUID:
    assert visit.profile is not None
    return visit.profile.user_id
