"""What one valuation area holds of one item: quantity, value, open layers, and shortages still to be paid.

A unit cost is never stored, it is always value / quantity, so what rounding leaves over stays in the pool and the last
unit out takes it along. The balance of the pool's stock account is `value` less what its shortages assumed.

Three kinds of pool:
* average: one mixture (moving average);
* layered (FIFO): layers oldest first. At the tail of the history an engine may load only the layers it will need,
  because `quantity` and `value` are totals of their own; running out of loaded layers is a defect and raises;
* keyed: a batch of its own beside the main pool, such as the goods dispatched by one delivery line; an average of
  its own, forgotten when empty.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.modules.inventory.rules.scale import share

Lines = dict[str, int]
"""Amounts in minor units by account; debit positive."""


def nonzero(lines: Lines) -> Lines:
    """The lines that are worth writing down."""
    return {account: amount for account, amount in lines.items() if amount}


@dataclass(slots=True)
class Layer:
    """Goods of one inflow not yet consumed. `on`, `seq` are the position of the inflow and order the layers."""

    on: date
    seq: int
    quantity: int
    value: int

    def raw(self) -> list[Any]:
        return [self.on.isoformat(), self.seq, self.quantity, self.value]

    @classmethod
    def read(cls, raw: list[Any]) -> "Layer":
        return cls(date.fromisoformat(raw[0]), raw[1], raw[2], raw[3])


@dataclass(slots=True)
class Shortage:
    """Goods that left before they came in, at an assumed value.

    The difference to the actual cost (true-up) goes to `account`; where the goods went to a keyed pool (`to_pool`,
    `to_key`, `sent` in all) the part still lying there takes its share. `event` is what the owning fact `seq` has
    booked so far, true-ups included: its reversal needs it.
    """

    quantity: int
    assumed: int
    account: str
    seq: int
    to_pool: str = ""
    to_key: str = ""
    sent: int = 0
    event: Lines = field(default_factory=dict)

    def raw(self) -> list[Any]:
        event = sorted(nonzero(self.event).items())
        target = [self.to_pool, self.to_key, self.sent]
        return [self.quantity, self.assumed, self.account, self.seq, *target, [list(line) for line in event]]

    @classmethod
    def read(cls, raw: list[Any]) -> "Shortage":
        quantity, assumed, account, seq, to_pool, to_key, sent, event = raw
        return cls(quantity, assumed, account, seq, to_pool, to_key, sent, dict(event))


@dataclass(slots=True)
class Pool:
    """One pool; see the module. `last_value / last_quantity` is the unit cost at the last inflow.

    It values goods that are not there; a keyed pool keeps none.
    """

    layered: bool
    keyed: bool = False
    quantity: int = 0
    value: int = 0
    last_value: int = 0
    last_quantity: int = 0
    layers: list[Layer] = field(default_factory=list)
    shortages: list[Shortage] = field(default_factory=list)

    def put(self, on: date, seq: int, quantity: int, cost: int) -> list[tuple[Shortage, int]]:
        """Add `quantity` worth `cost`; return the shortages it covers, oldest first, each with its true-up.

        A true-up is actual less assumed cost of the covered part; the caller books it. The rest joins the pool.
        """
        covers: list[tuple[Shortage, int]] = []
        if not self.keyed:
            self.last_value, self.last_quantity = cost, quantity
        while self.shortages and quantity:
            lack = self.shortages[0]
            part = min(quantity, lack.quantity)
            actual, assumed = share(cost, part, quantity), share(lack.assumed, part, lack.quantity)
            quantity, cost = quantity - part, cost - actual
            lack.quantity, lack.assumed = lack.quantity - part, lack.assumed - assumed
            covers.append((lack, actual - assumed))
            if not lack.quantity:
                self.shortages.pop(0)
        if quantity:
            self.quantity += quantity
            self.value += cost
            if self.layered:
                self.layers.append(Layer(on, seq, quantity, cost))
            elif not self.keyed:
                self.last_value, self.last_quantity = self.value, self.quantity
        return covers

    def take(self, quantity: int) -> int:
        """Remove `quantity`, at most what is held, and return its value: oldest layers first, or the average."""
        if self.layered:
            value = self._consume(quantity)
        else:
            value = self.value if quantity == self.quantity else share(self.value, quantity, self.quantity)
        self.quantity -= quantity
        self.value -= value
        return value

    def give_back(self, quantity: int, original: int, seq: int) -> int:
        """Remove `quantity`, at most what is held, at its original value where the goods still carry it.

        FIFO takes the inflow's own layer first. What remains (of the layer, of the mixture) must carry the rest, so no
        more is given than is held, and the last unit takes all: the caller books the difference to `original`.
        """
        own = next((layer for layer in self.layers if layer.seq == seq), None)
        if not self.layered:
            value = min(original, self.value) if quantity < self.quantity else self.value
        elif own is None:
            value = self._consume(quantity)
        elif quantity < own.quantity:
            value = min(original, own.value)
            own.quantity -= quantity
            own.value -= value
        else:
            self.layers.remove(own)
            value = own.value + self._consume(quantity - own.quantity)
        self.quantity -= quantity
        self.value -= value
        return value

    def _consume(self, quantity: int) -> int:
        """Take from the oldest layers; the last part of a layer takes all that is left of it."""
        value = gone = 0
        while quantity:
            if gone == len(self.layers):
                raise RuntimeError("fewer layers were loaded than the pool holds")
            layer = self.layers[gone]
            if quantity < layer.quantity:
                part = share(layer.value, quantity, layer.quantity)
                layer.quantity, layer.value = layer.quantity - quantity, layer.value - part
                value += part
                break
            quantity -= layer.quantity
            value += layer.value
            gone += 1
        del self.layers[:gone]
        return value

    def cancel_shortage(self, seq: int) -> tuple[int, int]:
        """Drop the open shortage of that fact; return its quantity and the value it assumed (0, 0 without one)."""
        for index, lack in enumerate(self.shortages):
            if lack.seq == seq:
                del self.shortages[index]
                return lack.quantity, lack.assumed
        return 0, 0

    def balance(self) -> int:
        """The balance of the stock account that this pool explains."""
        return self.value - sum(lack.assumed for lack in self.shortages)

    @property
    def idle(self) -> bool:
        """Nothing held and nothing owed."""
        return not (self.quantity or self.value or self.shortages)

    def raw(self, heads_only: bool) -> list[Any]:
        """Plain lists, equal for equal pools; `heads_only` leaves out all layers but the oldest."""
        layers = self.layers[:1] if heads_only else self.layers
        return [
            self.quantity,
            self.value,
            self.last_value,
            self.last_quantity,
            [layer.raw() for layer in layers],
            [lack.raw() for lack in self.shortages],
        ]

    @classmethod
    def read(cls, raw: list[Any], *, layered: bool, keyed: bool) -> "Pool":
        layers = [Layer.read(layer) for layer in raw[4]]
        shortages = [Shortage.read(lack) for lack in raw[5]]
        return cls(layered, keyed, raw[0], raw[1], raw[2], raw[3], layers, shortages)
