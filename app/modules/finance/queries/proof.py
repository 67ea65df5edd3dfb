"""Entries as the tables hold them, for whoever recomputes their leaves: the sealer and the checks."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from app.modules.finance.rules.journal import ProvenEntry, ProvenLine

_keys = bindparam("keys", type_=ARRAY(Uuid))
_entries = text(
    """
    SELECT id, book_id, kind, period_id, business_on, posted_at, origin_kind, origin_id, reverses_id, memo, leaf
      FROM finance_entry WHERE id = ANY(:keys) ORDER BY id
    """
).bindparams(_keys)
_lines = text(
    """
    SELECT entry_id, no, account_id, dimension_set_id, currency, amount, debit, credit, group_amount
      FROM finance_line WHERE entry_id = ANY(:keys) ORDER BY entry_id, no
    """
).bindparams(_keys)


def read_proven(session: Session, keys: Sequence[UUID]) -> list[tuple[ProvenEntry, bytes]]:
    """Entries as the tables hold them, with their stored leaves, in key order."""
    lines: dict[UUID, list[ProvenLine]] = defaultdict(list)
    for row in session.execute(_lines, {"keys": list(keys)}):
        lines[row.entry_id].append(
            ProvenLine(
                row.no,
                row.account_id,
                row.dimension_set_id,
                row.currency,
                row.amount,
                row.debit,
                row.credit,
                row.group_amount,
            )
        )
    return [
        (
            ProvenEntry(
                row.id,
                row.book_id,
                row.kind,
                row.period_id,
                row.business_on,
                row.posted_at,
                row.origin_kind,
                row.origin_id,
                row.reverses_id,
                row.memo,
                tuple(lines[row.id]),
            ),
            bytes(row.leaf),
        )
        for row in session.execute(_entries, {"keys": list(keys)})
    ]
