"""The last statement of every performed action: audit entry, changed columns, outbox and stored answer at once.

One statement whatever an action did, because each of these four would otherwise cost every write a round trip.
"""

from typing import Any

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Integer, Text, Uuid

from app.kernel.ids import new_id
from app.platform.audit import Auditor
from app.platform.jsonable import jsonable
from app.platform.work import Work

_AUDIT = """
WITH entry AS (
    INSERT INTO audit_entry (id, at, actor_id, actor_name, on_behalf_of, door, address, request_id, action, trail)
    VALUES (:id, :at, :actor_id, :actor_name, :on_behalf_of, :door, :address, :request_id, :action, :trail ::jsonb)
), mark AS (
    INSERT INTO audit_unsealed (entry_id) VALUES (:id)
), changes AS (
    INSERT INTO audit_change (entry_id, no, kind, record_id, operation, columns)
    SELECT :id, c.no, c.kind, c.record_id, c.operation, c.columns::jsonb
    FROM unnest(:nos, :kinds, :records, :operations, :columns) AS c(no, kind, record_id, operation, columns)
), facts AS (
    INSERT INTO outbox_event (id, at, name, body, actor_id)
    SELECT f.id, :at, f.name, f.body::jsonb, :actor_id FROM unnest(:events, :names, :bodies) AS f(id, name, body)
)
"""
_TYPES = (
    bindparam("id", type_=Uuid),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("actor_id", type_=Uuid),
    bindparam("actor_name", type_=Text),
    bindparam("on_behalf_of", type_=Text),
    bindparam("door", type_=Text),
    bindparam("address", type_=Text),
    bindparam("request_id", type_=Text),
    bindparam("action", type_=Text),
    bindparam("trail", type_=Text),
    bindparam("nos", type_=ARRAY(Integer)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("records", type_=ARRAY(Uuid)),
    bindparam("operations", type_=ARRAY(Text)),
    bindparam("columns", type_=ARRAY(Text)),
    bindparam("events", type_=ARRAY(Uuid)),
    bindparam("names", type_=ARRAY(Text)),
    bindparam("bodies", type_=ARRAY(Text)),
)
_close = text(_AUDIT + "SELECT 1").bindparams(*_TYPES)
_store = "UPDATE idempotency_key SET answer = :answer ::jsonb WHERE actor = :who AND action = :what AND key = :key"
_close_with_answer = text(_AUDIT + _store).bindparams(
    *_TYPES,
    bindparam("answer", type_=Text),
    bindparam("who", type_=Text),
    bindparam("what", type_=Text),
    bindparam("key", type_=Text),
)


def close(
    work: Work, auditor: Auditor, action: str, claim: tuple[str, str, str] | None, answer: dict[str, Any]
) -> None:
    """Write them. `claim` is (actor, action, key) of an idempotency key whose answer is stored."""
    work.session.flush()
    actor, changes = work.actor, auditor.listed()
    bodies = [orjson.dumps(jsonable(event)).decode() for event in work.events]
    values: dict[str, Any] = {
        "id": new_id(),
        "at": work.now,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "on_behalf_of": actor.on_behalf_of,
        "door": actor.door,
        "address": actor.address,
        "request_id": actor.request_id,
        "action": action,
        "trail": orjson.dumps(work.trail[1:]).decode(),
        "nos": list(range(1, len(changes) + 1)),
        "kinds": [change.kind for change in changes],
        "records": [change.record_id for change in changes],
        "operations": [change.operation for change in changes],
        "columns": [orjson.dumps(change.columns).decode() for change in changes],
        "events": [new_id() for _ in work.events],
        "names": [type(event).__name__ for event in work.events],
        "bodies": bodies,
    }
    if claim is None:
        work.session.execute(_close, values)
    else:
        who, what, key = claim
        stored = orjson.dumps(answer).decode()
        work.session.execute(_close_with_answer, {**values, "answer": stored, "who": who, "what": what, "key": key})
