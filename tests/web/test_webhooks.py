"""The pages of webhooks: a secret offered once, mistakes at their fields, the buttons that fit, dead letters in bulk."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.platform.webhooks.delivery import WebhookDelivery
from tests.web.conftest import Browser, Site, words_of

FORM = [
    ("name", "Our receiver"),
    ("url", "https://hook.example/in"),
    ("events", "sales.order_confirmed"),
    ("events", "finance.invoice_posted"),
]


def secret_in(html: str) -> str:
    found = re.search(r'name="secret"[^>]*value="([^"]+)"', html) or re.search(r'value="(whsec_[^"]+)"', html)
    assert found, "no secret is offered"
    return found[1]


def made(browser: Browser) -> str:
    """The path of a new webhook."""
    secret = secret_in(browser.get("/platform/webhooks/new").text)
    answer = browser.send_form("/platform/webhooks", dict_of([*FORM, ("secret", secret)]))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def dict_of(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def test_a_secret_is_offered_once_and_only_hinted_at_afterwards(owner: Browser) -> None:
    first, second = (secret_in(owner.get("/platform/webhooks/new").text) for _ in range(2))
    assert first.startswith("whsec_")
    assert first != second
    path = owner.send_form("/platform/webhooks", dict_of([*FORM, ("secret", first)])).headers["location"]
    page = owner.get(path).text
    assert first not in page
    assert f"…{first[-4:]}" in page
    assert "Order confirmed" in page
    assert first not in owner.get(f"{path}/edit").text
    assert first not in owner.get(f"{path}?panel=audit").text


def test_mistakes_come_back_at_their_fields(owner: Browser) -> None:
    secret = "x" * 40
    wrong = [("name", "x"), ("url", "http://10.0.0.1/in"), ("events", "sales.order_confirmed"), ("secret", secret)]
    answer = owner.send_form("/platform/webhooks", dict_of(wrong))
    assert answer.status_code == 422
    assert "must begin with https" in words_of(answer.text)
    private = [(name, "https://10.0.0.1/in" if name == "url" else value) for name, value in wrong]
    assert "private or reserved" in words_of(owner.send_form("/platform/webhooks", dict_of(private)).text)
    none = [(name, value) for name, value in [*FORM, ("secret", secret)] if name != "events"]
    assert owner.send_form("/platform/webhooks", dict_of(none)).status_code == 422
    short = owner.send_form("/platform/webhooks", dict_of([*FORM, ("secret", "short")]))
    assert short.status_code == 422


def test_the_secret_is_changed_in_a_dialog_that_offers_one(owner: Browser) -> None:
    path = made(owner)
    dialog = owner.get(f"{path}/rekey").text
    newer = secret_in(dialog)
    answer = owner.send_form(f"{path}/rekey", {"secret": newer, "overlap_hours": "24"})
    assert answer.status_code == 303, answer.text
    page = words_of(owner.get(path).text)
    assert f"…{newer[-4:]} …" in page  # both, the newer first
    assert owner.send_form(f"{path}/rekey", {"secret": newer, "overlap_hours": "999"}).status_code == 422


def test_buttons_follow_the_state(owner: Browser) -> None:
    path = made(owner)
    assert f'{path}/pause"' in owner.get(path).text
    assert owner.send_form(f"{path}/pause").status_code == 303
    page = owner.get(path).text
    assert f'{path}/resume"' in page
    assert f'{path}/ping"' not in page
    assert owner.send_form(f"{path}/resume").status_code == 303
    assert owner.send_form(f"{path}/delete").headers["location"] == "/platform/webhooks"
    assert owner.get(path).status_code == 404


def test_dead_letters_are_sent_again_together(site: Site, owner: Browser) -> None:
    path = made(owner)
    for _ in range(3):
        owner.send_form(f"{path}/ping")
    webhook = UUID(path.rpartition("/")[2])
    mine = WebhookDelivery.webhook_id == webhook
    with site.portal.sessions(site.tenant.schema) as session:
        session.execute(update(WebhookDelivery).where(mine).values(state="dead", problem="outgoing.timeout"))
        session.commit()
        ids = [str(key) for key in session.scalars(select(WebhookDelivery.id).where(mine))]
        session.rollback()
    listed = words_of(owner.get(f"/platform/webhook-deliveries?tab=dead&webhook_id={webhook}").text)
    assert "Timed out" in listed
    one = words_of(owner.get(f"/platform/webhook-deliveries/{ids[0]}").text)
    assert "Not delivered" in one
    answer = owner.send_form("/platform/webhook-deliveries/bulk/replay", {"id": ids})
    assert answer.status_code == 303, answer.text
    assert (
        site.read(lambda work: work.session.scalars(select(WebhookDelivery.state).where(mine)).all()) == ["waiting"] * 3
    )


def test_readers_see_and_do_nothing_in_chinese(owner: Browser, reader: Browser) -> None:
    path = made(owner)
    page = reader.get(path).text
    assert "接收地址" in page
    assert "销售订单已确认" in page
    assert f'{path}/ping"' not in page
    assert reader.send_form(f"{path}/ping").status_code == 403
    assert reader.get("/platform/webhooks/new").status_code in (403, 404)
