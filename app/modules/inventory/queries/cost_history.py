"""Stretches of a unit's history: facts from a checkpoint on, their events, what was booked and what waits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Date, Integer, Uuid

from app.modules.inventory.queries.costing import DAYS, FACT_COLUMNS, IDS, TEXTS, fact_of
from app.modules.inventory.rules.costing import Fact, Kind
from app.modules.inventory.rules.pool import Lines
from app.modules.inventory.rules.scale import QUANTITY_SCALE
from app.platform.work import Work


@dataclass(slots=True)
class History:
    """A stretch of a unit's history: the checkpoint it starts from and all that followed until a day."""

    start: date = date.min
    state: str = ""
    facts: list[Fact] = field(default_factory=list)
    costs: dict[int, Lines] = field(default_factory=dict)
    derived: dict[int, Lines] = field(default_factory=dict)


_starts = text(
    """
    SELECT w.unit_id, c.business_on, c.state
      FROM unnest(:units, :lows) AS w(unit_id, low)
     CROSS JOIN LATERAL (
           SELECT business_on, state FROM inventory_cost_checkpoint
            WHERE unit_id = w.unit_id AND business_on < w.low ORDER BY business_on DESC LIMIT 1) c
    """
).bindparams(bindparam("units", type_=IDS), bindparam("lows", type_=DAYS))
_facts = text(
    f"""
    SELECT {FACT_COLUMNS}, f.unit_id, f.ref_on
      FROM unnest(:units, :starts, :untils) AS w(unit_id, start, until)
      JOIN inventory_stock_fact f ON f.unit_id = w.unit_id AND f.business_on > w.start AND f.business_on <= w.until
     ORDER BY f.unit_id, f.business_on, f.seq
    """  # noqa: S608  column names only
).bindparams(
    bindparam("units", type_=IDS),
    bindparam("starts", type_=DAYS),
    bindparam("untils", type_=DAYS),
    bindparam("money", type_=BigInteger),
)
_events = text(
    """
    SELECT e.unit_id, e.fact_seq, e.derived, e.account, (sum(e.amount) * :money)::bigint
      FROM unnest(:units, :starts, :untils) AS w(unit_id, start, until)
      JOIN inventory_cost_event e ON e.unit_id = w.unit_id AND e.business_on > w.start AND e.business_on <= w.until
     GROUP BY 1, 2, 3, 4
    """
).bindparams(
    bindparam("units", type_=IDS),
    bindparam("starts", type_=DAYS),
    bindparam("untils", type_=DAYS),
    bindparam("money", type_=BigInteger),
)
_outside = text(
    """
    SELECT e.unit_id, e.fact_seq, e.derived, e.account, (sum(e.amount) * :money)::bigint
      FROM unnest(:units, :days, :seqs) AS w(unit_id, business_on, seq)
      JOIN inventory_cost_event e
        ON e.unit_id = w.unit_id AND e.business_on = w.business_on AND e.fact_seq = w.seq AND NOT e.derived
     GROUP BY 1, 2, 3, 4
    """
).bindparams(
    bindparam("units", type_=IDS),
    bindparam("days", type_=DAYS),
    bindparam("seqs", type_=ARRAY(BigInteger)),
    bindparam("money", type_=BigInteger),
)


def start_of(work: Work, unit: UUID, low: date) -> tuple[date, str]:
    """The newest checkpoint before a day; the beginning of days where there is none."""
    row = work.session.execute(_starts, {"units": [unit], "lows": [low]}).one_or_none()
    return (row[1], row[2]) if row else (date.min, "")


