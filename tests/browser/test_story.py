"""From sign-up to money in the bank, in Chinese and in English, by hand: everything is clicked and typed.

The figures at the end are worked out here, not asked of the application: the realised exchange difference,
the stock that is left, and the balance of the books.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.kernel import dates
from app.modules.finance.queries.balance import balances
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules.balance import Window
from app.modules.inventory.models.stock import Stock
from app.platform.organisation import companies
from app.platform.work import Work
from tests.browser.conftest import Person

PASSWORD = "seven gables by the harbour"


@dataclass(frozen=True)
class Case:
    """Who signs up, and what trade comes to."""

    locale: str
    country: str
    company: str
    currency: str
    chart: str
    customer: str
    item: str
    unit_cost: Decimal
    invoice_rate: Decimal
    payment_rate: Decimal

    @property
    def stock_value(self) -> Decimal:
        """What 100 pieces less the 4 shipped are worth."""
        return 96 * self.unit_cost

    @property
    def receivable(self) -> Decimal:
        """4 pieces at 250 dollars on the day of the invoice."""
        return 1000 * self.invoice_rate

    @property
    def gain(self) -> Decimal:
        """The same dollars on the day they came in are worth more."""
        return 1000 * (self.payment_rate - self.invoice_rate)


CHINA = Case(
    "zh-CN", "CN", "宁波启航泵业有限公司", "CNY", "cn_cas", "Gulf Marine Supply", "液压齿轮泵 25cc",
    Decimal("620.50"), Decimal("7.10"), Decimal("7.25"),
)  # fmt: skip
GERMANY = Case(
    "en", "DE", "Elmwerk Hydraulik GmbH", "EUR", "ifrs", "Gulf Marine Supply", "Gear pump 25 cc",
    Decimal("80.40"), Decimal("0.90"), Decimal("0.95"),
)  # fmt: skip
TODAY = dates.today("UTC")
BEFORE = TODAY - timedelta(days=6)


PEOPLE = [
    pytest.param({"name": f"story-{case.country}", "locale": case.locale}, case, id=case.country)
    for case in (CHINA, GERMANY)
]


@pytest.mark.parametrize(("person", "case"), PEOPLE, indirect=["person"])
def test_from_sign_up_to_cash(person: Person, case: Case) -> None:
    slug = f"story{secrets.token_hex(4)}"
    sign_up(person, case, slug)
    set_up(person, case)
    enter_master_data(person, case)
    receive_opening_stock(person, case)
    order = sell(person, case)
    ship_a_part(person, order)
    invoice = bill(person, order)
    get_paid(person, case, invoice)
    look_at_reports(person, case)
    check_the_books(person, case, slug)


def sign_up(person: Person, case: Case, slug: str) -> None:
    person.portal.wiring.provisioner.refill(1)
    person.page.goto(f"{person.portal.url}/signup")
    person.fill("company_name", case.company)
    person.choose("country", case.country)
    person.fill("slug", slug)
    person.fill("name", "王梅" if case.country == "CN" else "Mara Voss")
    person.fill("email", f"owner@{slug}.example")
    person.fill("password", PASSWORD)
    person.shot("signup")
    person.page.locator("main button[type=submit]").click()
    person.page.wait_for_url(f"http://{slug}.localhost:{person.portal.port}/setup*")


def set_up(person: Person, case: Case) -> None:
    expect(person.page.locator('main [name="name"]')).to_have_value(case.company)
    person.fill("tax_number", "91330212MA2AJ12X35" if case.country == "CN" else "DE811907980")
    person.fill("address", "宁波市鄞州区启航路8号" if case.country == "CN" else "Hafenstraße 7, 20457 Hamburg")
    person.shot("wizard-company")
    person.save()
    person.page.wait_for_url("**/setup?step=valuation")
    if case.country == "CN":
        expect(person.page.locator('main select[name="cost_recognition"]')).to_have_value("invoice")
    person.shot("wizard-valuation")
    person.save()
    person.page.wait_for_url("**/setup?step=books")
    expect(person.page.locator('main select[name="chart"]')).to_have_value(case.chart)
    person.shot("wizard-books")
    person.save()
    person.page.wait_for_url("**/setup?step=warehouse")
    person.save()
    person.page.wait_for_url("**/setup?step=content")
    person.page.locator('main input[name="content"][value="clean"]').check()
    person.shot("wizard-content")
    person.save()
    person.page.wait_for_url(f"**:{person.portal.port}/")
    person.shot("home-empty")


def enter_master_data(person: Person, case: Case) -> None:
    person.open("/masterdata/parties/new")
    person.fill("name", case.customer)
    person.tick("is_customer")
    person.fill("country", "US")
    person.fill("price_currency", "USD")
    person.save()
    expect(person.page.locator("main h1")).to_contain_text(case.customer)
    person.shot("customer")
    person.open("/masterdata/items/new")
    person.fill("name", case.item)
    person.fill("sales_price", "250")
    person.fill("sales_currency", "USD")
    person.save()
    expect(person.page.locator("main h1")).to_contain_text(case.item)
    for day, rate in ((BEFORE - timedelta(days=4), case.invoice_rate), (TODAY, case.payment_rate)):
        person.open("/masterdata/exchange-rates/new")
        person.fill("currency", "USD")
        person.fill("quote", case.currency)
        person.fill("rate", str(rate))
        person.fill("valid_on", day.isoformat())
        person.save()
    expect(person.page.locator("main")).to_contain_text("USD")


def receive_opening_stock(person: Person, case: Case) -> None:
    person.open("/inventory/receipts/new")
    person.choose("kind", "opening")
    person.fill("received_on", (BEFORE - timedelta(days=1)).isoformat())
    person.pick("lines.0.item_id", case.item)
    person.fill("lines.0.quantity", "100")
    person.fill("lines.0.unit_cost", str(case.unit_cost))
    person.shot("receipt-form")
    person.save()
    person.press("post")
    person.settled()
    expect(person.page.locator("main .badge").first).to_have_class("badge done")
    person.shot("receipt")


def sell(person: Person, case: Case) -> str:
    """A quotation becomes an order; returns the order's address."""
    person.open("/sales/quotations/new")
    person.pick("customer_id", case.customer)
    person.fill("quoted_on", BEFORE.isoformat())
    person.pick("lines.0.item_id", case.item)
    person.fill("lines.0.quantity", "10")
    expect(person.page.locator('[name="lines.0.price"]')).to_have_value("250")
    expect(person.page.locator("[data-totals]")).to_contain_text("2,500.00")
    person.shot("quotation-form")
    person.save()
    person.press("issue")
    person.settled()
    person.shot("quotation")
    person.press("order")
    person.fill("ordered_on", BEFORE.isoformat())
    person.answer()
    person.page.wait_for_url("**/sales/orders/*")
    person.press("confirm")
    person.settled()
    expect(person.page.locator("main h1")).to_contain_text("SO-")
    person.shot("order-confirmed")
    return person.page.url


