"""The demonstration fills a tenant once, through the gate, and its books hold; the command line can do it and check it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from app import cli
from app.demo.build import build, build_job
from app.demo.parties import tax_number
from app.demo.plan import plan_orders, read_parties
from app.kernel.errors import Conflict
from app.modules.finance.models.invoice import Invoice
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.rules.tax_number import checked_tax_number
from app.modules.sales.models.order import Order
from app.platform.jobs import JobContext
from app.platform.work import Work
from app.verify import findings_in
from app.wiring import Wiring
from tests.factories.ledger import Books
from tests.factories.tenant import Tenant, new_tenant

ORDERS = 40


@dataclass
class Built:
    tenant: Tenant
    counts: dict[str, int]
    told: list[Decimal]


@pytest.fixture(scope="module", params=["CN", "DE"])
def built(request: pytest.FixtureRequest, wiring: Wiring) -> Built:
    """Only a company is there; books, warehouses and everything else the demonstration makes itself."""
    tenant = new_tenant(wiring, request.param, books=False)
    told: list[Decimal] = []
    job = build_job(wiring.registry)

    def tell(share: Decimal) -> bool:
        told.append(share)
        return True

    context = JobContext(wiring.gate, tenant.actor, tell)
    return Built(tenant, job(context, orders=ORDERS), told)


def test_what_was_made(built: Built) -> None:
    assert built.counts["order"] == ORDERS
    assert built.counts["items"] > 190
    assert built.counts["customers"] > 30
    for verb in ("quote", "deliver", "invoice", "pay", "receive"):
        assert built.counts[verb] > 8
    assert built.told == sorted(built.told)
    assert built.told[-1] > 95


def test_the_books_hold(built: Built) -> None:
    books = Books(built.tenant)
    books.check_balanced()
    assert books.check_stock_value() > 0
    assert list(findings_in(built.tenant.wiring, built.tenant.ref)) == []


def test_it_speaks_the_companys_language_and_several_currencies(built: Built) -> None:
    def read(work: Work) -> tuple[list[str], set[str]]:
        names = work.session.scalars(select(Party.name).where(Party.country == built.tenant.ref.country))
        return list(names), set(work.session.scalars(select(Invoice.currency).distinct()))

    names, currencies = built.tenant.read(read)
    chinese = [name for name in names if not name.isascii()]
    assert len(chinese) == (len(names) if built.tenant.ref.country == "CN" else 0)
    assert len(currencies) > 1


def test_orders_stand_on_their_days(built: Built) -> None:
    statement = select(func.min(Order.ordered_on), func.max(Order.ordered_on))
    first, last = built.tenant.read(lambda work: work.session.execute(statement).one())
    today = built.tenant.read(lambda work: work.today())
    assert 250 < (today - first).days <= 366
    assert last <= today


def test_a_tenant_with_trade_is_left_alone(built: Built) -> None:
    with pytest.raises(Conflict) as caught:
        build(built.tenant.gate, built.tenant.actor, built.tenant.registry)
    assert caught.value.code == "demo.orders_exist"


def test_the_plan_is_the_same_every_time() -> None:
    from datetime import date

    def once() -> list[Any]:
        return plan_orders(date(2026, 11, 25), 40, 200)

    assert once() == once()
    assert len(once()) == 2_100


@pytest.mark.parametrize("chinese", [True, False])
def test_tax_numbers_pass_the_checks_of_their_country(chinese: bool) -> None:
    for number, party in enumerate(read_parties(chinese), start=1):
        made = tax_number(party.country, number)
        assert checked_tax_number(party.country, made) == made != ""


def test_verify_tells_what_does_not_hold(built: Built) -> None:
    from sqlalchemy import update

    from app.modules.inventory.models.stock import Stock

    wiring, ref = built.tenant.wiring, built.tenant.ref
    with wiring.router.session(ref.schema) as session:
        stock = session.scalars(select(Stock).where(Stock.on_hand > Stock.reserved).limit(1)).one()
        right = stock.on_hand
        change = update(Stock).where(Stock.id == stock.id)
        session.execute(change.values(on_hand=right + 1))
        session.commit()
        found = [one.finding for one in findings_in(wiring, ref)]
        session.execute(change.values(on_hand=right))
        session.commit()
    assert [finding.code for finding in found] == ["check.stock_differs"]
    assert found[0].facts["stock"] - found[0].facts["moves"] == 1


@pytest.fixture
def command_line(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(cli, "load_settings", lambda: wiring.settings)
    return lambda *words: CliRunner().invoke(cli.app, words)


def test_the_command_line_verifies_and_refuses(built: Built, command_line: Callable[..., Result]) -> None:
    verified = command_line("verify", "--tenant", built.tenant.ref.slug)
    assert verified.exit_code == 0, verified.output
    assert "everything holds" in verified.output
    refused = command_line("demo", built.tenant.ref.slug)
    assert refused.exit_code == 5
    assert "demo.orders_exist" in refused.output
    assert command_line("demo", "nobody-here").exit_code == 4


def test_the_worker_knows_the_job(wiring: Wiring) -> None:
    assert "demo.build" in wiring.jobs
