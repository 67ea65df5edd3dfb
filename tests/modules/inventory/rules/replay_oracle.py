"""An oracle for costing: replays a whole history naively and says which amount stands on which day and account.

Written apart from the rules: exact fractions, a flat list of postings that each name the movement they belong to, lots
as dictionaries, no checkpoints, no running state shared between replays. A reversal reads the postings of what it
reverses off the list and writes them again with the opposite sign.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from app.modules.inventory.rules.costing import Fact, Kind

MILLION = 10**6


def cents(value: Fraction) -> int:
    """Half away from zero."""
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(Fraction(1, 2) - value)


@dataclass
class Posting:
    owner: int  # the movement whose event this is
    by: int  # the movement that wrote it
    on: date
    account: str
    amount: int


@dataclass
class Place:
    lots: list[dict[str, Any]] = field(default_factory=list)
    owed: list[dict[str, Any]] = field(default_factory=list)
    price: Fraction | None = None

    @property
    def quantity(self) -> int:
        return sum(lot["quantity"] for lot in self.lots)

    @property
    def value(self) -> int:
        return sum(lot["value"] for lot in self.lots)


class Oracle:
    """`facts` in any order, `costs`: seq -> [(credit account, amount), ...]; `melts`: True for the moving average."""

    def __init__(self, method: str, facts: list[Fact], costs: dict[int, list[tuple[str, int]]]) -> None:
        self.method, self.costs = method, costs
        self.postings: list[Posting] = []
        self.places: dict[tuple[str, str], Place] = {}
        self.issue_value: dict[int, int] = {}
        self.lacking: list[int] = []
        for fact in sorted(facts, key=lambda f: (f.on, f.seq)):
            self.fact = fact
            getattr(self, "do_" + fact.kind.name.lower())()

    def ideal(self) -> dict[tuple[date, str], int]:
        totals: Counter[tuple[date, str]] = Counter()
        for posting in self.postings:
            totals[posting.on, posting.account] += posting.amount
        return {key: amount for key, amount in totals.items() if amount}

    def event(self, seq: int) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for posting in self.postings:
            if posting.owner == seq:
                totals[posting.account] += posting.amount
        return {key: amount for key, amount in totals.items() if amount}

    # -- bookkeeping ---------------------------------------------------------------------------------------------
    def write(self, account: str, amount: int, owner: int | None = None) -> None:
        seq = self.fact.seq
        self.postings.append(Posting(seq if owner is None else owner, seq, self.fact.on, account, amount))

    def transfer(self, debit: str, credit: str, amount: int, owner: int | None = None) -> None:
        self.write(debit, amount, owner)
        self.write(credit, -amount, owner)

    def place(self, area: str, key: str) -> Place:
        return self.places.setdefault((area, key), Place())

    def melt(self, place: Place) -> None:
        quantity, value = place.quantity, place.value
        place.lots = [{"of": None, "quantity": quantity, "value": value}] if quantity else []

    # -- goods ---------------------------------------------------------------------------------------------------
    def arrive(self, area: str, key: str, quantity: int, value: int) -> None:
        place = self.place(area, key)
        price = Fraction(value, quantity)
        while quantity and place.owed:
            debt = place.owed[0]
            part = min(debt["quantity"], quantity)
            real = cents(Fraction(value * part, quantity))
            guessed = cents(Fraction(debt["value"] * part, debt["quantity"]))
            quantity, value = quantity - part, value - real
            debt["quantity"], debt["value"] = debt["quantity"] - part, debt["value"] - guessed
            if debt["quantity"] == 0:
                place.owed = place.owed[1:]
            extra = real - guessed
            self.write(f"stock:{area}", -extra, debt["seq"])
            if debt["sent_to"][1]:
                there = self.place(*debt["sent_to"])
                stays = cents(Fraction(extra * min(there.quantity, debt["sent"]), debt["sent"]))
                if there.lots:
                    there.lots[0]["value"] += stays
                self.write(f"stock:{debt['sent_to'][0]}", stays, debt["seq"])
                extra -= stays
            self.write(debt["account"], extra, debt["seq"])
        if quantity:
            place.lots = [*place.lots, {"of": self.fact.seq, "quantity": quantity, "value": value}]
            if key or self.method == "average":
                self.melt(place)
                price = Fraction(place.value, place.quantity)
        if not key:
            place.price = price

    def draw(self, place: Place, wanted: int, lots: list[dict[str, Any]]) -> int:
        """Empty `lots` in the given order; at most `wanted`."""
        value = 0
        for lot in lots:
            part = min(wanted, lot["quantity"])
            worth = cents(Fraction(lot["value"] * part, lot["quantity"]))
            lot["quantity"], lot["value"] = lot["quantity"] - part, lot["value"] - worth
            wanted, value = wanted - part, value + worth
            if not wanted:
                break
        place.lots = [lot for lot in place.lots if lot["quantity"]]
        return value

    def owe(self, place: Place, lack: int, account: str, sent_to: tuple[str, str] = ("", "")) -> int:
        if lack <= 0:
            return 0
        price = Fraction(self.fact.estimate, self.fact.quantity) if place.price is None else place.price
        value: int = cents(price * lack)
        debt = {"quantity": lack, "value": value, "account": account, "seq": self.fact.seq}
        place.owed.append({**debt, "sent_to": sent_to, "sent": self.fact.quantity})
        self.lacking.append(self.fact.seq)
        return value

    def leave(self, account: str, sent_to: tuple[str, str] = ("", "")) -> int:
        place = self.place(self.fact.pool, self.fact.key)
        held = place.quantity
        value = self.draw(place, min(held, self.fact.quantity), list(place.lots))
        return value + self.owe(place, self.fact.quantity - held, account, sent_to)

    def hand_back(self, area: str, key: str, original: int) -> int:
        """Goods of an earlier inflow leave again, worth `original` if something can make up for the rest."""
        place, wanted = self.place(area, key), self.fact.quantity
        held = place.quantity
        fifo = self.method == "fifo" and not key
        lot = next((lot for lot in place.lots if not fifo or lot["of"] == self.fact.ref), None)
        if lot and lot["quantity"] > wanted:
            value: int = min(original, lot["value"])
            lot["quantity"], lot["value"] = lot["quantity"] - wanted, lot["value"] - value
            return value
        order = ([lot] if lot else []) + [other for other in place.lots if other is not lot]
        value = self.draw(place, min(held, wanted), order)
        return value + self.owe(place, wanted - held, "difference")

    # -- movements -----------------------------------------------------------------------------------------------
    def do_in(self) -> None:
        f, total = self.fact, 0
        for account, amount in self.costs.get(f.seq, []):
            self.transfer(f"stock:{f.pool}", account, amount)
            total += amount
        self.arrive(f.pool, f.key, f.quantity, total)

    def do_out(self) -> None:
        f = self.fact
        value = self.issue_value[f.seq] = self.leave(f.account)
        self.transfer(f.account, f"stock:{f.pool}", value)

    def do_move(self) -> None:
        f = self.fact
        value = self.leave(f.account if f.to_key else "difference", (f.to_pool, f.to_key) if f.to_key else ("", ""))
        self.transfer(f"stock:{f.to_pool}", f"stock:{f.pool}", value)
        self.arrive(f.to_pool, f.to_key, f.quantity, value)

    def part_of(self, total: int) -> int:
        f = self.fact
        until = cents(Fraction(total * (f.before + f.quantity), f.whole))
        return until - cents(Fraction(total * f.before, f.whole))

    def do_back(self) -> None:
        f = self.fact
        value = self.part_of(self.issue_value[f.ref])
        self.transfer(f"stock:{f.pool}", f.account, value)
        self.arrive(f.pool, f.key, f.quantity, value)

    def do_send(self) -> None:
        f, costs = self.fact, self.costs.get(self.fact.ref, [])
        owed = self.part_of(sum(amount for account, amount in costs if account == f.account))
        value = self.hand_back(f.pool, f.key, self.part_of(sum(amount for _, amount in costs)))
        self.transfer(f.account, f"stock:{f.pool}", owed)
        self.transfer("difference", f"stock:{f.pool}", value - owed)

    def do_reversal(self) -> None:
        f = self.fact
        event = self.event(f.ref)
        for account, amount in event.items():
            self.write(account, -amount)
        into = {Kind.IN: (f.pool, f.key), Kind.BACK: (f.pool, f.key), Kind.MOVE: (f.to_pool, f.to_key)}.get(Kind(f.of))
        if into:
            original = event.get(f"stock:{into[0]}", 0)
            self.transfer("difference", f"stock:{into[0]}", self.hand_back(*into, original) - original)
        if f.of in (Kind.OUT, Kind.SEND, Kind.MOVE):
            place, value, quantity = self.place(f.pool, f.key), -event.get(f"stock:{f.pool}", 0), f.quantity
            for debt in [debt for debt in place.owed if debt["seq"] == f.ref]:
                place.owed.remove(debt)
                value, quantity = value - debt["value"], quantity - debt["quantity"]
            if quantity:
                self.arrive(f.pool, f.key, quantity, value)
