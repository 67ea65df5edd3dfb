"""Writing what costing found: facts, events and value entries by one statement, and the ledger entries they make up.

A `Booking` gathers the rows of one transaction over all its units. Value entries of one document and ledger day are
summed by account into one entry of the `stock` series; where nothing is left there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, NUMERIC
from sqlalchemy.types import BigInteger, Boolean, Date, DateTime, Integer, SmallInteger, Text, Uuid

from app.kernel.dates import day_after, month_start
from app.kernel.ids import new_id
from app.kernel.money import digits_of
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules.journal import EntryDraft, EntryLine, credit, debit
from app.modules.inventory.queries.costing import LayerRow, Unit
from app.modules.inventory.rules.costing import DIFFERENCE, STOCK, Fact, State
from app.modules.inventory.rules.pool import Lines
from app.modules.inventory.rules.replay import tail_text
from app.modules.inventory.rules.scale import unscaled, unscaled_quantity
from app.platform.work import Work

DISPATCHED = "dispatched"
LEDGER_KIND = "stock"


@dataclass(frozen=True, slots=True)
class Origin:
    """The document line a row belongs to, and the document an entry names; `red` writes corrections on their own side."""

    kind: str
    id: UUID
    line_kind: str = ""
    line_id: UUID | None = None
    memo: str = ""
    red: bool = False


_Rows = list[tuple[Any, ...]]
_IDS, _DAYS, _TEXTS, _COUNTS = ARRAY(Uuid), ARRAY(Date), ARRAY(Text), ARRAY(BigInteger)
_MONEY: ARRAY[Decimal] = ARRAY(NUMERIC(20, 4))
_QUANTITIES: ARRAY[Decimal] = ARRAY(NUMERIC(20, 6))
_SMALL = ARRAY(SmallInteger)

# table -> (columns with their array types); one list of rows each
_FACT = {
    "unit_id": _IDS, "business_on": _DAYS, "seq": _COUNTS, "kind": _SMALL, "area": _TEXTS, "batch": _TEXTS,
    "quantity": _QUANTITIES, "account": _TEXTS, "to_area": _TEXTS, "to_batch": _TEXTS, "ref_on": _DAYS, "ref_seq": _COUNTS,
    "before": _QUANTITIES, "whole": _QUANTITIES, "original_kind": _SMALL, "estimate": _MONEY, "line_kind": _TEXTS,
    "line_id": _IDS, "origin_kind": _TEXTS, "origin_id": _IDS,
}  # fmt: skip
_EVENT = {
    "id": _IDS, "unit_id": _IDS, "business_on": _DAYS, "fact_seq": _COUNTS, "account": _TEXTS, "amount": _MONEY,
    "derived": ARRAY(Boolean), "origin_kind": _TEXTS, "origin_id": _IDS,
}  # fmt: skip
_ENTRY = {
    "unit_id": _IDS, "valued_on": _DAYS, "seq": _COUNTS, "posted_on": _DAYS, "account": _TEXTS,
    "account_id": _IDS, "amount": _MONEY, "entry_id": _IDS,
}  # fmt: skip
_BALANCE = {"month_on": _DAYS, "unit_id": _IDS, "area": _TEXTS, "quantity": _QUANTITIES, "value": _MONEY}
_TAIL = {
    "id": _IDS, "last_on": _DAYS, "last_seq": _COUNTS, "since": ARRAY(Integer), "state": _TEXTS,
}  # fmt: skip


def _unnest(prefix: str, columns: Mapping[str, Any]) -> str:
    arrays = ", ".join(f":{prefix}_{name}" for name in columns)
    return f"unnest({arrays}) WITH ORDINALITY AS v({', '.join(columns)}, line)"


def _insert(table: str, prefix: str, columns: Mapping[str, Any], more: Mapping[str, str]) -> str:
    names = [*columns, *more]
    values = ", ".join([*(f"v.{name}" for name in columns), *more.values()])
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {_unnest(prefix, columns)}"  # noqa: S608  names


# At most 50 parameters: beyond that psycopg splits the statement anew each time.
_write = text(
    f"""
    WITH facts AS ({_insert("inventory_stock_fact", "f", _FACT, {"actor_id": ":actor", "known_at": ":now"})} RETURNING 1),
    events AS ({_insert("inventory_cost_event", "e", _EVENT, {"known_at": ":now"})} RETURNING 1),
    entries AS (
      {_insert("inventory_value_entry", "v", _ENTRY, {"line": "v.line", "company_id": ":company", "known_at": ":now"})} RETURNING 1),
    balances AS (
      {_insert("inventory_stock_balance", "b", _BALANCE, {})}
      ON CONFLICT (month_on, unit_id, area) DO UPDATE
         SET quantity = inventory_stock_balance.quantity + excluded.quantity,
             value = inventory_stock_balance.value + excluded.value
      RETURNING 1)
    UPDATE inventory_cost_unit u
       SET last_on = v.last_on, last_seq = v.last_seq, since = v.since, state = v.state
      FROM {_unnest("u", _TAIL)}
     WHERE u.id = v.id
    """  # noqa: S608  column names only
).bindparams(
    bindparam("actor", type_=Uuid),
    bindparam("company", type_=Uuid),
    bindparam("now", type_=DateTime(timezone=True)),
    *(
        bindparam(f"{prefix}_{name}", type_=kind)
        for prefix, columns in (("f", _FACT), ("e", _EVENT), ("v", _ENTRY), ("b", _BALANCE), ("u", _TAIL))
        for name, kind in columns.items()
    ),
)
_put_layers = text(
    """
    INSERT INTO inventory_cost_layer (unit_id, area, batch, business_on, seq, quantity, value)
    SELECT * FROM unnest(:units, :areas, :batches, :days, :seqs, :quantities, :values)
    ON CONFLICT (unit_id, area, batch, business_on, seq) DO UPDATE SET quantity = excluded.quantity, value = excluded.value
    """
).bindparams(
    bindparam("units", type_=_IDS),
    bindparam("areas", type_=_TEXTS),
    bindparam("batches", type_=_TEXTS),
    bindparam("days", type_=_DAYS),
    bindparam("seqs", type_=_COUNTS),
    bindparam("quantities", type_=_QUANTITIES),
    bindparam("values", type_=_MONEY),
)
_drop_layers = text(
    """
    DELETE FROM inventory_cost_layer l
     USING unnest(:units, :areas, :batches, :days, :seqs) AS v(unit_id, area, batch, business_on, seq)
     WHERE l.unit_id = v.unit_id AND l.area = v.area AND l.batch = v.batch AND l.business_on = v.business_on
       AND l.seq = v.seq
    """
).bindparams(
    bindparam("units", type_=_IDS),
    bindparam("areas", type_=_TEXTS),
    bindparam("batches", type_=_TEXTS),
    bindparam("days", type_=_DAYS),
    bindparam("seqs", type_=_COUNTS),
)
_LAYER_KEY = ("units", "areas", "batches", "days", "seqs")
_put_checkpoints = text(
    """
    INSERT INTO inventory_cost_checkpoint (unit_id, business_on, state)
    SELECT * FROM unnest(:units, :days, :states)
    ON CONFLICT (unit_id, business_on) DO UPDATE SET state = excluded.state
    """
).bindparams(bindparam("units", type_=_IDS), bindparam("days", type_=_DAYS), bindparam("states", type_=_TEXTS))
_put_marks = text(
    """
    WITH marks AS (
      INSERT INTO inventory_cost_pending (id, unit_id, business_on, created_at)
      SELECT v.id, v.unit_id, v.business_on, :now FROM unnest(:ids, :units, :days) AS v(id, unit_id, business_on)
      RETURNING 1)
    UPDATE inventory_cost_unit SET pending = true WHERE id = ANY(:units)
    """
).bindparams(
    bindparam("ids", type_=_IDS),
    bindparam("units", type_=_IDS),
    bindparam("days", type_=_DAYS),
    bindparam("now", type_=DateTime(timezone=True)),
)
_drop_marks = text(
    """
    WITH marks AS (DELETE FROM inventory_cost_pending WHERE id = ANY(:ids) RETURNING unit_id)
    UPDATE inventory_cost_unit SET pending = false WHERE id IN (SELECT unit_id FROM marks)
    """
).bindparams(bindparam("ids", type_=_IDS))


@dataclass
class Booking:
    """The rows of one transaction; `write` sends them and queues the ledger entries."""

    work: Work
    closed_to: date | None
    accounts: Mapping[str, UUID]
    digits: int = 2
    _facts: _Rows = field(default_factory=list)
    _events: _Rows = field(default_factory=list)
    _entries: list[tuple[UUID, date, int, str, int, Origin]] = field(default_factory=list)
    _balances: dict[tuple[date, UUID, str], list[int]] = field(default_factory=dict)
    _tails: _Rows = field(default_factory=list)
    _new_layers: list[tuple[Any, ...]] = field(default_factory=list)
    _old_layers: list[tuple[Any, ...]] = field(default_factory=list)
    _checkpoints: _Rows = field(default_factory=list)
    _marks: _Rows = field(default_factory=list)
    _settled: list[UUID] = field(default_factory=list)

    @classmethod
    def of(cls, work: Work, closed_to: date | None, accounts: Mapping[str, UUID]) -> "Booking":
        return cls(work, closed_to, accounts, digits_of(book_of(work).currency))

    # -- gathering -----------------------------------------------------------------------------------------------
    def fact(self, unit: Unit, fact: Fact, ref_on: date | None, origin: Origin) -> None:
        """A stock fact with its document line; its quantity enters the month."""
        self._facts.append(
            (
                unit.id, fact.on, fact.seq, int(fact.kind), fact.pool, fact.key, unscaled_quantity(fact.quantity),
                fact.account, fact.to_pool, fact.to_key, ref_on, fact.ref or None, unscaled_quantity(fact.before),
                unscaled_quantity(fact.whole), fact.of, self.money(fact.estimate), origin.line_kind, origin.line_id,
                origin.kind, origin.id,
            )
        )  # fmt: skip
        for area, _, change in fact.moved():
            self._balance(fact.on, unit.id, area, 0, change)

    def event(self, unit: Unit, on: date, seq: int, lines: Lines, origin: Origin, *, derived: bool = False) -> None:
        """Cost events of an inflow, or what a return or reversal copied."""
        self._events += [
            (new_id(), unit.id, on, seq, account, self.money(amount), derived, origin.kind, origin.id)
            for account, amount in lines.items()
            if amount
        ]

    def value(self, unit: Unit, seq: int, on: date, lines: Lines, origin: Origin) -> None:
        """Balanced value entries true on a day."""
        for account, amount in lines.items():
            if amount:
                self._entries.append((unit.id, on, seq, account, amount, origin))
                if account.startswith(STOCK):
                    self._balance(self.posted_on(on), unit.id, account[len(STOCK) :], 1, amount)

    def tail(self, unit: Unit, state: State | None) -> None:
        """The unit's row as it shall be; without a state its text stays."""
        text_ = unit.state if state is None else tail_text(state)
        self._tails.append((unit.id, unit.last_on, unit.last_seq, unit.since, text_))

    def layers(self, unit: Unit, before: Iterable[LayerRow], state: State) -> None:
        """Bring the layer rows that were read to what the state says."""
        old = {row[:4]: row[4:] for row in before}
        new = state.open_layers()
        self._new_layers += [(unit.id, *at, *new[at]) for at in new if old.get(at) != new[at]]
        self._old_layers += [(unit.id, *at) for at in old if at not in new]

    def checkpoint(self, unit: Unit, on: date, text_: str) -> None:
        self._checkpoints.append((unit.id, on, text_))

    def mark(self, unit: Unit, on: date) -> None:
        """Cost pending from that day on."""
        self._marks.append((new_id(), unit.id, on))
        unit.pending = True

    def settled(self, marks: Iterable[UUID]) -> None:
        self._settled += marks

    # -- words ---------------------------------------------------------------------------------------------------
    def money(self, count: int) -> Decimal:
        return unscaled(count, self.digits)

    def posted_on(self, on: date) -> date:
        """The ledger day: the day itself, or the first open one where its period is closed."""
        return on if self.closed_to is None or on > self.closed_to else day_after(self.closed_to)

    def account_id(self, account: str) -> UUID:
        """The ledger account of what the rules call `account`."""
        book = book_of(self.work)
        if account == DIFFERENCE:
            return book.account_or("stock_difference", "cost_of_sales")
        if not account.startswith(STOCK):
            return UUID(account)
        area = account[len(STOCK) :]
        return self.accounts.get(area) or book.account(DISPATCHED if area == DISPATCHED else "stock")

    def _balance(self, on: date, unit_id: UUID, area: str, column: int, change: int) -> None:
        self._balances.setdefault((month_start(on), unit_id, area), [0, 0])[column] += change

    # -- writing -------------------------------------------------------------------------------------------------
    def write(self) -> None:
        """Send everything: one statement, and one each for layers, checkpoints and marks where there are any."""
        session = self.work.session
        balances = [
            (month, unit_id, area, unscaled_quantity(quantity), self.money(value))
            for (month, unit_id, area), (quantity, value) in sorted(self._balances.items())
            if quantity or value
        ]
        parameters: dict[str, Any] = {
            "actor": self.work.actor.user_id,
            "company": self.work.company_id,
            "now": self.work.now,
        }
        for prefix, columns, rows in (
            ("f", _FACT, self._facts),
            ("e", _EVENT, self._events),
            ("v", _ENTRY, self._post()),
            ("b", _BALANCE, balances),
            ("u", _TAIL, self._tails),
        ):
            parameters |= _arrays(prefix, columns, rows)
        session.execute(_write, parameters)
        if self._old_layers:
            session.execute(_drop_layers, _named(_LAYER_KEY, self._old_layers))
        if self._new_layers:
            rows = [(*row[:5], unscaled_quantity(row[5]), self.money(row[6])) for row in self._new_layers]
            session.execute(_put_layers, _named((*_LAYER_KEY, "quantities", "values"), rows))
        if self._checkpoints:
            session.execute(_put_checkpoints, _named(("units", "days", "states"), self._checkpoints))
        if self._marks:
            session.execute(_put_marks, {**_named(("ids", "units", "days"), self._marks), "now": self.work.now})
        if self._settled:
            session.execute(_drop_marks, {"ids": self._settled})

    def _post(self) -> _Rows:
        """Queue one ledger entry per document and day; return the value entries with the entry they belong to."""
        sums: dict[tuple[str, UUID, date, bool], dict[UUID, int]] = {}
        memos: dict[tuple[str, UUID, date, bool], str] = {}
        placed: list[tuple[tuple[str, UUID, date, bool], tuple[Any, ...]]] = []
        for unit_id, on, seq, account, amount, origin in self._entries:
            posted_on, account_id = self.posted_on(on), self.account_id(account)
            key = origin.kind, origin.id, posted_on, origin.red
            total = sums.setdefault(key, {})
            total[account_id] = total.get(account_id, 0) + amount
            memos.setdefault(key, origin.memo)
            placed.append((key, (unit_id, on, seq, posted_on, account, account_id, self.money(amount))))
        entries: dict[tuple[str, UUID, date, bool], UUID] = {}
        book = book_of(self.work)
        for key, total in sums.items():
            kind, origin_id, posted_on, red = key
            lines = self._lines({a: m for a, m in total.items() if m}, book.currency, red=red and book.red_ink)
            if lines:
                draft = EntryDraft(book.id, LEDGER_KIND, posted_on, kind, origin_id, lines, memos[key])
                entries[key] = post_entry(self.work, draft)
        return [(*row, entries.get(key)) for key, row in placed]

    def _lines(self, total: Mapping[UUID, int], currency: str, *, red: bool) -> tuple[EntryLine, ...]:
        """Debits first; in red ink a correction stands on the side of what it corrects, negative."""
        lines: list[EntryLine] = []
        for account_id, count in sorted(total.items(), key=lambda one: one[1] < 0):
            amount = self.money(count)
            if (count > 0) != red:
                lines.append(debit(account_id, amount, currency))
            else:
                lines.append(credit(account_id, -amount, currency))
        return tuple(lines)


def _arrays(prefix: str, columns: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return _named([f"{prefix}_{name}" for name in columns], rows)


def _named(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Rows as one array a column."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(values) for name, values in zip(names, columns, strict=True)}
