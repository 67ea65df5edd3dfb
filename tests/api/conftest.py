"""The REST door over the shop module, in a tenant schema made by hand on the test stack."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import create_engine, text

from app.adapters.db import Model, sqlalchemy_url, tenant_engine, tenant_session
from app.adapters.embedded.stack import Stack
from app.adapters.objects_folder import FolderStore
from app.adapters.outgoing import Outgoing
from app.adapters.sealing import open_sealing
from app.api.context import ApiContext
from app.api.door import Door
from app.platform.actions import ACTIONS, Gate
from app.platform.means import Means
from app.platform.permissions import EVERYTHING, Grants
from app.platform.webhooks.catalogue import catalogue_of
from app.platform.work import Actor
from app.platform.workflow import asks_approval
from migrations.models import load_models
from tests.api.shop import ShopModel, shop_registry

TOKEN = "hanse_test_owner"
READER = "hanse_test_reader"
CLERK = "hanse_test_clerk"
OWN_TABLES = ("platform_", "audit_", "outbox_", "idempotency_", "webhook")


class Client:
    """Speaks HTTP with an ASGI application in this process, one call at a time."""

    def __init__(self, app: Any, base_url: str = "http://acme.test") -> None:
        self.app, self.base_url = app, base_url

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=self.base_url) as client:
                return await client.request(method, path, **more)

        # In a thread of its own: Playwright keeps a loop running in the main one when its tests came first.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, send()).result()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)


@dataclass
class Api:
    """The door and a client of it; `as_` speaks with another token."""

    context: ApiContext
    client: Client
    actors: dict[str, Actor]
    gate: Gate
    asked: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, *, token: str | None = TOKEN, **more: Any) -> Any:
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", path, json=body, **more) if body is not None else self.call("POST", path, **more)

    def patch(self, path: str, body: Any, **more: Any) -> Any:
        return self.call("PATCH", path, json=body, **more)

    def customer(self, name: str = "澜启") -> str:
        answer = self.post("/shop/customers", {"code": uuid4().hex[:12], "name": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def order(self, customer_id: str | None = None, quantity: str = "2", price: str = "10.50") -> str:
        lines = [{"text": "pump", "quantity": quantity, "price": price}]
        body = {"customer_id": customer_id or self.customer(), "lines": lines, "ordered_on": "2026-03-01"}
        answer = self.post("/shop/orders", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="session")
def api(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    schema = f"t_{uuid4().hex[:12]}"
    assert stack.postgres is not None
    owner = create_engine(sqlalchemy_url(stack.postgres.urls.cell_owner))
    load_models()  # the tables of files this process has not used yet
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        connection.execute(text(f"SET LOCAL search_path = {schema}"))
        own = [table for table in Model.metadata.sorted_tables if table.name.startswith(OWN_TABLES)]
        Model.metadata.create_all(connection, tables=own, checkfirst=False)
        ShopModel.metadata.create_all(connection, checkfirst=False)
    owner.dispose()
    engine = tenant_engine(stack.postgres.urls.cell_owner, roles=False, pool_size=4)
    registry = shop_registry()
    means = Means(
        lambda: open_sealing(stack.settings),
        lambda: Outgoing(stack.settings.allowance),
        lambda: catalogue_of(registry).by_name,
    )
    gate = Gate(lambda name: tenant_session(engine, name), approval=asks_approval, means=means)
    system = Actor.system(uuid4(), schema)
    company = gate.perform(ACTIONS["platform.create_company"], system, code="A", name="澜启", country="CN").result
    person = replace(system.in_company(UUID(company), "Asia/Shanghai"), user_id=uuid4(), name="Mei")
    actors = {
        TOKEN: replace(person, grants=EVERYTHING),
        READER: replace(person, grants=Grants(frozenset({"*.read_*"}))),
        CLERK: replace(person, user_id=uuid4(), grants=Grants(frozenset({"shop.*"}))),
    }
    asked: list[str] = []

    def authenticate(token: str, address: str) -> Actor | None:
        asked.append(token)
        return actors.get(token)

    store = FolderStore(Path(tmp_path_factory.mktemp("objects")), b"a secret of the tests")
    context = ApiContext(registry, gate, authenticate, objects=store, calls_per_minute=0, failures_per_minute=0)
    client = Client(Door(context))
    yield Api(context, client, actors, gate, asked)
    engine.dispose()
