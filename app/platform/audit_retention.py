"""How long the audit log is kept, and dropping months older than that: asked for by a person, done by the sealer.

The tenant role cannot delete from the log at all. The audit administrator sets how many months are kept (six at
least, 网络安全法 art. 23) and asks for older months to be dropped; the worker does it in the sealer role, which
looks at the same limits again. Only what is anchored goes, from the beginning of the chain without a gap, so that the
anchors still prove what is left and tell how much there was.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.types import Date, Uuid

from app.kernel.dates import now
from app.kernel.errors import Invalid
from app.platform.actions import Gate, action
from app.platform.audit import NO_RECORD, Change
from app.platform.audit_records import SHORTEST_RETENTION_MONTHS, AuditChain, AuditRetention
from app.platform.audit_seal import locked_chain
from app.platform.work import Actor, Work

LONGEST_MONTHS = 600
BATCH = 2000


@action
def update_audit_retention(
    work: Work, months: Annotated[int, Limit(ge=SHORTEST_RETENTION_MONTHS, le=LONGEST_MONTHS)]
) -> None:
    """Set for how many months the audit log is kept at least."""
    if months < SHORTEST_RETENTION_MONTHS:
        raise Invalid("audit.retention_short", field="months", least=SHORTEST_RETENTION_MONTHS)
    kept = retention_of(work)
    if kept is None:
        work.add(AuditRetention(id=1, months=months))
    else:
        kept.months = months


@action
def apply_audit_retention(work: Work, before: date) -> None:
    """Have the months before the one of this day dropped from the audit log; the worker does it. It cannot be undone."""
    kept, first = retention_of(work), before.replace(day=1)
    if kept is None:
        raise Invalid("audit.retention_none", field="before")
    latest = earlier(work.today(), kept.months)
    if first > latest:
        raise Invalid("audit.drop_too_recent", field="before", months=kept.months, latest=latest)
    kept.drop_before = max(first, kept.drop_before or first)


def retention_of(work: Work) -> AuditRetention | None:
    """What the tenant has set; without it everything is kept."""
    return work.session.get(AuditRetention, 1)


def chain_of(work: Work) -> AuditChain | None:
    """Where the proof of the log stands; None before anything was sealed."""
    return work.session.get(AuditChain, 1)


def earlier(day: date, months: int) -> date:
    """The first day of the month that lies so many months before the day's own."""
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


_asked = text("SELECT months, drop_before FROM audit_retention WHERE id = 1")
_first_kept = text(
    "SELECT min(l.no) FROM audit_link l JOIN audit_entry e ON e.id = l.entry_id WHERE e.at >= :before"
).bindparams(bindparam("before", type_=Date))
_batch = text(
    "SELECT no, entry_id, hash FROM audit_link WHERE no > :after AND no <= :last ORDER BY no LIMIT :limit"
).bindparams(bindparam("after", type_=BigInteger), bindparam("last", type_=BigInteger))
_keys = bindparam("keys", type_=ARRAY(Uuid))
_drop = (
    text("DELETE FROM audit_change WHERE entry_id = ANY(:keys)").bindparams(_keys),
    text("DELETE FROM audit_entry WHERE id = ANY(:keys)").bindparams(_keys),
    text("DELETE FROM audit_link WHERE entry_id = ANY(:keys)").bindparams(_keys),
)
_advance = text("UPDATE audit_chain SET dropped_no = :no, dropped_hash = :hash WHERE id = 1").bindparams(
    bindparam("no", type_=BigInteger), bindparam("hash", type_=BYTEA)
)
_finish = text("UPDATE audit_chain SET dropped_before = :before WHERE id = 1").bindparams(
    bindparam("before", type_=Date)
)


def drop_audit(router: Any, gate: Gate, actor: Actor) -> None:
    """The worker's upkeep: drop what was asked for, batch after batch; logs how much it was."""
    total, before = 0, None
    while True:
        with router.sealer_session(actor.schema) as session:
            asked = session.execute(_asked).one_or_none()
            if asked is None or asked.drop_before is None:
                break
            chain = locked_chain(session)
            months = max(asked.months, SHORTEST_RETENTION_MONTHS)
            before = min(asked.drop_before, earlier(now().date(), months))
            if chain.dropped_before is not None and chain.dropped_before >= before:
                break
            done = _drop_batch(session, chain, before)
            if not done:
                session.execute(_finish, {"before": before})
            session.commit()
            total += done
            if not done:
                break
    if total:
        facts = {"entries": [None, total], "before": [None, str(before)]}
        gate.record(actor, "platform.drop_audit_entries", [Change("platform.audit_entry", NO_RECORD, "delete", facts)])


def _drop_batch(session: Any, chain: Any, before: date) -> int:
    """The next links from the beginning, as far as they are older and anchored."""
    first_kept = session.scalar(_first_kept, {"before": before})
    last = chain.anchored_no if first_kept is None else min(first_kept - 1, chain.anchored_no)
    rows = session.execute(_batch, {"after": chain.dropped_no, "last": last, "limit": BATCH}).all()
    if not rows:
        return 0
    keys: list[UUID] = [row.entry_id for row in rows]
    for statement in _drop:
        session.execute(statement, {"keys": keys})
    session.execute(_advance, {"no": rows[-1].no, "hash": bytes(rows[-1].hash)})
    return len(rows)
