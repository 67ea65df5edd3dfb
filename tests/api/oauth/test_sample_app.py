"""The sample partner app, run as a partner would, against the real server."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.modules.masterdata.actions.seed import seeded_id
from app.platform.webhooks.signature import signature_of
from tenants.apps import SecretKind
from tests.api.oauth.conftest import Person, Site, register
from tests.factories.tenant import Tenant

SAMPLE = Path(__file__).resolve().parents[3] / "examples" / "partner_app" / "app.py"
MOST_LINES = 150


@dataclass
class Sample:
    """The running program."""

    url: str
    webhook_secret: str

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        with httpx.Client(base_url=self.url, follow_redirects=False, timeout=20) as http:
            return http.request(method, path, **more)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def sample(site: Site, other: Tenant) -> Iterator[Sample]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, apps = f"http://127.0.0.1:{port}", site.partners.apps
    program = register(site, other, "Sample")
    apps.save(replace(program.app, redirect_uris=(f"{url}/callback",), webhook_url=f"{url}/webhook"))
    secret = apps.rotate(program.app.id, SecretKind.WEBHOOK)
    assert apps.webhook_secrets(program.app.id) == [secret]
    mine = {"CLIENT_ID": program.id, "CLIENT_SECRET": program.secret, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    running = subprocess.Popen([sys.executable, str(SAMPLE)], env={**os.environ, **mine}, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not _answers(port):
            assert time.monotonic() < until, "the sample did not start"
            time.sleep(0.05)
        yield Sample(url, secret)
    finally:
        running.terminate()
        running.wait(10)


def test_it_is_short() -> None:
    assert len(SAMPLE.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_it_installs_itself_reads_and_writes(site: Site, home: Tenant, owner: Person, sample: Sample) -> None:
    party = home.perform("masterdata.create_party", code="SAMPLE", name="Sample customer", is_customer=True)
    item = home.perform("masterdata.create_item", name="Valve", unit_id=seeded_id("unit", "C62"), sales_price="10")
    home.perform("sales.create_order", customer_id=party, lines=[{"item_id": item, "quantity": "3"}])
    portal = {"portal": site.issuer(home)}
    assert sample.ask("GET", "/orders", params=portal).status_code == 403

    sent = sample.ask("GET", "/install", params=portal)
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    cookie = sent.headers["set-cookie"].partition(";")[0]
    back = owner.post("/oauth/authorize", {"decision": "allow"}, params=asked)
    there = urlsplit(back.headers["location"])
    assert f"{there.scheme}://{there.netloc}" == sample.url
    callback = f"{there.path}?{there.query}"
    assert sample.ask("GET", callback, headers={"Cookie": "state=another"}).status_code == 403
    assert sample.ask("GET", callback.replace("iss=", "iss=x"), headers={"Cookie": cookie}).status_code == 403

    sent = sample.ask("GET", "/install", params=portal)
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    back = owner.post("/oauth/authorize", {"decision": "allow"}, params=asked)
    there = urlsplit(back.headers["location"])
    cookie = sent.headers["set-cookie"].partition(";")[0]
    done = sample.ask("GET", f"{there.path}?{there.query}", headers={"Cookie": cookie})
    assert done.json() == {"installed": site.issuer(home)}, done.text

    before = sample.ask("GET", "/orders", params=portal)
    assert before.status_code == 200, before.text
    made = sample.ask("POST", "/copy", params=portal)
    assert made.status_code == 201, made.text
    after = sample.ask("GET", "/orders", params=portal).json()
    assert made.json()["id"] in {order["id"] for order in after["data"]}


def test_it_believes_only_signed_webhooks(sample: Sample) -> None:
    body = json.dumps({"event": "OrderConfirmed"}).encode()
    at = int(time.time())

    def told(keys: list[str], timestamp: int, content: bytes = body, event: str = "") -> int:
        headers = {
            "Hanse-Event-Id": event or secrets.token_hex(8),
            "Hanse-Timestamp": str(timestamp),
            "Hanse-Signature": signature_of(keys, timestamp, body),
        }
        return sample.ask("POST", "/webhook", content=content, headers=headers).status_code

    assert told([sample.webhook_secret], at, event="e1") == 200
    assert told([sample.webhook_secret], at, event="e1") == 200, "again, as after a lost answer"
    assert told(["another", sample.webhook_secret], at) == 200, "while a secret is being changed"
    assert told(["another"], at) == 401
    assert told([sample.webhook_secret], at, content=body + b" ") == 401
    assert told([sample.webhook_secret], at - 400) == 401
    assert told([sample.webhook_secret], at + 400) == 401
