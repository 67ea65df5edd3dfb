"""Who has what on a day, and who holds duties that should be apart."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from app.adapters.db import table_of
from app.platform.access_review import last_used
from app.platform.actions import ACTIONS
from app.platform.duties import Clash, clashes, conflict_name
from app.platform.i18n import first
from app.platform.naming import is_chinese, label_in
from app.platform.users import Role, User, UserRole, in_force, rights_of
from app.platform.views import Parameter, Report, ReportColumn, ReportRow, ReportView
from app.platform.work import Work

MOST_NAMED = 4


def role_report(work: Work, on: date | None = None, user_id: UUID | None = None, role_id: UUID | None = None) -> Report:
    """Every role held at the end of a day, since when, until when, and when it was last used to change something."""
    day = on or work.today()
    end = datetime.combine(day, time.max, ZoneInfo(work.actor.zone))
    moment = min(end, work.now) if day == work.today() else end
    label = label_in(table_of(Role), Role, is_chinese(work.actor.locale))
    statement = (
        select(UserRole, User.name, User.email, label, Role.patterns)
        .join(User, User.id == UserRole.user_id)
        .join(Role, Role.id == UserRole.role_id)
        .where(in_force(moment), or_(User.active, UserRole.until_at.is_not(None)))
        .order_by(User.name, label)
    )
    if user_id is not None:
        statement = statement.where(UserRole.user_id == user_id)
    if role_id is not None:
        statement = statement.where(UserRole.role_id == role_id)
    rows = work.session.execute(statement).all()
    holdings: dict[UUID, dict[UUID, Sequence[str]]] = {}
    for grant, *_, patterns in rows:
        holdings.setdefault(grant.user_id, {})[grant.role_id] = patterns
    used = last_used(work, holdings)
    return Report(
        [
            ReportRow(
                {
                    "user": name,
                    "email": email,
                    "role": role,
                    "from_at": grant.from_at,
                    "until_at": grant.until_at,
                    "used_at": used.get((grant.user_id, grant.role_id)),
                    "reason": grant.reason,
                    "granted_by": grant.granted_by_name,
                },
                {"user": ("platform.user", grant.user_id), "role": ("platform.role", grant.role_id)},
            )
            for grant, name, email, role, _ in rows
        ]
    )


ROLE_REPORT = ReportView(
    "platform",
    "role_report",
    role_report,
    columns=[
        ReportColumn("user", "text"),
        ReportColumn("email", "text"),
        ReportColumn("role", "text"),
        ReportColumn("from_at", "instant"),
        ReportColumn("until_at", "instant"),
        ReportColumn("used_at", "instant"),
        ReportColumn("reason", "text"),
        ReportColumn("granted_by", "text"),
    ],
    parameters=[
        Parameter("on", "date", default=lambda work: work.today()),
        Parameter("user_id", "ref", ref=User),
        Parameter("role_id", "ref", ref=Role),
    ],
    icon="users",
)


def duty_report(work: Work, of: str = "users") -> Report:
    """Everybody, or every role, that holds both sides of a conflict of duties, and until when that is excepted."""
    users, roles = _users(work), _roles(work)
    found = clashes(work, {key: patterns for key, (_, patterns) in (roles if of == "roles" else users).items()})
    named = roles if of == "roles" else users
    kind = "platform.role" if of == "roles" else "platform.user"
    open_ones = [clash for clash in found if clash.excepted_until is None]
    rows = [_clash_row(work, clash, named[clash.holder_id][0], kind) for clash in found]
    rows.sort(key=lambda row: (row.values["holder"], row.values["conflict"]))
    return Report(rows, checks=[("platform.duty_report.free", not open_ones, {"count": len(open_ones)})])


def _users(work: Work) -> dict[UUID, tuple[str, frozenset[str]]]:
    names = {row.id: row.name for row in work.session.execute(select(User.id, User.name).where(User.active))}
    return {key: (names[key], patterns) for key, patterns in rights_of(work, list(names)).items()}


def _roles(work: Work) -> dict[UUID, tuple[str, frozenset[str]]]:
    label = label_in(table_of(Role), Role, is_chinese(work.actor.locale))
    rows = work.session.execute(select(Role.id, label, Role.patterns))
    return {key: (name, frozenset(patterns)) for key, name, patterns in rows}


def _clash_row(work: Work, clash: Clash, name: str, kind: str) -> ReportRow:
    values: dict[str, Any] = {
        "holder": name,
        "conflict": conflict_name(work, clash.conflict),
        "first": permission_words(work.actor.locale, clash.first),
        "second": permission_words(work.actor.locale, clash.second),
        "excepted_until": clash.excepted_until,
    }
    links = {"holder": (kind, clash.holder_id), "conflict": ("platform.duty_conflict", clash.conflict.id)}
    return ReportRow(values, links, strong=clash.excepted_until is None)


def permission_words(locale: str, permissions: Iterable[str]) -> str:
    """A few permissions in the words of their buttons, with what they are about."""
    names = list(permissions)
    words = [_words(locale, name) for name in names[:MOST_NAMED]]
    joined = ("、" if is_chinese(locale) else ", ").join(words)
    return joined if len(names) <= MOST_NAMED else f"{joined} …"


def _words(locale: str, permission: str) -> str:
    act = ACTIONS.get(permission)
    if act is None:
        return permission
    return first(locale, act.name, f"verb.{act.verb}.button", f"verb.{act.verb}")


DUTY_REPORT = ReportView(
    "platform",
    "duty_report",
    duty_report,
    columns=[
        ReportColumn("holder", "text"),
        ReportColumn("conflict", "text"),
        ReportColumn("first", "text"),
        ReportColumn("second", "text"),
        ReportColumn("excepted_until", "date"),
    ],
    parameters=[Parameter("of", "choice", default=lambda work: "users", choices=("users", "roles"), required=True)],
    icon="shield",
)
