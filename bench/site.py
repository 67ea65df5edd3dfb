"""The company that is measured: a stack of its own with durable writes, one tenant, the doors in this process."""

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.db import counted
from app.adapters.embedded import stack as embedded
from app.adapters.settings import Settings
from app.kernel.dates import now
from app.main import build_app
from app.modules.masterdata.actions.seed import seeded_id
from app.platform.identity.passwords import hash_password
from app.platform.identity.sessions import Sessions
from app.platform.identity.tokens import Tokens
from app.platform.work import Actor
from app.web.session import SESSION
from app.wiring import Wiring
from bench.measure import Meter
from migrations.run import migrate
from tenants.models import Identity, Membership, Tenant, TenantState
from tenants.provision import Claim, claim
from tenants.resolve import TenantRef


@dataclass
class Site:
    """Everything a benchmark needs."""

    wiring: Wiring
    meter: Meter
    tenant: TenantRef
    actor: Actor
    token: str
    cookie: str
    app: Any
    loop: asyncio.AbstractEventLoop
    items: list[UUID]
    customer: UUID
    warehouse: UUID
    owner_url: str

    def perform(self, name: str, /, **arguments: Any) -> Any:
        """An action through the gate, arguments as a door gets them."""
        act = self.wiring.registry.actions[name]
        given = act.input.model_validate(arguments)
        decoded = {key: getattr(given, key) for key in given.model_fields_set}
        return self.wiring.gate.perform(act, self.actor, **decoded).result

    def request(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, bytes]:
        """One request to the application in this process, REST or page: no client library in the figures."""
        raw = b"" if body is None else orjson.dumps(body)
        route, _, query = path.partition("?")
        host = f"{self.tenant.slug}.localhost:8000"
        headers = [(b"host", host.encode())]
        if route.startswith("/api"):
            headers.append((b"authorization", f"Bearer {self.token}".encode()))
        else:
            headers.append((b"cookie", f"{SESSION}={self.cookie}".encode()))
        if raw:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        if key:
            headers.append((b"idempotency-key", key.encode()))
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": route, "raw_path": route.encode(), "root_path": "", "query_string": query.encode(),
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
        }  # fmt: skip
        answer: dict[str, Any] = {"status": 0, "body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
            else:
                answer["body"] += message.get("body", b"")

        asyncio.run_coroutine_threadsafe(self.app(scope, receive, send), self.loop).result()
        return answer["status"], answer["body"]

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """A REST call that must succeed; the decoded answer."""
        status, raw = self.request(method, f"/api/v1{path}", body, key=secrets.token_hex(12))
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {raw[:600]!r}")
        return orjson.loads(raw)

    def statements(self, run: Any) -> int:
        """How many SQL statements a call sends, BEGIN and COMMIT included."""
        with counted() as count:
            run()
        return count[0]


@contextmanager
def measured_site() -> Iterator[Site]:
    """Start, set up, and take away again."""
    home = Path(mkdtemp(prefix="hanse-bench-"))
    home.chmod(0o711)
    stack = embedded.start(Settings.load({"HANSE_HOME": str(home)}))
    assert stack.postgres is not None
    loop = _serving()
    try:
        migrate(stack.settings)
        wiring = Wiring(stack.settings, pool_size=8)
        wiring.provisioner.refill(1)
        with Session(wiring.control) as session, session.begin():
            row: Tenant = claim(session, Claim("bench", "Bench Trading", "CN", "zh_CN"))
            row.state = TenantState.ACTIVE.value
            tenant_id = row.id
        wiring.directory.forget()
        tenant = wiring.directory.tenant(tenant_id)
        site = _set_up(wiring, tenant, Meter(stack.postgres.process.pid), loop, stack.settings.owner_database_url)
        yield site
        wiring.close()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        stack.stop()
        shutil.rmtree(home, ignore_errors=True)


def _serving() -> asyncio.AbstractEventLoop:
    """A loop with one task that lasts, as a server has: worker threads live as long as it, not one request."""
    loop = asyncio.new_event_loop()

    def serve() -> None:
        with suppress(RuntimeError):  # stopped before the task is done, at the end
            loop.run_until_complete(asyncio.Event().wait())

    Thread(target=serve, name="loop", daemon=True).start()
    return loop


def _alone(site: Site) -> None:
    """The bench enters at once, as a company of one person does: its book asks for no second one."""
    from app.modules.finance.models.account import Book

    with site.wiring.router.session(site.tenant.schema) as session:
        book = session.scalars(select(Book)).one()
        given = {"book_id": str(book.id), "version": book.version}
        session.rollback()
    site.perform("finance.update_book", four_eyes=False, **given)


def _set_up(wiring: Wiring, tenant: TenantRef, meter: Meter, loop: asyncio.AbstractEventLoop, owner: str) -> Site:
    system = Actor.system(tenant.id, tenant.schema, door="bench", zone="Asia/Shanghai")
    site = Site(wiring, meter, tenant, system, "", "", build_app(wiring), loop, [], UUID(int=0), UUID(int=0), owner)
    user_id = UUID(
        site.perform("platform.create_first_user", name="Owner", email="o@bench.example", identity_id=str(UUID(int=1)))
    )
    company = UUID(site.perform("platform.create_company", code="A", name="Bench Trading", country="CN"))
    site.actor = replace(system, company_id=company, user_id=user_id)
    site.perform("finance.set_up_books")
    _alone(site)
    site.warehouse = UUID(site.perform("masterdata.create_warehouse", code="W1", name="Main"))
    site.customer = UUID(
        site.perform("masterdata.create_party", name="Customer", is_customer=True, country="CN", credit_limit=None)
    )
    unit = seeded_id("unit", "H87")
    site.items = [
        UUID(
            site.perform(
                "masterdata.create_item", name=f"Item {n}", code=f"I{n:03d}", unit_id=str(unit), sales_price="100"
            )
        )
        for n in range(20)
    ]
    site.perform(
        "inventory.create_receipt",
        kind="opening",
        warehouse_id=str(site.warehouse),
        lines=[{"item_id": str(item), "quantity": "1000000", "unit_cost": "60"} for item in site.items],
        post=True,
    )
    tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
    site.token = tokens.create(tenant.id, user_id, "bench")
    site.cookie = _cookie(wiring, tenant, user_id)
    return site


def _cookie(wiring: Wiring, tenant: TenantRef, user_id: UUID) -> str:
    with Session(wiring.control) as session, session.begin():
        identity = Identity(
            email="o@bench.example",
            name="Owner",
            locale="zh_CN",
            password_hash=hash_password(secrets.token_hex(16)),
            password_changed_at=now(),
            created_at=now(),
        )
        session.add(identity)
        session.flush()
        key = identity.id
        session.add(Membership(identity_id=key, tenant_id=tenant.id, user_id=user_id, created_at=now()))
    return Sessions(wiring.control).open(key, tenant.id, user_id, address="127.0.0.1", device="bench")


def lines_of(site: Site, count: int = 5, quantity: Decimal = Decimal(2)) -> list[dict[str, str]]:
    """Order lines as REST takes them."""
    return [{"item_id": str(item), "quantity": str(quantity), "price": "100"} for item in site.items[:count]]
