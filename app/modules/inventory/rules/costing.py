"""What each stock fact of one item is worth, by method: first in first out, moving average.

Facts are valued in position order (business day, sequence). Cost flows only forward in that order and only external
facts may be put at an earlier position, therefore one pass over an item is exact. What a pass gives (`ideal`) is a pure
function of the append-only facts and their cost events; an engine books `ideal - booked` and never rewrites a row.

* An inflow is worth the sum of its cost events, whenever they became known.
* An issue that finds too little leaves at the last unit cost (or the fact's own estimate); the receipt that covers it
  books the true-up between stock and the account the goods went to, at the receipt's position.
* Transfers, supplier returns and consumption by production orders give their true-up to `DIFFERENCE`: an order's own
  output may be what covers the shortage, and that has no fixpoint. Goods that went to a keyed pool (dispatched, not
  yet invoiced) take it along as far as they are still there; for the rest the transfer's `account` stands.
* A customer return (BACK) is a slice of the original issue without later true-ups; a supplier return (SEND) a slice of
  the receipt: the supplier owes his own part of the cost, freight and the like go to `DIFFERENCE`.
* A full reversal books the negative of everything its original has booked, true-ups included, so the two net to zero
  line by line. Only what the pool can no longer give at that value stays, as one line on `DIFFERENCE`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple

from app.kernel.errors import Invalid
from app.modules.inventory.rules.pool import Layer, Lines, Pool, Shortage
from app.modules.inventory.rules.returns import slice_of
from app.modules.inventory.rules.scale import share

FIFO, AVERAGE, MONTHLY, SPECIFIC, STANDARD = METHODS = ("fifo", "average", "monthly", "specific", "standard")
WORKING_METHODS = frozenset((FIFO, AVERAGE))
DIFFERENCE = "difference"
"""The account of cost differences that no goods can carry; the engine names the real one."""
STOCK = "stock:"


class Kind(IntEnum):
    """What a stock fact does to its pool."""

    IN = 1  # receipt, production output, count surplus, opening stock
    OUT = 2  # issue to `account`
    MOVE = 3  # transfer to another valuation area
    BACK = 4  # customer return of `ref`
    SEND = 5  # supplier return of `ref`
    REVERSAL = 6  # full reversal of `ref`, a fact of kind `of` whose pools, quantity and account it repeats


class Fact(NamedTuple):
    """One stock movement of one item as the pass sees it; quantities in millionths, amounts in minor units."""

    on: date
    seq: int
    kind: Kind
    pool: str  # valuation area
    quantity: int  # > 0
    account: str = ""  # the other side; MOVE: of true-ups; BACK, SEND: as the original
    key: str = ""  # batch within the area: the delivery line of dispatched goods
    to_pool: str = ""  # MOVE only, never the same area
    to_key: str = ""
    ref: int = 0  # BACK, SEND, REVERSAL: the original's seq
    before: int = 0  # BACK, SEND: the start of its slice of the original
    whole: int = 0  # BACK, SEND: the original's quantity
    of: int = 0  # REVERSAL: the original's kind
    estimate: int = 0  # value of the whole quantity where no cost is known yet

    def moved(self) -> list[tuple[str, str, int]]:
        """(area, key, change of quantity) of each pool it touches, the one that loses goods first."""
        kind, sign = (self.of, -1) if self.kind == Kind.REVERSAL else (self.kind, 1)
        if kind in (Kind.IN, Kind.BACK):
            return [(self.pool, self.key, sign * self.quantity)]
        source = (self.pool, self.key, -sign * self.quantity)
        if kind != Kind.MOVE:
            return [source]
        target = (self.to_pool, self.to_key, sign * self.quantity)
        return [source, target] if sign > 0 else [target, source]


def check_method(method: str) -> None:
    """Invalid `costing.method_unsupported` for methods that have a name but no rule yet, and for unknown ones."""
    if method not in WORKING_METHODS:
        raise Invalid("costing.method_unsupported", field="method", method=method)


def stock_account(pool: str) -> str:
    """The account of a valuation area; the engine knows its number."""
    return STOCK + pool


class State:
    """The pools of one item by (area, key)."""

    def __init__(self, method: str) -> None:
        check_method(method)
        self.method = method
        self.pools: dict[tuple[str, str], Pool] = {}

    def pool(self, area: str, key: str = "") -> Pool:
        """The pool, made empty where there was none."""
        found = self.pools.get((area, key))
        if found is None:
            found = self.pools[area, key] = Pool(self.method == FIFO and not key, bool(key))
        return found

    @property
    def short(self) -> bool:
        return any(pool.shortages for pool in self.pools.values())

    def balances(self) -> Lines:
        """The balance of each area's stock account that the pools explain."""
        result: Lines = {}
        for (area, _key), pool in self.pools.items():
            result[stock_account(area)] = result.get(stock_account(area), 0) + pool.balance()
        return result

    def dump(self) -> list[Any]:
        """Everything as plain lists, equal for equal states: a checkpoint."""
        return [[*at, pool.raw(False)] for at, pool in sorted(self.pools.items()) if not (at[1] and pool.idle)]

    @classmethod
    def load(cls, method: str, raw: Iterable[list[Any]] | None) -> "State":
        state = cls(method)
        for area, key, pool in raw or ():
            state.pools[area, key] = Pool.read(pool, layered=method == FIFO and not key, keyed=bool(key))
        return state

    def dump_tail(self) -> list[Any]:
        """The small part kept with the item: main pools with their oldest layer, and keyed pools that owe something."""
        return [[*at, pool.raw(True)] for at, pool in sorted(self.pools.items()) if not at[1] or pool.shortages]

    def open_layers(self) -> dict[tuple[str, str, date, int], tuple[int, int]]:
        """The part kept in a table: (area, key, on, seq) -> (quantity, value).

        All layers but each pool's oldest, and one row (day one, seq 0) for each keyed pool that `dump_tail` omits.
        """
        rows: dict[tuple[str, str, date, int], tuple[int, int]] = {}
        for (area, key), pool in self.pools.items():
            for layer in pool.layers[1:]:
                rows[area, key, layer.on, layer.seq] = layer.quantity, layer.value
            if key and not pool.shortages and not pool.idle:
                rows[area, key, date.min, 0] = pool.quantity, pool.value
        return rows

    def add_open_layers(self, rows: Iterable[tuple[str, str, date, int, int, int]]) -> None:
        """Put rows of the table (area, key, on, seq, quantity, value), in position order, back behind the heads."""
        for area, key, on, seq, quantity, value in rows:
            pool = self.pool(area, key)
            if key:
                pool.quantity, pool.value = quantity, value
            else:
                pool.layers.append(Layer(on, seq, quantity, value))


