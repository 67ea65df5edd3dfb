"""Deliveries against a receiver on loopback: order, retries, rest, give up, replay; signatures checked by other code."""

import hashlib
import hmac
import json
import threading
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import select

from app.adapters.outgoing import Limits
from app.platform.outbox import Fact
from app.platform.records import OutboxHistory
from app.platform.webhooks import sending
from app.platform.webhooks.delivery import DEAD, DELIVERED, DISCARDED, WAITING
from tests.factories.receiver import Answer, Received, receiving
from tests.platform.webhooks.conftest import SECRET, Post
from tests.platform.webhooks.test_retrying import BY_HAND


def verified(came: Received, *secrets: str) -> bool:
    """A receiver's check, written from the documentation alone."""
    timestamp, header = came.headers["hanse-timestamp"], came.headers["hanse-signature"]
    given = [part.removeprefix("v1=") for part in header.split(",") if part.startswith("v1=")]
    for secret in secrets:
        signed = timestamp.encode("ascii") + b"." + came.body
        expected = hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(expected, value) for value in given):
            return True
    return False


def told(came: Received) -> tuple[str, str]:
    body = json.loads(came.body)
    return body["event"], body["record"]["id"] if body["record"] else ""


def test_an_event_arrives_signed_with_its_record(post: Post) -> None:
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url)
        item = post.item("Pump 7")
        post.serve(webhook)
    (came,) = receiver.received
    body = json.loads(came.body)
    assert verified(came, SECRET)
    assert not verified(came, "another secret")
    assert not verified(replace(came, body=came.body + b" "), SECRET)
    assert came.headers["hanse-event"] == body["event"] == "masterdata.item_created"
    assert came.headers["hanse-event-id"] == body["id"]
    assert came.headers["hanse-timestamp"] == str(int(post.clock.at.timestamp()))
    assert came.headers["content-type"] == "application/json"
    assert body["tenant_id"] == str(post.tenant.ref.id)
    assert body["record"] == {
        "kind": "masterdata.item", "id": str(item), "label": "Pump 7", "path": f"/api/v1/masterdata/items/{item}",
    }  # fmt: skip
    assert body["data"] == {"item_id": str(item)}
    (delivery,) = post.deliveries(webhook)
    assert (delivery.state, delivery.status, delivery.attempts) == (DELIVERED, 200, 1)
    (attempt,) = post.attempts(delivery.id)
    assert "v1=" not in attempt.request_head
    assert SECRET not in attempt.request_head
    assert attempt.answer_body == "ok"
    assert not post.sender.due(post.schema)


def test_only_what_was_asked_for_and_only_once(post: Post) -> None:
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url, "masterdata.item_changed")
        item = post.item()
        post.rename(item, "Better pump")
        post.serve(webhook)
        post.serve(webhook)
    assert [told(came) for came in receiver.received] == [("masterdata.item_changed", str(item))]


def test_facts_told_twice_are_delivered_once(post: Post) -> None:
    """The relay may repeat itself after a crash; the deliveries are there already."""
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url)
        post.item()
        post.relay()
        with post.sender.sessions(post.schema) as session:
            rows = session.scalars(select(OutboxHistory)).all()
            facts = [Fact(row.id, row.at, row.name, row.body, row.actor_id) for row in rows]
            post.tenant.wiring.feeder.feed(session, post.tenant.ref.id, post.schema, facts)
            session.commit()
        post.serve(webhook)
    assert len(receiver.received) == 1


def test_retries_of_a_day_then_a_dead_letter_then_a_replay(post: Post) -> None:
    good = threading.Event()
    with receiving(lambda _: Answer(200 if good.is_set() else 500)) as receiver:
        webhook = post.subscribe(receiver.url)
        post.item()
        post.serve(webhook)
        first_at = post.clock.at
        for seconds in BY_HAND:
            expected = first_at + timedelta(seconds=seconds)
            (delivery,) = post.deliveries(webhook)
            assert (delivery.state, delivery.due_at) == (WAITING, expected)
            post.clock.at = expected - timedelta(seconds=1)
            post.serve(webhook)  # a second early: nothing
            post.clock.at = max(expected, post.health(webhook).rest_until or expected)
            post.serve(webhook)
        (delivery,) = post.deliveries(webhook)
        assert (delivery.state, delivery.attempts, delivery.problem) == (DEAD, len(BY_HAND) + 1, "webhook.refused")
        assert len(receiver.received) == len(BY_HAND) + 1
        assert len({(came.body, came.headers["hanse-event-id"]) for came in receiver.received}) == 1
        good.set()
        post.tenant.perform("platform.replay_webhook_delivery", webhook_delivery_id=delivery.id)
        post.serve(webhook)
    (delivery,) = post.deliveries(webhook)
    assert (delivery.state, delivery.attempts) == (DELIVERED, 1)
    assert receiver.received[-1].body == receiver.received[0].body
    assert len(post.attempts(delivery.id)) == len(BY_HAND) + 2