def histories_of(
    work: Work, ranges: dict[UUID, tuple[date, date]], money: int, begun: dict[UUID, History] | None = None
) -> dict[UUID, History]:
    """For each unit, from the newest checkpoint before the first day to the last day, events of the originals included.

    With `begun` (histories already read up to some day, kept as `start`) the facts after that day are read instead.
    """
    units = sorted(ranges)
    found = begun or {unit: History() for unit in units}
    if begun is None:
        lows = [ranges[unit][0] for unit in units]
        for unit_id, on, state in work.session.execute(_starts, {"units": units, "lows": lows}):
            found[unit_id].start, found[unit_id].state = on, state
    window = {
        "units": units,
        "starts": [found[unit].start for unit in units],
        "untils": [ranges[unit][1] for unit in units],
        "money": money,
    }
    outside: set[tuple[UUID, date, int]] = set()
    for row in work.session.execute(_facts, window):
        history, fact = found[row.unit_id], fact_of(row)
        history.facts.append(fact)
        wants_cost = fact.kind == Kind.SEND or (fact.kind == Kind.REVERSAL and fact.of == Kind.IN)
        if wants_cost and row.ref_on <= history.start and fact.ref not in history.costs:
            outside.add((row.unit_id, row.ref_on, fact.ref))
    _note_events(found, work.session.execute(_events, window))
    if outside:
        ids, days, seqs = zip(*sorted(outside), strict=True)
        rows = work.session.execute(
            _outside, {"units": list(ids), "days": list(days), "seqs": list(seqs), "money": money}
        )
        _note_events(found, rows)
    return found


def _note_events(found: dict[UUID, History], rows: Iterable[Sequence[Any]]) -> None:
    for unit_id, seq, derived, account, amount in rows:
        events = found[unit_id].derived if derived else found[unit_id].costs
        events.setdefault(seq, {})[account] = amount


_unit = [bindparam("unit", type_=Uuid)]
_stored = text(
    "SELECT business_on, state FROM inventory_cost_checkpoint WHERE unit_id = :unit AND business_on >= :low"
).bindparams(*_unit, bindparam("low", type_=Date))
_newest = text(
    "SELECT business_on, state FROM inventory_cost_checkpoint WHERE unit_id = :unit ORDER BY business_on DESC LIMIT 1"
).bindparams(*_unit)
_references = text(
    """
    SELECT DISTINCT ref_on, business_on FROM inventory_stock_fact
     WHERE unit_id = :unit AND ref_on > :start AND business_on > :high
    """
).bindparams(*_unit, bindparam("start", type_=Date), bindparam("high", type_=Date))
_booked = text(
    """
    SELECT valued_on, account, (sum(amount) * :money)::bigint FROM inventory_value_entry
     WHERE unit_id = :unit AND valued_on > :start AND valued_on <= :until GROUP BY 1, 2
    """
).bindparams(
    *_unit, bindparam("start", type_=Date), bindparam("until", type_=Date), bindparam("money", type_=BigInteger)
)
_method = text("SELECT method FROM inventory_cost_unit WHERE id = :unit AND company_id = :company").bindparams(
    *_unit, bindparam("company", type_=Uuid)
)
_pending = text(
    """
    SELECT u.id, u.company_id, c.zone FROM inventory_cost_pending p
      JOIN inventory_cost_unit u ON u.id = p.unit_id JOIN platform_company c ON c.id = u.company_id
     GROUP BY u.id, u.company_id, c.zone ORDER BY min(p.business_on), u.id
    """
)
_marks = text("SELECT id, business_on FROM inventory_cost_pending WHERE unit_id = :unit").bindparams(*_unit)
_count = text(
    """
    SELECT count(*) FROM (SELECT 1 FROM inventory_stock_fact WHERE unit_id = :unit AND business_on >= :low LIMIT :most) f
    """
).bindparams(*_unit, bindparam("low", type_=Date), bindparam("most", type_=Integer))
_shortest = text(
    f"""
    WITH changes AS (
      SELECT f.business_on, f.seq, f.area, f.batch,
             CASE WHEN f.kind IN ({Kind.IN:d}, {Kind.BACK:d}) OR (f.kind = {Kind.REVERSAL:d}
                       AND f.original_kind IN ({Kind.OUT:d}, {Kind.SEND:d}, {Kind.MOVE:d}))
                  THEN f.quantity ELSE -f.quantity END AS change
        FROM inventory_stock_fact f WHERE f.unit_id = :unit AND f.business_on > :start
      UNION ALL
      SELECT f.business_on, f.seq, f.to_area, f.to_batch,
             CASE WHEN f.kind = {Kind.MOVE:d} THEN f.quantity ELSE -f.quantity END
        FROM inventory_stock_fact f
       WHERE f.unit_id = :unit AND f.business_on > :start AND f.to_area <> ''
      UNION ALL
      SELECT n.business_on, n.seq, n.area, n.batch, n.quantity::numeric / {QUANTITY_SCALE}
        FROM unnest(:days, :seqs, :areas, :batches, :quantities) AS n(business_on, seq, area, batch, quantity))
    SELECT business_on
      FROM (SELECT business_on, sum(change) OVER (PARTITION BY area, batch ORDER BY business_on, seq, change DESC) AS held
              FROM changes) c
     WHERE held < 0 ORDER BY business_on LIMIT 1
    """  # noqa: S608  numbers only
).bindparams(
    *_unit,
    bindparam("start", type_=Date),
    bindparam("days", type_=DAYS),
    bindparam("seqs", type_=ARRAY(BigInteger)),
    bindparam("areas", type_=TEXTS),
    bindparam("batches", type_=TEXTS),
    bindparam("quantities", type_=ARRAY(BigInteger)),
)


