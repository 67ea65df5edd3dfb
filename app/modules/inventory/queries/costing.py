"""Reading the costing engine's rows as the rules want them: integers, facts in order, sets of units by one statement."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Date, Integer, Text, Uuid

from app.kernel.dates import FAR
from app.modules.inventory.rules.costing import Fact, Kind
from app.modules.inventory.rules.pool import Lines
from app.modules.inventory.rules.scale import QUANTITY_SCALE
from app.platform.work import Work

LayerRow = tuple[str, str, date, int, int, int]
"""(area, batch, day, seq, quantity, value)"""
IDS, DAYS, TEXTS = ARRAY(Uuid), ARRAY(Date), ARRAY(Text)


@dataclass(slots=True)
class Unit:
    """A locked cost unit."""

    id: UUID
    item_id: UUID
    method: str
    negative: bool
    pending: bool
    last_on: date
    last_seq: int
    since: int
    state: str


@dataclass(slots=True)
class Locked:
    """Units by item, and what posting needs to know of the company: the last closed day, special stock accounts."""

    units: dict[UUID, Unit]
    closed_to: date | None
    accounts: dict[str, UUID]


@dataclass(slots=True)
class Copy:
    """A return or reversal of an original."""

    kind: int
    before: int
    quantity: int
    reversed: bool


@dataclass(slots=True)
class Original:
    """A fact that others may copy from, with the copies there are and, for inflows, its cost."""

    unit_id: UUID
    line: tuple[str, UUID]
    fact: Fact
    copies: list[Copy]
    costs: Lines


_lock = text(
    """
    SELECT u.id, u.item_id, u.method, u.negative, u.pending, u.last_on, u.last_seq, u.since, u.state,
           (SELECT max(p.last_on) FROM finance_period p JOIN finance_series s ON s.period_id = p.id AND s.kind = 'stock'
             WHERE p.company_id = :company AND s.state = ANY(:closed)) AS closed_to,
           (SELECT jsonb_object_agg(a.area, a.account_id) FROM inventory_stock_account a
             WHERE a.company_id = :company) AS accounts
      FROM inventory_cost_unit u
     WHERE u.company_id = :company AND (u.item_id = ANY(:items) OR u.id = ANY(:units))
     ORDER BY u.id FOR UPDATE OF u
    """
).bindparams(
    bindparam("company", type_=Uuid),
    bindparam("items", type_=IDS),
    bindparam("units", type_=IDS),
    bindparam("closed", type_=TEXTS),
)


def lock_units(work: Work, *, items: Iterable[UUID] = (), units: Iterable[UUID] = (), closed: Sequence[str]) -> Locked:
    """Lock the units of the items (or those units) in id order; those that do not exist yet are left out."""
    rows = work.session.execute(
        _lock,
        {"company": work.company_id, "items": sorted(set(items)), "units": sorted(set(units)), "closed": list(closed)},
    ).all()
    found = {row.item_id: Unit(*row[:9]) for row in rows}
    accounts = rows[0].accounts or {} if rows else {}
    closed_to: date | None = rows[0].closed_to if rows else None
    return Locked(found, closed_to, {area: UUID(account) for area, account in accounts.items()})


FACT_COLUMNS = f"""
    f.business_on, f.seq, f.kind, f.area, (f.quantity * {QUANTITY_SCALE})::bigint, f.account, f.batch, f.to_area, f.to_batch,
    coalesce(f.ref_seq, 0), (f.before * {QUANTITY_SCALE})::bigint, (f.whole * {QUANTITY_SCALE})::bigint, f.original_kind,
    (f.estimate * :money)::bigint