def test_a_failed_event_holds_back_later_ones_of_its_record_only(post: Post) -> None:
    bad: set[str] = set()
    with receiving(lambda came: Answer(500 if told(came)[1] in bad else 200)) as receiver:
        webhook = post.subscribe(receiver.url)
        first = post.item("First")
        bad.add(str(first))
        post.rename(first, "First, renamed")
        second = post.item("Second")
        post.rename(second, "Second, renamed")
        post.serve(webhook)
        assert [told(came) for came in receiver.received] == [
            ("masterdata.item_created", str(first)),
            ("masterdata.item_created", str(second)),
            ("masterdata.item_changed", str(second)),
        ]
        assert post.sender.due(post.schema) == []  # what is held back does not wake the worker
        bad.clear()
        post.clock.forward(seconds=10)
        assert post.serve(webhook).sent == 2
        assert [told(came) for came in receiver.received[3:]] == [
            ("masterdata.item_created", str(first)),
            ("masterdata.item_changed", str(first)),
        ]


def test_a_dead_or_discarded_event_lets_the_later_ones_pass(post: Post) -> None:
    with receiving(lambda came: Answer(500 if told(came)[0].endswith("created") else 200)) as receiver:
        webhook = post.subscribe(receiver.url)
        item = post.item()
        post.rename(item, "Renamed")
        post.serve(webhook)
        assert len(receiver.received) == 1
        stuck, _ = post.deliveries(webhook)
        post.tenant.perform("platform.discard_webhook_delivery", webhook_delivery_id=stuck.id)
        post.serve(webhook)
    assert [told(came)[0] for came in receiver.received] == ["masterdata.item_created", "masterdata.item_changed"]
    assert [delivery.state for delivery in post.deliveries(webhook)] == [DISCARDED, DELIVERED]


def test_a_dead_endpoint_rests_and_one_delivery_probes_it(post: Post) -> None:
    good = threading.Event()
    with receiving(lambda _: Answer(200 if good.is_set() else 503)) as receiver:
        webhook = post.subscribe(receiver.url)
        for number in range(30):
            post.item(f"Item {number}")
        post.serve(webhook)
        assert len(receiver.received) == 5  # then it rests, with 25 never tried
        assert post.health(webhook).rest_until == post.clock.at + timedelta(seconds=30)
        assert post.sender.due(post.schema) == []
        post.clock.forward(seconds=30)
        assert post.sender.due(post.schema) == [webhook]
        post.serve(webhook)
        assert len(receiver.received) == 6
        assert post.health(webhook).rest_until == post.clock.at + timedelta(seconds=60)
        good.set()
        post.clock.forward(seconds=60)
        post.serve(webhook)
        post.clock.forward(minutes=5)
        post.serve(webhook)
    assert {delivery.state for delivery in post.deliveries(webhook)} == {DELIVERED}
    assert post.health(webhook).failures == 0


def test_somebody_who_mended_the_receiver_need_not_wait(post: Post) -> None:
    good = threading.Event()
    with receiving(lambda _: Answer(200 if good.is_set() else 503)) as receiver:
        webhook = post.subscribe(receiver.url)
        for number in range(5):
            post.item(f"Item {number}")
        post.serve(webhook)
        good.set()
        assert post.sender.due(post.schema) == []
        first, *_ = post.deliveries(webhook)
        post.tenant.perform("platform.replay_webhook_delivery", webhook_delivery_id=first.id)
        post.serve(webhook)
    states = [delivery.state for delivery in post.deliveries(webhook)]
    assert states == [DELIVERED, WAITING, WAITING, WAITING, WAITING]  # the others when their own time comes
    assert post.deliveries(webhook)[0].attempts == 2


