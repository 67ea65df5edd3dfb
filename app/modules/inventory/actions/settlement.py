"""Settling: replay a unit's history from a change on and append what differs from the booked values.

Changes near the tail are settled by the posting itself, under the lock it holds. Where the suffix is long the posting
books provisionally and leaves a mark; `settle_costs` then does the long part without a lock and only the rest, up to
some two hundred facts, under it. Either appends `ideal - booked` by day and account and rewrites nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app.kernel.dates import FAR
from app.kernel.errors import Conflict, Missing
from app.kernel.money import digits_of
from app.modules.finance.queries.book import book_of
from app.modules.inventory.actions.valuation import Booking, Origin
from app.modules.inventory.queries.cost_history import (
    History,
    booked_of,
    checkpoints_of,
    histories_of,
    marks_of,
    method_of,
    newest_checkpoint,
    pending_units,
    references_of,
)
from app.modules.inventory.queries.costing import Unit, all_layers, lock_units
from app.modules.inventory.rules import replay
from app.modules.inventory.rules.costing import CostingPass, Fact
from app.modules.inventory.rules.pool import Lines
from app.modules.inventory.rules.replay import Booked, Replay, difference, in_order, state_of
from app.modules.masterdata.queries.item import items_of
from app.platform.actions import Gate, action
from app.platform.work import Actor, Work

ADJUSTMENT = "inventory.cost_adjustment"
SOFT_CLOSE = "finance.soft_close_period"


@dataclass
class Change:
    """What a posting adds to a unit's history before anything is written: facts, and amounts of inflows.

    `known`: what inflows have cost so far that its returns and reversals refer to, wherever they lie.
    """

    low: date
    high: date
    origin: Origin
    facts: Sequence[Fact] = ()
    costs: Mapping[int, Lines] = field(default_factory=dict)
    known: Mapping[int, Lines] = field(default_factory=dict)


def closed_states(work: Work) -> tuple[str, ...]:
    """States of a period's stock area in which this actor posts no more."""
    return ("closed", "sealed") if work.actor.may(SOFT_CLOSE) else ("closed", "sealed", "soft")


def rebook(booking: Booking, unit: Unit, change: Change) -> None:
    """Replay from the change to where it ends, under the lock; Conflict `costing.short` where goods would be missing."""
    work, money = booking.work, 10**booking.digits
    history = histories_of(work, {unit.id: (change.low, FAR)}, money)[unit.id]
    for seq, lines in change.known.items():
        history.costs.setdefault(seq, dict(lines))
    for seq, lines in change.costs.items():
        events = history.costs.setdefault(seq, {})
        for account, amount in lines.items():
            events[account] = events.get(account, 0) + amount
    stored = checkpoints_of(work, unit.id, change.low)
    references = references_of(work, unit.id, history.start, change.high) if stored else []
    run = _begin(unit.method, history)
    facts = in_order([*history.facts, *change.facts])
    run.go(facts, stored, cut_after=change.high if stored else None, references=references, every=replay.EVERY)
    check_short(work, unit, run.run, facts)
    booked = booked_of(work, unit.id, history.start, run.end if run.cut else FAR, money)
    _finish(booking, unit, run, booked, change.origin)


def check_short(work: Work, unit: Unit, run: CostingPass, facts: Sequence[Fact]) -> None:
    """Conflict `costing.short` with the first day on which goods would be missing, unless the unit allows it."""
    batch = any(key and pool.shortages for (_, key), pool in run.state.pools.items())
    if run.short and (batch or not unit.negative):
        day = min(fact.on for fact in facts if fact.seq in set(run.short))
        raise Conflict("costing.short", field="lines", item=item_code(work, unit), on=day)


def item_code(work: Work, unit: Unit) -> str:
    """For messages."""
    return items_of(work, [unit.item_id])[unit.item_id].code


def _begin(method: str, history: History) -> Replay:
    return Replay.at(state_of(method, history.state), history.start, history.costs, history.derived)


def _finish(booking: Booking, unit: Unit, run: Replay, booked: Booked, origin: Origin) -> None:
    """Append ideal - booked of the replayed days, changed copies and checkpoints; put the new tail."""
    work = booking.work
    unit.last_seq += 1
    by_day: dict[date, Lines] = {}
    for (day, account), amount in difference(run.book, booked).items():
        by_day.setdefault(day, {})[account] = amount
    for day, lines in sorted(by_day.items()):
        booking.value(unit, unit.last_seq, day, lines, origin)
    for seq, lines in run.changed_copies().items():
        booking.event(unit, run.days[seq], seq, lines, origin, derived=True)
    for day, text in run.checkpoints.items():
        booking.checkpoint(unit, day, text)
    if run.cut:
        booking.tail(unit, None)
        return
    unit.last_on, unit.since = max(run.end, date.min), run.since
    booking.layers(unit, all_layers(work, [unit.id], 10**booking.digits).get(unit.id, []), run.run.state)
    booking.tail(unit, run.run.state)


