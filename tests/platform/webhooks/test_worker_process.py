"""The real worker: it relays and delivers; killed while it waits for an answer, it leaves the delivery to be made again."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.mail import Mail
from app.platform.webhooks.delivery import DELIVERED, WAITING
from app.platform.webhooks.letters import disabled_letters
from app.platform.webhooks.sending import LEASE
from app.worker import ENDPOINTS_AT_ONCE, Worker
from tests.factories.receiver import Answer, receiving
from tests.factories.tenant import new_tenant
from tests.platform.webhooks.conftest import Post

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def worker_process(post: Post) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of its own, without the owner's address: it makes no tenants beside the tests."""
    environment = {**os.environ, **post.tenant.wiring.settings.environment(owner=False)}
    command = [str(Path(sys.executable).with_name("hanse")), "worker"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(30)


def test_a_worker_killed_while_it_waits_for_the_answer_loses_nothing(post: Post) -> None:
    hang = threading.Event()
    with receiving(lambda _: Answer(until=hang)) as receiver:
        webhook = post.subscribe(receiver.url)
        post.item()
        with worker_process(post) as process:
            receiver.wait_for(1, seconds=90)
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        hang.set()
        (delivery,) = post.deliveries(webhook)
        assert (delivery.state, delivery.attempts) == (WAITING, 0)

        leased_until = post.health(webhook).leased_until
        assert leased_until is not None
        post.clock.at = leased_until - LEASE / 2
        post.sender.serve(post.schema, webhook)
        assert len(receiver.received) == 1  # the lease of the dead one still holds
        post.clock.at += LEASE
        post.sender.serve(post.schema, webhook)
    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["hanse-event-id"] == second.headers["hanse-event-id"]
    assert post.deliveries(webhook)[0].state == DELIVERED


def test_a_running_worker_delivers_by_itself(post: Post) -> None:
    with receiving() as receiver, worker_process(post):
        webhook = post.subscribe(receiver.url)
        item = post.item()
        receiver.wait_for(1, seconds=90)
        post.tenant.perform("platform.ping_webhook", webhook_id=webhook)
        receiver.wait_for(2, seconds=90)
    assert str(item).encode() in receiver.received[0].body


def test_endpoints_that_hang_do_not_hold_up_another_tenant(post: Post) -> None:
    """One tenant's endpoints hang in every place it can take; another's event arrives meanwhile."""
    hang = threading.Event()
    other = Post(new_tenant(post.tenant.wiring, "DE", books=False), post.clock, post.sender)
    try:
        with receiving(lambda _: Answer(until=hang)) as stuck, receiving() as receiver, worker_process(post):
            for _ in range(ENDPOINTS_AT_ONCE + 2):
                post.subscribe(stuck.url)
            post.item()
            stuck.wait_for(ENDPOINTS_AT_ONCE, seconds=90)
            other.subscribe(receiver.url)
            other.item()
            receiver.wait_for(1, seconds=90)
            hang.set()
    finally:
        hang.set()


def test_one_tenant_takes_one_place_and_a_dead_endpoint_none_of_the_others(post: Post) -> None:
    """While endpoints hang, the same turn serves the tenant's other endpoint; what fails there stops nothing."""
    hang = threading.Event()
    worker = Worker(post.tenant.wiring)
    try:
        with receiving(lambda came: Answer(until=hang if came.path == "/hang" else None)) as receiver:
            base = receiver.url.removesuffix("/hook")
            for path in ("/hang", "/hang", "/good"):
                post.subscribe(f"{base}{path}")
            post.item()
            post.relay()
            turn = threading.Thread(target=worker._webhooks, args=(str(post.tenant.ref.id),))
            with worker.queue.open():
                turn.start()
                receiver.wait_for(3)
                hang.set()
                turn.join()
    finally:
        hang.set()
    assert sorted(came.path for came in receiver.received) == ["/good", "/hang", "/hang"]


def test_those_in_charge_are_told(post: Post) -> None:
    webhook = post.subscribe("https://hook.example/in")
    with post.sender.sessions(post.schema) as session:
        (letter,) = disabled_letters(session, webhook, "https://acme.example")
        session.rollback()
    assert isinstance(letter, Mail)
    assert letter.to == f"{post.tenant.ref.slug}@example.test"
    assert "ours" in letter.subject
    assert letter.text.endswith(f"https://acme.example/platform/webhooks/{webhook}")


def test_a_hopeless_endpoint_is_switched_off_by_the_worker_and_a_letter_is_queued(post: Post) -> None:
    worker = Worker(post.tenant.wiring)
    sent: list[Mail] = []
    worker.wiring.mailer = type("Box", (), {"send": lambda self, mail: sent.append(mail)})()
    try:
        webhook = post.subscribe("https://hook.example/in")
        with worker.queue.open():
            post.tenant.perform("platform.disable_webhook", webhook_id=webhook)
            worker.relay_tenant(post.tenant.ref.id)
        worker._webhook_letter(str(post.tenant.ref.id), str(webhook))
    finally:
        del worker.wiring.mailer
    assert [mail.to for mail in sent] == [f"{post.tenant.ref.slug}@example.test"]