def pending_units(work: Work) -> list[tuple[UUID, UUID, str]]:
    """(unit, company, the company's zone) of every unit in the tenant that waits, the longest waiting first."""
    return [(row[0], row[1], row[2]) for row in work.session.execute(_pending)]


def method_of(work: Work, unit: UUID) -> str | None:
    """A unit's method, read without a lock: it never changes."""
    method: str | None = work.session.execute(_method, {"unit": unit, "company": work.company_id}).scalar_one_or_none()
    return method


def checkpoints_of(work: Work, unit: UUID, low: date) -> dict[date, str]:
    """States stored on or after a day."""
    return {row[0]: row[1] for row in work.session.execute(_stored, {"unit": unit, "low": low})}


def newest_checkpoint(work: Work, unit: UUID) -> tuple[date, str] | None:
    row = work.session.execute(_newest, {"unit": unit}).one_or_none()
    return (row[0], row[1]) if row else None


def references_of(work: Work, unit: UUID, start: date, high: date) -> list[tuple[date, date]]:
    """(day of the original, day of the copy) of copies after `high` from originals after `start`."""
    return [(row[0], row[1]) for row in work.session.execute(_references, {"unit": unit, "start": start, "high": high})]


def booked_of(work: Work, unit: UUID, start: date, until: date, money: int) -> dict[tuple[date, str], int]:
    """Sums of value entries after `start` up to `until` by day and account."""
    parameters = {"unit": unit, "start": start, "until": until, "money": money}
    return {(row[0], row[1]): row[2] for row in work.session.execute(_booked, parameters)}


def marks_of(work: Work, unit: UUID) -> dict[UUID, date]:
    """The pending marks of a unit."""
    return {row[0]: row[1] for row in work.session.execute(_marks, {"unit": unit})}


def facts_since(work: Work, unit: UUID, low: date, most: int) -> int:
    """How many facts a replay from that day has to do at least, counted up to `most`."""
    parameters = {"unit": unit, "low": low, "most": max(most, 0)}
    count: int = work.session.execute(_count, parameters).scalar_one()
    return count


def first_short_day(
    work: Work, unit: UUID, start: date, changes: Sequence[tuple[date, int, str, str, int]]
) -> date | None:
    """The first day after `start` on which a pool of the unit would hold less than nothing; None where it never does.

    `changes` (day, seq, area, batch, quantity) are what is not stored yet: what the pools held at the end of `start`,
    and new facts.
    """
    days, seqs, areas, batches, quantities = zip(*changes, strict=True)
    parameters = {
        "unit": unit,
        "start": start,
        "days": list(days),
        "seqs": list(seqs),
        "areas": list(areas),
        "batches": list(batches),
        "quantities": list(quantities),
    }
    day: date | None = work.session.execute(_shortest, parameters).scalar_one_or_none()
    return day
