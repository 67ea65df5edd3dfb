"""The tenant's own rules on rows and fields, each attached to a role, and what they leave to one person.

Roles add up: a row may be known when any role that grants reading its model shows it (a role without row rules
for the model shows all), and a field is hidden or fixed only when every such role hides or fixes it. Row rules of
one role on one model are alternatives where they are of one kind, and all have to hold where they are of several.
Rules come with the profile and are compiled once for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, event, false, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from app.adapters.db import Amount, Choice, Key, Model, Versioned
from app.platform import naming_arguments
from app.platform.actions import Action
from app.platform.permissions import NO_FIELDS, Grants, module_of, name_of, read_permission
from app.platform.work import Work

FIELD = "field"
EMPTY: dict[type[Any], Callable[[], Any]] = {str: str, Decimal: Decimal, int: int, bool: bool, list: list, dict: dict}


class AccessRule(Versioned, Model):
    """What one role may not read or write of a field (`kind` field), or which rows of a model it is kept to."""

    __tablename__ = "platform_access_rule"
    __noun__ = "access_rule"
    __label__ = "model"
    id: Mapped[Key]
    role_id: Mapped[UUID] = mapped_column(ForeignKey("platform_role.id"))
    model: Mapped[str] = mapped_column(String(80), info={"kind": "choice"})
    """`sales.order`"""
    kind: Mapped[Choice]
    field: Mapped[str] = mapped_column(String(80), default="", info={"kind": "code"})
    """`net`, or `lines.price` for a line's."""
    readable: Mapped[bool] = mapped_column(default=True)
    writable: Mapped[bool] = mapped_column(default=True)
    members: Mapped[list[str]] = mapped_column(default=list)
    """Ids of what the kind speaks of: warehouses, companies, departments, customer groups."""
    currency: Mapped[str] = mapped_column(String(3), default="", info={"kind": "code"})
    amount: Mapped[Amount | None]
    """The highest amount in that currency."""
    __table_args__ = (
        Index("platform_access_rule_ix", "role_id", "model", "kind", "field", "currency", unique=True),
        CheckConstraint("(kind = 'field') = (field <> '')", name="field"),
        CheckConstraint("amount >= 0", name="amount"),
    )


@dataclass(frozen=True)
class Rule:
    """A rule as it is applied: detached from its row, its ids read."""

    model: str
    kind: str
    field: str = ""
    readable: bool = True
    writable: bool = True
    members: frozenset[UUID] = frozenset()
    currency: str = ""
    amount: Decimal | None = None

    @classmethod
    def of(cls, row: AccessRule) -> "Rule":
        members = frozenset(UUID(text) for text in row.members)
        return cls(row.model, row.kind, row.field, row.readable, row.writable, members, row.currency, row.amount)


@dataclass(frozen=True)
class Asked:
    """Who asks by which rule; `making`: the actor is making the record, so its maker is not written down yet."""

    work: Work
    rule: Rule
    making: bool = False


class RowKind(Protocol):
    """A kind of row rule (`row_rules`): whether it fits a model, and the rows it leaves."""

    def fits(self, model: type[Model]) -> bool: ...

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]: ...


ROW_KINDS: dict[str, RowKind] = {}


@dataclass(frozen=True)
class RoleRules:
    """One role as the rules see it."""

    code: str
    grants: Grants
    rules: Sequence[Rule] = ()

    def rows(self, model: str) -> list[Rule]:
        """Its row rules on a model."""
        return [rule for rule in self.rules if rule.model == model and rule.kind != FIELD]

    def fields(self, model: str) -> dict[str, Rule]:
        """Its field rules on a model, by field."""
        return {rule.field: rule for rule in self.rules if rule.model == model and rule.kind == FIELD}

    def condition(self, work: Work, model: type[Model], *, making: bool = False) -> ColumnElement[bool] | None:
        """The rows this role alone leaves; None for all. A kind nobody knows any more leaves none."""
        by_kind: dict[str, list[ColumnElement[bool]]] = {}
        for rule in self.rows(name_of(model)):
            kind = ROW_KINDS.get(rule.kind)
            fits = kind is not None and kind.fits(model)
            part = kind.condition(model, Asked(work, rule, making)) if kind is not None and fits else false()
            by_kind.setdefault(rule.kind, []).append(part)
        return and_(*(or_(*parts) for parts in by_kind.values())) if by_kind else None