"""
_originals = text(
    f"""
    SELECT {FACT_COLUMNS}, f.unit_id, f.line_kind, f.line_id,
           (SELECT jsonb_agg(jsonb_build_array(r.kind, (r.before * {QUANTITY_SCALE})::bigint,
                     (r.quantity * {QUANTITY_SCALE})::bigint,
                     EXISTS (SELECT 1 FROM inventory_stock_fact x WHERE x.unit_id = r.unit_id
                              AND x.ref_on = r.business_on AND x.ref_seq = r.seq AND x.kind = {Kind.REVERSAL:d})))
              FROM inventory_stock_fact r
             WHERE r.unit_id = f.unit_id AND r.ref_on = f.business_on AND r.ref_seq = f.seq) AS copies,
           (SELECT jsonb_object_agg(c.account, c.amount)
              FROM (SELECT e.account, (sum(e.amount) * :money)::bigint AS amount FROM inventory_cost_event e
                     WHERE e.unit_id = f.unit_id AND e.business_on = f.business_on AND e.fact_seq = f.seq
                       AND NOT e.derived GROUP BY e.account) c) AS costs
      FROM inventory_stock_fact f
     WHERE f.line_id = ANY(:lines) AND f.unit_id = ANY(:units)
     ORDER BY f.unit_id, f.seq
    """  # noqa: S608  column names only
).bindparams(bindparam("lines", type_=IDS), bindparam("units", type_=IDS), bindparam("money", type_=BigInteger))


def originals_of(work: Work, units: Iterable[UUID], lines: Iterable[UUID], money: int) -> list[Original]:
    """The facts of document lines with their returns and reversals; `money`: minor units in one."""
    parameters = {"lines": sorted(set(lines)), "units": sorted(set(units)), "money": money}
    return [
        Original(
            row.unit_id,
            (row.line_kind, row.line_id),
            fact_of(row),
            [Copy(*copy) for copy in row.copies or ()],
            row.costs or {},
        )
        for row in work.session.execute(_originals, parameters)
    ]


def fact_of(row: Sequence[Any]) -> Fact:
    on, seq, kind, area, quantity, account, batch, to_area, to_batch, ref, before, whole, of, estimate = row[:14]
    return Fact(on, seq, kind, area, quantity, account, batch, to_area, to_batch, ref, before, whole, of, estimate)


# -- layers ------------------------------------------------------------------------------------------------------------

_LAYER = f"l.unit_id, l.area, l.batch, l.business_on, l.seq, (l.quantity * {QUANTITY_SCALE})::bigint, (l.value * :money)::bigint"
_some_layers = text(
    f"""
    SELECT {_LAYER}
      FROM unnest(:units, :areas, :batches) AS w(unit_id, area, batch)
     CROSS JOIN LATERAL (
           SELECT * FROM inventory_cost_layer c
            WHERE c.unit_id = w.unit_id AND c.area = w.area AND c.batch = w.batch
            ORDER BY c.business_on, c.seq LIMIT :most) l
     ORDER BY l.unit_id, l.area, l.batch, l.business_on, l.seq
    """  # noqa: S608  column names only
).bindparams(
    bindparam("units", type_=IDS),
    bindparam("areas", type_=TEXTS),
    bindparam("batches", type_=TEXTS),
    bindparam("money", type_=BigInteger),
    bindparam("most", type_=Integer),
)
_all_layers = text(
    f"""
    SELECT {_LAYER} FROM inventory_cost_layer l WHERE l.unit_id = ANY(:units)
     ORDER BY l.unit_id, l.area, l.batch, l.business_on, l.seq
    """  # noqa: S608  column names only
).bindparams(bindparam("units", type_=IDS), bindparam("money", type_=BigInteger))


def oldest_layers(
    work: Work, pools: Sequence[tuple[UUID, str, str]], most: int, money: int
) -> dict[UUID, list[LayerRow]]:
    """At most `most` layers of each pool (unit, area, batch), oldest first."""
    units, areas, batches = zip(*pools, strict=True)
    parameters = {
        "units": list(units),
        "areas": list(areas),
        "batches": list(batches),
        "money": money,
        "most": most,
    }
    return _by_unit(work.session.execute(_some_layers, parameters))


def all_layers(work: Work, units: Iterable[UUID], money: int) -> dict[UUID, list[LayerRow]]:
    """Every layer row of the units, oldest first in each pool."""
    return _by_unit(work.session.execute(_all_layers, {"units": sorted(set(units)), "money": money}))


def _by_unit(rows: Iterable[Sequence[Any]]) -> dict[UUID, list[LayerRow]]:
    found: dict[UUID, list[LayerRow]] = {}
    for unit_id, area, batch, on, seq, quantity, value in rows:
        found.setdefault(unit_id, []).append((area, batch, on, seq, quantity, value))
    return found


# -- questions ---------------------------------------------------------------------------------------------------------

_values = text(
    """
    SELECT v.account_id, sum(v.amount) FROM inventory_value_entry v
     WHERE v.company_id = :company AND v.posted_on <= :on
       AND starts_with(v.account, 'stock:') GROUP BY 1
    """
).bindparams(bindparam("company", type_=Uuid), bindparam("on", type_=Date))


def stock_values(work: Work, on: date = FAR) -> dict[UUID, Any]:
    """What is booked on each stock account up to a day: must equal the ledger's balance of that account."""
    return {row[0]: row[1] for row in work.session.execute(_values, {"company": work.company_id, "on": on})}


def last_unit_costs(state: str) -> dict[tuple[str, str], tuple[int, int]]:
    """(area, batch) -> (value, quantity) of the last known unit cost, from a unit's tail."""
    return {(area, batch): (pool[2], pool[3]) for area, batch, pool in json.loads(state or "[]") if pool[3]}
