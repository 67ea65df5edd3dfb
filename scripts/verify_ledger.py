#!/usr/bin/env python3
"""Checks the export of a sealed period (`hanse ledger-export`) without Hanse: `python3 verify_ledger.py FILE…`.

Needs Python 3.11 alone; with the package `cryptography` the signature is checked too. Several files are checked as a
chain of periods, in the order given. Prints the first line that is wrong and ends with 1; with 0 where all holds.
"""

import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

TAG = b"hanse.entry.1"
HEAD_FIELDS = 11
"""Entry, book, kind, period, day, instant, origin kind, origin, reversed entry, memo, number of lines."""


class Broken(Exception):
    """What is wrong, beginning with where."""


def fields_of(content: bytes) -> Iterator[bytes | None]:
    """The fields of an entry's head: four bytes of length, then the bytes; ffffffff is nothing."""
    place = len(TAG)
    for _ in range(HEAD_FIELDS):
        (length,) = struct.unpack_from(">I", content, place)
        place += 4
        if length == 0xFFFFFFFF:
            yield None
            continue
        yield content[place : place + length]
        place += length
    yield content[place:]


def sides_of(body: bytes, count: int) -> tuple[Decimal, Decimal]:
    """Debits and credits of the lines: number, account and dimension set (16 bytes each), currency, three amounts."""
    debit = credit = Decimal(0)
    place = 0

    def field() -> bytes | None:
        nonlocal place
        (length,) = struct.unpack_from(">I", body, place)
        place += 4
        if length == 0xFFFFFFFF:
            return None
        found = body[place : place + length]
        place += length
        return found

    for expected in range(1, count + 1):
        if int(field() or b"0") != expected:
            raise Broken("its lines are not numbered one after the other")
        place += 32
        field()
        field()
        debit += Decimal((field() or b"0").decode())
        credit += Decimal((field() or b"0").decode())
        field()
    if place != len(body):
        raise Broken("something follows its last line")
    return debit, credit


def merkle(leaves: list[bytes]) -> bytes:
    """The root over the leaves; a single last node moves up unchanged."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = leaves
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def signed(public: str, line: str, signature: str) -> bool | None:
    """Whether the signature is right; None where `cryptography` is not here."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), line.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def check(path: Path, before: str | None) -> tuple[dict[str, Any], str, bool | None]:
    """The manifest, its digest, and whether its signature was checked; Broken at the first wrong line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) < 2:
        raise Broken("line 1: this is not an export")
    manifest, seal = json.loads(lines[0]), json.loads(lines[1])
    right = signed(seal["public_key"], lines[0], seal["signature"])
    if right is False:
        raise Broken("line 2: the signature is not that of the manifest")
    if before is not None and manifest["previous"] != before:
        raise Broken("line 1: the manifest does not follow the period before")
    entries(lines[2:], manifest)
    return manifest, hashlib.sha256(lines[0].encode()).hexdigest(), right


def entries(lines: list[str], manifest: dict[str, Any]) -> None:
    """Every entry against its head, its series, its period and its own balance; then all against the manifest."""
    heads: dict[str, tuple[int, bytes]] = {}
    leaves, total = [], Decimal(0)
    for no, line in enumerate(lines, start=3):
        facts = json.loads(line)
        where = f"line {no}, voucher {facts['voucher']}"
        content = base64.b64decode(facts["bytes"])
        if base64.b64encode(content).decode() != facts["bytes"]:
            raise Broken(f"{where}: its bytes are not written as they were exported")
        if not facts["voucher"].endswith(f"{manifest['period']}-{facts['number']}"):
            raise Broken(f"{where}: the voucher is not called by its number {facts['number']}")
        last, head = heads.get(facts["kind"], (0, b"\x00"))
        if facts["number"] != last + 1:
            raise Broken(f"{where}: number {last + 1} of {facts['kind']} is missing")
        leaf = hashlib.sha256(b"\x00" + content).digest()
        head = hashlib.sha256(head + struct.pack(">q", facts["number"]) + leaf).digest()
        if head.hex() != facts["head"]:
            raise Broken(f"{where}: it is not what was posted")
        heads[facts["kind"]] = (facts["number"], head)
        leaves.append(leaf)
        total += one(where, content, facts, manifest)
    for series in manifest["series"]:
        last, head = heads.pop(series["kind"], (0, b"\x00"))
        if (last, head.hex()) != (series["last_number"], series["head"]):
            raise Broken(f"series {series['kind']}: it ends otherwise than the signed manifest says")
    if heads:
        raise Broken(f"series {min(heads)}: the signed manifest does not know it")
    if merkle(leaves).hex() != manifest["root"] or len(leaves) != manifest["entries"]:
        raise Broken("the entries do not come to the root of the signed manifest")
    if total != Decimal(manifest["debit"]):
        raise Broken("the debits do not come to the total of the signed manifest")


def one(where: str, content: bytes, facts: dict[str, Any], manifest: dict[str, Any]) -> Decimal:
    """The debits of an entry that balances, in its series, book and period."""
    if not content.startswith(TAG):
        raise Broken(f"{where}: its bytes are not those of an entry")
    *head, body = fields_of(content)
    day = (head[4] or b"").decode()
    if (head[2] or b"").decode() != facts["kind"] or (head[1] or b"").hex() != manifest["book"].replace("-", ""):
        raise Broken(f"{where}: it belongs to another series")
    if not manifest["first_on"] <= day <= manifest["last_on"]:
        raise Broken(f"{where}: {day} is outside the period")
    try:
        debit, credit = sides_of(body or b"", int(head[10] or b"0"))
    except Broken as broken:
        raise Broken(f"{where}: {broken}") from None
    if debit != credit:
        raise Broken(f"{where}: debits {debit} are not credits {credit}")
    return debit


def main(paths: list[str]) -> int:
    """0 where everything holds, 1 at the first that does not, 2 where nothing was given."""
    if not paths:
        print(__doc__)
        return 2
    before = None
    for path in paths:
        try:
            manifest, before, right = check(Path(path), before)
        except (Broken, KeyError, ValueError, OSError, struct.error) as error:
            print(f"{path}: {error}")
            return 1
        known = "signature right" if right else "signature NOT checked (install cryptography)"
        print(f"{path}: {manifest['period']}, {manifest['entries']} entries, everything holds, {known}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
