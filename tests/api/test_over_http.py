"""Once over a real socket, as a customer's program meets it."""

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from app.api.door import Door
from tests.api.conftest import TOKEN, Api


@pytest.fixture(scope="module")
def address(api: Api) -> Iterator[str]:
    app = Starlette(routes=[Mount("/api", app=Door(api.context))])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/v1"
    server.should_exit = True
    thread.join(5)


def test_create_read_confirm(api: Api, address: str) -> None:
    mine = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid4().hex}
    with httpx.Client(base_url=address, headers=mine) as client:
        lines = [{"text": "泵", "quantity": "2", "price": "10.50"}]
        made = client.post("/shop/orders", json={"customer_id": api.customer(), "lines": lines})
        assert made.status_code == 201
        place = made.headers["location"].removeprefix("/api/v1")
        item = client.get(place)
        assert item.json()["gross"] == "21.0000"
        done = client.post(f"{place}/confirm", headers={"If-Match": item.headers["etag"]})
        assert done.status_code == 200
        assert client.get(place).json()["state"] == "confirmed"
        assert client.get("/nothing").headers["content-type"] == "application/problem+json"


def test_a_large_body_is_cut_off(address: str) -> None:
    answer = httpx.post(
        f"{address}/shop/orders", content=b"x" * 3_000_000, headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert answer.status_code == 413
