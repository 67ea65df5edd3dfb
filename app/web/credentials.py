"""What a person signs in with, on one page of one's own settings."""

from starlette.responses import Response

from app.kernel.errors import Invalid
from app.platform.identity.factors import Factors
from app.platform.identity.throttle import TooMany
from app.platform.work import Work
from app.web.account import password_box
from app.web.factors import factor_actions, own_factors
from app.web.happenings import note_password
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.security import instant
from app.web.widgets import ActionButton, Cell, ColumnHead, FieldBox, ListRow

HERE = "/settings/security"


def show_security(visit: Visit) -> Response:
    """GET."""
    return _security(visit)


def _security(visit: Visit, refusal: Invalid | TooMany | None = None) -> Response:
    found = own_factors(visit)
    sections = [_totp(visit, found), _passkeys(visit), *_codes(visit, found), _email(visit), _password(visit, refusal)]
    screen = SettingsScreen(visit.labels.text("web.account.security"), settings_nav(visit), sections)
    status = 200 if refusal is None else 429 if isinstance(refusal, TooMany) else 422

    def show(work: Work) -> Response:
        return page(visit, work, "settings.html", screen, crumbs=[(screen.title, "")], status=status)

    return visit.read(show)


def _totp(visit: Visit, found: Factors) -> SettingsSection:
    labels = visit.labels
    text = labels.text(f"web.factor.totp.{'on' if found.totp else 'off'}")
    return SettingsSection(labels.text("web.factor.totp"), text, "totp", actions=factor_actions(visit, found))


def _passkeys(visit: Visit) -> SettingsSection:
    assert visit.session is not None
    labels, rows, actions = visit.labels, [], []
    actions.append(ActionButton(labels.text("web.factor.passkey.add"), "/factors/passkey", icon="plus"))
    for one in visit.portal.passkeys.of_identity(visit.session.identity_id):
        cells = [
            Cell("text", one.name),
            Cell("code", one.rp_id),
            instant(visit, one.created_at),
            instant(visit, one.last_used_at),
        ]
        rows.append(ListRow(str(one.id), cells, label=one.name))
        path = f"/factors/passkeys/{one.id}"
        actions.append(ActionButton(labels.text("web.factor.rename", name=one.name), f"{path}/rename", icon="pencil"))
        actions.append(ActionButton(labels.text("web.factor.remove", name=one.name), f"{path}/remove", icon="trash"))
    columns = [
        ColumnHead("name", labels.text("field.name"), slot="title"),
        ColumnHead("host", labels.text("web.factor.passkey.host"), "code", slot="body"),
        ColumnHead("made", labels.text("web.factor.passkey.made"), "instant", slot="meta"),
        ColumnHead("used", labels.text("web.token.used"), "instant", slot="meta"),
    ]
    title = labels.text("web.factor.passkeys")
    table = TableCard(title, columns, rows, empty=labels.text("web.factor.passkey.none"))
    return SettingsSection(title, labels.text("web.factor.passkey.text"), "passkeys", table=table, actions=actions)


def _codes(visit: Visit, found: Factors) -> list[SettingsSection]:
    """Only whoever has a factor needs codes for its loss."""
    if not found.any:
        return []
    labels = visit.labels
    text = labels.text("web.factor.codes_left", count=found.recovery_codes)
    action = ActionButton(labels.text("web.factor.codes.new"), "/factors/codes", icon="refresh")
    return [SettingsSection(labels.text("web.factor.codes"), text, "codes", actions=[action])]


def _email(visit: Visit) -> SettingsSection:
    assert visit.profile is not None
    action = ActionButton(visit.labels.text("web.email.change"), "/settings/email", icon="mail")
    return SettingsSection(visit.labels.text("field.email"), visit.profile.email, "email", actions=[action])


def _password(visit: Visit, refusal: Invalid | TooMany | None) -> SettingsSection:
    assert visit.session is not None
    labels = visit.labels
    least = visit.portal.accounts.shortest_password(visit.session.identity_id)
    fields = [password_box(visit, "current_password"), password_box(visit, new=True, least=least)]
    errors = []
    if refusal is not None:
        text = labels.refusal(refusal)
        for box in fields:
            box.error = text if box.name == refusal.field else ""
        errors.append((refusal.field if any(box.error for box in fields) and refusal.field else "", text))
    tokens = FieldBox("tokens", labels.text("web.password.tokens"), "flag", value=visit.form.get("tokens", ""))
    fields.append(tokens)
    title = labels.text("web.auth.change_password")
    return SettingsSection(title, id="password", fields=fields, form=EditForm("/settings/password", errors=errors))


def change_password(visit: Visit) -> Response:
    """POST: the other sessions end, and where that is asked for the API tokens."""
    assert visit.session is not None
    identity = visit.session.identity_id
    try:
        visit.portal.accounts.change_password(
            identity,
            visit.form.get("current_password", ""),
            visit.form.get("password", ""),
            address=visit.address,
        )
    except (Invalid, TooMany) as refusal:
        return _security(visit, refusal)
    visit.portal.logins.end_all(identity, but=visit.session.id)
    if visit.form.get("tokens"):
        visit.portal.tokens.revoke_of_identity(identity)
    note_password(visit, identity, "change")
    return go(visit, HERE, visit.labels.text("web.auth.password_changed"))
