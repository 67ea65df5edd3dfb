"""The sealer of the audit log: gives committed entries their place in the chain and anchors the chain outside.

Run by the worker in the tenant's sealer role, after the commit of what it seals. The chain row's lock keeps a second
sealer out. An anchor is one object, written once, that holds the head of the chain and eight bytes of every link's
hash since the anchor before it: enough to name the first row even where somebody with all rights over the database
has rewritten log and chain alike. Anchors are numbered from 1 and bound to one another, and their keys follow from
tenant and number, so that `hanse verify` finds them without asking the database.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, DateTime, Integer, Text, Uuid

from app.adapters.objects import ObjectExists, ObjectMissing, ObjectStore, object_key
from app.kernel.dates import now
from app.kernel.ids import first_id_at
from app.kernel.proof import START, link_hash
from app.platform.audit_proof import leaves_of
from app.platform.work import Actor

BATCH = 2000
MARK_BYTES = 8
LARGEST_ANCHOR = 100_000
RECENT = timedelta(days=7)
KEPT_DAYS = 3 * 366
"""How long a store with object lock refuses to give an anchor up; it holds hashes only, nothing of anybody."""


class AnchorConflict(RuntimeError):
    """The store holds another anchor than the chain gives: somebody rewrote one of them."""


@dataclass(frozen=True)
class Anchor:
    """What one anchor says: links `first_no`..`last_no`, the head behind them, and a mark of each."""

    number: int
    first_no: int
    last_no: int
    head: bytes
    marks: bytes
    previous: str
    """SHA-256 (hex) of the anchor before, empty for the first."""
    made_at: str

    @classmethod
    def parse(cls, content: bytes) -> "Anchor":
        found = orjson.loads(content)
        return cls(
            found["number"],
            found["first_no"],
            found["last_no"],
            bytes.fromhex(found["head"]),
            bytes.fromhex(found["marks"]),
            found["previous"],
            found["made_at"],
        )

    def content(self, schema: str) -> bytes:
        """The object's bytes."""
        facts = {
            "form": "hanse.audit-anchor.1",
            "tenant": schema,
            "number": self.number,
            "made_at": self.made_at,
            "first_no": self.first_no,
            "last_no": self.last_no,
            "head": self.head.hex(),
            "previous": self.previous,
            "marks": self.marks.hex(),
        }
        return orjson.dumps(facts, option=orjson.OPT_INDENT_2)

    def mark(self, no: int) -> bytes:
        """The first bytes of the hash of link `no`."""
        start = (no - self.first_no) * MARK_BYTES
        return self.marks[start : start + MARK_BYTES]


def anchor_key(schema: str, number: int) -> str:
    """Where a tenant's anchor of this number lies."""
    return object_key(schema, uuid5(NAMESPACE_URL, f"hanse:audit-anchor:{schema}:{number}"))


def anchors_of(store: ObjectStore, schema: str) -> Iterator[tuple[Anchor, str]]:
    """All anchors of a tenant in order, each with the SHA-256 of its content."""
    number = 1
    while True:
        try:
            content = store.get(anchor_key(schema, number))
        except ObjectMissing:
            return
        yield Anchor.parse(content), hashlib.sha256(content).hexdigest()
        number += 1


_start = text(
    "INSERT INTO audit_chain (id, last_no, last_hash, anchors, anchored_no, dropped_no, dropped_hash) "
    "VALUES (1, 0, :hash, 0, 0, 0, :hash) ON CONFLICT DO NOTHING"
).bindparams(bindparam("hash", START, type_=BYTEA))
_locked = text("SELECT * FROM audit_chain WHERE id = 1 FOR UPDATE")
_keys = bindparam("keys", type_=ARRAY(Uuid))
_waiting = text(
    "SELECT u.entry_id FROM audit_unsealed u JOIN audit_entry e ON e.id = u.entry_id ORDER BY u.entry_id LIMIT :limit"
).bindparams(bindparam("limit", type_=Integer))
_link = text(
    "INSERT INTO audit_link (no, entry_id, leaf, hash) "
    "SELECT l.no, l.entry_id, l.leaf, l.hash FROM unnest(:nos, :keys, :leaves, :hashes) AS l(no, entry_id, leaf, hash)"
).bindparams(
    _keys,
    bindparam("nos", type_=ARRAY(BigInteger)),
    bindparam("leaves", type_=ARRAY(BYTEA)),
    bindparam("hashes", type_=ARRAY(BYTEA)),
)
_drain = text("DELETE FROM audit_unsealed WHERE entry_id = ANY(:keys)").bindparams(_keys)
_advance = text("UPDATE audit_chain SET last_no = :no, last_hash = :hash WHERE id = 1").bindparams(
    bindparam("no", type_=BigInteger), bindparam("hash", type_=BYTEA)
)


def locked_chain(session: Session) -> Any:
    """The chain's row, made where there is none, locked until the commit."""
    session.execute(_start)
    return session.execute(_locked).one()


