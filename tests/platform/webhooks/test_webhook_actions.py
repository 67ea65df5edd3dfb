"""What an administrator may set, and what is refused at which field."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.outside import Allowance
from app.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from app.platform.records import AuditChange, IdempotencyKey
from app.platform.webhooks.subscription import MOST_WEBHOOKS, WebhookSecret, create_webhook, live_secrets
from app.platform.work import Work
from tests.platform.webhooks.conftest import SECRET, Post

URL = "https://hook.example/in"


def refused(post: Post, **given: Any) -> tuple[str, str | None]:
    arguments: dict[str, Any] = {
        "name": "x",
        "url": URL,
        "events": ["sales.order_confirmed"],
        "secret": SECRET,
        **given,
    }
    with pytest.raises(Refusal) as told:
        post.tenant.perform("platform.create_webhook", **arguments)
    return told.value.code, told.value.field


def test_addresses_we_would_not_call_are_refused_at_once(post: Post) -> None:
    assert refused(post, url="http://hook.example/in") == ("outgoing.scheme", "url")
    assert refused(post, url="https://me:pw@hook.example/in") == ("outgoing.credentials", "url")
    assert refused(post, url="https://169.254.169.254/in") == ("outgoing.address", "url")
    assert refused(post, url="https://10.0.0.1/in") == ("outgoing.address", "url")
    assert refused(post, url="nonsense") == ("outgoing.scheme", "url")
    assert post.tenant.wiring.outgoing.allowance != Allowance()  # and yet loopback is allowed here


def test_events_are_those_of_the_catalogue(post: Post) -> None:
    assert refused(post, events=[]) == ("webhook.no_events", "events")
    assert refused(post, events=["sales.order_dreamt"]) == ("webhook.event_unknown", "events")
    webhook = post.subscribe(URL, "sales.order_confirmed", "finance.invoice_paid", "sales.order_confirmed")
    with pytest.raises(Invalid, match=r"webhook\.no_events"):
        post.tenant.perform("platform.update_webhook", webhook_id=webhook, version=1, events=[])


def test_a_secret_is_nowhere_to_be_read_again(post: Post) -> None:
    """Neither in its own row, nor in the audit, nor in the stored answer of a repeated request."""
    arguments: dict[str, Any] = {"name": "x", "url": URL, "events": ["sales.order_confirmed"], "secret": SECRET}
    done = post.tenant.gate.perform(create_webhook, post.tenant.actor, "key-1", **arguments)
    again = post.tenant.gate.perform(create_webhook, post.tenant.actor, "key-1", **arguments)
    assert (again.result, again.replayed) == (done.result, True)

    def everything(work: Work) -> str:
        session = work.session
        rows = [row.columns for row in session.scalars(select(AuditChange))]
        answers = [row.answer for row in session.scalars(select(IdempotencyKey))]
        sealed = [row.sealed for row in session.scalars(select(WebhookSecret))]
        return repr((rows, answers, sealed))

    text = post.tenant.read(everything)
    assert SECRET not in text
    assert SECRET.encode().hex() not in text
    hints = post.tenant.read(lambda work: [row.hint for row in work.session.scalars(select(WebhookSecret))])
    assert hints == [SECRET[-4:]]


def test_at_most_two_secrets_live(post: Post) -> None:
    webhook = post.subscribe(URL)
    for number in range(3):
        post.tenant.perform("platform.rekey_webhook", webhook_id=webhook, secret=f"{number}" * 40)
    hints = post.tenant.read(lambda work: _live(work, webhook))
    assert hints == ["2222", "1111"]


def _live(work: Work, webhook: UUID) -> list[str]:
    return [secret.hint for secret in live_secrets(work, webhook)]


def test_there_is_an_end_to_them(post: Post) -> None:
    for _ in range(MOST_WEBHOOKS):
        post.subscribe(URL)
    assert refused(post) == ("webhook.too_many", None)


def test_states_lead_where_they_may(post: Post) -> None:
    webhook = post.subscribe(URL)
    with pytest.raises(Conflict, match=r"lifecycle\.refused"):
        post.tenant.perform("platform.resume_webhook", webhook_id=webhook)
    post.tenant.perform("platform.pause_webhook", webhook_id=webhook)
    with pytest.raises(Conflict, match=r"webhook\.not_active"):
        post.tenant.perform("platform.ping_webhook", webhook_id=webhook)
    with pytest.raises(Conflict, match=r"lifecycle\.refused"):
        post.tenant.perform("platform.pause_webhook", webhook_id=webhook)
    post.tenant.perform("platform.resume_webhook", webhook_id=webhook)
    delivery = post.tenant.perform("platform.ping_webhook", webhook_id=webhook)
    post.tenant.perform("platform.discard_webhook_delivery", webhook_delivery_id=delivery)
    with pytest.raises(Conflict, match=r"lifecycle\.refused"):
        post.tenant.perform("platform.discard_webhook_delivery", webhook_delivery_id=delivery)


def test_only_who_may_does(post: Post) -> None:
    reader = post.tenant.with_grants("platform.read_webhook")
    webhook = post.subscribe(URL)
    for name in ("pause_webhook", "delete_webhook", "ping_webhook"):
        with pytest.raises(Forbidden):
            post.tenant.perform(f"platform.{name}", by=reader, webhook_id=webhook)
