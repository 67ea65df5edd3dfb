"""Who may do what, and which rows and fields they may see: the one place every door asks.

A permission is an action's own name (`sales.confirm_order`) or a read right (`sales.read_order`).
A role holds patterns of them (`sales.*`, `*.read_*`); they are expanded here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.adapters.db import Model
from app.kernel.errors import Forbidden

if TYPE_CHECKING:
    from app.platform.actions import Action
    from app.platform.work import Actor, Work

S = TypeVar("S")
RecordRule = Callable[["Work"], ColumnElement[bool] | None]
RECORD_RULES: dict[type[Model], list[RecordRule]] = {}


@dataclass(frozen=True)
class Grants:
    """What one actor holds. `everything` is the owner of the tenant and the system itself."""

    patterns: frozenset[str] = frozenset()
    everything: bool = False
    without: frozenset[str] = frozenset()
    """Permissions taken out whatever grants them: administration that is kept apart, or not lent to a deputy."""

    def __contains__(self, permission: str) -> bool:
        return permission not in self.without and (self.everything or _matches(self.patterns, permission))

    @property
    def own(self) -> bool:
        """Whether its holder may change their own things; a token only where its scopes say so."""
        return True

    def within(self, scopes: frozenset[str]) -> "Grants":
        """Narrowed to the scopes of a token: both must allow. An empty set of scopes narrows nothing."""
        return self if not scopes else _Narrowed(self.patterns, self.everything, self.without, scopes)


@dataclass(frozen=True)
class _Narrowed(Grants):
    scopes: frozenset[str] = frozenset()

    def __contains__(self, permission: str) -> bool:
        return super().__contains__(permission) and _matches(self.scopes, permission)

    @property
    def own(self) -> bool:
        return _matches(self.scopes, "platform.self")


@lru_cache(maxsize=20_000)
def _matches(patterns: frozenset[str], permission: str) -> bool:
    return permission in patterns or any(fnmatchcase(permission, pattern) for pattern in patterns if "*" in pattern)


EVERYTHING = Grants(everything=True)
NOTHING = Grants()


class Narrowing(Protocol):
    """What an actor's roles leave of rows and fields; the tenant's own rules (`access_rules`)."""

    def rows(self, work: "Work", model: type[Model]) -> ColumnElement[bool] | None:
        """The rows that may be known; None where all of them may."""

    def hidden(self, model: type[Model]) -> frozenset[str]:
        """Names of fields that may not be read; those of lines are dotted (`lines.price`)."""

    def fixed(self, model: type[Model]) -> frozenset[str]:
        """Names of fields that may not be written, the hidden ones among them."""

    def admit(self, work: "Work", act: "Action[..., Any]", arguments: Mapping[str, Any]) -> None:
        """Refuse a call that gives a field or names a record beyond the rules."""

    def admit_records(self, work: "Work", act: "Action[..., Any]", arguments: Mapping[str, Any]) -> None:
        """Refuse a call, or a form not yet sent, that names a record beyond the rules."""

    def emptied(self, model: type[Model]) -> Mapping[str, Any]:
        """What stands for each hidden value in a record that is only read."""

    def veil(self, session: Session) -> None:
        """Leave hidden values empty in every record the session reads from now on."""

    def keep(self, work: "Work", act: "Action[..., Any]", arguments: Mapping[str, Any], result: Any) -> None:
        """Refuse a call whose record would come to lie beyond the rules."""


NO_FIELDS: frozenset[str] = frozenset()
KNOWN_PERMISSIONS: set[str] = set()
"""Every permission there is; told by the registry."""
SHOWN_FIELDS: dict[str, set[str]] = {}
"""Model name -> names of all fields its views show, those of lines dotted; told by the registry."""


def hidden_fields(actor: "Actor", model: type[Model]) -> frozenset[str]:
    """What the actor may not read of a model. A hidden field is absent everywhere, never masked: neither its
    value nor its order, group or total can be had, and asking for it by name is like asking for an unknown one.
    """
    return NO_FIELDS if actor.rules is None else actor.rules.hidden(model)


def fixed_fields(actor: "Actor", model: type[Model]) -> frozenset[str]:
    """What the actor may not write of a model."""
    return NO_FIELDS if actor.rules is None else actor.rules.fixed(model)


def module_of(model: type[Model]) -> str:
    """The module that owns a model: `app.modules.sales.models.order` -> `sales`; platform models -> `platform`."""
    parts = model.__module__.split(".")
    return parts[2] if parts[1] == "modules" else "platform"


def name_of(model: type[Model]) -> str:
    """`sales.order`; an inner table goes by its own name: `sales.sales_order_line`."""
    return f"{module_of(model)}.{model.__noun__ or model.__tablename__}"


_named: dict[str, type[Model]] = {}


def model_named(name: str) -> type[Model] | None:
    """The model of that name among those that are loaded; looked for once."""
    if name not in _named:
        for mapper in Model.registry.mappers:
            if issubclass(mapper.class_, Model):
                _named.setdefault(name_of(mapper.class_), mapper.class_)
    return _named.get(name)


def models_of(module: str) -> list[type[Model]]:
    """The models with a noun that a module declares."""
    every = (mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, Model))
    return [model for model in every if model.__noun__ and module_of(model) == module]


def read_permission(model: type[Model]) -> str:
    """`sales.read_order`; inner tables (no noun) have none of their own and are read through their owner."""
    return f"{module_of(model)}.read_{model.__noun__}"


def require_read(work: "Work", model: type[Model]) -> None:
    """Forbidden `permission.missing` unless the actor may read the model."""
    if model.__noun__ and read_permission(model) not in work.actor.grants:
        raise Forbidden("permission.missing", permission=read_permission(model))


def record_rule(model: type[Model]) -> Callable[[RecordRule], RecordRule]:
    """Narrow the rows of a model for every reader and writer: `@record_rule(SalesOrder) def own(work): ...`."""

    def declare(rule: RecordRule) -> RecordRule:
        RECORD_RULES.setdefault(model, []).append(rule)
        return rule

    return declare


def sees_whole(work: "Work", model: type[Model]) -> bool:
    """Whether the tenant's rules keep nothing of the model from the actor: neither rows nor fields."""
    rules = work.actor.rules
    return rules is None or (rules.rows(work, model) is None and not rules.hidden(model))


def narrows(work: "Work", model: type[Model]) -> bool:
    """Whether rows of the model are hidden from this actor by more than the company at work."""
    return any(rule(work) is not None for rule in RECORD_RULES.get(model, ()))


def select_rows(model: type[Any]) -> Select[Any]:
    """A plain SELECT of the model; always passed through `narrowed`."""
    return select(model)


def narrowed(statement: S, work: "Work", model: type[Model]) -> S:
    """The SELECT with the model's record rules: the company at work first, each declared rule, the tenant's own.

    Where the work is trusted (listeners, deferred work, references followed) the tenant's own rules are left out:
    they say what a person may know, not what the books have to follow.
    """
    narrow: Any = statement
    company = model.__mapper__.columns.get("company_id")
    if company is not None and work.actor.company_id is not None:
        narrow = narrow.where(company == work.actor.company_id)
    for rule in RECORD_RULES.get(model, ()):
        condition = rule(work)
        if condition is not None:
            narrow = narrow.where(condition)
    if work.actor.rules is not None and not work.trusted:
        mine = work.actor.rules.rows(work, model)
        if mine is not None:
            narrow = narrow.where(mine)
    result: S = narrow
    return result
