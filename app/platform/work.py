"""A unit of work: one tenant, one actor, one transaction, the facts it emits, and what it defers to the end.

Lock order, the same for everybody (deadlocks are retried by the gate, but should not happen):
idempotency key, documents by (table, id), stock by item, document numbers, ledger series, commit.
That is why stock, numbers and ledger entries are *deferred*: all documents are locked before them,
and the narrow rows (counters, series) are held only for the last moments.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.adapters.db import Model
from app.kernel import dates
from app.kernel.errors import Conflict, Missing
from app.platform.events import Event
from app.platform.means import Means
from app.platform.permissions import EVERYTHING, NOTHING, Grants, Narrowing, module_of, narrowed, select_rows

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Phase(IntEnum):
    """When deferred work runs: after all listeners, in this order."""

    STOCK = 1
    NUMBER = 2
    LEDGER = 3
    PROJECTION = 4


@dataclass(frozen=True, slots=True)
class ActingApp:
    """The partner app that acts, for a user or for itself."""

    id: UUID
    installation_id: UUID
    companies: frozenset[UUID] = frozenset()
    """Those it may work in; empty means all."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, by which door, in which tenant and company. Built by a door after authentication."""

    tenant_id: UUID
    schema: str
    name: str
    grants: Grants = NOTHING
    user_id: UUID | None = None
    company_id: UUID | None = None
    zone: str = "UTC"
    locale: str = "en"
    door: str = "system"
    address: str = ""
    request_id: str = ""
    on_behalf_of: str | None = None
    for_user_id: UUID | None = None
    """Whose deputy the person is at the moment: rights and rows are theirs, deeds are the person's own."""
    modules: frozenset[str] | None = None
    """Modules the tenant is entitled to; None means all."""
    rules: Narrowing | None = None
    """What the actor's roles leave of rows and fields; None means all."""
    proved_at: datetime | None = None
    """When the person behind a session last proved who they are; none for programs."""
    app: ActingApp | None = None
    """Set where a partner app acts: `name` is then the app's, `on_behalf_of` the person it acts for."""

    @property
    def principal(self) -> str:
        """Whom idempotency keys belong to: two apps acting for one person do not see each other's answers."""
        who = str(self.user_id or self.name)
        return f"{self.app.installation_id}:{self.user_id or ''}" if self.app else who

    @property
    def subject_id(self) -> UUID | None:
        """The user whose records are "mine"."""
        return self.for_user_id or self.user_id

    @property
    def is_system(self) -> bool:
        """Whether neither a person nor a partner app acts: jobs, provisioning, sign-in itself."""
        return self.user_id is None and self.app is None

    def may(self, permission: str) -> bool:
        """Whether role, token scope and entitlement all allow it."""
        module = permission.split(".", 1)[0]
        entitled = self.modules is None or module == "platform" or module in self.modules
        return entitled and permission in self.grants

    def in_company(self, company_id: UUID, zone: str) -> "Actor":
        return replace(self, company_id=company_id, zone=zone)

    @classmethod
    def system(cls, tenant_id: UUID, schema: str, name: str = "Hanse", **more: Any) -> "Actor":
        """The system itself: jobs, provisioning, the demo."""
        return cls(tenant_id, schema, name, grants=EVERYTHING, **more)


Deferred = Callable[["Work", list[Any]], None]


