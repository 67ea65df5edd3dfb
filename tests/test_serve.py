"""The web tier as it is served: whose forwarded headers count, and nothing of a developer's in production."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.adapters.settings import Settings
from app.main import build_app
from app.serve import WebWorker, configuration
from app.wiring import Wiring

PROXY, VISITOR, LIAR = "10.0.0.1", "203.0.113.9", "198.51.100.66"


def seen(settings: Settings, peer: str, forwarded: str) -> tuple[str, str]:
    """(client, scheme) as the application is told them by uvicorn under our configuration."""
    told: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        told.update(scope)

    trusted = configuration(settings)["forwarded_allow_ips"]
    scope = {
        "type": "http",
        "client": (peer, 5000),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", forwarded.encode()), (b"x-forwarded-proto", b"https")],
    }
    served = ProxyHeadersMiddleware(app, trusted_hosts=trusted)
    with ThreadPoolExecutor(1) as pool:  # a thread of its own: this one may hold the loop of a browser
        pool.submit(lambda: asyncio.run(served(scope, None, None))).result()  # type: ignore[arg-type]
    return told["client"][0], told["scheme"]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client", "scheme"),
    [
        ("", VISITOR, LIAR, VISITOR, "http"),
        ("", "127.0.0.1", LIAR, "127.0.0.1", "http"),
        (PROXY, VISITOR, LIAR, VISITOR, "http"),
        (PROXY, PROXY, VISITOR, VISITOR, "https"),
        (PROXY, PROXY, f"{LIAR}, {VISITOR}", VISITOR, "https"),
    ],
)
def test_forwarded_headers_count_from_our_own_proxy_only(
    tmp_path: Path, proxies: str, peer: str, forwarded: str, client: str, scheme: str
) -> None:
    settings = Settings.load({"HANSE_HOME": str(tmp_path), "HANSE_PROXIES": proxies})
    assert seen(settings, peer, forwarded) == (client, scheme)


def test_no_debugger_and_no_banner(wiring: Wiring) -> None:
    assert build_app(wiring).debug is False
    assert WebWorker.CONFIG_KWARGS["server_header"] is False
