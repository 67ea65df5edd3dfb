"""Entries: balanced sets of lines, how they are corrected, and the bytes that prove them.

Posted lines never change (catalogue R3). A mistake is answered by a *reversal*, sides swapped, or by a
*red entry* (红字冲销), same sides with negative amounts; either nets to zero with its original line by line.

The chain: each entry's canonical bytes give a leaf hash; the series row keeps
head = SHA-256(head || number || leaf), so order, content and gaplessness are provable at commit
(ledger page, section 7). The number enters through the head, so the leaf is known before it.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.kernel.money import ZERO, round_half_up

LEDGER_DIGITS = 4
MAX_LINES = 20_000
"""A limit on everything: one entry's lines are one statement."""
NO_DIMENSIONS: Mapping[UUID, UUID] = {}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One side of an entry. `debit` and `credit` are in the company's currency (negative for red ink), one of
    them zero; `amount` is signed (debit positive) in `currency`. `dimensions` maps a dimension to its value.
    """

    account_id: UUID
    debit: Decimal
    credit: Decimal
    currency: str
    amount: Decimal
    dimensions: Mapping[UUID, UUID] = field(default_factory=lambda: NO_DIMENSIONS)
    group_amount: Decimal | None = None

    @property
    def balance(self) -> Decimal:
        """Debit minus credit."""
        return self.debit - self.credit


def debit(
    account_id: UUID,
    value: Decimal,
    currency: str,
    *,
    amount: Decimal | None = None,
    dimensions: Mapping[UUID, UUID] = NO_DIMENSIONS,
) -> EntryLine:
    """A debit of `value` company units; `amount` is the foreign amount, positive, where `currency` is foreign."""
    return EntryLine(account_id, value, ZERO, currency, value if amount is None else amount, dimensions)


def credit(
    account_id: UUID,
    value: Decimal,
    currency: str,
    *,
    amount: Decimal | None = None,
    dimensions: Mapping[UUID, UUID] = NO_DIMENSIONS,
) -> EntryLine:
    """A credit of `value` company units; `amount` is the foreign amount, positive, where `currency` is foreign."""
    return EntryLine(account_id, ZERO, value, currency, -(value if amount is None else amount), dimensions)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry before its number: what `post_entry` takes. `kind` names the series (`general`, `sales`, …)."""

    book_id: UUID
    kind: str
    business_on: date
    origin_kind: str
    origin_id: UUID
    lines: tuple[EntryLine, ...]
    memo: str = ""
    reverses_id: UUID | None = None
    adjustment: int | None = None
    """Number of the adjustment period it belongs to; None for the period that holds `business_on`."""
    id: UUID = field(default_factory=new_id)


def check_entry(draft: EntryDraft, company_currency: str) -> EntryDraft:
    """The entry, if it may be posted: 2 lines at least, each one-sided, signs agreeing, balanced, 4 decimals.

    Invalid `entry.lines`, `entry.side`, `entry.sign`, `entry.own_amount`, `entry.digits`, `entry.unbalanced`.
    """
    if not 2 <= len(draft.lines) <= MAX_LINES:
        raise Invalid("entry.lines", field="lines", count=len(draft.lines))
    total = ZERO
    for no, line in enumerate(draft.lines):
        where = f"lines.{no}"
        balance = line.balance
        if line.debit and line.credit:
            raise Invalid("entry.side", field=f"{where}.credit")
        if not balance and not line.amount:
            raise Invalid("entry.empty_line", field=f"{where}.debit")
        if balance and line.amount and (balance > 0) != (line.amount > 0):
            raise Invalid("entry.sign", field=f"{where}.amount")
        if line.currency == company_currency and line.amount != balance:
            raise Invalid("entry.own_amount", field=f"{where}.amount")
        for value in (line.debit, line.credit, line.amount):
            if round_half_up(value, LEDGER_DIGITS) != value:
                raise Invalid("entry.digits", field=where, digits=LEDGER_DIGITS)
        total += balance
    if total:
        raise Invalid("entry.unbalanced", field="lines", difference=total)
    return draft


def merged(lines: Iterable[EntryLine]) -> tuple[EntryLine, ...]:
    """Lines of one account, side, currency and dimension set added up, empty ones dropped; order of first seen."""
    found: dict[tuple[UUID, str, bool, UUID], EntryLine] = {}
    for line in lines:
        key = (line.account_id, line.currency, line.debit != 0, dimension_set_id(line.dimensions))
        seen = found.get(key)
        if seen is None:
            found[key] = line
            continue
        group = None
        if seen.group_amount is not None or line.group_amount is not None:
            group = (seen.group_amount or ZERO) + (line.group_amount or ZERO)
        found[key] = replace(
            seen,
            debit=seen.debit + line.debit,
            credit=seen.credit + line.credit,
            amount=seen.amount + line.amount,
            group_amount=group,
        )
    return tuple(line for line in found.values() if line.debit or line.credit or line.amount)


