"""Why somebody may or may not do something: everything that has a say, in the order it is asked, and what decides.

It asks the same functions that decide, so it cannot tell another story: grants by their patterns, rows by the
condition of each role on the very record, fields by the person's own narrowing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select

from app.adapters.db import Model
from app.kernel.errors import Invalid
from app.platform import i18n
from app.platform.access_rules import RoleNarrowing, RoleRules, narrowing_of
from app.platform.actions import ACTIONS, SELF
from app.platform.naming_arguments import subject_of
from app.platform.permissions import KNOWN_PERMISSIONS, Grants, model_named, name_of, narrowed
from app.platform.users import OWNER, Role, User, roles_now, withheld
from app.platform.views import Parameter, Report, ReportColumn, ReportRow, ReportView
from app.platform.work import Work

YES, NO, SILENT = "accepted", "rejected", "none"
KEY = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Say:
    """What one rule says: its step, the message that tells the rule, and whether it allows."""

    step: str
    message: str
    outcome: str
    facts: dict[str, Any] = field(default_factory=dict)
    decides: bool = True
    """Whether a no of it is the end; a single role's is not, another one may say yes."""


class _Permissions(Sequence[str]):
    """Every permission there is, read when the page is drawn: by then all modules have told theirs."""

    def __len__(self) -> int:
        return len(KNOWN_PERMISSIONS)

    def __getitem__(self, at: Any) -> Any:
        return sorted(KNOWN_PERMISSIONS)[at]


def explain_access(
    work: Work,
    user_id: UUID | None = None,
    permission: str | None = None,
    record: str | None = None,
    scopes: str | None = None,
) -> Report:
    """Who wants to do what, to which record (its id or the address of its page), with a token of which scopes."""
    if user_id is None or not permission:
        return Report([], notes=[("access.ask", {})])
    user = work.load(User, user_id, lock=False)
    says = list(_says(work, user, permission, _key_in(record), (scopes or "").replace(",", " ").split()))
    against = next((say for say in says if say.outcome == NO and say.decides), None)
    last = against or next((say for say in reversed(says) if say.outcome == YES), says[-1])
    verdict = Say("verdict", last.message, NO if against else YES, last.facts)
    return Report([_row(work, verdict, strong=True), *(_row(work, say) for say in says)])


def _key_in(record: str | None) -> UUID | None:
    if not record:
        return None
    found = KEY.search(record)
    if found is None:
        raise Invalid("input.not_an_id", field="record", value=record)
    return UUID(found[0])


def _row(work: Work, say: Say, *, strong: bool = False) -> ReportRow:
    locale = work.actor.locale
    values = {
        "step": i18n.text(locale, f"access.step.{say.step}"),
        "rule": i18n.text(locale, say.message, **say.facts),
        "outcome": say.outcome,
    }
    return ReportRow(values, strong=strong, level=0 if say.decides else 1)


def _says(work: Work, user: User, permission: str, key: UUID | None, scopes: Sequence[str]) -> Iterator[Say]:
    roles = roles_now(work, user.id)
    owner = any(role.code == OWNER for role in roles)
    yield Say(
        "user", "access.active" if user.active else "access.inactive", YES if user.active else NO, {"name": user.name}
    )
    module, modules = permission.partition(".")[0], work.actor.modules
    entitled = modules is None or module == "platform" or module in modules
    yield Say("entitlement", "access.entitled" if entitled else "access.not_entitled", YES if entitled else NO)
    yield from _grants(work, roles, permission)
    if permission in withheld(work, roles):
        yield Say("role", "access.kept_apart", NO)
    if scopes:
        within = permission in Grants(frozenset(scopes))
        yield Say(
            "scope",
            "access.in_scope" if within else "access.beyond_scope",
            YES if within else NO,
            {"scopes": ", ".join(scopes)},
        )
    model = _model_of(permission)
    if model is None:
        return
    narrowing = None if owner else narrowing_of(work.session, [(role.id, role.code, role.patterns) for role in roles])
    if key is not None:
        yield from _record(work, user, model, key, narrowing, owner)
    yield from _fields(model, narrowing)


