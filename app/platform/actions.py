"""The gate: every change to a tenant's data passes through `Gate.perform`, and only it commits.

A module writes a plain function and marks it `@action`. Inside a unit of work other actions call it as
a typed function; from outside (page, REST, CLI, import, job, approval) it runs through `perform`, which
adds permission, entitlement, transaction, idempotency, approval, listeners, deferred work, audit,
outbox and the commit, in that order.
"""

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, get_type_hints, overload
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.adapters.db import table_of
from app.adapters.telemetry import count_action
from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid, Pending, Refusal
from app.platform.audit import EVENTS, Auditor, Change
from app.platform.closing import close
from app.platform.events import LISTENERS
from app.platform.jsonable import canonical, jsonable
from app.platform.means import Means
from app.platform.records import IdempotencyKey
from app.platform.reference import epoch_now, raise_epoch
from app.platform.step_up import require_fresh
from app.platform.work import Actor, Work

P = ParamSpec("P")
R = TypeVar("R")

ACTIONS: dict[str, "Action[..., Any]"] = {}
MAX_EVENTS = 10_000
MAX_ATTEMPTS = 4


@dataclass(frozen=True)
class Action(Generic[P, R]):
    """`module.verb_noun`: the one name that is permission, route, command, audit entry and label."""

    module: str
    run: Callable[Concatenate[Work, P], R]
    grant: str = ""
    """The permission asked for, where it is not the action's own name (an action of the signed-in user alone)."""
    fresh: bool = False
    """Whether it asks for a fresh proof of who one is (`step_up`)."""

    @property
    def name(self) -> str:
        return f"{self.module}.{self.run.__name__}"

    @property
    def permission(self) -> str:
        return self.grant or self.name

    @property
    def verb(self) -> str:
        return self.run.__name__.partition("_")[0]

    @property
    def noun(self) -> str:
        return self.run.__name__.partition("_")[2]

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments after `work`, by name."""
        return dict(list(inspect.signature(self.run).parameters.items())[1:])

    @cached_property
    def hints(self) -> dict[str, Any]:
        return get_type_hints(self.run, include_extras=True)

    @property
    def takes_record(self) -> bool:
        """Whether the first argument is the id of the noun: `confirm_order(work, order_id)`."""
        return next(iter(self.parameters), "") == f"{self.noun}_id"

    @cached_property
    def input(self) -> type[BaseModel]:
        """The arguments as a schema: the body of the API, the fields of the form, the columns of the import."""
        fields: dict[str, Any] = {
            name: (self.hints[name], ... if p.default is p.empty else p.default) for name, p in self.parameters.items()
        }
        config = ConfigDict(extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=True)
        return create_model(self.name.replace(".", "_"), __config__=config, **fields)

    def __call__(self, work: Work, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call it from inside another action: same transaction, same grant, one more line in the trail."""
        work.trail.append(self.name)
        return self.run(work, *args, **kwargs)


@overload
def action(run: Callable[Concatenate[Work, P], R]) -> Action[P, R]: ...
@overload
def action(*, fresh: bool) -> Callable[[Callable[Concatenate[Work, P], R]], Action[P, R]]: ...
def action(run: Callable[..., Any] | None = None, *, fresh: bool = False) -> Any:
    """Declare a change that may be asked for from outside; `fresh` where it asks for a fresh proof of who one is."""
    if run is None:
        return lambda declared: _declare(declared, fresh=fresh)
    return _declare(run)


def own_action(run: Callable[Concatenate[Work, P], R]) -> Action[P, R]:
    """Declare a change of one's own things (preferences, comments): every signed-in user may."""
    return _declare(run, grant=SELF)


SELF = "platform.self"


def _declare(run: Callable[Concatenate[Work, P], R], grant: str = "", *, fresh: bool = False) -> Action[P, R]:
    parts = run.__module__.split(".")
    declared = Action(parts[2] if parts[1] == "modules" else "platform", run, grant, fresh)
    if declared.name in ACTIONS:
        raise TypeError(f"two actions are named {declared.name}")
    ACTIONS[declared.name] = declared
    return declared