@action
def settle_costs(work: Work, cost_unit_id: UUID) -> UUID:
    """Bring the provisional costs of one item to their final values."""
    method = method_of(work, cost_unit_id)
    if method is None:
        raise Missing("record.missing", noun="inventory.cost_unit", id=str(cost_unit_id))
    marks = marks_of(work, cost_unit_id)
    last = newest_checkpoint(work, cost_unit_id)
    early: tuple[Replay, Booked] | None = None
    if marks and last and last[0] >= min(marks.values()):
        early = _replay_to(work, cost_unit_id, method, marks, last[0])
    locked = lock_units(work, units=[cost_unit_id], closed=closed_states(work))
    unit = next(iter(locked.units.values()))
    now = marks_of(work, cost_unit_id)
    if not now:
        return cost_unit_id
    booking = Booking.of(work, locked.closed_to, locked.accounts)
    origin = Origin(ADJUSTMENT, cost_unit_id)
    unit.pending = False
    if early is None or last is None or _overtaken(marks, now, last[0]):
        low, high = min(now.values()), max(now.values())
        _settle_all(booking, unit, Change(low, high, origin))
    else:
        _settle_rest(booking, unit, *early, last, origin)
    booking.settled(now)
    booking.write()
    return cost_unit_id


def _overtaken(before: Mapping[UUID, date], now: Mapping[UUID, date], done_to: date) -> bool:
    """Whether another settle was first, or a change came in among what was replayed without the lock."""
    return bool(before.keys() - now.keys()) or any(on <= done_to for key, on in now.items() if key not in before)


def _replay_to(work: Work, unit: UUID, method: str, marks: Mapping[UUID, date], until: date) -> tuple[Replay, Booked]:
    """The long part, without a lock: up to the newest checkpoint, or to where it meets an earlier one.

    What is booked on those days is read along: it cannot change without a new mark there, or the loss of ours.
    """
    low, high = min(marks.values()), max(marks.values())
    history = histories_of(work, {unit: (low, until)}, _money(work))[unit]
    stored = checkpoints_of(work, unit, low)
    run = _begin(method, history)
    references = references_of(work, unit, history.start, high)
    run.go(history.facts, stored, cut_after=high, references=references, every=replay.EVERY)
    return run, booked_of(work, unit, run.start, run.end, _money(work))


def _money(work: Work) -> int:
    """Minor units in one of the company's currency."""
    minor_units: int = 10 ** digits_of(book_of(work).currency)
    return minor_units


def _settle_rest(
    booking: Booking, unit: Unit, run: Replay, booked: Booked, last: tuple[date, str], origin: Origin
) -> None:
    """What follows the newest checkpoint, under the lock and never cut: the tail may be provisional."""
    costs, derived = dict(run.run.costs), dict(run.run.derived)
    if run.cut:  # the days between are right already
        found, days = run.run.found, run.days
        run.run = CostingPass(state_of(unit.method, last[1]), costs, derived)
        run.run.found, run.days = found, days
        run.end, run.since, run.cut = last[0], 0, False
    else:
        run.run.costs, run.run.derived = costs, derived
    booked = booked | booked_of(booking.work, unit.id, run.end, FAR, 10**booking.digits)
    begun = {unit.id: History(run.end, "", [], costs, derived)}
    history = histories_of(booking.work, {unit.id: (run.end, FAR)}, 10**booking.digits, begun)[unit.id]
    run.go(history.facts, {}, every=replay.EVERY)
    _finish(booking, unit, run, booked, origin)


def _settle_all(booking: Booking, unit: Unit, change: Change) -> None:
    """All of it under the lock: short histories, and when others were faster."""
    history = histories_of(booking.work, {unit.id: (change.low, FAR)}, 10**booking.digits)[unit.id]
    run = _begin(unit.method, history)
    run.go(history.facts, checkpoints_of(booking.work, unit.id, change.low), every=replay.EVERY)
    booked = booked_of(booking.work, unit.id, history.start, FAR, 10**booking.digits)
    _finish(booking, unit, run, booked, change.origin)


def settle_pending(sessions: object, gate: Gate, actor: Actor) -> None:
    """Background work: settle every unit of the tenant that waits, the earliest change first.

    One that fails does not hold up the others; what failed is raised together at the end.
    """
    del sessions
    failed: list[Exception] = []
    for unit, company_id, zone in gate.read(actor, pending_units):
        try:
            gate.perform(settle_costs, actor.in_company(company_id, zone), cost_unit_id=unit)
        except Exception as error:  # noqa: BLE001  raised below
            failed.append(error)
    if failed:
        raise ExceptionGroup("costs that could not be settled", failed)