def test_silence_and_redirects_are_failures(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LIMITS", Limits(read_seconds=0.2, total_seconds=2, cut=True))
    hang = threading.Event()
    answers = {"/hang": Answer(until=hang), "/away": Answer(302, headers={"location": "http://127.0.0.1/"})}
    try:
        with receiving(lambda came: answers[came.path]) as receiver:
            base = receiver.url.removesuffix("/hook")
            hooks = [post.subscribe(f"{base}{path}") for path in answers]
            post.item()
            for hook in hooks:
                post.serve(hook)
            found = [post.deliveries(hook)[0] for hook in hooks]
            hang.set()
    finally:
        hang.set()
    assert [(delivery.problem, delivery.status) for delivery in found] == [
        ("outgoing.timeout", None),
        ("webhook.redirected", 302),
    ]


def test_the_address_is_judged_when_it_is_called(post: Post) -> None:
    """A name was fine when it was typed in; what it leads to now is what counts."""
    webhook = post.subscribe("https://hook.example/x")
    outgoing = replace(post.sender.outgoing, resolve=lambda host, port, seconds: [ip_address("169.254.169.254")])
    post.sender = replace(post.sender, outgoing=outgoing)
    post.item()
    post.serve(webhook)
    (delivery,) = post.deliveries(webhook)
    assert delivery.problem == "outgoing.address"


def test_both_secrets_sign_while_one_replaces_the_other(post: Post) -> None:
    newer = "the next secret of the receiver ".replace(" ", "-") * 2
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url)
        post.tenant.perform("platform.rekey_webhook", webhook_id=webhook, secret=newer, overlap_hours=2)
        post.item("One")
        post.serve(webhook)
        post.clock.forward(hours=2)
        post.item("Two")
        post.serve(webhook)
    both, after = receiver.received
    assert both.headers["hanse-signature"].count("v1=") == 2
    assert verified(both, SECRET)
    assert verified(both, newer)
    assert verified(after, newer)
    assert not verified(after, SECRET)


def test_days_without_an_answer_switch_an_endpoint_off(post: Post) -> None:
    with receiving(lambda _: Answer(500)) as receiver:
        webhook = post.subscribe(receiver.url)
        post.item("One")
        assert not post.serve(webhook).hopeless
        post.clock.forward(days=5)
        assert post.serve(webhook).hopeless
        post.item("Two")
        post.relay()
        post.tenant.perform("platform.disable_webhook", webhook_id=webhook)
        post.sender.bury(post.schema, webhook)
        post.item("Three")
        post.serve(webhook)
    assert [(d.state, d.problem) for d in post.deliveries(webhook)] == [
        (DEAD, "webhook.refused"),  # its day was over
        (DEAD, "webhook.disabled"),
    ]
    assert len(receiver.received) == 2


def test_a_paused_endpoint_keeps_its_events(post: Post) -> None:
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url)
        post.tenant.perform("platform.pause_webhook", webhook_id=webhook)
        post.item()
        post.serve(webhook)
        assert (receiver.received, post.sender.due(post.schema)) == ([], [])
        post.tenant.perform("platform.resume_webhook", webhook_id=webhook)
        post.serve(webhook)
    assert len(receiver.received) == 1


def test_a_test_arrives_without_subscription(post: Post) -> None:
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url, "sales.order_confirmed")
        post.tenant.perform("platform.ping_webhook", webhook_id=webhook)
        post.serve(webhook)
    (came,) = receiver.received
    assert json.loads(came.body)["event"] == "webhook.ping"
    assert verified(came, SECRET)


def test_an_endpoint_taken_meanwhile_is_left_alone(post: Post) -> None:
    """While one worker waits for an answer another finds the lease and goes on to other endpoints."""
    hang = threading.Event()
    with receiving(lambda _: Answer(until=hang)) as receiver:
        webhook = post.subscribe(receiver.url)
        post.item()
        post.relay()
        busy = threading.Thread(target=post.sender.serve, args=(post.schema, webhook))
        busy.start()
        try:
            receiver.wait_for(1)
            assert post.sender.due(post.schema) == []
            post.sender.serve(post.schema, webhook)
            assert len(receiver.received) == 1
        finally:
            hang.set()
            busy.join()
    assert post.deliveries(webhook)[0].state == DELIVERED


def test_taking_an_endpoint_away_takes_all_of_it(post: Post) -> None:
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url)
        post.item("One")
        post.serve(webhook)
        post.item("Two")
        post.relay()
        post.tenant.perform("platform.delete_webhook", webhook_id=webhook)
        post.serve(webhook)
    assert len(receiver.received) == 1
    assert post.deliveries(webhook) == []


def test_old_deliveries_are_forgotten_and_waiting_ones_never(post: Post) -> None:
    with receiving() as receiver:
        webhook = post.subscribe(receiver.url)
        post.item("One")
        post.serve(webhook)
        post.item("Two")
        post.relay()
        post.clock.forward(days=30, seconds=-10)
        assert post.sender.prune(post.schema) == 0
        post.clock.forward(days=1)
        assert post.sender.prune(post.schema) == 1
    assert [delivery.state for delivery in post.deliveries(webhook)] == [WAITING]