def _grants(work: Work, roles: Sequence[Role], permission: str) -> Iterator[Say]:
    """Which role holds the permission by which pattern; else which roles of the tenant would."""
    act = ACTIONS.get(permission)
    if act is not None and act.grant == SELF:
        yield Say("role", "access.own_things", YES)
        return
    granting = False
    for role in roles:
        pattern = (
            "*" if role.code == OWNER else next((p for p in role.patterns if permission in Grants(frozenset((p,)))), "")
        )
        granting = granting or bool(pattern)
        facts = {"role": role.name, "pattern": pattern}
        yield Say(
            "role",
            "access.by_pattern" if pattern else "access.no_pattern",
            YES if pattern else SILENT,
            facts,
            decides=False,
        )
    if not granting:
        every = work.session.scalars(select(Role).order_by(Role.name))
        would = [role.name for role in every if permission in Grants(frozenset(role.patterns))]
        yield Say("role", "access.no_role", NO, {"permission": permission, "roles": ", ".join(would) or "–"})


def _model_of(permission: str) -> type[Model] | None:
    act = ACTIONS.get(permission)
    if act is not None:
        first = next(iter(act.parameters), "").removesuffix("_id")
        return subject_of(act) or model_named(f"{act.module}.{first}")
    module, _, name = permission.partition(".")
    return model_named(f"{module}.{name.removeprefix('read_')}")


def _record(
    work: Work, user: User, model: type[Model], key: UUID, narrowing: RoleNarrowing | None, owner: bool
) -> Iterator[Say]:
    """Whether the record is there, in the company the person works in, and within the rows of one of their roles."""
    columns = model.__mapper__.columns
    statement = select(*columns.values()).where(columns["id"] == key)
    if work.actor.rules is not None:  # who asks learns nothing of records beyond their own rules
        statement = narrowed(statement, work, model)
    row = work.session.execute(statement).mappings().one_or_none()
    if row is None:
        yield Say("record", "access.record_missing", NO, {"document": name_of(model)})
        return
    company = row.get("company_id")
    if company is not None and user.company_id_last not in (None, company):
        yield Say("company", "access.other_company", NO)
    speaking = narrowing.speaking(model) if narrowing is not None and narrowing.rows(work, model) is not None else []
    if not speaking:
        yield Say("rows", "access.owner_sees_all" if owner else "access.no_row_rule", YES)
        return
    shown = False
    for role in speaking:
        says = list(_rows_of(work, user, model, key, role))
        shown = shown or all(say.outcome == YES for say in says)
        yield from says
    yield Say("rows", "access.shown" if shown else "access.not_shown", YES if shown else NO)


def _rows_of(work: Work, user: User, model: type[Model], key: UUID, role: RoleRules) -> Iterator[Say]:
    """What the row rules of one role say of the record, kind by kind; those of one kind are alternatives."""
    as_user = Work(work.session, replace(work.actor, user_id=user.id, rules=None))
    rules = role.rows(name_of(model))
    if not rules:
        yield Say("rows", "access.role_sees_all", YES, {"role": role.code}, decides=False)
    for kind in dict.fromkeys(rule.kind for rule in rules):
        alone = replace(role, rules=[rule for rule in rules if rule.kind == kind])
        condition = alone.condition(as_user, model)
        holds = condition is not None and _holds(work, model, key, condition)
        facts = {"role": role.code, "kind": i18n.text(work.actor.locale, f"platform.access_rule.kind.{kind}")}
        yield Say("rows", "access.row_rule", YES if holds else NO, facts, decides=False)


def _holds(work: Work, model: type[Model], key: UUID, condition: ColumnElement[bool]) -> bool:
    column = model.__mapper__.columns["id"]
    return (
        work.session.execute(select(literal(1)).select_from(model).where(column == key, condition)).first() is not None
    )


def _fields(model: type[Model], narrowing: RoleNarrowing | None) -> Iterator[Say]:
    """Which fields every reading role keeps back."""
    if narrowing is None:
        return
    hidden = narrowing.hidden(model)
    for message, names in (("access.hidden", hidden), ("access.fixed", narrowing.fixed(model) - hidden)):
        if names:
            yield Say("fields", message, SILENT, {"fields": ", ".join(sorted(names))}, decides=False)


ACCESS = ReportView(
    "platform",
    "access",
    explain_access,
    columns=[ReportColumn("step", "text"), ReportColumn("rule", "text"), ReportColumn("outcome", "state")],
    parameters=[
        Parameter("user_id", "ref", ref=User),
        Parameter("permission", "choice", choices=_Permissions()),
        Parameter("record", "text"),
        Parameter("scopes", "text"),
    ],
    icon="shield",
    over=[],
)
