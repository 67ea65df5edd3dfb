"""A period's ledger as it is sealed and exported: entries by kind and number, read back from the tables."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, Uuid

from app.adapters.signing import verified
from app.kernel.errors import Finding
from app.modules.finance.queries.proof import read_proven
from app.modules.finance.rules.journal import GENESIS, canonical_bytes, merkle_root
from app.modules.finance.rules.manifest import Sealed, SeriesEnd, day_hash, period_root
from app.platform.work import Work

BATCH = 2000
_period = bindparam("period", type_=Uuid)
_places = text(
    "SELECT id, kind, number, voucher FROM finance_entry WHERE period_id = :period AND book_id = :book "
    'ORDER BY kind COLLATE "C", number'
).bindparams(_period, bindparam("book", type_=Uuid))
_series = text(
    "SELECT kind, last_number, head FROM finance_series WHERE period_id = :period AND book_id = :book ORDER BY kind"
).bindparams(_period, bindparam("book", type_=Uuid))


def sealed_entries(session: Session, book_id: UUID, period_id: UUID) -> Iterator[Sealed]:
    """The period's entries by kind and number with their canonical bytes, as the tables hold them now."""
    places = session.execute(_places, {"period": period_id, "book": book_id}).all()
    for start in range(0, len(places), BATCH):
        chunk = places[start : start + BATCH]
        found = {entry.id: (entry, leaf) for entry, leaf in read_proven(session, [row.id for row in chunk])}
        for row in chunk:
            entry, leaf = found[row.id]
            yield Sealed(row.kind, row.number, row.voucher, canonical_bytes(entry), leaf)


def series_ends(session: Session, book_id: UUID, period_id: UUID) -> list[SeriesEnd]:
    """Where each series of the period stands."""
    rows = session.execute(_series, {"period": period_id, "book": book_id})
    return [SeriesEnd(row.kind, row.last_number, bytes(row.head)) for row in rows]


_seals = text("SELECT no, hash, (sealed_at AT TIME ZONE 'UTC')::date AS day_on FROM finance_seal ORDER BY no")
_days = text("SELECT day_on, first_no, last_no, root, previous, hash FROM finance_day_root ORDER BY day_on")


def proof_findings(work: Work) -> list[Finding]:
    """`check.day_root_broken` for a day, `check.period_seal_broken` for a sealed period that is not what was signed."""
    return [*_day_findings(work), *_period_findings(work)]


def _day_findings(work: Work) -> Iterator[Finding]:
    hashes: dict[int, bytes] = {row.no: bytes(row.hash) for row in work.session.execute(_seals)}
    previous = GENESIS
    for row in work.session.execute(_days):
        members = [hashes[no] for no in range(row.first_no, row.last_no + 1) if no in hashes]
        whole = len(members) == row.last_no - row.first_no + 1
        root = merkle_root(members) if members else b""
        if not (
            whole
            and root == bytes(row.root)
            and previous == bytes(row.previous)
            and day_hash(row.day_on, root, previous) == bytes(row.hash)
        ):
            yield Finding("check.day_root_broken", None, {"on": row.day_on})
            return
        previous = bytes(row.hash)


_signed = text(
    """
    SELECT s.code, s.root, s.period_id, s.manifest, s.public_key, s.signature, b.id AS book_id
      FROM finance_period_seal s JOIN finance_book b ON b.company_id = s.company_id AND b.layer = 'base'
     WHERE s.company_id = :company ORDER BY s.code
    """
).bindparams(bindparam("company", type_=Uuid))


def _period_findings(work: Work) -> Iterator[Finding]:
    for row in work.session.execute(_signed, {"company": work.company_id}).all():
        leaves = [entry.leaf for entry in sealed_entries(work.session, row.book_id, row.period_id)]
        whole = period_root(leaves).hex() == row.root and f'"root":"{row.root}"' in row.manifest
        if not whole or not verified(
            bytes.fromhex(row.public_key), row.manifest.encode(), bytes.fromhex(row.signature)
        ):
            yield Finding("check.period_seal_broken", None, {"period": row.code})


_unrooted = text(
    """
    SELECT (sealed_at AT TIME ZONE 'UTC')::date AS day_on, array_agg(no ORDER BY no) AS numbers,
           array_agg(hash ORDER BY no) AS hashes
      FROM finance_seal
     WHERE no > coalesce((SELECT max(last_no) FROM finance_day_root), 0)
       AND (sealed_at AT TIME ZONE 'UTC')::date < :today
     GROUP BY 1 ORDER BY 1
    """
).bindparams(bindparam("today", type_=Date))
_last_day = text("SELECT hash FROM finance_day_root ORDER BY day_on DESC LIMIT 1")


def days_without_root(session: Session, today: date) -> tuple[bytes, Sequence[Any]]:
    """The last day's hash, and the days before `today` whose seals have no root yet."""
    last = session.execute(_last_day).scalar_one_or_none()
    return bytes(last) if last is not None else GENESIS, session.execute(_unrooted, {"today": today}).all()
