"""Posting: entries queue up in the unit of work and go to the ledger together, after everything else.

Per series one statement raises the counter, extends the hash chain and inserts the entry; all lines of all
entries are one statement with the unsealed marks. The series row is held only from there to the commit.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, NUMERIC
from sqlalchemy.types import Date, DateTime, Integer, Text, Uuid

from app.kernel.errors import Conflict
from app.kernel.money import ZERO
from app.modules.finance.events import EntriesPosted
from app.modules.finance.queries.account import account_names, accounts_of
from app.modules.finance.queries.book import BookFacts, book_of
from app.modules.finance.queries.period import excepted
from app.modules.finance.rules import journal
from app.modules.finance.rules.account import check_postable
from app.modules.finance.rules.journal import EntryDraft, EntryLine, ProvenEntry, check_entry, dimension_set_id, proven
from app.modules.finance.rules.period import Period
from app.platform.numbering import Numbered
from app.platform.work import Phase, Work

KINDS = ("general", "sales", "purchase", "receipt", "payment", "stock", "transfer", "asset")
"""Series of a book: each has its own number, lock and chain per period."""
PREFIX = {
    "general": "G",
    "sales": "S",
    "purchase": "P",
    "receipt": "R",
    "payment": "Z",
    "stock": "K",
    "transfer": "T",
    "asset": "A",
}
SOFT = "finance.soft_close_period"
"""Who may close softly may also post into a softly closed period."""
EXCEPTED = ["open", "soft"]


@dataclass(frozen=True, slots=True)
class _Queued:
    draft: EntryDraft
    document: Numbered | None


@dataclass(frozen=True, slots=True)
class PostingEffect:
    """What a rehearsal shows of an entry: account names with debits and credits."""

    kind: str
    business_on: date
    memo: str
    lines: tuple[tuple[str, Decimal, Decimal], ...]


def post_entry(work: Work, draft: EntryDraft, document: Numbered | None = None) -> UUID:
    """Queue an entry; it is posted last. `document`'s number, known only then, is written before the memo.

    The entry's id. Refusals: those of `check_entry` at once; those of accounts and periods when posting.
    """
    check_entry(draft, book_of(work).currency)
    work.defer(Phase.LEDGER, _post, _Queued(draft, document))
    return draft.id


@dataclass(frozen=True, slots=True)
class _Ready:
    entry: ProvenEntry
    lines: tuple[EntryLine, ...]
    period: Period
    leaf: bytes


def _post(work: Work, queued: list[_Queued]) -> None:
    book = book_of(work)
    _check_accounts(work, [item.draft for item in queued])
    groups: dict[tuple[str, UUID], list[_Ready]] = {}
    for item in queued:
        ready = _ready(work, book, item)
        groups.setdefault((ready.entry.kind, ready.entry.period_id), []).append(ready)
    if work.dry_run:
        _show(work, queued)
    _insert_dimension_sets(work, [item.draft for item in queued])
    for key in sorted(groups):
        members = groups[key]
        if len(members) == 1:
            _post_one(work, book, members[0])
        else:
            _post_batch(work, book, members)
    _insert_lines(work, book, [ready for key in sorted(groups) for ready in groups[key]])
    work.emit(EntriesPosted(len(queued)))


def _check_accounts(work: Work, drafts: Sequence[EntryDraft]) -> None:
    accounts = accounts_of(work, {line.account_id for draft in drafts for line in draft.lines})
    for draft in drafts:
        for no, line in enumerate(draft.lines):
            check_postable(
                accounts[line.account_id], draft.origin_kind, line.currency, line.dimensions, f"lines.{no}.account_id"
            )


def _ready(work: Work, book: BookFacts, item: _Queued) -> _Ready:
    draft = item.draft
    number = item.document.number if item.document is not None else None
    if number:
        draft = replace(draft, memo=f"{number} {draft.memo}".strip())
    period_id, period = book.period(draft.business_on, draft.adjustment)
    entry = proven(draft, period_id, work.now)
    return _Ready(entry, draft.lines, period, journal.leaf_hash(entry))


def _show(work: Work, queued: Sequence[_Queued]) -> None:
    names = account_names(work, {line.account_id for item in queued for line in item.draft.lines})
    work.effects.extend(
        PostingEffect(
            "posting",
            item.draft.business_on,
            item.draft.memo,
            tuple((names[line.account_id], line.debit, line.credit) for line in item.draft.lines),
        )
        for item in queued
    )


def _states(work: Work) -> list[str]:
    return ["open", "soft"] if work.actor.may(SOFT) else ["open"]


def _head(work: Work, book: BookFacts, ready: _Ready) -> dict[str, Any]:
    entry = ready.entry
    return {
        "id": entry.id,
        "company": book.company_id,
        "book": entry.book_id,
        "kind": entry.kind,
        "period": entry.period_id,
        "prefix": f"{PREFIX[entry.kind]}{ready.period.code}-",
        "business_on": entry.business_on,
        "posted_at": entry.posted_at,
        "posted_by": work.actor.user_id,
        "origin_kind": entry.origin_kind,
        "origin_id": entry.origin_id,
        "reverses": entry.reverses_id,
        "memo": entry.memo,
        "line_count": len(entry.lines),
        "total": sum((line.debit for line in entry.lines), ZERO),
        "leaf": ready.leaf,
    }


_COLUMNS = (
    "id, company_id, book_id, kind, period_id, number, voucher, business_on, posted_at, posted_by_id, origin_kind, "
    "origin_id, reverses_id, memo, line_count, total, leaf, head"
)
_one = text(
    f"""
    WITH n AS (
      UPDATE finance_series
         SET last_number = last_number + 1,
             head = sha256(head || int8send(last_number + 1) || :leaf),
             last_posted_at = greatest(last_posted_at, :posted_at)
       WHERE book_id = :book AND kind = :kind AND period_id = :period AND state = ANY(:states)
      RETURNING last_number, head)
    INSERT INTO finance_entry ({_COLUMNS})
    SELECT :id, :company, :book, :kind, :period, n.last_number, :prefix || n.last_number, :business_on, :posted_at,
           :posted_by, :origin_kind, :origin_id, :reverses, :memo, :line_count, :total, :leaf, n.head
      FROM n
    RETURNING number
    """  # noqa: S608  column names only
).bindparams(
    bindparam("leaf", type_=BYTEA),
    bindparam("states", type_=ARRAY(Text)),
    bindparam("posted_at", type_=DateTime(timezone=True)),
    bindparam("prefix", type_=Text),
    bindparam("total", type_=NUMERIC(20, 4)),
    *(
        bindparam(name, type_=Uuid)
        for name in ("id", "company", "book", "period", "posted_by", "origin_id", "reverses")
    ),
)


def _post_one(work: Work, book: BookFacts, ready: _Ready) -> None:
    head = _head(work, book, ready)
    row = work.session.execute(_one, {**head, "states": _states(work)}).one_or_none()
    if row is None and excepted(work, ready.entry.period_id, ready.entry.kind):
        row = work.session.execute(_one, {**head, "states": EXCEPTED}).one_or_none()
    if row is None:
        raise _closed(ready)


def _closed(ready: _Ready) -> Conflict:
    return Conflict("period.closed", field="business_on", period=ready.period.code)


_take = text(
    """
    UPDATE finance_series
       SET last_number = last_number + :count, last_posted_at = greatest(last_posted_at, :posted_at)
     WHERE book_id = :book AND kind = :kind AND period_id = :period AND state = ANY(:states)
    RETURNING last_number, head
    """
).bindparams(
    bindparam("states", type_=ARRAY(Text)),
    bindparam("posted_at", type_=DateTime(timezone=True)),
    bindparam("book", type_=Uuid),
    bindparam("period", type_=Uuid),
)
_many = text(
    f"""
    WITH h AS (
      UPDATE finance_series SET head = :last_head WHERE book_id = :book AND kind = :kind AND period_id = :period
      RETURNING 1)
    INSERT INTO finance_entry ({_COLUMNS})
    SELECT e.id, :company, :book, :kind, :period, e.number, :prefix || e.number, e.business_on, :posted_at, :posted_by,
           e.origin_kind, e.origin_id, e.reverses_id, e.memo, e.line_count, e.total, e.leaf, e.head
      FROM h, unnest(:ids, :numbers, :days, :origin_kinds, :origin_ids, :reverses, :memos, :counts, :totals, :leaves,
                     :heads)
        AS e(id, number, business_on, origin_kind, origin_id, reverses_id, memo, line_count, total, leaf, head)
    """  # noqa: S608  column names only
).bindparams(
    bindparam("last_head", type_=BYTEA),
    bindparam("company", type_=Uuid),
    bindparam("book", type_=Uuid),
    bindparam("period", type_=Uuid),
    bindparam("posted_by", type_=Uuid),
    bindparam("prefix", type_=Text),
    bindparam("posted_at", type_=DateTime(timezone=True)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("numbers", type_=ARRAY(Integer)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("origin_kinds", type_=ARRAY(Text)),
    bindparam("origin_ids", type_=ARRAY(Uuid)),
    bindparam("reverses", type_=ARRAY(Uuid)),
    bindparam("memos", type_=ARRAY(Text)),
    bindparam("counts", type_=ARRAY(Integer)),
    bindparam("totals", type_=ARRAY(NUMERIC(20, 4))),
    bindparam("leaves", type_=ARRAY(BYTEA)),
    bindparam("heads", type_=ARRAY(BYTEA)),
)


def _post_batch(work: Work, book: BookFacts, members: Sequence[_Ready]) -> None:
    """Several entries of one series: take all numbers at once, chain them here under the held lock."""
    first = _head(work, book, members[0])
    taken = {**first, "count": len(members)}
    row = work.session.execute(_take, {**taken, "states": _states(work)}).one_or_none()
    if row is None and excepted(work, members[0].entry.period_id, members[0].entry.kind):
        row = work.session.execute(_take, {**taken, "states": EXCEPTED}).one_or_none()
    if row is None:
        raise _closed(members[0])
    start = row.last_number - len(members) + 1
    heads = journal.chain(bytes(row.head), start, [member.leaf for member in members])
    parts = [_head(work, book, member) for member in members]
    work.session.execute(
        _many,
        {
            **{name: first[name] for name in ("company", "book", "kind", "period", "prefix", "posted_at", "posted_by")},
            "last_head": heads[-1],
            "ids": [part["id"] for part in parts],
            "numbers": list(range(start, start + len(members))),
            "days": [part["business_on"] for part in parts],
            "origin_kinds": [part["origin_kind"] for part in parts],
            "origin_ids": [part["origin_id"] for part in parts],
            "reverses": [part["reverses"] for part in parts],
            "memos": [part["memo"] for part in parts],
            "counts": [part["line_count"] for part in parts],
            "totals": [part["total"] for part in parts],
            "leaves": [part["leaf"] for part in parts],
            "heads": heads,
        },
    )


_lines = text(
    """
    WITH l AS (
      INSERT INTO finance_line (entry_id, no, book_id, account_id, dimension_set_id, business_on, posted_at, currency,
                                amount, debit, credit, group_amount)
      SELECT v.entry_id, v.no, :book, v.account_id, v.set_id, v.business_on, :posted_at, v.currency, v.amount, v.debit,
             v.credit, v.group_amount
        FROM unnest(:entries, :nos, :accounts, :sets, :days, :currencies, :amounts, :debits, :credits, :groups)
          AS v(entry_id, no, account_id, set_id, business_on, currency, amount, debit, credit, group_amount)
      RETURNING 1)
    INSERT INTO finance_unsealed (entry_id) SELECT unnest(:fresh)
    """
).bindparams(
    bindparam("book", type_=Uuid),
    bindparam("posted_at", type_=DateTime(timezone=True)),
    bindparam("entries", type_=ARRAY(Uuid)),
    bindparam("nos", type_=ARRAY(Integer)),
    bindparam("accounts", type_=ARRAY(Uuid)),
    bindparam("sets", type_=ARRAY(Uuid)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("currencies", type_=ARRAY(Text)),
    bindparam("amounts", type_=ARRAY(NUMERIC(20, 4))),
    bindparam("debits", type_=ARRAY(NUMERIC(20, 4))),
    bindparam("credits", type_=ARRAY(NUMERIC(20, 4))),
    bindparam("groups", type_=ARRAY(NUMERIC(20, 4))),
    bindparam("fresh", type_=ARRAY(Uuid)),
)


def _insert_lines(work: Work, book: BookFacts, entries: Sequence[_Ready]) -> None:
    """All lines and the unsealed marks: one statement. The guard allows no other way."""
    rows = [(ready.entry, line) for ready in entries for line in ready.entry.lines]
    work.session.execute(
        _lines,
        {
            "book": book.id,
            "posted_at": work.now,
            "entries": [entry.id for entry, _ in rows],
            "nos": [line.no for _, line in rows],
            "accounts": [line.account_id for _, line in rows],
            "sets": [line.dimension_set_id for _, line in rows],
            "days": [entry.business_on for entry, _ in rows],
            "currencies": [line.currency for _, line in rows],
            "amounts": [line.amount for _, line in rows],
            "debits": [line.debit for _, line in rows],
            "credits": [line.credit for _, line in rows],
            "groups": [line.group_amount for _, line in rows],
            "fresh": [ready.entry.id for ready in entries],
        },
    )


# --- Dimension sets ------------------------------------------------------------------------------------------

MAX_KNOWN = 50_000
_known: OrderedDict[tuple[str, UUID], None] = OrderedDict()
"""Sets seen committed in this process, by schema: only ever a reason not to insert again."""

_sets = text(
    """
    WITH s AS (
      INSERT INTO finance_dimension_set (id) SELECT unnest(:ids) ON CONFLICT DO NOTHING RETURNING id),
    v AS (
      INSERT INTO finance_dimension_set_value (set_id, dimension_id, value_id)
      SELECT p.set_id, p.dimension_id, p.value_id
        FROM unnest(:set_ids, :dimension_ids, :value_ids) AS p(set_id, dimension_id, value_id)
        JOIN s ON s.id = p.set_id
      RETURNING 1)
    SELECT id FROM s
    """
).bindparams(*(bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "set_ids", "dimension_ids", "value_ids")))


def _insert_dimension_sets(work: Work, drafts: Sequence[EntryDraft]) -> None:
    """Insert sets not known yet, in id order, without reading. A set that was there already is known from now on."""
    schema = work.actor.schema
    wanted = {dimension_set_id(line.dimensions): line.dimensions for draft in drafts for line in draft.lines}
    mine: set[UUID] = work.remember("finance.fresh_sets", set)
    unknown = sorted(key for key in wanted if (schema, key) not in _known and key not in mine)
    if not unknown:
        return
    values = [(key, dimension, value) for key in unknown for dimension, value in wanted[key].items()]
    fresh = set(
        work.session.execute(
            _sets,
            {
                "ids": unknown,
                "set_ids": [key for key, _, _ in values],
                "dimension_ids": [dimension for _, dimension, _ in values],
                "value_ids": [value for _, _, value in values],
            },
        ).scalars()
    )
    mine |= fresh
    for key in unknown:
        if key not in fresh:
            _known[schema, key] = None
    while len(_known) > MAX_KNOWN:
        _known.popitem(last=False)