def ship_a_part(person: Person, order: str) -> None:
    """Of ten pieces four leave; the rest stays open."""
    person.press("deliver")
    person.fill("planned_on", BEFORE.isoformat())
    person.answer()
    person.page.wait_for_url("**/inventory/deliveries/*")
    delivery = person.page.url
    person.open(f"{delivery}/edit")
    person.fill("lines.0.quantity", "4")
    person.save()
    person.page.wait_for_url(delivery)
    person.press("ship")
    person.fill("shipped_on", BEFORE.isoformat())
    person.answer()
    expect(person.page.locator("main h1")).to_contain_text("DN-")
    person.shot("delivery")
    person.open(order)
    expect(person.page.locator("main")).to_contain_text("4")
    person.shot("order-part-delivered")


def bill(person: Person, order: str) -> str:
    """The four pieces are invoiced; returns the invoice's address."""
    assert person.page.url == order
    person.press("invoice")
    person.fill("invoiced_on", BEFORE.isoformat())
    person.answer()
    person.page.wait_for_url("**/finance/invoices/*")
    person.press("post")
    person.settled()
    expect(person.page.locator("main h1")).to_contain_text("IN-")
    expect(person.page.locator("[data-totals]")).to_contain_text("1,000.00")
    person.shot("invoice")
    return person.page.url


def get_paid(person: Person, case: Case, invoice: str) -> None:
    """A thousand dollars come in at today's rate."""
    person.press("pay")
    person.fill("paid_on", TODAY.isoformat())
    person.answer()
    person.page.wait_for_url("**/finance/payments/*")
    expect(person.page.locator("main h1")).to_contain_text("RC-")
    person.shot("payment")
    person.open(invoice)
    expect(person.page.locator("main .badge").first).to_have_class("badge done")
    person.shot("invoice-paid")


def look_at_reports(person: Person, case: Case) -> None:
    person.open("/finance/reports/trial-balance")
    words = person.text()
    assert f"{case.gain:,.2f}" in words
    assert f"{case.stock_value:,.2f}" in words
    assert person.page.locator("main tfoot td").count()
    person.shot("trial-balance")
    person.open("/")
    person.shot("home")


def check_the_books(person: Person, case: Case, slug: str) -> None:
    """The oracle: the one place that asks the gate."""
    wiring = person.portal.wiring
    tenant = wiring.directory.by_slug(slug)
    assert tenant is not None
    actor = wiring.system(tenant.id)
    company = wiring.gate.read(actor, lambda work: [(c.id, c.zone) for c in companies(work)])[0]
    actor = actor.in_company(*company)

    def books(work: Work) -> tuple[dict[str, Decimal], Decimal, Decimal]:
        window = Window.of(TODAY - timedelta(days=60), TODAY)
        rows = {row.id: row for row in balances(work, window)}
        book = book_of(work)
        roles = {}
        for role in ("stock", "dispatched", "cost_of_sales", "receivable", "exchange_difference"):
            found = rows.get(book.account(role))
            roles[role] = found.closing if found else Decimal(0)
        on_hand = work.session.scalars(select(Stock.on_hand).where(Stock.company_id == company[0])).one()
        return roles, sum((row.closing for row in rows.values()), Decimal(0)), on_hand

    roles, difference, on_hand = wiring.gate.read(actor, books)
    assert difference == 0
    assert on_hand == 96
    assert roles == {
        "stock": case.stock_value,
        "dispatched": Decimal(0),
        "cost_of_sales": 4 * case.unit_cost,
        "receivable": Decimal(0),
        "exchange_difference": -case.gain,
    }
