"""Bytes that can be hashed: one form for the same facts, whoever computes it, and the hashes over them.

A field is its length (4 bytes, big-endian) and its bytes; NULL is ffffffff. Texts are UTF-8, ids their 16 bytes,
days ISO, instants whole microseconds since 1970 UTC, numbers decimal. Lengths make the form free of ambiguity: no
two lists of fields give the same bytes.
"""

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

NULL = b"\xff\xff\xff\xff"
START = bytes(32)
"""What a chain's first link follows."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_length = struct.Struct(">I").pack
_number = struct.Struct(">q").pack


def proof_bytes(values: Iterable[str | UUID | datetime | date | int | None]) -> bytes:
    """The fields one after the other."""
    parts: list[bytes] = []
    for value in values:
        if value is None:
            parts.append(NULL)
            continue
        body = _bytes(value)
        parts += (_length(len(body)), body)
    return b"".join(parts)


def _bytes(value: str | UUID | datetime | date | int) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return str((value - _EPOCH) // _MICROSECOND).encode()
    return value.isoformat().encode() if isinstance(value, date) else str(value).encode()


def leaf_of(content: bytes) -> bytes:
    """SHA-256 with prefix 0x00, so that no content can pass for a link."""
    return hashlib.sha256(b"\x00" + content).digest()


def link_hash(number: int, leaf: bytes, previous: bytes) -> bytes:
    """A link binds a leaf and its place to all links before: SHA-256(0x02, number as 8 bytes, leaf, previous)."""
    return hashlib.sha256(b"\x02" + _number(number) + leaf + previous).digest()
