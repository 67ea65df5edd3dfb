"""The sales order as a person meets it: form, live totals, stored document, list; over a company with books."""

import re
import warnings
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.adapters.db import counted
from app.kernel.dates import now
from app.main import build_app
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.models.payment_term import PaymentTerm
from app.modules.masterdata.models.unit import Unit
from app.modules.sales.queries.order import delivered_share
from app.platform.identity.passwords import hash_password
from app.platform.identity.sessions import Sessions
from app.platform.queries import labels_of, lookup
from app.web import csrf
from tenants.models import Identity, Membership
from tests.factories.tenant import Tenant
from tests.web.conftest import PASSWORD, PORT, words_of

with warnings.catch_warnings():  # as in conftest
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


class Clerk(TestClient):
    """Signed in as the tenant's owner over the whole application."""

    def __init__(self, tenant: Tenant) -> None:
        host = f"{tenant.ref.slug}.localhost:{PORT}"
        super().__init__(build_app(tenant.wiring), base_url=f"http://{host}", follow_redirects=False)
        user_id = tenant.actor.user_id
        assert user_id is not None
        with Session(tenant.wiring.control) as session, session.begin():
            identity = Identity(
                email=f"{tenant.ref.slug}@clerk.example",
                name="Mei Lin",
                locale="en",
                password_hash=hash_password(PASSWORD),
                password_changed_at=now(),
                created_at=now(),
            )
            session.add(identity)
            session.flush()
            session.add(Membership(identity_id=identity.id, tenant_id=tenant.ref.id, user_id=user_id, created_at=now()))
            key = identity.id
        logins = Sessions(tenant.wiring.control)
        self.secret = logins.open(key, tenant.ref.id, user_id, address="127.0.0.1", device="pytest")
        self.cookies.set("hanse", self.secret, domain=host.partition(":")[0])
        token = csrf.token_for(tenant.wiring.settings.secret_key(), self.secret)
        self.sent = {"x-csrf-token": token, "origin": f"http://{host}"}

    def fill(self, path: str, pairs: list[tuple[str, str]]) -> str:
        """A posted form: the address it leads to, or the page it answers with."""
        answer = self.post(
            path, content=urlencode(pairs), headers=self.sent | {"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code in (200, 303), (answer.status_code, words_of(answer.text)[:800])
        return str(answer.headers.get("location") or answer.text)


@pytest.fixture(scope="module")
def clerk(tenant: Tenant) -> Clerk:
    return Clerk(tenant)


@pytest.fixture(scope="module")
def form(tenant: Tenant) -> list[tuple[str, str]]:
    """An order of two lines as a browser posts it."""
    unit = seeded_id("unit", "H87")
    customer = tenant.perform("masterdata.create_party", name="Haichuan", is_customer=True, country="CN")
    items = [
        tenant.perform("masterdata.create_item", name=f"Pump {n}", code=f"P-{n}", unit_id=unit, sales_price="100")
        for n in range(2)
    ]
    pairs = [("customer_id", str(customer)), ("_text.customer_id", "Haichuan")]
    for n, item in enumerate(items):
        pairs += [(f"lines.{n}.item_id", str(item)), (f"lines.{n}.quantity", str(n + 2)), (f"lines.{n}.id", "")]
    return pairs


def test_totals_live_while_the_order_is_typed(clerk: Clerk, form: list[tuple[str, str]]) -> None:
    assert 'data-preview="/sales/orders/preview"' in clerk.get("/sales/orders/new").text
    answer = clerk.fill("/sales/orders/preview", form)
    assert re.findall(r'data-line="\d"', answer) == ['data-line="0"', 'data-line="1"']
    assert re.search(r'data-col="price"[^>]*data-value="100', answer), answer
    totals = words_of(answer.partition("data-totals")[2])
    assert "500.00" in totals
    assert 'data-field="currency" data-value="CNY" data-shown="CNY"' in answer
    half = clerk.fill("/sales/orders/preview", [*form, ("lines.2.item_id", ""), ("lines.2.quantity", "x")])
    assert "500.00" in words_of(half.partition("data-totals")[2])


def test_an_order_is_written_read_and_listed(clerk: Clerk, form: list[tuple[str, str]]) -> None:
    path = clerk.fill("/sales/orders", form)
    page = clerk.get(path)
    assert page.status_code == 200
    assert "P-1 Pump 1" in page.text
    assert "500.00" in words_of(page.text)
    listed = clerk.get("/sales/orders?tab=all")
    assert path in listed.text
    assert clerk.get("/sales/orders?q=nobody&tab=all").text.count("<tr data-id") == 0
    with counted() as sent:
        assert clerk.get("/sales/orders?tab=all").status_code == 200
    assert sent[0] <= 6  # begin, page, progress, totals with tabs, saved views


def test_tabs_count_alike_with_and_without_a_filter(clerk: Clerk, form: list[tuple[str, str]]) -> None:
    clerk.fill("/sales/orders", form)
    counts = [
        re.findall(r'<a href="/sales/orders\?tab=\w+"[^>]*>[^<]*<span class="cnt">(\d+)', clerk.get(path).text)
        for path in ("/sales/orders?tab=draft", "/sales/orders?tab=draft&net.ge=1")
    ]
    assert counts[0]
    assert counts[0] == counts[1]


def test_a_boosted_page_leaves_the_frame_where_it_is(clerk: Clerk) -> None:
    whole = clerk.get("/sales/orders").text
    inner = clerk.get("/sales/orders", headers={"HX-Request": "true", "HX-Request-Type": "full"}).text
    restored = clerk.get("/sales/orders", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).text
    for frame in ('id="side"', 'id="palette"', "<head>"):
        assert frame in whole
        assert frame in restored
        assert frame not in inner
    assert inner.count('id="page"') == 1
    assert "<title>" in inner
    assert len(inner) < len(whole)


def test_the_menu_is_marked_where_one_stands(clerk: Clerk) -> None:
    for path in ("/sales/orders", "/sales/quotations", "/sales/orders"):
        page = clerk.get(path).text
        nav = page.partition('id="side"')[2].partition("</aside>")[0]
        assert re.findall(r'<a href="([^"]*)" aria-current="page"', nav) == [path]


def test_labels_are_in_the_readers_language(tenant: Tenant) -> None:
    unit = seeded_id("unit", "H87")

    def names(locale: str) -> tuple[str, list[str]]:
        actor = replace(tenant.actor, locale=locale)
        return tenant.gate.read(
            actor,
            lambda work: (
                labels_of(work, {Unit: [unit]})[unit],
                [choice.label for choice in lookup(work, PaymentTerm, "", 50)],
            ),
        )

    (english, terms), (chinese, chinese_terms) = names("en"), names("zh_CN")
    assert english.isascii()
    assert not chinese.isascii()
    assert len(terms) == len(chinese_terms) > 0
    assert terms != chinese_terms


def test_a_code_is_found_whatever_its_case(tenant: Tenant, clerk: Clerk, form: list[tuple[str, str]]) -> None:
    key = dict(form)["lines.1.item_id"]
    for n in range(25):
        tenant.perform(
            "masterdata.create_item", name=f"p-1 spare {n}", code=f"A{n:02d}", unit_id=seeded_id("unit", "H87")
        )
    answer = clerk.get("/lookup/masterdata.item?q=p-1").text
    first = re.search(r'data-value="([^"]+)" data-text="([^"]+)" data-code="([^"]+)"', answer)
    assert first is not None
    assert (UUID(first[1]), first[2], first[3]) == (UUID(key), "P-1 Pump 1", "P-1")


def test_a_token_opens_its_own_host_alone(tenant: Tenant, clerk: Clerk) -> None:
    headers = {"authorization": f"Bearer {tenant.token}"}
    assert clerk.get("/api/v1/sales/orders", headers=headers).status_code == 200
    away = clerk.get("/api/v1/sales/orders", headers=headers | {"host": f"elsewhere.localhost:{PORT}"})
    assert away.status_code == 401


def test_progress_is_a_share_in_per_cent(tenant: Tenant, form: list[tuple[str, str]]) -> None:
    given = dict(form)
    lines = [{"item_id": given["lines.0.item_id"], "quantity": "4"}]
    order = tenant.perform("sales.create_order", customer_id=given["customer_id"], lines=lines)
    assert tenant.read(lambda work: delivered_share(work, [order])) == {order: Decimal(0)}