class RoleNarrowing:
    """What the roles of one person leave of rows and fields: the narrowing of their actor."""

    def __init__(self, roles: Sequence[RoleRules]) -> None:
        self.roles = roles
        self.models = frozenset(rule.model for role in roles for rule in role.rules)
        self._rows: dict[tuple[type[Model], bool, UUID | None], ColumnElement[bool] | None] = {}
        """By whose records are "mine" too: an app's limits are the same object for everybody it acts for."""
        self._fields: dict[tuple[str, bool], frozenset[str]] = {}

    def speaking(self, model: type[Model]) -> list[RoleRules]:
        """The roles that grant reading the model; where none does, those that have rules about it."""
        granting = [role for role in self.roles if read_permission(model) in role.grants]
        name = name_of(model)
        return granting or [role for role in self.roles if any(rule.model == name for rule in role.rules)]

    def rows(self, work: Work, model: type[Model]) -> ColumnElement[bool] | None:
        """The rows any speaking role shows; None for all."""
        return self._condition(work, model, making=False)

    def _condition(self, work: Work, model: type[Model], *, making: bool) -> ColumnElement[bool] | None:
        if name_of(model) not in self.models:
            return None
        asked = (model, making, work.actor.subject_id)
        if asked not in self._rows:
            parts = [role.condition(work, model, making=making) for role in self.speaking(model)]
            known = [part for part in parts if part is not None]
            self._rows[asked] = or_(*known) if len(known) == len(parts) else None
        return self._rows[asked]

    def hidden(self, model: type[Model]) -> frozenset[str]:
        """Fields that every speaking role hides."""
        return self._refused(model, writing=False)

    def fixed(self, model: type[Model]) -> frozenset[str]:
        """Fields that no speaking role lets be written."""
        return self._refused(model, writing=True)

    def _refused(self, model: type[Model], *, writing: bool) -> frozenset[str]:
        name = name_of(model)
        if name not in self.models:
            return NO_FIELDS
        if (name, writing) not in self._fields:
            sets = [
                {at for at, rule in role.fields(name).items() if not rule.readable or (writing and not rule.writable)}
                for role in self.speaking(model)
            ]
            self._fields[name, writing] = frozenset(set.intersection(*sets) if sets else ())
        return self._fields[name, writing]

    def members(self, model: str, kind: str) -> frozenset[UUID] | None:
        """What all roles together name by rules of one kind on a model; None where a role is not kept to any."""
        granting = [role for role in self.roles if any(rule.model == model for rule in role.rules)]
        named = [rule for role in granting for rule in role.rows(model) if rule.kind == kind]
        return frozenset(key for rule in named for key in rule.members) if named else None

    def veil(self, session: Session) -> None:
        """The second barrier behind the views: module code that fills a paper or a panel reads empty values."""
        if any(rule.kind == FIELD and not rule.readable for role in self.roles for rule in role.rules):
            event.listen(session, "loaded_as_persistent", self._empty)

    def _empty(self, _session: Session, record: object) -> None:
        for name, value in self.emptied(type(record)).items() if isinstance(record, Model) else ():
            set_committed_value(record, name, value)

    def emptied(self, model: type[Model]) -> Mapping[str, Any]:
        """What stands for each hidden value in a record that is only read.

        Days and references that cannot be empty stay: code follows them, and the views leave them out. Companies are
        kept in memory for everybody and are left to the views alone.
        """
        if module_of(model) == "platform" or name_of(model) not in self.models:
            return {}
        columns = model.__mapper__.columns
        return {
            name: None if columns[name].nullable else EMPTY[columns[name].type.python_type]()
            for name in self.hidden(model)
            if name in columns
            and (columns[name].nullable or columns[name].type.python_type in EMPTY)
            and not (columns[name].foreign_keys and not columns[name].nullable)
        }

    def admit(self, work: Work, act: Action[..., Any], arguments: Mapping[str, Any]) -> None:
        """Refuse fields beyond the rules at their place, and as missing the records the actor may not know."""
        model = naming_arguments.subject_of(act)
        if model is not None and (fixed := self.fixed(model)):
            naming_arguments.refuse_fields(act, arguments, self.hidden(model), fixed)
        self.admit_records(work, act, arguments)

    def admit_records(self, work: Work, act: Action[..., Any], arguments: Mapping[str, Any]) -> None:
        """Refuse as missing the records that the actor names and may not know."""
        for named, keys in naming_arguments.records_in(act, arguments).items():
            condition = self.rows(work, named)
            if condition is not None:
                naming_arguments.require_visible(work, named, keys, condition)

    def keep(self, work: Work, act: Action[..., Any], arguments: Mapping[str, Any], result: Any) -> None:
        """Refuse what would leave the record of the action beyond the rows of the actor."""
        model = naming_arguments.subject_of(act)
        condition = self._condition(work, model, making=act.verb == "create") if model is not None else None
        key = naming_arguments.record_of(act, arguments, result)
        if model is not None and condition is not None and key is not None:
            naming_arguments.require_kept(work, model, key, condition)


def narrowing_of(session: Session, roles: Iterable[tuple[UUID, str, Sequence[str]]]) -> RoleNarrowing | None:
    """The rules of some roles, given as (id, code, patterns); None where there are none, which is the usual case."""
    held = list(roles)
    statement = select(AccessRule).where(AccessRule.role_id.in_([key for key, _, _ in held])).order_by(AccessRule.id)
    found: dict[UUID, list[Rule]] = {}
    for row in session.scalars(statement) if held else ():
        found.setdefault(row.role_id, []).append(Rule.of(row))
    if not found:
        return None
    return RoleNarrowing(
        [RoleRules(code, Grants(frozenset(patterns)), found.get(key, [])) for key, code, patterns in held]
    )
