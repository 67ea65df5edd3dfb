"""The manifest of a sealed period and its export: what a stranger needs to check the books without us.

The manifest is one line of canonical JSON (sorted keys, no blanks); its UTF-8 bytes are what is signed. The export is
the manifest, its signature, and one line an entry with the canonical bytes the chain is made of (`rules.journal`).
`scripts/verify_ledger.py` reads it with nothing but Python.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from app.modules.finance.rules.journal import GENESIS, merkle_root, next_head

FORMAT = "hanse.period.1"
EMPTY_ROOT = sha256(b"").digest()
"""Root of a period without entries."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry of a sealed period: its place, its voucher number, its canonical bytes and the leaf over them."""

    kind: str
    number: int
    voucher: str
    content: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class SeriesEnd:
    """Where a series stood when its period was sealed."""

    kind: str
    last_number: int
    head: bytes


def period_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle root over a period's leaves, by kind and number."""
    return merkle_root(leaves) if leaves else EMPTY_ROOT


def manifest(
    *,
    company_id: UUID,
    book_id: UUID,
    currency: str,
    period: str,
    first_on: date,
    last_on: date,
    sealed_at: datetime,
    entries: int,
    debit: Decimal,
    root: bytes,
    series: Sequence[SeriesEnd],
    previous: str,
) -> str:
    """The line that is signed. `previous` is the SHA-256 of the manifest before, so that none can be left out."""
    facts = {
        "format": FORMAT,
        "company": str(company_id),
        "book": str(book_id),
        "currency": currency,
        "period": period,
        "first_on": first_on.isoformat(),
        "last_on": last_on.isoformat(),
        "sealed_at": sealed_at.isoformat(),
        "entries": entries,
        "debit": f"{debit:.4f}",
        "root": root.hex(),
        "series": [
            {"kind": end.kind, "last_number": end.last_number, "head": end.head.hex()}
            for end in sorted(series, key=lambda end: end.kind)
            if end.last_number
        ],
        "previous": previous,
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(line: str) -> str:
    """SHA-256 of a manifest, in hexadecimal."""
    return sha256(line.encode()).hexdigest()


def export_lines(line: str, public_key: str, signature: str, entries: Iterable[Sealed]) -> Iterator[str]:
    """The export, line by line, entries by kind and number with the head each brought its series to."""
    yield line
    yield json.dumps({"public_key": public_key, "signature": signature}, sort_keys=True, separators=(",", ":"))
    heads: dict[str, bytes] = {}
    for entry in entries:
        head = heads[entry.kind] = next_head(heads.get(entry.kind, GENESIS), entry.number, entry.leaf)
        facts: Mapping[str, str | int] = {
            "kind": entry.kind,
            "number": entry.number,
            "voucher": entry.voucher,
            "head": head.hex(),
            "bytes": b64encode(entry.content).decode(),
        }
        yield json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def day_hash(day: date, root: bytes, previous: bytes) -> bytes:
    """A day binds the root of its seals to the day before, prefix 0x03."""
    return sha256(b"\x03" + day.isoformat().encode() + root + previous).digest()
