"""Requests are measured by template, with their statements, however they end."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.adapters import observed
from app.adapters.db import count_statement
from app.adapters.observed import Observed


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        observed,
        "observe_request",
        lambda method, route, status, seconds, statements: found.append((method, route, status, statements)),
    )
    return found


def request(app: Any, method: str = "GET") -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None: ...

    served = Observed(app, {"shown": "/sales/{id}"}.get)
    with ThreadPoolExecutor(1) as pool:  # a thread of its own: this one may hold the loop of a browser
        pool.submit(lambda: asyncio.run(served({"type": "http", "method": method}, receive, send))).result()


def test_the_endpoint_tells_the_template(seen: list[tuple[Any, ...]]) -> None:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        scope["endpoint"] = "shown"
        await asyncio.to_thread(count_statement, 3)
        await send({"type": "http.response.start", "status": 200})

    request(app)
    assert seen == [("GET", "/sales/{id}", 200, 3)]


def test_a_door_may_name_it(seen: list[tuple[Any, ...]]) -> None:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        scope["state"]["route"] = "/sales/orders/{id}/confirm"
        await send({"type": "http.response.start", "status": 409})

    request(app, "POST")
    assert seen == [("POST", "/sales/orders/{id}/confirm", 409, 0)]


def test_addresses_and_methods_made_up_do_not_grow_the_metrics(seen: list[tuple[Any, ...]]) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404})

    request(app, "BREW")
    assert seen == [("unknown", "unknown", 404, 0)]


def test_what_breaks_is_a_500(seen: list[tuple[Any, ...]]) -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        request(app)
    assert seen == [("GET", "unknown", 500, 0)]
