"""The sealer: the only writer of balances and seals, run by the worker in the tenant's sealer role.

It takes unsealed entries, reads them back from the tables, recomputes their leaves and checks their balance,
binds the batch to the chain by a Merkle root, adds their lines to the balances and takes the unsealed marks
away, all in one transaction: exactly once. While it is down, reports read the unsealed lines instead: slower,
never wrong. The chain row's lock keeps a second sealer out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, NUMERIC
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, Integer, Text, Uuid

from app.kernel.dates import now
from app.kernel.money import ZERO
from app.modules.finance.queries.period_seal import days_without_root
from app.modules.finance.queries.proof import read_proven
from app.modules.finance.rules.balance import buckets_of
from app.modules.finance.rules.journal import GENESIS, ProvenEntry, leaf_hash, merkle_root, seal_hash
from app.modules.finance.rules.manifest import day_hash
from app.platform.actions import Gate
from app.platform.work import Actor

BATCH = 1000


class TamperedError(RuntimeError):
    """What the tables say is not what was posted: sealing stops, somebody has to look."""


@dataclass(frozen=True, slots=True)
class _Taken:
    entry: ProvenEntry
    leaf: bytes


def seal(session: Session, limit: int = BATCH) -> int:
    """Seal up to `limit` entries in one transaction of the sealer's session, and commit; how many were sealed.

    TamperedError where an entry's rows do not give its leaf or do not balance.
    """
    session.execute(
        text(
            "INSERT INTO finance_chain (id, last_no, last_hash, rolled_to) VALUES (1, 0, :hash, 0) ON CONFLICT DO NOTHING"
        ),
        {"hash": GENESIS},
    )
    chain = session.execute(
        text("SELECT last_no, last_hash, rolled_to FROM finance_chain WHERE id = 1 FOR UPDATE")
    ).one()
    marks = session.execute(
        text("SELECT entry_id FROM finance_unsealed ORDER BY entry_id LIMIT :limit"), {"limit": limit}
    ).scalars()
    keys = list(marks)
    last_year = max(chain.rolled_to, now().year + 1)
    if not keys and last_year == chain.rolled_to:
        session.rollback()
        return 0
    _close_days(session)
    taken = _read(session, keys)
    last_year = max([last_year, *(item.entry.business_on.year + 1 for item in taken)])
    _roll(session, chain.rolled_to, last_year)
    no, previous = chain.last_no, bytes(chain.last_hash)
    if taken:
        no += 1
        previous = _write_seal(session, no, previous, taken)
        _add_balances(session, taken, last_year)
        session.execute(_drain, {"keys": keys})
    session.execute(
        text("UPDATE finance_chain SET last_no = :no, last_hash = :hash, rolled_to = :year WHERE id = 1"),
        {"no": no, "hash": previous, "year": last_year},
    )
    session.commit()
    return len(taken)


def seal_ledger(router: Any, gate: Gate, actor: Actor) -> None:
    """The worker's upkeep: seal batch after batch until nothing is left."""
    del gate
    while True:
        with router.sealer_session(actor.schema) as session:
            if seal(session) < BATCH:
                return


_keys = bindparam("keys", type_=ARRAY(Uuid))
_drain = text("DELETE FROM finance_unsealed WHERE entry_id = ANY(:keys)").bindparams(_keys)


def _read(session: Session, keys: Sequence[UUID]) -> list[_Taken]:
    if not keys:
        return []
    taken: list[_Taken] = []
    for entry, leaf in read_proven(session, keys):
        if leaf_hash(entry) != leaf:
            raise TamperedError(f"entry {entry.id} is not what was posted")
        if sum((line.debit - line.credit for line in entry.lines), ZERO):
            raise TamperedError(f"entry {entry.id} does not balance")
        taken.append(_Taken(entry, leaf))
    if len(taken) != len(keys):
        raise TamperedError("an unsealed entry is gone")
    return taken


_root = text(
    "INSERT INTO finance_day_root (day_on, first_no, last_no, root, previous, hash) "
    "VALUES (:day, :first, :last, :root, :previous, :hash)"
).bindparams(*(bindparam(name, type_=BYTEA) for name in ("root", "previous", "hash")))


def _close_days(session: Session) -> None:
    """Give every day that is over (UTC) the root over its seals; the chain row is held, so seals are whole."""
    previous, days = days_without_root(session, now().date())
    for row in days:
        root = merkle_root([bytes(member) for member in row.hashes])
        new = day_hash(row.day_on, root, previous)
        session.execute(
            _root,
            {
                "day": row.day_on,
                "first": row.numbers[0],
                "last": row.numbers[-1],
                "root": root,
                "previous": previous,
                "hash": new,
            },
        )
        previous = new


