"""Posting stock movements to costing: documents say what moved, the engine says what it was worth.

All movements of a transaction are one set: the units (items) are locked in id order, originals and layers are read by
one statement each, facts, cost events, value entries and tails are written by one. A movement at the end of its item's
history is valued from the tail. One dated back, a late cost, or a reversal of goods that were short is settled at once
by replaying the suffix, or, where that is long, booked provisionally and marked as cost pending.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.adapters.db import table_of
from app.kernel.ids import new_id
from app.modules.inventory.actions.movement import LateCost, Movement
from app.modules.inventory.actions.settlement import closed_states
from app.modules.inventory.actions.unit_costing import UnitPosting
from app.modules.inventory.actions.valuation import Booking
from app.modules.inventory.models.costing import CostUnit
from app.modules.inventory.queries.cost_history import histories_of
from app.modules.inventory.queries.costing import Locked, all_layers, lock_units, oldest_layers, originals_of
from app.modules.inventory.rules.costing import Kind, State, check_method
from app.modules.inventory.rules.replay import Replay, state_of
from app.modules.masterdata.queries.item import items_of
from app.platform.organisation import company_at_work
from app.platform.work import Phase, Work

LAYERS_AT_ONCE = 20
__all__ = ["Kind", "LateCost", "Movement", "add_costs", "post_movements"]


def post_movements(work: Work, movements: Sequence[Movement]) -> None:
    """Queue movements; all of a transaction are posted together after its documents are locked.

    Refuses then: Conflict `costing.short`, `costing.day_closed`, `costing.return_exceeds`, `costing.reversed_already`,
    `costing.returned_already`, Invalid `costing.method_unsupported`, Missing for an unknown original.
    """
    for movement in movements:
        work.defer(Phase.STOCK, _post, movement)


def add_costs(work: Work, costs: Sequence[LateCost]) -> None:
    """Queue late costs; they are posted together with the movements of the transaction, if any."""
    for cost in costs:
        work.defer(Phase.STOCK, _post, cost)


def _post(work: Work, tasks: list[Movement | LateCost]) -> None:
    locked = _locked(work, {task.item_id for task in tasks})
    booking = Booking.of(work, locked.closed_to, locked.accounts)
    postings = {item: UnitPosting(booking, unit) for item, unit in locked.units.items()}
    lines = {task.ref_line[1] for task in tasks if task.ref_line is not None}
    if lines:
        units = [unit.id for unit in locked.units.values()]
        for original in originals_of(work, units, lines, 10**booking.digits):
            next(one for one in postings.values() if one.unit.id == original.unit_id).note(original)
    for task in tasks:
        posting = postings[task.item_id]
        if isinstance(task, LateCost):
            posting.add_cost(task)
        else:
            posting.add(task)
    ordered = sorted(postings.values(), key=lambda posting: posting.unit.id)
    for posting in ordered:
        posting.decide()
    _read_blocks(work, [posting for posting in ordered if posting.copies and not posting.replays])
    _read_layers(work, [posting for posting in ordered if not posting.replays])
    for posting in ordered:
        if posting.replays:
            posting.settle()
        else:
            posting.value_at_tail()
    booking.write()


def _locked(work: Work, items: set[UUID]) -> Locked:
    """The items' units under their locks; units of items that move for the first time are made."""
    closed = closed_states(work)
    locked = lock_units(work, items=items, closed=closed)
    missing = sorted(items - locked.units.keys())
    if not missing:
        return locked
    found, company = items_of(work, missing), company_at_work(work)
    rows = []
    for item_id in missing:
        method = found[item_id].cost_method or company.costing_method
        check_method(method)
        rows.append(
            {
                "id": new_id(),
                "company_id": company.id,
                "item_id": item_id,
                "method": method,
                "negative": False,
                "pending": False,
                "last_on": date.min,
                "last_seq": 0,
                "since": 0,
                "state": "[]",
            }
        )
    work.session.execute(insert(table_of(CostUnit)).values(rows).on_conflict_do_nothing())
    return lock_units(work, items=items, closed=closed)


def _read_blocks(work: Work, postings: Sequence[UnitPosting]) -> None:
    """What originals were worth when they were posted: a replay of the block between two checkpoints that holds them."""
    if not postings:
        return
    ranges: dict[UUID, tuple[date, date]] = {}
    for posting in postings:
        days = [source.ref_on for source in posting.copies if source.ref_on is not None]
        ranges[posting.unit.id] = min(days), max(days)
    histories = histories_of(work, ranges, postings[0].money)
    for posting in postings:
        history = histories[posting.unit.id]
        state: State = state_of(posting.unit.method, history.state)
        block = Replay.at(state, history.start, history.costs, history.derived)
        block.go(history.facts, {})
        posting.copied(block.run)


def _read_layers(work: Work, postings: Sequence[UnitPosting]) -> None:
    """Layer rows the tails need: a few of the oldest, all where a few do not suffice."""
    whole = [posting for posting in postings if posting.wants_all_layers]
    some = {posting: posting.wanted_pools() for posting in postings if not posting.wants_all_layers}
    pools = [(posting.unit.id, *at) for posting, wanted in some.items() for at in wanted]
    if pools:
        rows = oldest_layers(work, pools, LAYERS_AT_ONCE, postings[0].money)
        for posting, wanted in some.items():
            if wanted:
                posting.load(rows.get(posting.unit.id, []))
                if any(not key for _, key in posting.wanted_pools()):
                    whole.append(posting)
    if whole:
        rows = all_layers(work, [posting.unit.id for posting in whole], postings[0].money)
        for posting in whole:
            posting.load(rows.get(posting.unit.id, []))