@dataclass(slots=True)
class Work:
    """Handed to every action, listener and query; holds the session of the one transaction."""

    session: Session
    actor: Actor
    now: datetime = field(default_factory=dates.now)
    dry_run: bool = False
    events: list[Event] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)
    effects: list[Any] = field(default_factory=list)
    """What a dry run shows: dataclasses with a `kind` (postings, stock, tax), appended by the engines."""
    noted: list[tuple[str, UUID, str, dict[str, Any]]] = field(default_factory=list)
    """Changes for the audit that no row of this tenant shows: (kind, record, operation, columns)."""
    _deferred: dict[Phase, dict[Deferred, list[Any]]] = field(default_factory=dict)
    _held: dict[tuple[type[Any], UUID], Any] = field(default_factory=dict)
    disclosed: dict[tuple[str, UUID], set[str]] = field(default_factory=dict)
    """Sensitive fields that were read, by kind and record; the gate logs them."""
    given_means: Means | None = None
    memory: dict[Any, Any] = field(default_factory=dict)
    """What was read once and serves for the length of the transaction (lines of a document, rates)."""
    epoch: int | None = None
    """Of the tenant's reference data when the transaction began; None until asked for (`reference.py`)."""
    reading: bool = False
    """Whether nothing is changed: what the actor may not read is then empty in every record."""
    trusted: bool = False
    """Whether the tenant's row rules are left out for the moment: what runs was not named by the actor."""

    @property
    def company_id(self) -> UUID:
        """The company at work; Conflict `company.none` while none is set up or chosen."""
        if self.actor.company_id is None:
            raise Conflict("company.none")
        return self.actor.company_id

    @property
    def means(self) -> Means:
        """What the installation offers beside the database."""
        if self.given_means is None:
            raise RuntimeError("this gate was built without means")
        return self.given_means

    def today(self) -> date:
        """The business day in the company's time zone."""
        return dates.today(self.actor.zone)

    def load(self, model: type[M], key: UUID, *, version: int | None = None, lock: bool = True) -> M:
        """One record under its row lock, within the actor's record rules.

        Missing `<module>.<noun>.missing` where there is none for this actor; Conflict `document.stale`
        where `version` is given and is no longer the row's.
        """
        held = self._held.get((model, key))
        if held is not None:  # made or locked by this very transaction: nobody else can have changed it
            _check_version(held, version)
            known: M = held
            return known
        statement = narrowed(select_rows(model), self, model).where(model.__mapper__.columns["id"] == key)
        if lock:
            statement = statement.with_for_update(of=model)
        self.flush_pending([self.session.identity_key(model, key)])
        options = {"populate_existing": lock, "autoflush": False}
        record: M | None = self.session.scalars(statement, execution_options=options).one_or_none()
        if record is None:
            raise Missing("record.missing", noun=f"{module_of(model)}.{model.__noun__}", id=str(key))
        if lock:
            self._held[model, key] = record
        _check_version(record, version)
        return record

    def get(self, model: type[M], key: UUID) -> M:
        """A record that another one refers to, without a lock, from the session if it is there already.

        Whoever may see a document may follow its references; those an actor names are checked by the gate.
        """
        held = self.session.identity_map.get(self.session.identity_key(model, key))
        if held is not None:
            found: M = held
            return found
        with self.trusting():
            return self.load(model, key, lock=False)

    @contextmanager
    def trusting(self) -> Iterator[None]:
        """Leave the tenant's row rules out for what runs inside."""
        before, self.trusted = self.trusted, True
        try:
            yield
        finally:
            self.trusted = before

    def load_all(self, model: type[M], keys: Iterable[UUID], *, lock: bool = True) -> dict[UUID, M]:
        """Several records in one statement, locked in key order; Missing names the first that is not there."""
        wanted = sorted(set(keys))
        if not wanted:
            return {}
        column = model.__mapper__.columns["id"]
        statement = narrowed(select_rows(model), self, model).where(column.in_(wanted)).order_by(column)
        if lock:
            statement = statement.with_for_update(of=model)
        self.flush_pending([self.session.identity_key(model, key) for key in wanted])
        options = {"populate_existing": lock, "autoflush": False}
        rows = self.session.scalars(statement, execution_options=options).all()
        found: dict[UUID, M] = {row.id: row for row in rows}
        for key in wanted:
            if key not in found:
                raise Missing("record.missing", noun=f"{module_of(model)}.{model.__noun__}", id=str(key))
        return found

    def flush_pending(self, keys: Iterable[Any]) -> None:
        """Write what waits where one of these records (identity keys) waits too; others wait on, to be written once."""
        known = (self.session.identity_map.get(key) for key in keys)
        if any(record is not None and self.session.is_modified(record) for record in known):
            self.session.flush()

    def waits(self, *models: type[Model]) -> bool:
        """Whether rows of these models wait to be written: a query over them must flush first."""
        session = self.session
        return any(isinstance(record, models) for records in (session.new, session.dirty) for record in records)

    def add(self, record: M) -> M:
        """Put a new record into the transaction and return it."""
        self.session.add(record)
        key = getattr(record, "id", None)
        if isinstance(key, UUID):
            self._held[type(record), key] = record
        return record

    def emit(self, event: Event) -> None:
        """State a fact: listeners hear it in this transaction, the outbox keeps it for everybody else."""
        self.events.append(event)

    def note(self, kind: str, record_id: UUID, operation: str, columns: dict[str, Any]) -> None:
        """Tell the audit of a change outside the tenant's tables; `columns` maps a name to [before, after]."""
        self.noted.append((kind, record_id, operation, columns))

    def defer(self, phase: Phase, handle: Deferred, item: Any) -> None:
        """Run `handle(work, [items…])` once, after the listeners, with everything deferred to it in this phase."""
        self._deferred.setdefault(phase, {}).setdefault(handle, []).append(item)

    def next_deferred(self) -> tuple[Deferred, list[Any]] | None:
        """Take the earliest deferred handler and its items; None when nothing is left."""
        for phase in sorted(self._deferred):
            handlers = self._deferred[phase]
            if handlers:
                handle = next(iter(handlers))
                return handle, handlers.pop(handle)
        return None

    def remember(self, key: Any, make: Callable[[], T]) -> T:
        """`make()` once a transaction and key."""
        if key not in self.memory:
            self.memory[key] = make()
        found: T = self.memory[key]
        return found


def _check_version(record: Any, version: int | None) -> None:
    if version is not None and getattr(record, "version", version) != version:
        raise Conflict("document.stale", id=str(record.id), version=getattr(record, "version", None))
