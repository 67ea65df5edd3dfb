"""Reference data from this process's memory: parties, items, accounts, rates of tax, as facts that cannot be changed.

Rows of models marked `__reference__` are read by every document and change seldom. Each tenant counts their changes in
one row: the *epoch*. A transaction learns it with its idempotency key, or by one small statement when it first asks,
and takes facts kept under that number without a statement. Whoever writes such a row raises the epoch last before the
commit (the gate does), so both become visible together; facts kept under an epoch are never older than it. A
transaction that wrote reference rows itself reads from the database until its end.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import REFERENCE_CHANGES, Model, table_of
from app.kernel.errors import Missing
from app.platform.permissions import module_of, narrowed, narrows

if TYPE_CHECKING:
    from app.platform.work import Work

F = TypeVar("F")
K = TypeVar("K")

MAX_FACTS = 50_000
"""Facts kept in a process over all tenants; the tenants asked for longest ago go first."""


class ReferenceEpoch(Model):
    """How often reference rows of this tenant have changed; one row, none until the first change."""

    __tablename__ = "platform_reference_epoch"
    __audited__ = False
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int]


_table = table_of(ReferenceEpoch)
_raise = (
    insert(_table)
    .values(id=1, epoch=1)
    .on_conflict_do_update(index_elements=[_table.c.id], set_={"epoch": _table.c.epoch + 1})
)
epoch_now = func.coalesce(select(_table.c.epoch).scalar_subquery(), 0)
"""The epoch as an expression, for a statement that is sent anyway."""


class _Shelf:
    """Facts of one tenant at one epoch: kind -> key -> facts."""

    __slots__ = ("epoch", "kinds", "size")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.kinds: dict[Any, dict[Any, Any]] = {}
        self.size = 0


class Memory:
    """Shelves of the tenants this process works for. Safe for threads: a shelf is replaced, never emptied."""

    def __init__(self, limit: int = MAX_FACTS) -> None:
        self._limit = limit
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()
        self._lock = Lock()

    def shelf(self, schema: str, epoch: int) -> _Shelf:
        """The tenant's shelf; a new one where the epoch has moved on."""
        found = self._shelves.get(schema)
        if found is None or found.epoch != epoch:
            with self._lock:
                found = self._shelves[schema] = _Shelf(epoch)
                self._shelves.move_to_end(schema)
        return found

    def forget(self, schema: str) -> None:
        """Let go of a tenant's facts: it was deleted, or its rows were changed beside the gate."""
        with self._lock:
            self._shelves.pop(schema, None)

    def keep(self, shelf: _Shelf, kind: Any, facts: Mapping[Any, Any]) -> None:
        """Put facts away, and let go of other tenants' when there are too many."""
        shelf.kinds.setdefault(kind, {}).update(facts)
        shelf.size += len(facts)
        with self._lock:
            while len(self._shelves) > 1 and sum(one.size for one in self._shelves.values()) > self._limit:
                self._shelves.popitem(last=False)
            if shelf.size > self._limit:
                shelf.kinds = {kind: dict(facts)}
                shelf.size = len(facts)


memory = Memory()


def reference(work: "Work", kind: Any, keys: Iterable[K], read: Callable[[list[K]], Mapping[K, F]]) -> dict[K, F]:
    """Key -> facts for those of `keys` that exist; `read` is called once with the keys this process does not know.

    `kind` names the facts and everything they depend on beside the key (the company at work). Facts must be immutable.
    """
    wanted = list(dict.fromkeys(keys))
    if _has_pending(work):
        fresh = read(wanted)
        return {key: fresh[key] for key in wanted if key in fresh}
    changes = _changes(work)
    shelf = None if changes else memory.shelf(work.actor.schema, _epoch(work))
    known = _own(work, kind, changes) if shelf is None else shelf.kinds.get(kind, {})
    missing = [key for key in wanted if key not in known]
    if not missing:
        return {key: known[key] for key in wanted}
    fresh = read(missing)
    if shelf is None:
        known.update(fresh)
    else:
        memory.keep(shelf, kind, fresh)
    return {key: fresh[key] if key in fresh else known[key] for key in wanted if key in fresh or key in known}


def facts_of(work: "Work", facts: type[F], model: type[Model], keys: Iterable[UUID]) -> dict[UUID, F]:
    """Records that others refer to, as frozen dataclasses whose fields are the model's columns.

    Missing names the first that is not there for this actor. References are followed whatever the tenant's row rules
    say (as `work.get` does); where a declared record rule narrows the model, the rows are read anew: what one person
    may see must not come out of another's memory. A value hidden from whoever only reads is empty.
    """
    wanted = list(dict.fromkeys(keys))
    names = [field.name for field in fields(facts)]  # type: ignore[arg-type]
    columns = model.__mapper__.columns

    def read(missing: list[UUID]) -> dict[UUID, F]:
        statement = select(*(columns[name] for name in names)).where(columns["id"].in_(missing))
        with work.trusting():
            return {row.id: facts(*row) for row in work.session.execute(narrowed(statement, work, model))}

    company = work.actor.company_id if "company_id" in columns else None
    found = read(wanted) if narrows(work, model) else reference(work, (facts, company), wanted, read)
    for key in wanted:
        if key not in found:
            raise Missing("record.missing", noun=f"{module_of(model)}.{model.__noun__}", id=str(key))
    emptied = work.actor.rules.emptied(model) if work.reading and work.actor.rules is not None else {}
    left = {name: value for name, value in emptied.items() if name in names}
    return {key: replace(fact, **left) for key, fact in found.items()} if left else found  # type: ignore[type-var]


def _epoch(work: "Work") -> int:
    if work.epoch is None:
        work.epoch = work.session.execute(select(epoch_now)).scalar_one()
    return work.epoch


def _own(work: "Work", kind: Any, changes: int) -> dict[Any, Any]:
    """What a transaction that changes reference rows has read since its latest change."""
    return work.remember(("reference", kind, changes), dict)


def _changes(work: "Work") -> int:
    """How many statements of this transaction have changed reference rows."""
    changes: int = work.session.connection().info.get(REFERENCE_CHANGES, 0)
    return changes


def _has_pending(work: "Work") -> bool:
    """Whether changes of reference rows wait in the session to be written."""
    session = work.session
    return any(isinstance(row, Model) and row.__reference__ for rows in (session.new, session.dirty) for row in rows)


def raise_epoch(work: "Work") -> None:
    """Called by the gate last before the commit, after everything was flushed."""
    if _changes(work):
        work.session.execute(_raise)
