"""Tables of company sign-on for administrators: who is linked, and why logins were refused."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.platform import formats
from app.platform.identity.sign_ons import Linked
from app.platform.sign_on import Provider, SignOnAttempt
from app.platform.users import User
from app.platform.work import Work
from app.web.portal import Visit
from app.web.screens import SettingsSection, TableCard
from app.web.sso import HOME
from app.web.widgets import ActionButton, Cell, ColumnHead, ListRow


def links_section(visit: Visit, work: Work, found: Provider, links: Sequence[Linked]) -> SettingsSection:
    """Who signs in through the provider, how that came about, and the way to undo it."""
    labels = visit.labels
    people = work.session.scalars(select(User).where(User.identity_id.in_([one.identity_id for one in links])))
    names = {user.identity_id: user.name for user in people}
    rows, actions = [], []
    for one in links:
        name = names.get(one.identity_id, one.email)
        how = labels.text("web.sso.by_person" if one.by_person else "web.sso.by_email")
        cells = [Cell("text", name), Cell("text", one.email), Cell("code", one.subject), Cell("text", how)]
        used = formats.instant(one.last_used_at, visit.actor.zone, visit.locale) if one.last_used_at else "–"
        rows.append(ListRow(str(one.id), [*cells, Cell("instant", used)], label=name))
        label = labels.text("web.sso.disconnect", name=name)
        actions.append(ActionButton(label, f"{HOME}/{found.id}/links/{one.id}/disconnect", "post", "x"))
    columns = [
        ColumnHead("name", labels.text("field.name"), slot="title"),
        ColumnHead("email", labels.text("field.email"), slot="body"),
        ColumnHead("subject", labels.text("web.sso.subject"), "code"),
        ColumnHead("how", labels.text("web.sso.how"), slot="badge"),
        ColumnHead("used", labels.text("web.token.used"), "instant", slot="meta"),
    ]
    title = labels.text("web.sso.links")
    table = TableCard(title, columns, rows, empty=labels.text("web.sso.links.none"))
    return SettingsSection(title, id="links", table=table, actions=actions)


def attempts_section(visit: Visit, found: Sequence[SignOnAttempt], names: dict[UUID, str]) -> SettingsSection:
    """Why logins were refused: the words people saw, and behind them what the machine said."""
    labels = visit.labels
    rows = []
    for one in found:
        good = one.code in ("sso.signed_in", "sso.connected")
        words = labels.text(one.code, email=one.email, domain=one.email.rpartition("@")[2], issuer=one.detail)
        cells = [
            Cell("instant", formats.instant(one.at, visit.actor.zone, visit.locale)),
            Cell("text", one.email or one.subject or "–", sub=names.get(one.provider_id, one.address)),
            Cell("state", labels.text("web.sso.good" if good else "web.sso.bad"), tone="done" if good else "problem"),
            Cell("text", words, sub=one.detail),
        ]
        rows.append(ListRow(str(one.id), cells, label=one.email))
    columns = [
        ColumnHead("at", labels.text("web.sso.at"), "instant", slot="meta"),
        ColumnHead("who", labels.text("web.sso.who"), slot="title"),
        ColumnHead("state", labels.text("web.sso.result"), "state", slot="badge"),
        ColumnHead("why", labels.text("web.sso.why"), slot="body"),
    ]
    title = labels.text("web.sso.log")
    return SettingsSection(
        title, id="log", table=TableCard(title, columns, rows, empty=labels.text("web.sso.log.none"))
    )
