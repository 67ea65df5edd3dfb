"""One's own sign-ins and keys: sessions and API tokens."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from app.platform import formats
from app.platform.identity.sessions import ABSOLUTE, IDLE, SignedIn
from app.platform.work import Work
from app.web.devices import device_name
from app.web.happenings import note_own
from app.web.inputs import read_day
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.widgets import ActionButton, Cell, ColumnHead, FieldBox, ListRow

LONGEST_DAYS = 366


def _shown(visit: Visit, screen: SettingsScreen, status: int = 200) -> Response:
    def show(work: Work) -> Response:
        return page(visit, work, "settings.html", screen, crumbs=[(screen.title, "")], status=status)

    return visit.read(show)


def instant(visit: Visit, at: datetime | None) -> Cell:
    """A moment in the person's zone; a dash for never."""
    return Cell("instant", formats.instant(at, visit.actor.zone, visit.locale) if at else "–")


# Sessions


def sessions(visit: Visit) -> Response:
    """GET: where one is signed in to this company."""
    labels = visit.labels
    rows, actions = [], []
    for found in _own_sessions(visit):
        own = visit.session is not None and found.id == visit.session.id
        name, way = device_name(found.device), labels.text(f"web.session.by.{found.method}")
        state = Cell(
            "state", labels.text("web.session.this" if own else "web.session.other"), tone="active" if own else "draft"
        )
        cells = [
            Cell("text", name),
            Cell("code", found.address),
            Cell("text", way),
            instant(visit, found.created_at),
            instant(visit, found.seen_at),
            state,
        ]
        rows.append(ListRow(str(found.id), cells, label=name))
        if not own:
            label = labels.text("web.session.end", name=f"{name}, {found.address}")
            actions.append(ActionButton(label, f"/settings/sessions/{found.id}/end", "post", "logout"))
    if actions:
        label = labels.text("web.session.end_others")
        actions.insert(0, ActionButton(label, "/settings/sessions/end-others", "post", "logout", "danger"))
    columns = [
        ColumnHead("device", labels.text("web.session.device"), slot="title"),
        ColumnHead("address", labels.text("web.session.address"), "code", slot="meta"),
        ColumnHead("method", labels.text("web.session.by"), slot="body"),
        ColumnHead("begun", labels.text("web.session.begun"), "instant", slot="meta"),
        ColumnHead("seen", labels.text("web.session.seen"), "instant", slot="meta"),
        ColumnHead("state", labels.text("field.state"), "state", slot="badge"),
    ]
    table = TableCard(labels.text("web.session.title"), columns, rows)
    text = labels.text("web.session.lives", idle=int(IDLE.total_seconds() // 3600), days=ABSOLUTE.days)
    section = SettingsSection(table.title, text, "sessions", table=table, actions=actions)
    return _shown(visit, SettingsScreen(labels.text("web.account.sessions"), settings_nav(visit), [section]))


def _own_sessions(visit: Visit) -> list[SignedIn]:
    assert visit.session is not None
    mine = visit.portal.logins.of_identity(visit.session.identity_id)
    return [found for found in mine if found.tenant_id == visit.session.tenant_id]


def end_others(visit: Visit) -> Response:
    """POST: only this browser stays signed in, in whatever company the others are."""
    assert visit.session is not None
    visit.portal.logins.end_all(visit.session.identity_id, but=visit.session.id)
    note_own(visit, "platform.end_session")
    return go(visit, "/settings/sessions", visit.labels.text("web.session.others_ended"))


def end_session(visit: Visit) -> Response:
    """POST: end one of one's own sessions; any other id changes nothing."""
    wanted = visit.id("session")
    if any(found.id == wanted for found in _own_sessions(visit)):
        visit.portal.logins.end(wanted)
        note_own(visit, "platform.end_session")
    return go(visit, "/settings/sessions", visit.labels.text("web.session.ended"))


# API tokens


def tokens(visit: Visit) -> Response:
    """GET."""
    return _tokens(visit)


def _tokens(visit: Visit, secret: str = "", errors: dict[str, str] | None = None) -> Response:
    assert visit.profile is not None
    labels, wrong = visit.labels, errors or {}
    rows, actions = [], []
    for found in visit.portal.tokens.of_user(visit.actor.tenant_id, visit.profile.user_id):
        scopes = ", ".join(found.scopes) or labels.text("web.token.everything")
        cells = [
            Cell("text", found.name),
            Cell("code", f"hanse_{found.prefix}_…"),
            Cell("text", scopes),
            instant(visit, found.last_used_at),
            instant(visit, found.expires_at),
        ]
        rows.append(ListRow(str(found.id), cells, label=found.name))
        label = labels.text("web.token.revoke", name=found.name)
        actions.append(ActionButton(label, f"/settings/tokens/{found.id}/revoke", "post", "trash", "danger"))
    columns = [
        ColumnHead("name", labels.text("field.name"), slot="title"),
        ColumnHead("prefix", labels.text("web.token.prefix"), "code", slot="meta"),
        ColumnHead("scopes", labels.text("web.token.scopes"), slot="body"),
        ColumnHead("used", labels.text("web.token.used"), "instant", slot="meta"),
        ColumnHead("expires", labels.text("web.token.expires"), "instant", slot="meta"),
    ]
    fields = [
        FieldBox("name", labels.text("field.name"), required=True, max_length=100, value=visit.form.get("name", "")),
        FieldBox("expires_on", labels.text("web.token.expires"), "date", required=True,
                 value=visit.form.get("expires_on", "") or _default_end(visit)),
        FieldBox("scopes", labels.text("web.token.scopes"), "code", help=labels.text("web.token.scopes.hint"),
                 span=4, value=visit.form.get("scopes", "")),
    ]  # fmt: skip
    for box in fields:
        box.error = wrong.get(box.name, "")
        if secret:
            box.value = _default_end(visit) if box.name == "expires_on" else ""
    title = labels.text("web.account.tokens")
    make = SettingsSection(
        labels.text("web.token.make"),
        labels.text("web.token.make.text"),
        "make",
        fields,
        EditForm("/settings/tokens", errors=list(wrong.items())),
        secret=secret,
        secret_label=labels.text("web.token.secret") if secret else "",
    )
    table = TableCard(title, columns, rows, empty=labels.text("web.token.none"))
    screen = SettingsScreen(
        title, settings_nav(visit), [make, SettingsSection(title, id="tokens", table=table, actions=actions)]
    )
    return _shown(visit, screen, 422 if wrong else 200)


def _default_end(visit: Visit) -> str:
    return (visit.read(lambda work: work.today()) + timedelta(days=90)).isoformat()


def make_token(visit: Visit) -> Response:
    """POST: the token is shown once, on the answer to this very request."""
    assert visit.profile is not None
    labels, wrong = visit.labels, dict[str, str]()
    name = visit.form.get("name", "").strip()[:100]
    if not name:
        wrong["name"] = labels.text("input.required")
    scopes = [part for part in visit.form.get("scopes", "").replace(",", " ").split() if part]
    known = visit.portal.registry.permissions
    stray = [scope for scope in scopes if "*" not in scope and scope not in known]
    if stray:
        wrong["scopes"] = labels.text("web.token.scope_unknown", scope=stray[0])
    end = _end(visit, wrong)
    if wrong or end is None:
        return _tokens(visit, errors=wrong)
    secret = visit.portal.tokens.create(visit.actor.tenant_id, visit.profile.user_id, name, scopes, end)
    note_own(visit, "platform.create_token", name=name, scopes=scopes, expires_at=end.isoformat())
    return _tokens(visit, secret)


def _end(visit: Visit, wrong: dict[str, str]) -> datetime | None:
    """The last moment of the day given; a token lives a year at most."""
    today = visit.read(lambda work: work.today())
    try:
        day = read_day(visit.form.get("expires_on", ""))
    except ValueError as error:
        wrong["expires_on"] = visit.labels.text(str(error))
        return None
    if not today < day <= today + timedelta(days=LONGEST_DAYS):
        wrong["expires_on"] = visit.labels.text("web.token.expiry", days=LONGEST_DAYS)
        return None
    return datetime.combine(day, time.max, ZoneInfo(visit.actor.zone))


def revoke_token(visit: Visit) -> Response:
    """POST."""
    assert visit.profile is not None
    visit.portal.tokens.revoke(visit.actor.tenant_id, visit.profile.user_id, visit.id("token"))
    note_own(visit, "platform.revoke_token")
    return go(visit, "/settings/tokens", visit.labels.text("web.token.revoked"))