def seal(session: Session, limit: int = BATCH) -> int:
    """Link up to `limit` waiting entries in one transaction of the sealer's session and commit; how many."""
    chain = locked_chain(session)
    leaves = leaves_of(session, list(session.scalars(_waiting, {"limit": limit})))
    if not leaves:
        session.rollback()
        return 0
    head, hashes = bytes(chain.last_hash), []
    for no, (_, leaf) in enumerate(leaves, start=chain.last_no + 1):
        head = link_hash(no, leaf, head)
        hashes.append(head)
    keys = [key for key, _ in leaves]
    last_no = chain.last_no + len(leaves)
    links = {"nos": list(range(chain.last_no + 1, last_no + 1)), "keys": keys, "hashes": hashes}
    session.execute(_link, {**links, "leaves": [leaf for _, leaf in leaves]})
    session.execute(_drain, {"keys": keys})
    session.execute(_advance, {"no": last_no, "hash": head})
    session.commit()
    return len(leaves)


def seal_batch(router: Any, schema: str) -> int:
    """One batch in a transaction of its own."""
    with router.sealer_session(schema) as session:
        return seal(session)


def seal_audit(router: Any, gate: Any, actor: Actor) -> None:
    """The worker's upkeep: link batch after batch until nothing waits."""
    del gate
    while seal_batch(router, actor.schema) == BATCH:
        pass


_adopt = text(
    "INSERT INTO audit_unsealed (entry_id) SELECT e.id FROM audit_entry e WHERE e.id > :since "
    "AND NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.id) ON CONFLICT DO NOTHING"
).bindparams(bindparam("since", type_=Uuid))
"""Entries of a release that left no marks yet, beside which the upgrade ran. Older ones are findings."""
_hashes = text("SELECT hash FROM audit_link WHERE no > :after AND no <= :last ORDER BY no").bindparams(
    bindparam("after", type_=BigInteger), bindparam("last", type_=BigInteger)
)
_anchored = text(
    "WITH kept AS (INSERT INTO audit_anchor (no, at, last_no, head, object_key) "
    "VALUES (:number, :at, :last_no, :head, :key)) "
    "UPDATE audit_chain SET anchors = :number, anchored_no = :last_no, anchored_on = :on WHERE id = 1"
).bindparams(
    bindparam("number", type_=Integer),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("last_no", type_=BigInteger),
    bindparam("head", type_=BYTEA),
    bindparam("key", type_=Text),
    bindparam("on", type_=Date),
)


def anchor_audit(router: Any, store: ObjectStore, schema: str, *, at: datetime | None = None, due: bool = True) -> int:
    """Anchor what is linked and not anchored yet; how many anchors were written.

    Once a day (UTC), unless `due` is False, which anchors at once. AnchorConflict where the store disagrees.
    """
    at, written = at or now(), 0
    with router.sealer_session(schema) as session:
        session.execute(_adopt, {"since": first_id_at(at - RECENT)})
        session.commit()
    while seal_batch(router, schema) == BATCH:
        pass
    while True:
        with router.sealer_session(schema) as session:
            if not _anchor(session, store, schema, at, due=due and not written):
                return written
        written += 1


def _anchor(session: Session, store: ObjectStore, schema: str, at: datetime, *, due: bool) -> bool:
    chain = locked_chain(session)
    if chain.last_no == chain.anchored_no or (due and chain.anchored_on is not None and chain.anchored_on >= at.date()):
        session.rollback()
        return False
    number, last_no = chain.anchors + 1, min(chain.last_no, chain.anchored_no + LARGEST_ANCHOR)
    hashes = [bytes(found) for found in session.scalars(_hashes, {"after": chain.anchored_no, "last": last_no})]
    if len(hashes) != last_no - chain.anchored_no:
        raise AnchorConflict(f"links between {chain.anchored_no + 1} and {last_no} are gone; run hanse verify")
    marks = b"".join(found[:MARK_BYTES] for found in hashes)
    anchor = Anchor(
        number, chain.anchored_no + 1, last_no, hashes[-1], marks, _digest_before(store, schema, number), at.isoformat()
    )
    anchor = _keep(store, schema, anchor, at)
    facts = {"number": number, "at": at, "last_no": anchor.last_no, "head": anchor.head, "on": at.date()}
    session.execute(_anchored, {**facts, "key": anchor_key(schema, number)})
    session.commit()
    return True


def _keep(store: ObjectStore, schema: str, anchor: Anchor, at: datetime) -> Anchor:
    """Write it; where a crash left one of this number, go on from that one, if it tells the same."""
    key = anchor_key(schema, anchor.number)
    try:
        store.put_once(key, anchor.content(schema), until=at + timedelta(days=KEPT_DAYS))
    except ObjectExists:
        kept = Anchor.parse(store.get(key))
        if kept.first_no != anchor.first_no or not anchor.marks.startswith(kept.marks):
            raise AnchorConflict(f"anchor {anchor.number} in the store tells otherwise; run hanse verify") from None
        return kept
    return anchor


def _digest_before(store: ObjectStore, schema: str, number: int) -> str:
    return hashlib.sha256(store.get(anchor_key(schema, number - 1))).hexdigest() if number > 1 else ""


_pending = text(
    "SELECT EXISTS (SELECT 1 FROM audit_unsealed) OR EXISTS (SELECT 1 FROM audit_chain "
    "WHERE last_no > anchored_no AND (anchored_on IS NULL OR anchored_on < :today))"
).bindparams(bindparam("today", type_=Date))


def audit_waits(session: Session) -> bool:
    """Whether entries wait for the sealer or links for their anchor."""
    return bool(session.scalar(_pending, {"today": now().date()}))
