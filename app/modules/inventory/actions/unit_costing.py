"""One unit in one transaction: its movements as facts, and which way they are valued.

At the end of the history a fact is valued from the tail; behind it the suffix is replayed at once, or, where that is
long or the unit is pending already, the fact is booked provisionally and the unit marked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel.dates import FAR
from app.kernel.errors import Conflict, Invalid, Missing
from app.kernel.money import digits_of, round_half_up
from app.modules.finance.queries.account import account_for
from app.modules.finance.queries.book import book_of
from app.modules.inventory.actions.movement import LateCost, Movement
from app.modules.inventory.actions.settlement import Change, check_short, item_code, rebook
from app.modules.inventory.actions.valuation import Booking, Origin
from app.modules.inventory.events import CostPending
from app.modules.inventory.queries.cost_history import facts_since, first_short_day, marks_of, start_of
from app.modules.inventory.queries.costing import Copy, LayerRow, Original, Unit
from app.modules.inventory.rules import replay
from app.modules.inventory.rules.costing import FIFO, CostingPass, Fact, Kind
from app.modules.inventory.rules.pool import Lines, Pool
from app.modules.inventory.rules.replay import state_of, state_text
from app.modules.inventory.rules.returns import free_slices, slice_of
from app.modules.inventory.rules.scale import QUANTITY_SCALE, scaled, scaled_quantity, share
from app.modules.masterdata.queries.item import items_of

INLINE_FACTS = 2_000
"""The longest suffix a posting replays itself; longer ones are left pending."""
MOST_QUANTITY = Decimal(10) ** 12


@dataclass
class Source:
    """A fact on its way with where it comes from."""

    fact: Fact
    ref_on: date | None
    origin: Origin


@dataclass(eq=False)
class UnitPosting:
    """What one transaction does to one unit."""

    booking: Booking
    unit: Unit
    sources: list[Source] = field(default_factory=list)
    costs: dict[int, Lines] = field(default_factory=dict)
    """Cost events of this transaction, by fact."""
    late: list[tuple[Original, Lines, Origin]] = field(default_factory=list)
    originals: dict[tuple[str, UUID], list[Original]] = field(default_factory=dict)
    known: dict[int, Lines] = field(default_factory=dict)
    """Cost of originals that supplier returns and reversals refer to."""
    derived: dict[int, Lines] = field(default_factory=dict)
    low: date = FAR
    """The earliest day that changes behind the tail."""
    layers: list[LayerRow] = field(default_factory=list)
    replays: bool = False
    """Whether it is settled at once; what is pending already, or would take too long, is booked provisionally."""

    def __post_init__(self) -> None:
        self.money: int = 10**self.booking.digits
        self.state = state_of(self.unit.method, self.unit.state)
        self.end = self.unit.last_on

    # -- gathering -----------------------------------------------------------------------------------------------
    def note(self, original: Original) -> None:
        self.originals.setdefault(original.line, []).append(original)

    def add(self, move: Movement) -> None:
        """Turn a movement into facts: one, or several where it copies several pieces of earlier ones."""
        if not Decimal(0) < move.quantity < MOST_QUANTITY:
            raise Invalid("costing.quantity", field="quantity", quantity=move.quantity)
        closed_to = self.booking.closed_to
        if closed_to is not None and move.on <= closed_to and move.kind != Kind.REVERSAL:
            raise Conflict("costing.day_closed", field="on", on=move.on, closed_to=closed_to)
        if move.kind == Kind.REVERSAL:
            for original in self.found(move):
                self.reverse(move, original)
        elif move.kind in (Kind.BACK, Kind.SEND):
            self.give_back(move, self.found(move)[0])
        else:
            self.move(move)

    def found(self, task: Movement | LateCost) -> list[Original]:
        """The facts of the line that a task refers to."""
        found = self.originals.get(task.ref_line, []) if task.ref_line is not None else []
        if not found:
            raise Missing("record.missing", noun="inventory.stock_fact", id=str(task.ref_line and task.ref_line[1]))
        return found

    def move(self, move: Movement) -> None:
        role = move.account_role or ("" if move.kind == Kind.MOVE and not move.to_key else "cost_of_sales")
        account = str(account_for(self.booking.work, role)) if role else ""
        quantity = scaled_quantity(move.quantity, field="quantity")
        estimate = 0 if move.kind == Kind.IN else self.estimate(move, quantity)
        fact = Fact(
            move.on, self.next_seq(), move.kind, move.area, quantity, account, move.key, move.to_area, move.to_key,
            estimate=estimate,
        )  # fmt: skip
        if move.kind == Kind.IN:
            cost = (
                self.estimate(move, quantity)
                if move.cost is None
                else scaled(move.cost, self.booking.digits, field="cost")
            )
            self.costs[fact.seq] = {account: cost}
        self.put(fact, None, move.origin)
        self.note(Original(self.unit.id, (move.line_kind, move.line_id), fact, [], self.costs.get(fact.seq, {})))

    def give_back(self, move: Movement, original: Original) -> None:
        """A customer or supplier return: a fact for each free slice of the original."""
        wanted = Kind.OUT if move.kind == Kind.BACK else Kind.IN
        if original.fact.kind != wanted:
            raise Invalid("costing.not_returnable", field="ref_line")
        if any(copy.kind == Kind.REVERSAL for copy in original.copies):
            raise Conflict("costing.reversed_already", field="ref_line")
        account = original.fact.account
        if move.kind == Kind.SEND and move.account_role:
            account = str(account_for(self.booking.work, move.account_role))
        taken = [(copy.before, copy.quantity) for copy in original.copies if not copy.reversed]
        quantity = scaled_quantity(move.quantity, field="quantity")
        for before, part in free_slices(original.fact.quantity, taken, quantity):
            fact = Fact(
                self.after(move.on, original), self.next_seq(), move.kind, move.area, part, account, move.key,
                ref=original.fact.seq, before=before, whole=original.fact.quantity,
            )  # fmt: skip
            original.copies.append(Copy(move.kind, before, part, reversed=False))
            self.copy(fact, original, move)

    def reverse(self, move: Movement, original: Original) -> None:
        """The whole original back again, whatever quantity the movement names."""
        old = original.fact
        if old.kind == Kind.REVERSAL or any(copy.kind == Kind.REVERSAL for copy in original.copies):
            raise Conflict("costing.reversed_already", field="ref_line")
        if any(not copy.reversed for copy in original.copies):
            raise Conflict("costing.returned_already", field="ref_line")
        fact = old._replace(
            on=self.after(move.on, original), seq=self.next_seq(), kind=Kind.REVERSAL, of=int(old.kind), ref=old.seq,
            before=0, whole=0, estimate=0,
        )  # fmt: skip
        original.copies.append(Copy(Kind.REVERSAL, 0, old.quantity, reversed=False))
        self.copy(fact, original, move)

    def copy(self, fact: Fact, original: Original, move: Movement) -> None:
        if original.fact.kind == Kind.IN:
            self.known[original.fact.seq] = original.costs
        self.put(fact, original.fact.on, move.origin)
        self.note(Original(self.unit.id, (move.line_kind, move.line_id), fact, [], {}))

    def add_cost(self, late: LateCost) -> None:
        """An amount at the position of the receipt; it is replayed from there."""
        account = str(account_for(self.booking.work, late.account_role))
        kind = late.origin_kind if late.origin_kind.startswith("inventory.") else late.ref_line[0]
        originals = self.found(late)
        if len(originals) != 1 or originals[0].fact.kind != Kind.IN:
            raise Invalid("costing.not_a_receipt", field="ref_line")
        amount = scaled(late.amount, self.booking.digits, field="amount")
        self.late.append((originals[0], {account: amount}, Origin(kind, late.origin_id, memo=late.memo)))
        self.low = min(self.low, originals[0].fact.on)

    def put(self, fact: Fact, ref_on: date | None, origin: Origin) -> None:
        if fact.on < self.end:
            self.low = min(self.low, fact.on)
        self.end = max(self.end, fact.on)
        self.sources.append(Source(fact, ref_on, origin))

    def next_seq(self) -> int:
        self.unit.last_seq += 1
        return self.unit.last_seq

    def after(self, on: date, original: Original) -> date:
        """A copy never stands before its original."""
        return max(on, original.fact.on)

    # -- assumed costs -------------------------------------------------------------------------------------------
    def estimate(self, move: Movement, quantity: int) -> int:
        """What goods without a cost of their own are worth: the last unit cost here, elsewhere, the purchase price.

        Recorded with every issue: a receipt may be dated back behind it, or it may itself be.
        """
        own = self.state.pools.get((move.area, move.key))
        known = [own, *self.state.pools.values()] if own is not None else [*self.state.pools.values()]
        for pool in known:
            if pool.last_quantity:
                return share(pool.last_value, quantity, pool.last_quantity)
        item = items_of(self.booking.work, [self.unit.item_id])[self.unit.item_id]
        currency = book_of(self.booking.work).currency
        if item.purchase_price is None or item.purchase_currency != currency:
            return 0
        digits = digits_of(currency)
        return scaled(round_half_up(item.purchase_price * quantity / QUANTITY_SCALE, digits), digits)

    # -- which way -----------------------------------------------------------------------------------------------
    @property
    def copies(self) -> list[Source]:
        """Facts whose value comes from an original in the stored history."""
        mine = {source.fact.seq for source in self.sources}
        return [s for s in self.sources if s.fact.ref and s.fact.ref not in mine and not self.has_cost(s.fact)]

    def has_cost(self, fact: Fact) -> bool:
        return fact.kind == Kind.SEND or (fact.kind == Kind.REVERSAL and fact.of == Kind.IN)

    def decide(self) -> None:
        """Settle at once what is behind the tail, unless it is pending already or would take too long."""
        if self.low == FAR or self.unit.pending:
            return
        self.low = min([self.low, *(source.ref_on for source in self.copies if source.ref_on is not None)])
        self.replays = facts_since(self.booking.work, self.unit.id, self.low, INLINE_FACTS + 1) <= INLINE_FACTS

    def copied(self, run: CostingPass) -> None:
        """Take over what the originals were worth, from a replay of the block that holds them."""
        open_here = {lack.seq for pool in self.state.pools.values() for lack in pool.shortages}
        for source in self.copies:
            fact = source.fact
            if fact.kind == Kind.BACK:
                worth = slice_of(run.issued[fact.ref], fact.before, fact.quantity, fact.whole)
                self.derived[fact.seq] = {fact.account: worth}
                continue
            self.derived[fact.seq] = run.events[fact.ref]
            if fact.ref in run.short and fact.ref not in open_here and source.ref_on is not None:
                self.low = min(self.low, source.ref_on)  # covered since then, somewhere on the way to the tail
        if self.low < FAR:
            self.decide()

    # -- at the tail ---------------------------------------------------------------------------------------------
    @property
    def wants_all_layers(self) -> bool:
        """For a checkpoint, and where goods leave that are not the oldest."""
        special = (Kind.SEND, Kind.REVERSAL)
        return self.checkpoint_due or any(source.fact.kind in special for source in self.sources)

    @property
    def checkpoint_due(self) -> bool:
        first = min((source.fact.on for source in self.sources), default=date.min)
        return self.unit.since >= replay.EVERY and first > self.unit.last_on and not self.unit.pending

    def wanted_pools(self) -> list[tuple[str, str]]:
        """Pools whose layer rows are needed: main pools where the oldest layer does not suffice, batches always.

        Also batches that took goods that were short: what covers them trues them up.
        """
        lacks = [lack for pool in self.state.pools.values() for lack in pool.shortages]
        taken: dict[tuple[str, str], int] = {(lack.to_pool, lack.to_key): 0 for lack in lacks if lack.to_key}
        for source in self.sources:
            for area, key, change in source.fact.moved():
                taken[area, key] = taken.get((area, key), 0) + max(-change, 0)
        return [at for at, quantity in taken.items() if at[1] or self.runs_out(self.state.pool(*at), quantity)]

    def runs_out(self, pool: Pool, quantity: int) -> bool:
        if not pool.layered:
            return False
        loaded = sum(layer.quantity for layer in pool.layers)
        return quantity > 0 and quantity >= loaded and pool.quantity > loaded

    def load(self, rows: Iterable[LayerRow]) -> None:
        self.layers = list(rows)
        self.state = state_of(self.unit.method, self.unit.state)
        self.state.add_open_layers(self.layers)

    def value_at_tail(self) -> None:
        """Value from the tail state; provisional where the unit is pending or becomes so."""
        unit, booking = self.unit, self.booking
        if not self.sources and not self.late:
            return
        if self.checkpoint_due:
            booking.checkpoint(unit, unit.last_on, state_text(self.state))
            unit.since = 0
        run = CostingPass(self.state, {**self.known, **self.costs}, self.derived)
        for source in self.sources:
            fact = source.fact
            booking.fact(unit, fact, source.ref_on, source.origin)
            booking.value(unit, fact.seq, fact.on, run.step(fact), source.origin)
        check_short(booking.work, unit, run, [source.fact for source in self.sources])
        self.write_events(run.found)
        unit.last_on, unit.since = self.end, unit.since + len(self.sources)
        if self.low < FAR:
            if not unit.negative:
                self.check_later_points()
            booking.mark(unit, self.low)
            booking.work.emit(CostPending(unit.id))
        if unit.method == FIFO or self.layers or any(key for _, key in self.state.pools):
            booking.layers(unit, self.layers, self.state)
        booking.tail(unit, self.state)

    def check_later_points(self) -> None:
        """Conflict `costing.short` where goods taken on an earlier day would be missing on a later one."""
        moved = [
            (fact.on, fact.seq, *change) for fact in (source.fact for source in self.sources) for change in fact.moved()
        ]
        if all(change[4] > 0 for change in moved):
            return
        work = self.booking.work
        low = min([self.low, *marks_of(work, self.unit.id).values()])  # later checkpoints do not know of marked facts
        start, text = start_of(work, self.unit.id, low)
        opening = state_of(self.unit.method, text).pools
        held = [(start, 0, *at, pool.quantity) for at, pool in opening.items()]
        day = first_short_day(work, self.unit.id, start, [*held, *moved])
        if day is not None:
            raise Conflict("costing.short", field="lines", item=item_code(work, self.unit), on=day)

    def write_events(self, found: dict[int, Lines]) -> None:
        for source in self.sources:
            on, seq = source.fact.on, source.fact.seq
            if seq in self.costs:
                self.booking.event(self.unit, on, seq, self.costs[seq], source.origin)
            if seq in found:
                self.booking.event(self.unit, on, seq, found[seq], source.origin, derived=True)
        for original, lines, origin in self.late:
            self.booking.event(self.unit, original.fact.on, original.fact.seq, lines, origin)

    # -- behind the tail -----------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Write facts and events; the replay finds all values, those of the new facts included."""
        for source in self.sources:
            self.booking.fact(self.unit, source.fact, source.ref_on, source.origin)
        self.write_events({})
        costs = dict(self.costs)
        for original, lines, _ in self.late:
            sums = dict(costs.get(original.fact.seq, {}))
            for account, amount in lines.items():
                sums[account] = sums.get(account, 0) + amount
            costs[original.fact.seq] = sums
        days = [source.fact.on for source in self.sources] + [original.fact.on for original, _, _ in self.late]
        origin = self.sources[0].origin if self.sources else self.late[0][2]
        facts = [source.fact for source in self.sources]
        rebook(self.booking, self.unit, Change(min(self.low, *days), max(days), origin, facts, costs, self.known))
