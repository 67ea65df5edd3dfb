"""What of an audit entry enters its proof, and entries as the tables hold them.

Leaf of an entry: id, at, actor_id, actor_name, on_behalf_of, door, address, request_id, action, trail, number of
changes, then of each change by number: no, kind, record_id, operation, columns; as fields of `app.kernel.proof`.
`trail` and `columns` are the text PostgreSQL gives for the jsonb value: keys without repetition, by length and bytes.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from app.kernel.proof import leaf_of, proof_bytes

_keys = bindparam("keys", type_=ARRAY(Uuid))
_ENTRY = (
    "e.id, e.at, e.actor_id, e.actor_name, e.on_behalf_of, e.door, e.address, e.request_id, e.action, e.trail::text"
)
_entries = text(f"SELECT {_ENTRY} FROM audit_entry e WHERE e.id = ANY(:keys) ORDER BY e.id").bindparams(_keys)  # noqa: S608
_links = text(
    f"SELECT l.no, l.entry_id, l.leaf, l.hash, {_ENTRY} "  # noqa: S608
    "FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id "
    "WHERE l.no > :after ORDER BY l.no LIMIT :limit"
).bindparams(bindparam("after", type_=BigInteger))
_changes = text(
    "SELECT entry_id, no, kind, record_id, operation, columns::text FROM audit_change "
    "WHERE entry_id = ANY(:keys) ORDER BY entry_id, no"
).bindparams(_keys)
BATCH = 2000


def leaves_of(session: Session, keys: Sequence[UUID]) -> list[tuple[UUID, bytes]]:
    """Key and leaf of the entries that are there, in key order."""
    changes = _changes_of(session, keys)
    return [(row[0], _leaf(row, changes[row[0]])) for row in session.execute(_entries, {"keys": list(keys)})]


def proven_links(session: Session, after: int) -> Iterator[tuple[int, UUID, bytes, bytes, bytes | None]]:
    """Links behind `after` in order, in bounded memory: number, entry, stored leaf and hash, and the leaf as it is now.

    The last is None where the entry is gone.
    """
    while True:
        rows = session.execute(_links, {"after": after, "limit": BATCH}).all()
        changes = _changes_of(session, [row[1] for row in rows])
        for row in rows:
            yield row[0], row[1], bytes(row[2]), bytes(row[3]), _leaf(row[4:], changes[row[1]]) if row[4] else None
        if len(rows) < BATCH:
            return
        after = rows[-1][0]


def _changes_of(session: Session, keys: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(_changes, {"keys": list(keys)}) if keys else ():
        found[row[0]].append(row[1:])
    return found


def _leaf(entry: Sequence[Any], changes: Sequence[Sequence[Any]]) -> bytes:
    return leaf_of(proof_bytes([*entry, len(changes), *(value for change in changes for value in change)]))
