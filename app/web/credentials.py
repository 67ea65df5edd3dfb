"""What a person signs in with, on one page of one's own settings."""

from starlette.responses import Response

from app.kernel.errors import Invalid
from app.platform.identity.throttle import TooMany
from app.platform.work import Work
from app.web.account import password_box
from app.web.happenings import note_password
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection

HERE = "/settings/security"


def show_security(visit: Visit) -> Response:
    """GET."""
    return _security(visit)


def _security(visit: Visit, refusal: Invalid | TooMany | None = None) -> Response:
    screen = SettingsScreen(visit.labels.text("web.account.security"), settings_nav(visit), [_password(visit, refusal)])
    status = 200 if refusal is None else 429 if isinstance(refusal, TooMany) else 422

    def show(work: Work) -> Response:
        return page(visit, work, "settings.html", screen, crumbs=[(screen.title, "")], status=status)

    return visit.read(show)


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
    title = labels.text("web.auth.change_password")
    return SettingsSection(title, id="password", fields=fields, form=EditForm("/settings/password", errors=errors))


def change_password(visit: Visit) -> Response:
    """POST: the other sessions end."""
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
    note_password(visit, identity, "change")
    return go(visit, HERE, visit.labels.text("web.auth.password_changed"))
