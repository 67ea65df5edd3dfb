"""What must hold in the ledger, whatever happened: read by `hanse verify`, changes nothing.

Entries balance; numbers have no gap and every head follows from the one before; entries give their leaves;
seals give their roots; balances are the sums of the sealed lines; open items are what their documents left
open and equal their control accounts.
"""

from collections.abc import Iterator
from itertools import groupby
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.types import Uuid

from app.kernel.errors import Finding
from app.modules.finance.queries.proof import read_proven
from app.modules.finance.rules.journal import GENESIS, leaf_hash, merkle_root, next_head, seal_hash
from app.platform.organisation import company_at_work
from app.platform.work import Work

BATCH = 2000


def balance_findings(work: Work) -> list[Finding]:
    """`check.entry_unbalanced`, `check.balance_differs`."""
    found = [
        Finding("check.entry_unbalanced", None, {"voucher": row.voucher, "difference": row.difference})
        for row in work.session.execute(_unbalanced, {"company": work.company_id})
    ]
    for grain, bucket in _BUCKETS.items():
        statement = text(_DIFFERENT.format(bucket=bucket, years=_YEARS if grain == "O" else "", day=_DAYS[grain]))
        rows = work.session.execute(statement.bindparams(_company), {"company": work.company_id, "grain": grain})
        found += [
            Finding("check.balance_differs", None, {"account": row.code, "on": row.bucket_on, "grain": grain})
            for row in rows
        ]
    return found


def chain_findings(work: Work) -> list[Finding]:
    """`check.chain_broken`, `check.number_gap`, `check.entry_changed`, `check.seal_broken`."""
    if not company_at_work(work).ready:
        return []
    return [*_series(work), *_leaves(work), *_seals(work)]


def open_item_findings(work: Work) -> list[Finding]:
    """`check.open_item_differs`, `check.control_differs`."""
    parameters = {"company": work.company_id}
    found = [
        Finding("check.open_item_differs", None, {"number": row.number, "open": row.open_amount, "sum": row.left})
        for row in work.session.execute(_items, parameters)
    ]
    found += [
        Finding("check.control_differs", None, {"account": row.code, "ledger": row.ledger, "items": row.items})
        for row in work.session.execute(_control, parameters)
    ]
    return found


_company = bindparam("company", type_=Uuid)
_unbalanced = text(
    """
    SELECT e.voucher, sum(l.debit - l.credit) AS difference
      FROM finance_entry e JOIN finance_line l ON l.entry_id = e.id
     WHERE e.company_id = :company GROUP BY e.id, e.voucher
    HAVING sum(l.debit - l.credit) <> 0 OR count(*) <> min(e.line_count)
    """
).bindparams(_company)
_BUCKETS = {
    "M": "date_trunc('month', l.business_on::timestamp)::date",
    "T": "date_trunc('month', l.business_on::timestamp)::date + 10 * least(2, (extract(day FROM l.business_on)::int - 1) / 10)",
    "D": "l.business_on",
    "O": "make_date(y.year, 1, 1)",
}
_DAYS = {"M": "", "T": "", "D": "", "O": "AND y.year > extract(year FROM l.business_on)"}
_YEARS = """
    CROSS JOIN generate_series((SELECT min(extract(year FROM business_on))::int + 1 FROM finance_line),
                               (SELECT rolled_to FROM finance_chain WHERE id = 1)) AS y(year)
"""
_DIFFERENT = """
    WITH summed AS (
      SELECT l.book_id, {bucket} AS bucket_on, l.account_id, l.currency, sum(l.amount) AS amount, sum(l.debit) AS debit,
             sum(l.credit) AS credit
        FROM finance_line l {years}
       WHERE l.book_id IN (SELECT id FROM finance_book WHERE company_id = :company) {day}
         AND NOT EXISTS (SELECT 1 FROM finance_unsealed u WHERE u.entry_id = l.entry_id)
       GROUP BY 1, 2, 3, 4),
    kept AS (
      SELECT * FROM finance_balance WHERE grain = :grain
         AND book_id IN (SELECT id FROM finance_book WHERE company_id = :company))
    SELECT a.code, coalesce(s.bucket_on, k.bucket_on) AS bucket_on
      FROM summed s FULL JOIN kept k ON (k.book_id, k.bucket_on, k.account_id, k.currency)
                                       = (s.book_id, s.bucket_on, s.account_id, s.currency)
      JOIN finance_account a ON a.id = coalesce(s.account_id, k.account_id)
     WHERE (coalesce(s.amount, 0), coalesce(s.debit, 0), coalesce(s.credit, 0))
           <> (coalesce(k.amount, 0), coalesce(k.debit, 0), coalesce(k.credit, 0))
     ORDER BY 1, 2 LIMIT 20
"""
_chain = text(
    """
    SELECT s.book_id, s.kind, p.code AS period, s.last_number, s.head AS last_head, e.number, e.leaf, e.head
      FROM finance_series s
      JOIN finance_period p ON p.id = s.period_id
      LEFT JOIN finance_entry e ON e.book_id = s.book_id AND e.kind = s.kind AND e.period_id = s.period_id
     WHERE p.company_id = :company AND (s.last_number > 0 OR e.id IS NOT NULL)
     ORDER BY s.book_id, s.kind, p.code, e.number
    """
).bindparams(_company)


