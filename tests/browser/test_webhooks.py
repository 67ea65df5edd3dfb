"""Webhooks at a screen: subscribe, test, see what came back, send a dead letter again; both languages, desk and phone."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from app.adapters.outgoing import Outgoing
from app.adapters.outside import Allowance
from app.platform.webhooks.sending import Sender
from tests.browser.conftest import Desk, Person
from tests.browser.shop import Shop
from tests.browser.test_accessible import seen
from tests.factories.receiver import Answer, Received, receiving

WORDS = {
    "en": {"dead": "Not delivered", "delivered": "Delivered", "refused": "Answered with an error"},
    "zh_CN": {"dead": "未送达", "delivered": "已送达", "refused": "返回错误"},
}


@pytest.fixture
def sender(shop: Shop) -> Iterator[Sender]:
    """What the worker does, when the test says so; loopback may be called from here and typed into the form."""
    wiring = shop.tenant.wiring
    here = Outgoing(Allowance.of(["127.0.0.0/8"], loopback=True))
    means = wiring.gate.means
    assert means is not None
    before = means.outgoing
    means.__dict__["outgoing"] = here  # the server of these tests allows nothing but the Internet
    yield Sender(wiring.router.session, here, wiring.sealing)
    means.__dict__["outgoing"] = before


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_from_subscription_to_dead_letter_and_back(desk: Desk, shop: Shop, sender: Sender, locale: str) -> None:
    person, words = desk.person(locale, f"webhooks-{locale}", reduced_motion="reduce"), WORDS[locale]
    good = threading.Event()

    def answer(_: Received) -> Answer:
        return Answer(200, b"taken") if good.is_set() else Answer(500, b"no disk left")

    with receiving(answer) as receiver:
        subscribe(person, shop, receiver.url)
        webhook = person.page.url
        serve(shop, sender, person, "ping")
        delivery = newest(person, shop)
        expect(person.page.locator("main")).to_contain_text(words["refused"])
        expect(person.page.locator("main")).to_contain_text("no disk left")
        person.shot("waiting")
        person.press("discard")
        person.answer()
        person.settled()
        good.set()
        person.open(delivery)
        person.press("replay")
        person.settled()
        serve(shop, sender, person)
        person.open(delivery)
        expect(person.page.locator("main")).to_contain_text(words["delivered"])
        expect(person.page.locator("main")).to_contain_text("taken")
        person.shot("delivered")
        wrong: dict[str, Any] = {}
        pages = {
            "list": "/platform/webhooks",
            "new": "/platform/webhooks/new",
            "deliveries": "/platform/webhook-deliveries",
        }
        for name, path in {**pages, "webhook": webhook, "edit": f"{webhook}/edit", "delivery": delivery}.items():
            wrong |= seen(person, name, path if path.startswith("http") else f"{shop.url}{path}", 200)
            person.shot(name)
        person.page.set_viewport_size({"width": 1440, "height": 900})
        person.open(webhook)
        person.press("delete")
        person.answer()
        person.page.wait_for_url(f"{shop.url}/platform/webhooks")
    assert wrong == {}
    assert [problem for problem in person.problems if "status of 422" not in problem] == []


def subscribe(person: Person, shop: Shop, url: str) -> None:
    """Fill the form: first wrongly, then as it should be."""
    person.open(f"{shop.url}/platform/webhooks/new")
    person.fill("name", "Warehouse robot")
    person.fill("url", "http://192.168.1.1/hook")
    person.page.locator('main input[name="events"][value="sales.order_confirmed"]').check()
    secret = person.page.locator('main input[name="secret"]').input_value()
    assert secret.startswith("whsec_")
    person.shot("form")
    person.save()
    expect(person.page.locator('main [name="url"]')).to_be_focused()
    person.shot("refused")
    person.fill("url", url)
    person.save()
    person.page.wait_for_url(re.compile(r"/platform/webhooks/[0-9a-f-]{36}$"))
    expect(person.page.locator("main")).to_contain_text(f"…{secret[-4:]}")
    assert secret not in person.text()
    person.shot("webhook")


def serve(shop: Shop, sender: Sender, person: Person, press: str = "") -> None:
    """Press a button, then do what the worker would do about it."""
    if press:
        with person.page.expect_response(lambda answer: answer.url.endswith(f"/{press}")):
            person.press(press)
        person.settled()
    for webhook_id in sender.due(shop.tenant.ref.schema):
        sender.serve(shop.tenant.ref.schema, webhook_id)


def newest(person: Person, shop: Shop) -> str:
    """Open the latest delivery from the list; its address."""
    person.open(f"{shop.url}/platform/webhook-deliveries")
    person.page.locator("main tbody tr a").first.click()
    person.page.wait_for_url(re.compile(r"/webhook-deliveries/[0-9a-f-]{36}"))
    return person.page.url
