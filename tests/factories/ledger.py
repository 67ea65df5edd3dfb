"""What the books of a test company say, read from the lines themselves and not from any cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app.modules.finance.models.account import Account, AccountRole
from app.modules.finance.models.journal import DimensionSetValue, Entry, EntryLine
from app.modules.inventory.models.costing import StockBalance, ValueEntry
from app.modules.inventory.models.stock import Move, Reservation, Stock
from app.platform.work import Work
from tests.factories.tenant import Tenant

ZERO = Decimal(0)
MAIN = ("stock", "dispatched", "cost_of_sales", "receivable", "revenue", "output_tax", "bank", "exchange_difference")
"""Roles that name an account where another role shares it."""


@dataclass(frozen=True)
class Line:
    """Where amounts are summed: account, party (or whatever the dimensions name), currency."""

    account: str
    dimensions: tuple[UUID, ...]
    currency: str


@dataclass(frozen=True)
class Sum:
    """Debits, credits and the signed amount in the line's currency."""

    debit: Decimal
    credit: Decimal
    amount: Decimal


class Books:
    """Reads one tenant's ledger and stock."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def sums(self) -> dict[Line, Sum]:
        """Every sum of the ledger, by line."""

        def read(work: Work) -> dict[Line, Sum]:
            values: dict[UUID, list[UUID]] = {}
            for row in work.session.execute(select(DimensionSetValue.set_id, DimensionSetValue.value_id)):
                values.setdefault(row.set_id, []).append(row.value_id)
            statement = (
                select(
                    Account.code,
                    EntryLine.dimension_set_id,
                    EntryLine.currency,
                    func.sum(EntryLine.debit),
                    func.sum(EntryLine.credit),
                    func.sum(EntryLine.amount),
                )
                .join(Account, Account.id == EntryLine.account_id)
                .group_by(Account.code, EntryLine.dimension_set_id, EntryLine.currency)
            )
            return {
                Line(row[0], tuple(sorted(values.get(row[1], ()))), row[2]): Sum(row[3], row[4], row[5])
                for row in work.session.execute(statement)
            }

        return self.tenant.read(read)

    def change(self, before: Mapping[Line, Sum]) -> dict[Line, Decimal]:
        """Debits less credits by line since then, lines that came back to nothing left out."""
        nothing = Sum(ZERO, ZERO, ZERO)
        found: dict[Line, Decimal] = {}
        for line, now in self.sums().items():
            then = before.get(line, nothing)
            value = (now.debit - now.credit) - (then.debit - then.credit)
            if value or now.amount != then.amount:
                found[line] = value
        return found

    def changes(self, before: Mapping[Line, Sum]) -> dict[str, Decimal]:
        """The same by role of the account, where it has one."""
        roles = self.roles()
        codes = {code: role for role, code in roles.items()} | {roles[role]: role for role in MAIN if role in roles}
        found: dict[str, Decimal] = {}
        for line, value in self.change(before).items():
            name = codes.get(line.account, line.account)
            found[name] = found.get(name, ZERO) + value
        return {name: value for name, value in found.items() if value}

    def sides(self, before: Mapping[Line, Sum]) -> dict[str, tuple[Decimal, Decimal]]:
        """Debits and credits by account since then, where either is not nothing."""
        found: dict[str, tuple[Decimal, Decimal]] = {}
        nothing = Sum(ZERO, ZERO, ZERO)
        for line, now in self.sums().items():
            then = before.get(line, nothing)
            debit, credit = found.get(line.account, (ZERO, ZERO))
            found[line.account] = (debit + now.debit - then.debit, credit + now.credit - then.credit)
        return {account: pair for account, pair in found.items() if any(pair)}

    def roles(self) -> dict[str, str]:
        """Role -> account code."""
        statement = select(AccountRole.role, Account.code).join(Account, Account.id == AccountRole.account_id)
        return self.tenant.read(lambda work: {row[0]: row[1] for row in work.session.execute(statement)})

    def balance(self, role: str) -> Decimal:
        """Debits less credits of the account that plays a role."""
        code = self.roles()[role]
        return sum((total.debit - total.credit for line, total in self.sums().items() if line.account == code), ZERO)

    def check_balanced(self) -> None:
        """Every entry balances, and so does the whole; vouchers are counted without gaps."""

        def read(work: Work) -> tuple[list[UUID], list[tuple[int, int]]]:
            uneven = (
                select(EntryLine.entry_id)
                .group_by(EntryLine.entry_id)
                .having(func.sum(EntryLine.debit) != func.sum(EntryLine.credit))
            )
            series = select(func.count(), func.max(Entry.number)).group_by(Entry.book_id, Entry.kind, Entry.period_id)
            numbers = [(row[0], row[1]) for row in work.session.execute(series)]
            return list(work.session.scalars(uneven)), numbers

        uneven, series = self.tenant.read(read)
        assert uneven == []
        assert all(count == last for count, last in series)
        sums = self.sums().values()
        assert sum(total.debit for total in sums) == sum(total.credit for total in sums)

    def check_stock_value(self) -> Decimal:
        """Costing and ledger hold the same value of stock; returns it."""

        def read(work: Work) -> tuple[Decimal, Decimal]:
            entries = select(func.coalesce(func.sum(ValueEntry.amount), 0)).where(
                ValueEntry.account.like("stock:%"), ValueEntry.account != "stock:dispatched"
            )
            months = select(func.coalesce(func.sum(StockBalance.value), 0)).where(StockBalance.area != "dispatched")
            return work.session.execute(entries).scalar_one(), work.session.execute(months).scalar_one()

        entries, months = self.tenant.read(read)
        assert entries == months == self.balance("stock")
        return entries

    def check_stock(self) -> None:
        """Quantities on hand are the moves, reserved quantities the promises, by the module's own checks."""
        for check in self.tenant.registry.checks:
            assert self.tenant.read(check) == []

    def on_hand(self, item_id: UUID) -> tuple[Decimal, Decimal]:
        """On hand and reserved."""
        statement = select(func.sum(Stock.on_hand), func.sum(Stock.reserved)).where(Stock.item_id == item_id)
        row = self.tenant.read(lambda work: work.session.execute(statement).one())
        return row[0] or ZERO, row[1] or ZERO

    def moved(self, item_id: UUID) -> Decimal:
        """The sum of all moves."""
        statement = select(func.coalesce(func.sum(Move.quantity), 0)).where(Move.item_id == item_id)
        return self.tenant.read(lambda work: work.session.execute(statement).scalar_one())

    def promised(self, item_id: UUID) -> Decimal:
        """The sum of all promises."""
        statement = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(Reservation.item_id == item_id)
        return self.tenant.read(lambda work: work.session.execute(statement).scalar_one())
