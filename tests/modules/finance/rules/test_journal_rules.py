import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.kernel.money import ZERO
from app.modules.finance.rules import journal
from app.modules.finance.rules.journal import EntryDraft, EntryLine

BOOK, BANK, SALES, DIM = (UUID(int=n) for n in range(1, 5))
DAY = date(2026, 3, 5)
amounts = st.decimals("0.01", "99999", places=2, allow_nan=False, allow_infinity=False)


def draft(*lines: EntryLine) -> EntryDraft:
    return EntryDraft(BOOK, "general", DAY, "finance.voucher", UUID(int=9), lines, "memo", id=UUID(int=8))


def sale(value: str = "100") -> EntryDraft:
    return draft(journal.debit(BANK, Decimal(value), "CNY"), journal.credit(SALES, Decimal(value), "CNY"))


@st.composite
def entries(choose: st.DrawFn) -> EntryDraft:
    values = choose(st.lists(amounts, min_size=1, max_size=6))
    accounts = st.integers(10, 13).map(lambda n: UUID(int=n))
    lines = [journal.debit(choose(accounts), value, "CNY") for value in values]
    return draft(*lines, journal.credit(BANK, sum(values, ZERO), "CNY"))


@given(entries(), st.booleans())
def test_a_reversal_nets_to_zero_line_by_line(entry: EntryDraft, red_ink: bool) -> None:
    undone = journal.reversal(entry, DAY, origin_kind="finance.voucher", origin_id=UUID(int=9), red_ink=red_ink)
    assert journal.nets_to_zero(entry.lines, undone.lines)
    assert undone.reverses_id == entry.id
    journal.check_entry(undone, "CNY")
    assert all((line.debit >= 0 and line.credit >= 0) != red_ink for line in undone.lines)


@given(entries())
def test_merging_keeps_balances(entry: EntryDraft) -> None:
    lines = journal.merged(entry.lines)
    keys = [(line.account_id, line.debit > 0) for line in lines]
    assert len(keys) == len(set(keys))
    for account in {line.account_id for line in entry.lines}:
        assert sum((line.balance for line in lines if line.account_id == account), ZERO) == sum(
            (line.balance for line in entry.lines if line.account_id == account), ZERO
        )


def test_merging_drops_what_cancels_and_keeps_dimensions_apart() -> None:
    one = journal.debit(BANK, Decimal(5), "CNY")
    assert journal.merged([one, journal.red(one)]) == ()
    marked = journal.debit(BANK, Decimal(5), "CNY", dimensions={DIM: DIM})
    assert len(journal.merged([one, marked])) == 2


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([journal.debit(BANK, Decimal(1), "CNY")], "entry.lines"),
        ([journal.debit(BANK, Decimal(1), "CNY"), journal.credit(SALES, Decimal(2), "CNY")], "entry.unbalanced"),
        (
            [EntryLine(BANK, Decimal(1), Decimal(1), "CNY", ZERO), journal.credit(SALES, Decimal(2), "CNY")],
            "entry.side",
        ),
        ([EntryLine(BANK, ZERO, ZERO, "CNY", ZERO), journal.credit(SALES, Decimal(2), "CNY")], "entry.empty_line"),
        (
            [EntryLine(BANK, Decimal(7), ZERO, "USD", Decimal(-1)), journal.credit(SALES, Decimal(7), "CNY")],
            "entry.sign",
        ),
        (
            [EntryLine(BANK, Decimal(7), ZERO, "CNY", Decimal(1)), journal.credit(SALES, Decimal(7), "CNY")],
            "entry.own_amount",
        ),
        (
            [journal.debit(BANK, Decimal("0.00001"), "CNY"), journal.credit(SALES, Decimal("0.00001"), "CNY")],
            "entry.digits",
        ),
    ],
)
def test_what_is_refused(lines: list[EntryLine], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        journal.check_entry(draft(*lines), "CNY")
    assert refused.value.code == code


def test_exchange_difference_line_has_no_foreign_amount() -> None:
    entry = draft(EntryLine(BANK, Decimal(7), ZERO, "USD", ZERO), journal.credit(SALES, Decimal(7), "CNY"))
    assert journal.check_entry(entry, "CNY") is entry


def test_dimension_sets_are_their_content() -> None:
    one, other = UUID(int=21), UUID(int=22)
    assert journal.dimension_set_id({one: DIM, other: BANK}) == journal.dimension_set_id({other: BANK, one: DIM})
    assert journal.dimension_set_id({one: DIM}) != journal.dimension_set_id({one: BANK})
    assert journal.dimension_set_id({}) == journal.EMPTY_SET


def test_leaf_covers_every_field_and_money_is_canonical() -> None:
    at = datetime(2026, 3, 5, 1, 2, 3, 456789, tzinfo=UTC)
    entry = journal.proven(sale(), BOOK, at)
    leaf = journal.leaf_hash(entry)
    assert leaf == hashlib.sha256(b"\x00" + journal.canonical_bytes(entry)).digest()
    assert journal.leaf_hash(journal.proven(sale("100.0000"), BOOK, at)) == leaf
    assert b"1772672523456789" in journal.canonical_bytes(entry)
    others = [
        replace(entry, memo="other"),
        replace(entry, business_on=date(2026, 3, 6)),
        replace(entry, posted_at=at.replace(microsecond=1)),
        replace(entry, period_id=BANK),
        replace(entry, reverses_id=BANK),
        replace(entry, lines=(replace(entry.lines[0], account_id=SALES), entry.lines[1])),
        replace(entry, lines=entry.lines[::-1]),
    ]
    assert len({leaf, *(journal.leaf_hash(other) for other in others)}) == 8


def test_minus_zero_is_zero() -> None:
    plus = journal.proven(sale(), BOOK, datetime(2026, 1, 1, tzinfo=UTC))
    minus = replace(plus, lines=(replace(plus.lines[0], credit=Decimal("-0.00")), plus.lines[1]))
    assert journal.leaf_hash(plus) == journal.leaf_hash(minus)


def test_chain_is_the_sql_formula() -> None:
    leaves = [bytes([n]) * 32 for n in range(3)]
    heads = journal.chain(journal.GENESIS, 5, leaves)
    assert heads[0] == hashlib.sha256(b"\x00" + (5).to_bytes(8, "big") + leaves[0]).digest()
    assert heads[2] == journal.next_head(heads[1], 7, leaves[2])


def test_merkle_root_depends_on_order_and_number() -> None:
    leaves = [bytes([n]) * 32 for n in range(5)]
    roots = {journal.merkle_root(leaves[:n]) for n in range(1, 6)} | {journal.merkle_root(leaves[::-1])}
    assert len(roots) == 6
    assert journal.merkle_root(leaves[:1]) == leaves[0]
    with pytest.raises(ValueError, match="at least one"):
        journal.merkle_root([])
    assert journal.seal_hash(1, leaves[0], leaves[1]) != journal.seal_hash(2, leaves[0], leaves[1])
