"""Sealing again what an older data key sealed, or what stood in a column before it was sealed.

In batches of their own transactions through the gate, so that it can be stopped and goes on where it stopped; rows
somebody works on are passed over and taken the next time.
"""

from typing import Annotated, Any, Protocol

from pydantic import Field as Limit
from sqlalchemy import ColumnElement, LargeBinary, exists, func, select, type_coerce, update

from app.adapters.db import Model, table_of
from app.adapters.sealed import FORM, VERSION_BYTES, Sealed
from app.platform.actions import Gate, action
from app.platform.work import Actor, Work

BATCH = 200


def sealed_columns() -> list[tuple[type[Model], Any]]:
    """Every sealed column of the tenant's tables, with its model."""
    return [
        (mapper.class_, column)
        for mapper in sorted(Model.registry.mappers, key=lambda mapper: mapper.class_.__name__)
        if issubclass(mapper.class_, Model)
        for column in table_of(mapper.class_).columns
        if isinstance(column.type, Sealed)
    ]


class Keys(Protocol):
    """A tenant's keys, as far as it matters here: what values sealed by the newest key begin with."""

    def newest(self) -> bytes:
        """Empty while the tenant has no key yet."""

    def current(self) -> bytes:
        """The same; a tenant without a key gets one."""


def _stale(column: Any, newest: bytes) -> ColumnElement[bool]:
    raw = type_coerce(column, LargeBinary)
    return (func.length(raw) > 0) & (func.substr(raw, 1, len(FORM) + VERSION_BYTES) != newest)


def waits(work: Work, newest: bytes) -> bool:
    """Whether any value is not sealed with the newest key."""
    return any(work.session.scalar(select(exists().where(_stale(column, newest)))) for _, column in sealed_columns())


@action
def reseal_fields(
    work: Work,
    current: Annotated[str, Limit(pattern=r"^([0-9a-f]{2}){1,64}$")],
    limit: Annotated[int, Limit(ge=1, le=BATCH)] = BATCH,
) -> int:
    """Seal again up to so many values that do not begin with `current` (hex); how many. The values stay the same."""
    done = 0
    for model, column in sealed_columns():
        if done >= limit:
            break
        table = table_of(model)
        rows = select(table.c.id, column).where(_stale(column, bytes.fromhex(current))).order_by(table.c.id)
        taken = rows.limit(limit - done).with_for_update(skip_locked=True)
        for key, text in work.session.execute(taken).all():
            work.session.execute(update(table).where(table.c.id == key).values({column: text}))
            done += 1
    return done


def reseal_tenant(gate: Gate, actor: Actor, keys: Keys) -> int:
    """Batch after batch until nothing is left; how many values were sealed again."""
    total = 0
    if not gate.read(actor, lambda work: waits(work, keys.newest())):
        return total
    while True:
        done = int(gate.perform(reseal_fields, actor, current=keys.current().hex()).result)
        total += done
        if done < BATCH:
            return total
