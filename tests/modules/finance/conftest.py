"""A company with its books on the test stack, acting through the gate in the tenant's own role."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import text

from app.adapters.outgoing import Outgoing
from app.adapters.sealing import open_sealing
from app.modules.finance.actions.seal import BATCH, seal
from app.modules.finance.actions.voucher_draft import VoucherLineInput
from app.modules.finance.module import MODULE
from app.modules.finance.queries.book import book_of
from app.modules.masterdata.actions import exchange_rate, item, party, payment_term, unit
from app.modules.masterdata.actions.seed import insert_rows, reference_rows, seeded_id
from app.platform.actions import ACTIONS, Gate
from app.platform.means import Means
from app.platform.work import Actor, Work
from tests.factories.installation import Installation

R = TypeVar("R")


@dataclass
class Books:
    """One company of a fresh tenant."""

    installation: Installation
    gate: Gate
    actor: Actor

    def perform(self, name: str, /, *, dry_run: bool = False, **arguments: Any) -> Any:
        """The result of an action; ids come back as UUIDs, a rehearsal's effects as a list."""
        done = self.gate.perform(ACTIONS[name], self.actor, dry_run=dry_run, **arguments)
        if dry_run:
            return done.effects
        return UUID(done.result) if isinstance(done.result, str) and len(done.result) == 36 else done.result

    def read(self, query: Callable[[Work], R]) -> R:
        def detached(work: Work) -> R:
            answer = query(work)
            work.session.expunge_all()
            return answer

        return self.gate.read(self.actor, detached)

    def rows(self, sql: str, **parameters: Any) -> list[Any]:
        return self.read(lambda work: list(work.session.execute(text(sql), parameters)))

    def account(self, role: str) -> UUID:
        return self.read(lambda work: book_of(work).account(role))

    def balance(self, role: str) -> Decimal:
        """Debit minus credit of the account of a role, from its lines."""
        found = self.rows(
            "SELECT coalesce(sum(debit - credit), 0) FROM finance_line WHERE account_id = :account",
            account=self.account(role),
        )
        return Decimal(found[0][0])

    def lines(self, origin_id: UUID) -> list[tuple[str, Decimal, Decimal]]:
        """(account code, debit, credit) of a document's entries, in posting order."""
        return [
            (row.code, row.debit.normalize() + 0, row.credit.normalize() + 0)
            for row in self.rows(
                "SELECT a.code, l.debit, l.credit FROM finance_entry e JOIN finance_line l ON l.entry_id = e.id "
                "JOIN finance_account a ON a.id = l.account_id WHERE e.origin_id = :origin ORDER BY e.posted_at, e.id, l.no",
                origin=origin_id,
            )
        ]

    def enter(self, day: date, *lines: VoucherLineInput, **more: Any) -> UUID:
        """A voucher drafted, reviewed and posted; the system's eyes are nobody's."""
        key: UUID = self.perform("finance.create_voucher", lines=list(lines), business_on=day, **more)
        self.perform("finance.review_voucher", voucher_id=key)
        self.perform("finance.post_voucher", voucher_id=key)
        return key

    def move(self, day: date, debit: str, credit: str, value: str, **more: Any) -> UUID:
        """The same between the accounts of two roles."""
        return self.enter(
            day,
            VoucherLineInput(account_id=self.account(debit), debit=Decimal(value), **more),
            VoucherLineInput(account_id=self.account(credit), credit=Decimal(value), **more),
        )

    def period(self, code: str) -> Any:
        """The period of that code."""
        return self.rows("SELECT * FROM finance_period WHERE code = :code", code=code)[0]

    def seal(self) -> int:
        total = 0
        while True:
            with self.installation.router.sealer_session(self.actor.schema) as session:
                sealed = seal(session)
            total += sealed
            if sealed < BATCH:
                return total

    def customer(self, name: str = "Kunde AG", **more: Any) -> UUID:
        found: UUID = self.perform(
            "masterdata.create_party", name=name, is_customer=True, accept_duplicate=True, **more
        )
        return found

    def service(self, name: str = "Consulting", **more: Any) -> UUID:
        found: UUID = self.perform(
            "masterdata.create_item", name=name, unit_id=seeded_id("unit", "C62"), kind="service", **more
        )
        return found


def make_books(
    installation: Installation, country: str, setup: Mapping[str, Any] | None = None, **company: Any
) -> Books:
    assert MODULE.name == "finance"
    assert all((exchange_rate, item, party, payment_term, unit))  # imported so that their actions exist
    tenant = installation.new_tenant(country=country)
    means = Means(lambda: open_sealing(installation.settings), Outgoing, tuple)
    gate = Gate(installation.router.session, means=means)
    actor = Actor.system(tenant.id, tenant.schema)
    books = Books(installation, gate, actor)
    with installation.router.session(tenant.schema) as session:
        if session.execute(text("SELECT count(*) FROM masterdata_currency")).scalar_one() == 0:
            for model, rows in reference_rows():
                insert_rows(Work(session, actor), model, rows)
            session.commit()
    key = books.perform("platform.create_company", code="A", name="Hanse Test", country=country, **company)
    books.actor = actor.in_company(key, "Europe/Berlin" if country == "DE" else "Asia/Shanghai")
    books.perform("finance.set_up_books", **{"first_year": 2024, **(setup or {})})
    return books


@pytest.fixture
def books(installation: Installation) -> Books:
    """A company in Germany, chart IFRS, euro."""
    return make_books(installation, "DE")


@pytest.fixture
def chinese(installation: Installation) -> Books:
    """A company in China, chart 企业会计准则, yuan."""
    return make_books(installation, "CN")