@dataclass(frozen=True)
class Performed:
    """The outcome of an action: its result as JSON values, and for a rehearsal the effects."""

    result: Any
    replayed: bool = False
    effects: list[Any] = field(default_factory=list)
    statements: int = 0


class ApprovalRule(Protocol):
    """Decides inside the transaction whether a call must wait; returns the handle it stored it under."""

    def __call__(self, work: Work, act: Action[..., Any], arguments: dict[str, Any]) -> UUID | None: ...


@dataclass(frozen=True)
class Gate:
    """Opens the transaction on the actor's tenant, and is the only one that commits it."""

    sessions: Callable[[str], Session]
    """Schema name -> a session routed to that tenant."""
    approval: ApprovalRule = lambda work, act, arguments: None
    after_commit: Callable[[Actor], None] = lambda actor: None
    """Nudges the relay; must not raise."""
    means: Means | None = None
    """What actions may ask of the installation beside the database."""

    def perform(
        self, act: Action[..., Any], actor: Actor, key: str | None = None, /, *, dry_run: bool = False, **arguments: Any
    ) -> Performed:
        """Do it once. Raises a Refusal with nothing written; Pending where an approval was asked for."""
        began = perf_counter()
        outcome = "defect"
        try:
            if not (actor.grants.own if act.grant == SELF else actor.may(act.permission)):
                raise Forbidden("permission.missing", permission=act.permission)
            if act.fresh:
                require_fresh(actor)
            done = self._retried(act, actor, key, dry_run, arguments)
            outcome = "replayed" if done.replayed else "done"
        except Refusal as refusal:
            outcome = refusal.kind
            raise
        finally:
            count_action(act.name, outcome, perf_counter() - began)
        if not dry_run and not done.replayed:
            self.after_commit(actor)
        return done

    def _retried(
        self, act: Action[..., Any], actor: Actor, key: str | None, dry_run: bool, arguments: dict[str, Any]
    ) -> Performed:
        """Again after a deadlock or a stale plan; a rightful no of the database becomes a refusal."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._attempt(act, actor, key, dry_run, arguments)
            except (DBAPIError, StaleDataError) as error:
                if _retryable(error) and attempt < MAX_ATTEMPTS:
                    continue
                refusal = _refused(error)
                if refusal is None:
                    raise
                raise refusal from error
        raise AssertionError("unreachable")

    def _attempt(
        self, act: Action[..., Any], actor: Actor, key: str | None, dry_run: bool, arguments: dict[str, Any]
    ) -> Performed:
        with self.sessions(actor.schema) as session:
            claim = _Claim.take(session, act, actor, key, arguments) if key and not dry_run else None
            if claim and claim.answer is not None:
                if "pending" in claim.answer:
                    raise Pending("approval.requested", action=act.name, handle=claim.answer["pending"])
                return Performed(claim.answer["result"], replayed=True)
            epoch = claim.epoch if claim else None
            work = Work(session, actor, dry_run=dry_run, given_means=self.means, epoch=epoch)
            auditor = Auditor(work)
            if actor.rules is not None:
                actor.rules.admit(work, act, arguments)
            handle = None if dry_run else self.approval(work, act, arguments)
            if handle is not None:
                close(work, auditor, f"{act.name}?", claim.address if claim else None, {"pending": str(handle)})
                session.commit()
                self.after_commit(actor)
                raise Pending("approval.requested", action=act.name, handle=str(handle))
            result = jsonable(act(work, **arguments))
            settle(work)
            if actor.rules is not None:
                actor.rules.keep(work, act, arguments, result)
            if dry_run:
                session.flush()
                session.rollback()
                return Performed(result, effects=[jsonable(effect) for effect in work.effects])
            close(work, auditor, act.name, claim.address if claim else None, {"result": result})
            raise_epoch(work)
            session.commit()
            return Performed(result)

    def read(self, actor: Actor, query: Callable[[Work], R]) -> R:
        """Run a read-only function in the tenant; nothing it does is kept.

        Where it read sensitive fields, that is logged before the answer is given.
        """
        with self.sessions(actor.schema) as session:
            if actor.rules is not None:
                actor.rules.veil(session)
            work = Work(session, actor, given_means=self.means, reading=True)
            try:
                answer = query(work)
            finally:
                session.rollback()
        if work.disclosed:
            self.record(
                actor,
                "platform.read_sensitive",
                [
                    Change(kind, key, "read", {"fields": [None, sorted(names)]})
                    for (kind, key), names in work.disclosed.items()
                ],
            )
        return answer

    def record(self, actor: Actor, event: str, changes: Sequence[Change] = ()) -> None:
        """Log what changes no record: one of `audit.EVENTS`."""
        if event not in EVENTS:
            raise ValueError(f"not an event of the audit log: {event}")
        with self.sessions(actor.schema) as session:
            work = Work(session, actor)
            auditor = Auditor(work)
            auditor.changes = {
                (change.kind, (change.record_id, number)): change for number, change in enumerate(changes)
            }
            close(work, auditor, event, None, {})
            session.commit()
        self.after_commit(actor)


def settle(work: Work) -> None:
    """Let listeners react until no new facts appear, then run what was deferred, phase by phase.

    They follow facts, not an actor's wish, and therefore run outside the tenant's row rules.
    """
    with work.trusting():
        _settle(work)


def _settle(work: Work) -> None:
    heard = 0
    while True:
        while heard < len(work.events):
            event = work.events[heard]
            heard += 1
            for handle in LISTENERS.get(type(event), ()):
                handle(work, event)
            if heard > MAX_EVENTS:
                raise RuntimeError("events keep causing events")
        deferred = work.next_deferred()
        if deferred is None:
            break
        run, items = deferred
        with work.session.no_autoflush:  # documents are written once, below, with their numbers and entries
            run(work, items)
    work.session.flush()


@dataclass
class _Claim:
    """An idempotency key owned by this transaction; the primary key makes rivals wait."""

    actor: str
    action: str
    key: str
    answer: dict[str, Any] | None = None
    epoch: int | None = None
    """Of the reference data, learnt by the statement that claims the key."""

    @classmethod
    def take(
        cls, session: Session, act: Action[..., Any], actor: Actor, key: str, arguments: dict[str, Any]
    ) -> "_Claim":
        who = actor.principal
        mark = _fingerprint(act.name, arguments)
        table = table_of(IdempotencyKey)
        mine = {"actor": who, "action": act.name, "key": key, "fingerprint": mark, "created_at": now()}
        epoch = session.execute(
            insert(table).values(mine).on_conflict_do_nothing().returning(epoch_now)
        ).scalar_one_or_none()
        if epoch is not None:
            return cls(who, act.name, key, epoch=epoch)
        row = session.execute(
            table.select().where(table.c.actor == who, table.c.action == act.name, table.c.key == key)
        ).one()
        if row.fingerprint != mark:
            raise Conflict("idempotency.key_reused", key=key)
        return cls(who, act.name, key, row.answer)

    @property
    def address(self) -> tuple[str, str, str]:
        """What `closing` stores the answer under."""
        return self.actor, self.action, self.key


def _fingerprint(name: str, arguments: dict[str, Any]) -> str:
    return hashlib.sha256(canonical([name, arguments])).hexdigest()


_RETRY = {"40P01", "40001"}
_REFUSALS: dict[str, str] = {
    "23505": "data.duplicate",
    "23503": "data.in_use",
    "23514": "data.refused",
    "55P03": "data.busy",
    "57014": "data.too_long",
}


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of a database error, or an empty string."""
    original = error.orig if isinstance(error, StatementError) else error
    return getattr(original, "sqlstate", None) or ""


def _retryable(error: Exception) -> bool:
    return sqlstate(error) in _RETRY or "cached plan must not change" in str(error)


def _refused(error: Exception) -> Refusal | None:
    """A database error as a refusal where the database rightly said no; None for a defect."""
    if isinstance(error, StaleDataError):
        return Conflict("document.stale")
    state = sqlstate(error)
    if state in ("22001", "22003"):
        return Invalid("data.unfit")
    code = _REFUSALS.get(state)
    return Conflict(code) if code else None