def _series(work: Work) -> Iterator[Finding]:
    """Every series from its first entry to its counter."""
    rows = work.session.execute(_chain, {"company": work.company_id})
    for (_, kind, period), members in groupby(rows, key=lambda row: (row.book_id, row.kind, row.period)):
        head, expected, broken = GENESIS, 0, False
        for row in members:
            expected += 1
            if row.number != expected:
                yield Finding("check.number_gap", None, {"kind": kind, "period": period, "number": expected})
                broken = True
                break
            head = next_head(head, row.number, bytes(row.leaf))
            if head != bytes(row.head):
                yield Finding("check.chain_broken", None, {"kind": kind, "period": period, "number": row.number})
                broken = True
                break
        if broken:
            for _ in members:
                continue
        elif expected != row.last_number:
            yield Finding("check.number_gap", None, {"kind": kind, "period": period, "number": expected + 1})
        elif head != bytes(row.last_head):
            yield Finding("check.chain_broken", None, {"kind": kind, "period": period, "number": row.number})


def _leaves(work: Work) -> Iterator[Finding]:
    """Every entry against its leaf, in batches by key."""
    after = UUID(int=0)
    page = text("SELECT id FROM finance_entry WHERE company_id = :company AND id > :after ORDER BY id LIMIT :size")
    while True:
        parameters = {"company": work.company_id, "after": after, "size": BATCH}
        keys: list[UUID] = list(
            work.session.scalars(page.bindparams(_company, bindparam("after", type_=Uuid)), parameters)
        )
        if not keys:
            return
        for entry, leaf in read_proven(work.session, keys):
            if leaf_hash(entry) != leaf:
                yield Finding("check.entry_changed", None, {"entry": str(entry.id)})
        after = keys[-1]


_seal_leaves = text(
    """
    SELECT s.no, s.root, s.previous, s.hash, s.entries, array_agg(e.leaf ORDER BY x.position) AS leaves
      FROM finance_seal s
      LEFT JOIN finance_seal_entry x ON x.seal_no = s.no
      LEFT JOIN finance_entry e ON e.id = x.entry_id
     GROUP BY s.no ORDER BY s.no
    """
)


def _seals(work: Work) -> Iterator[Finding]:
    """Every seal of the tenant against its entries and the seal before."""
    previous = GENESIS
    for row in work.session.execute(_seal_leaves):
        leaves = [bytes(leaf) for leaf in row.leaves if leaf is not None]
        whole = len(leaves) == row.entries and bool(leaves)
        if not (
            whole
            and merkle_root(leaves) == bytes(row.root)
            and previous == bytes(row.previous)
            and seal_hash(row.no, bytes(row.root), previous) == bytes(row.hash)
        ):
            yield Finding("check.seal_broken", None, {"number": row.no})
        previous = bytes(row.hash)


_items = text(
    """
    SELECT s.number, s.open_amount, i.amount - coalesce(sum(a.amount), 0) AS left
      FROM finance_open_item_state s
      JOIN finance_open_item i ON i.id = s.id
      LEFT JOIN finance_allocation a ON a.item_id = s.id
     WHERE s.company_id = :company
     GROUP BY s.id, s.number, s.open_amount, s.open_company_amount, i.amount, i.company_amount, s.settled_on
    HAVING s.open_amount <> i.amount - coalesce(sum(a.amount), 0)
        OR s.open_company_amount <> i.company_amount - coalesce(sum(a.company_amount), 0)
        OR (s.open_amount = 0) <> (s.settled_on < date '9999-12-31')
    """
).bindparams(_company)
_control = text(
    """
    SELECT a.code, coalesce(l.value, 0) AS ledger, coalesce(i.value, 0) AS items
      FROM finance_account_role r
      JOIN finance_account a ON a.id = r.account_id AND NOT a.manual
      LEFT JOIN LATERAL (SELECT sum(debit - credit) AS value FROM finance_line WHERE account_id = a.id) l ON true
      LEFT JOIN LATERAL (SELECT sum(open_company_amount) AS value FROM finance_open_item_state
                          WHERE account_id = a.id AND settled_on = date '9999-12-31') i ON true
     WHERE r.company_id = :company AND r.role IN ('receivable', 'payable')
       AND coalesce(l.value, 0) <> coalesce(i.value, 0)
    """
).bindparams(_company)
