"""What must hold in the audit log: read by `hanse verify`, in one snapshot and bounded memory, changes nothing.

Every link is computed anew from its entry and compared with what is stored and with the anchors outside. Only the
first bad link is named, because everything behind it differs too; what the database cannot tell of itself (a cut
tail, a chain computed anew after a forgery) the anchors tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from app.adapters.objects import ObjectStore
from app.kernel.errors import Finding
from app.kernel.proof import START, link_hash
from app.platform.audit_proof import proven_links
from app.platform.audit_seal import MARK_BYTES, Anchor, anchors_of

_chain = text("SELECT last_no, last_hash, anchors, anchored_no, dropped_no, dropped_hash FROM audit_chain WHERE id = 1")
_entry = text("SELECT at, actor_name, action FROM audit_entry WHERE id = :key").bindparams(bindparam("key", type_=Uuid))
_lost = text(
    "SELECT u.entry_id FROM audit_unsealed u WHERE NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.id = u.entry_id) "
    "ORDER BY u.entry_id LIMIT 1"
)
_loose = text(
    "SELECT e.id FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.entry_id = e.id) ORDER BY e.id LIMIT 1"
)


@dataclass
class _Outside:
    """The anchors, walked beside the links."""

    anchors: Iterator[tuple[Anchor, str]]
    current: Anchor | None = None
    digest: str = ""
    seen: int = 0
    broken: list[Finding] = field(default_factory=list)

    def differs(self, no: int, link: bytes) -> bool:
        """Whether the anchors hold another hash for this link. Behind the last anchor nothing is known."""
        while self.current is None or self.current.last_no < no:
            if not self._next():
                return False
        assert self.current is not None
        if no == self.current.last_no and link != self.current.head:
            return True
        return self.current.mark(no) != link[:MARK_BYTES]

    def last_no(self) -> int:
        """The last link that was ever anchored; walks to the end."""
        while self._next():
            pass
        return self.current.last_no if self.current else 0

    def _next(self) -> bool:
        found, digest = next(self.anchors, (None, ""))
        if found is None:
            return False
        first = self.current.last_no + 1 if self.current else 1
        if found.previous != self.digest or found.first_no != first or found.number != self.seen + 1:
            self.broken.append(Finding("check.audit_anchor_broken", None, {"anchor": found.number}))
        self.current, self.digest, self.seen = found, digest, self.seen + 1
        return True


def audit_findings(session: Session, store: ObjectStore, schema: str) -> Iterator[Finding]:
    """`check.audit_changed`, `_deleted`, `_order`, `_rewritten`, `_cut`, `_loose`, `_anchor_broken`, `_anchor_missing`."""
    chain = session.execute(_chain).one_or_none()
    outside = _Outside(anchors_of(store, schema))
    after, head = (chain.dropped_no, bytes(chain.dropped_hash)) if chain else (0, START)
    bad = _first_bad(session, outside, after, head)
    if isinstance(bad, Finding):
        yield bad
    else:
        yield from _end(outside, chain, *bad)
    yield from outside.broken
    for code, statement in (("check.audit_deleted", _lost), ("check.audit_loose", _loose)):
        key = session.scalar(statement)
        if key is not None:
            yield Finding(code, None, {"no": "?", **_named(session, key)})


def _first_bad(session: Session, outside: _Outside, after: int, head: bytes) -> Finding | tuple[int, bytes]:
    """The first link that does not hold, or the number and hash of the last one."""
    if after and outside.differs(after, head):
        return Finding("check.audit_rewritten", None, {"no": after, "entry": "", "action": "", "actor": "", "at": ""})
    no = after
    for found_no, entry_id, leaf, stored, now in proven_links(session, after):
        no += 1
        code = ""
        if found_no != no:
            code = "check.audit_order"
        elif now is None:
            code = "check.audit_deleted"
        elif now != leaf:
            code = "check.audit_changed"
        elif link_hash(no, leaf, head) != stored:
            code = "check.audit_order"
        elif outside.differs(no, stored):
            code = "check.audit_rewritten"
        if code:
            return Finding(code, None, {"no": no, **_named(session, entry_id)})
        head = stored
    return no, head


def _end(outside: _Outside, chain: Any, no: int, head: bytes) -> Iterator[Finding]:
    """Whether the chain goes as far as its own row and the anchors say."""
    last_no, last_hash = (chain.last_no, bytes(chain.last_hash)) if chain else (0, START)
    expected = max(last_no, outside.last_no())
    if no < expected:
        yield Finding("check.audit_cut", None, {"no": no + 1, "missing": expected - no})
    elif head != last_hash:
        yield Finding("check.audit_order", None, {"no": no, "entry": "", "action": "", "actor": "", "at": ""})
    if chain and outside.seen < chain.anchors:
        yield Finding("check.audit_anchor_missing", None, {"anchor": outside.seen + 1})


def _named(session: Session, key: UUID) -> dict[str, Any]:
    row = session.execute(_entry, {"key": key}).one_or_none()
    at, actor, action = (row.at.isoformat(timespec="seconds"), row.actor_name, row.action) if row else ("", "", "")
    return {"entry": str(key), "action": action, "actor": actor, "at": at}