class CostingPass:
    """Values facts one after the other and remembers what later ones may refer to.

    `costs`: cost events of inflows, seq -> {credit account: amount}, of those in the pass and of the originals of
    supplier returns. `derived`: what BACK and REVERSAL facts copied from an original that lies before the pass, as last
    settled (absent: nothing, amounts of zero are not kept). After the pass `found` holds what they copied now, `short`
    the facts that found too little.
    """

    def __init__(
        self, state: State, costs: Mapping[int, Lines] | None = None, derived: Mapping[int, Lines] | None = None
    ) -> None:
        self.state = state
        self.costs = costs or {}
        self.derived = derived or {}
        self.found: dict[int, Lines] = {}
        self.short: list[int] = []
        self.issued: dict[int, int] = {}
        self.events: dict[int, Lines] = {s.seq: s.event for p in state.pools.values() for s in p.shortages}
        self._true_ups: Lines = {}
        self._shortages: list[Shortage] = []

    def step(self, fact: Fact) -> Lines:
        """Apply one fact; return its balanced lines (dated `fact.on`), true-ups of others it covers included."""
        self._true_ups, self._shortages = {}, []
        own = self._RULES[fact.kind](self, fact)
        if self._shortages:
            self.short.append(fact.seq)
        self.events[fact.seq] = dict(own) if self._shortages else own
        for shortage in self._shortages:
            shortage.event = self.events[fact.seq]
        if not self._true_ups:
            return own
        lines = dict(own)
        for account, amount in self._true_ups.items():
            _add(lines, account, amount)
        return lines

    # -- kinds ---------------------------------------------------------------------------------------------------
    def _in(self, fact: Fact) -> Lines:
        own = self._receipt(fact.pool, fact.seq)
        self._put(fact.pool, fact.key, fact, fact.quantity, own[stock_account(fact.pool)])
        return own

    def _out(self, fact: Fact) -> Lines:
        worth = self.issued[fact.seq] = self._take(fact, fact.account)
        own: Lines = {stock_account(fact.pool): -worth}
        _add(own, fact.account, worth)
        return own

    def _move(self, fact: Fact) -> Lines:
        if fact.to_pool == fact.pool:
            raise ValueError("a transfer within one valuation area has no value and is no fact")
        target = (fact.to_pool, fact.to_key) if fact.to_key else ("", "")
        worth = self._take(fact, fact.account if fact.to_key else DIFFERENCE, target)
        self._put(fact.to_pool, fact.to_key, fact, fact.quantity, worth)
        return {stock_account(fact.pool): -worth, stock_account(fact.to_pool): worth}

    def _back(self, fact: Fact) -> Lines:
        if fact.ref in self.issued:
            worth = slice_of(self.issued[fact.ref], fact.before, fact.quantity, fact.whole)
        else:
            worth = sum(self.derived.get(fact.seq, {}).values())
        self.found[fact.seq] = {fact.account: worth}
        own: Lines = {stock_account(fact.pool): worth}
        _add(own, fact.account, -worth)
        self._put(fact.pool, fact.key, fact, fact.quantity, worth)
        return own

    def _send(self, fact: Fact) -> Lines:
        costs = self.costs.get(fact.ref, {})
        original = slice_of(sum(costs.values()), fact.before, fact.quantity, fact.whole)
        owed = slice_of(costs.get(fact.account, 0), fact.before, fact.quantity, fact.whole)
        worth = self._give_back(fact.pool, fact.key, fact, original)
        own: Lines = {stock_account(fact.pool): -worth}
        _add(own, fact.account, owed)
        _add(own, DIFFERENCE, worth - owed)
        return own

    def _reversal(self, fact: Fact) -> Lines:
        event = self._event(fact)
        own: Lines = {account: -amount for account, amount in event.items()}
        if fact.of in (Kind.IN, Kind.BACK):
            self._unput(fact.pool, fact.key, fact, event, own)
        elif fact.of == Kind.MOVE:
            self._unput(fact.to_pool, fact.to_key, fact, event, own)
        if fact.of in (Kind.OUT, Kind.SEND, Kind.MOVE):
            self._restore(fact, -event.get(stock_account(fact.pool), 0))
        return own

    # -- parts ---------------------------------------------------------------------------------------------------
    def _receipt(self, pool: str, seq: int) -> Lines:
        """The lines of an inflow: stock against the accounts of its cost events."""
        own: Lines = {stock_account(pool): 0}
        for account, amount in self.costs.get(seq, {}).items():
            _add(own, stock_account(pool), amount)
            _add(own, account, -amount)
        return own

    def _event(self, fact: Fact) -> Lines:
        """Everything the original of a reversal has booked, true-ups included."""
        if fact.of == Kind.IN:
            return self._receipt(fact.pool, fact.ref)
        event = self.events.get(fact.ref)
        event = dict(self.derived.get(fact.seq, {}) if event is None else event)
        self.found[fact.seq] = event
        return event

    def _put(self, area: str, key: str, fact: Fact, quantity: int, cost: int) -> None:
        """Put goods into a pool and book the true-ups of the shortages they cover."""
        covers = self.state.pool(area, key).put(fact.on, fact.seq, quantity, cost)
        for shortage, change in covers:
            if change:
                self._true_up(area, shortage, change)

    def _true_up(self, area: str, shortage: Shortage, change: int) -> None:
        """Book actual less assumed cost: to the goods where they still lie in a keyed pool, else to the account."""
        kept = 0
        if shortage.to_key:
            target = self.state.pool(shortage.to_pool, shortage.to_key)
            kept = share(change, min(target.quantity, shortage.sent), shortage.sent)
            target.value += kept
        for account, amount in (
            (stock_account(area), -change),
            (stock_account(shortage.to_pool), kept),
            (shortage.account, change - kept),
        ):
            if amount:
                _add(self._true_ups, account, amount)
                _add(shortage.event, account, amount)

    def _take(self, fact: Fact, account: str, target: tuple[str, str] = ("", "")) -> int:
        """Take the fact's quantity from its pool; what is not there leaves at an assumed cost as a shortage."""
        pool = self.state.pool(fact.pool, fact.key)
        held = min(fact.quantity, pool.quantity)
        value = pool.take(held) if held else 0
        if held < fact.quantity:
            value += self._owe(pool, fact, fact.quantity - held, account, target)
        return value

    def _give_back(self, area: str, key: str, fact: Fact, original: int) -> int:
        """Take goods out again at their original value, as far as the pool can."""
        pool = self.state.pool(area, key)
        held = min(fact.quantity, pool.quantity)
        value = pool.give_back(held, original, fact.ref) if held else 0
        if held < fact.quantity:
            value += self._owe(pool, fact, fact.quantity - held, DIFFERENCE, ("", ""))
        return value

    def _owe(self, pool: Pool, fact: Fact, lack: int, account: str, target: tuple[str, str]) -> int:
        """Queue a shortage and return the value it assumes: the last unit cost, or the fact's estimate."""
        if pool.last_quantity:
            assumed = share(pool.last_value, lack, pool.last_quantity)
        else:
            assumed = share(fact.estimate, lack, fact.quantity)
        shortage = Shortage(lack, assumed, account, fact.seq, *target, fact.quantity)
        pool.shortages.append(shortage)
        self._shortages.append(shortage)
        return assumed

    def _unput(self, area: str, key: str, fact: Fact, event: Lines, own: Lines) -> None:
        """Take an inflow out again; what the pool cannot give at the original value shows as a difference."""
        stock = stock_account(area)
        original = event.get(stock, 0)
        residue = self._give_back(area, key, fact, original) - original
        if residue:
            _add(own, stock, -residue)
            _add(own, DIFFERENCE, residue)

    def _restore(self, fact: Fact, value: int) -> None:
        """Bring goods that left back at the value they left with; a shortage still open simply ends."""
        quantity, assumed = self.state.pool(fact.pool, fact.key).cancel_shortage(fact.ref)
        if quantity < fact.quantity:
            self._put(fact.pool, fact.key, fact, fact.quantity - quantity, value - assumed)

    _RULES: ClassVar[dict[Kind, Callable[["CostingPass", Fact], Lines]]] = {
        Kind.IN: _in,
        Kind.OUT: _out,
        Kind.MOVE: _move,
        Kind.BACK: _back,
        Kind.SEND: _send,
        Kind.REVERSAL: _reversal,
    }


def _add(lines: Lines, account: str, amount: int) -> None:
    lines[account] = lines.get(account, 0) + amount