def _write_seal(session: Session, no: int, previous: bytes, taken: Sequence[_Taken]) -> bytes:
    root = merkle_root([item.leaf for item in taken])
    new = seal_hash(no, root, previous)
    session.execute(
        text(
            "INSERT INTO finance_seal (no, sealed_at, entries, lines, root, previous, hash) "
            "VALUES (:no, :at, :entries, :lines, :root, :previous, :hash)"
        ).bindparams(
            bindparam("root", type_=BYTEA), bindparam("previous", type_=BYTEA), bindparam("hash", type_=BYTEA)
        ),
        {
            "no": no,
            "at": now(),
            "entries": len(taken),
            "lines": sum(len(item.entry.lines) for item in taken),
            "root": root,
            "previous": previous,
            "hash": new,
        },
    )
    session.execute(
        text(
            "INSERT INTO finance_seal_entry (entry_id, seal_no, position) "
            "SELECT e.id, :no, e.position FROM unnest(:keys, :positions) AS e(id, position)"
        ).bindparams(_keys, bindparam("positions", type_=ARRAY(Integer))),
        {"no": no, "keys": [item.entry.id for item in taken], "positions": list(range(len(taken)))},
    )
    return new


_upsert = text(
    """
    INSERT INTO finance_balance AS b (grain, book_id, bucket_on, account_id, currency, amount, debit, credit, group_amount)
    SELECT v.grain, v.book_id, v.bucket_on, v.account_id, v.currency, v.amount, v.debit, v.credit, v.group_amount
      FROM unnest(:grains, :books, :buckets, :accounts, :currencies, :amounts, :debits, :credits, :groups)
        AS v(grain, book_id, bucket_on, account_id, currency, amount, debit, credit, group_amount)
    ON CONFLICT (grain, book_id, bucket_on, account_id, currency) DO UPDATE
      SET amount = b.amount + excluded.amount, debit = b.debit + excluded.debit, credit = b.credit + excluded.credit,
          group_amount = b.group_amount + excluded.group_amount
    """
).bindparams(
    bindparam("grains", type_=ARRAY(Text)),
    bindparam("books", type_=ARRAY(Uuid)),
    bindparam("buckets", type_=ARRAY(Date)),
    bindparam("accounts", type_=ARRAY(Uuid)),
    bindparam("currencies", type_=ARRAY(Text)),
    *(bindparam(name, type_=ARRAY(NUMERIC(20, 4))) for name in ("amounts", "debits", "credits", "groups")),
)
Key = tuple[str, UUID, date, UUID, str]


def _add_balances(session: Session, taken: Sequence[_Taken], last_year: int) -> None:
    """Add the lines to month, ten days, day and every later year's opening; one statement, keys in order."""
    sums: dict[Key, list[Decimal]] = {}
    for item in taken:
        buckets = buckets_of(item.entry.business_on, last_year)
        for line in item.entry.lines:
            parts = (line.amount, line.debit, line.credit, line.group_amount or ZERO)
            for grain, bucket_on in buckets:
                key = (grain, item.entry.book_id, bucket_on, line.account_id, line.currency)
                found = sums.setdefault(key, [ZERO, ZERO, ZERO, ZERO])
                for place, part in enumerate(parts):
                    found[place] += part
    keys = sorted(sums)
    session.execute(
        _upsert,
        {
            "grains": [key[0] for key in keys],
            "books": [key[1] for key in keys],
            "buckets": [key[2] for key in keys],
            "accounts": [key[3] for key in keys],
            "currencies": [key[4] for key in keys],
            "amounts": [sums[key][0] for key in keys],
            "debits": [sums[key][1] for key in keys],
            "credits": [sums[key][2] for key in keys],
            "groups": [sums[key][3] for key in keys],
        },
    )


def _roll(session: Session, rolled_to: int, last_year: int) -> None:
    """Give years that have none yet their opening rows: those of the year before and its months."""
    if not rolled_to:
        return
    for year in range(rolled_to + 1, last_year + 1):
        session.execute(
            text(
                """
                INSERT INTO finance_balance (grain, book_id, bucket_on, account_id, currency, amount, debit, credit, group_amount)
                SELECT 'O', book_id, :start, account_id, currency, sum(amount), sum(debit), sum(credit), sum(group_amount)
                  FROM finance_balance
                 WHERE (grain = 'O' AND bucket_on = :before) OR (grain = 'M' AND bucket_on >= :before AND bucket_on < :start)
                 GROUP BY book_id, account_id, currency
                """
            ),
            {"start": date(year, 1, 1), "before": date(year - 1, 1, 1)},
        )