def _negative(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def swapped(line: EntryLine) -> EntryLine:
    """The line with its sides changed over."""
    return replace(
        line, debit=line.credit, credit=line.debit, amount=-line.amount, group_amount=_negative(line.group_amount)
    )


def red(line: EntryLine) -> EntryLine:
    """The line on its own side, negative (红字)."""
    return replace(
        line, debit=-line.debit, credit=-line.credit, amount=-line.amount, group_amount=_negative(line.group_amount)
    )


def reversal(
    draft: EntryDraft, business_on: date, *, origin_kind: str, origin_id: UUID, red_ink: bool, memo: str = ""
) -> EntryDraft:
    """The entry that undoes another: same lines in the same order, red or swapped, in its own open period."""
    turn = red if red_ink else swapped
    return EntryDraft(
        draft.book_id,
        draft.kind,
        business_on,
        origin_kind,
        origin_id,
        tuple(turn(line) for line in draft.lines),
        memo or draft.memo,
        reverses_id=draft.id,
    )


def nets_to_zero(original: Sequence[EntryLine], undone: Sequence[EntryLine]) -> bool:
    """Whether two sets of lines cancel line by line: same account, dimensions and currency, opposite balance."""
    return len(original) == len(undone) and all(
        one.account_id == other.account_id
        and one.currency == other.currency
        and dict(one.dimensions) == dict(other.dimensions)
        and one.balance == -other.balance
        and one.amount == -other.amount
        for one, other in zip(original, undone, strict=True)
    )


def dimension_set_id(dimensions: Mapping[UUID, UUID]) -> UUID:
    """A set's id is its content: SHA-256 of the sorted pairs, so that posters never read before inserting."""
    if not dimensions:
        return EMPTY_SET
    body = b"".join(dimension.bytes + dimensions[dimension].bytes for dimension in sorted(dimensions))
    return UUID(bytes=hashlib.sha256(body).digest()[:16])


EMPTY_SET = UUID(bytes=hashlib.sha256(b"").digest()[:16])


# --- The proof ---------------------------------------------------------------------------------------------

VERSION_TAG = b"hanse.entry.1"
GENESIS = b"\x00"
"""Head of a series before its first entry."""
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _field(value: bytes | str | UUID | Decimal | date | datetime | int | None) -> bytes:
    """Length and bytes; NULL is ffffffff. Money to four decimals, days ISO, instants in whole microseconds."""
    if value is None:
        return _NULL
    match value:
        case bytes():
            body = value
        case UUID():
            body = value.bytes
        case str():
            body = value.encode()
        case Decimal():
            body = format(value + ZERO if value else ZERO, ".4f").encode()
        case datetime():
            body = str((value - _EPOCH) // _MICROSECOND).encode()
        case date():
            body = value.isoformat().encode()
        case _:
            body = str(value).encode()
    return struct.pack(">I", len(body)) + body


@dataclass(frozen=True, slots=True)
class ProvenLine:
    """A line as stored: what enters the proof. The currency has three letters."""

    no: int
    account_id: UUID
    dimension_set_id: UUID
    currency: str
    amount: Decimal
    debit: Decimal
    credit: Decimal
    group_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry as stored, without its number."""

    id: UUID
    book_id: UUID
    kind: str
    period_id: UUID
    business_on: date
    posted_at: datetime
    origin_kind: str
    origin_id: UUID
    reverses_id: UUID | None
    memo: str
    lines: tuple[ProvenLine, ...]


def proven(draft: EntryDraft, period_id: UUID, posted_at: datetime) -> ProvenEntry:
    """The draft as it will be stored."""
    lines = tuple(
        ProvenLine(
            no,
            line.account_id,
            dimension_set_id(line.dimensions),
            line.currency,
            line.amount,
            line.debit,
            line.credit,
            line.group_amount,
        )
        for no, line in enumerate(draft.lines, start=1)
    )
    return ProvenEntry(
        draft.id,
        draft.book_id,
        draft.kind,
        period_id,
        draft.business_on,
        posted_at,
        draft.origin_kind,
        draft.origin_id,
        draft.reverses_id,
        draft.memo,
        lines,
    )


def canonical_bytes(entry: ProvenEntry) -> bytes:
    """Fields in fixed order, then the number of lines, then the lines by number."""
    parts = [
        VERSION_TAG,
        *(
            _field(value)
            for value in (
                entry.id,
                entry.book_id,
                entry.kind,
                entry.period_id,
                entry.business_on,
                entry.posted_at,
                entry.origin_kind,
                entry.origin_id,
                entry.reverses_id,
                entry.memo,
                len(entry.lines),
            )
        ),
    ]
    for line in entry.lines:
        parts += [
            _field(line.no),
            line.account_id.bytes,
            line.dimension_set_id.bytes,
            _field(line.currency),
            _field(line.amount),
            _field(line.debit),
            _field(line.credit),
            _field(line.group_amount),
        ]
    return b"".join(parts)


def leaf_hash(entry: ProvenEntry) -> bytes:
    """SHA-256 with prefix 0x00, so that no leaf can pass for a node of the Merkle tree."""
    return hashlib.sha256(b"\x00" + canonical_bytes(entry)).digest()


def next_head(head: bytes, number: int, leaf: bytes) -> bytes:
    """Head = SHA-256(head || number as int8, big-endian || leaf), the same as the posting statement computes."""
    return hashlib.sha256(head + struct.pack(">q", number) + leaf).digest()


def chain(head: bytes, first_number: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Heads after each of several entries that take consecutive numbers."""
    heads: list[bytes] = []
    for number, leaf in enumerate(leaves, start=first_number):
        head = next_head(head, number, leaf)
        heads.append(head)
    return heads


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root of the tree over the leaves, nodes prefixed 0x01; a single last node moves up unchanged."""
    if not leaves:
        raise ValueError("a seal has at least one entry")
    level = list(leaves)
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def seal_hash(number: int, root: bytes, previous: bytes) -> bytes:
    """A seal binds the batch's root to the seal before it, prefix 0x02."""
    return hashlib.sha256(b"\x02" + struct.pack(">q", number) + root + previous).digest()
