"""Two hands that do the same things: one at the gate, one through REST over real HTTP on loopback."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn

from app.api.routes import build_table
from app.main import build_app
from app.wiring import Wiring
from tests.factories.tenant import Tenant, new_tenant, parsed


class Hand:
    """Does things in one tenant by their action's name."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def do(self, name: str, /, **arguments: Any) -> Any:
        """The result of an action, ids as UUIDs; a refusal raises `Said`."""
        raise NotImplementedError


@dataclass
class Said(Exception):
    """A refusal as a client hears it."""

    code: str
    status: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class GateHand(Hand):
    def do(self, name: str, /, **arguments: Any) -> Any:
        from app.kernel.errors import Refusal

        try:
            return self.tenant.perform(name, **arguments)
        except Refusal as refusal:
            raise Said(refusal.code, facts=refusal.facts) from refusal


class RestHand(Hand):
    """Finds each action's route in the table the door serves."""

    def __init__(self, tenant: Tenant, base_url: str) -> None:
        super().__init__(tenant)
        self.client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {tenant.token}", "Host": f"{tenant.ref.slug}.localhost"},
            timeout=60,
            trust_env=False,
        )
        self.routes = {
            endpoint.action.name: endpoint
            for endpoint in build_table(tenant.registry).endpoints
            if endpoint.action is not None and "comments" not in endpoint.segments
        }

    def do(self, name: str, /, **arguments: Any) -> Any:
        endpoint = self.routes[name]
        path = endpoint.template
        for part in endpoint.segments:
            if part.startswith("{"):
                path = path.replace(part, str(arguments.pop(part[1:-1])))
        answer = self.client.request(
            endpoint.method, path, json=_written(arguments), headers={"Idempotency-Key": str(uuid4())}
        )
        body = answer.json()
        if answer.is_success:
            return parsed(body.get("id", body.get("result")))
        raise Said(body["code"], answer.status_code, body)


def _written(value: Any) -> Any:
    """Arguments as JSON: everything that is not a container, a number or a switch as text."""
    if isinstance(value, dict):
        return {name: _written(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(inner) for inner in value]
    return value if isinstance(value, (bool, int)) or value is None else str(value)


@pytest.fixture(scope="session")
def server(wiring: Wiring) -> Iterator[str]:
    """The whole web process in a thread; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = Wiring(wiring.settings, pool_size=8)
    config = uvicorn.Config(build_app(own), host="127.0.0.1", port=port, log_level="error", lifespan="on")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    for _ in range(200):
        if running.started:
            break
        time.sleep(0.05)
    assert running.started
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


HANDS = ("gate", "rest")
Maker = Callable[[str, str], Hand]


@pytest.fixture(scope="session")
def hand_of(wiring: Wiring, request: pytest.FixtureRequest) -> Iterator[Maker]:
    """(country, gate or rest) -> a hand in a tenant of its own."""
    clients: list[httpx.Client] = []

    def make(country: str, kind: str) -> Hand:
        tenant = new_tenant(wiring, country)
        if kind == "gate":
            return GateHand(tenant)
        hand = RestHand(tenant, request.getfixturevalue("server"))
        clients.append(hand.client)
        return hand

    yield make
    for client in clients:
        client.close()
