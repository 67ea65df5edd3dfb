"""The embedded stack for tests: one PostgreSQL and Valkey per pytest process, started when first asked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest

from app.adapters.embedded import stack as embedded
from app.adapters.embedded.stack import Stack
from app.adapters.redis import connect
from app.adapters.settings import Settings
from tenants.routing import watch_pool
from tests.factories.installation import Installation

if TYPE_CHECKING:
    from app.wiring import Wiring
    from tests.factories.tenant import Tenant


RUNNING: list[Stack] = []
"""The stack of this process, once somebody has asked for it."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Fresh servers without fsync; `stack.settings` and `stack.postgres.urls` give their addresses."""
    home = Path(mkdtemp(prefix="hanse-test-"))
    home.chmod(0o711)  # PostgreSQL runs as `nobody` under root and has to walk through
    running = embedded.start(Settings.load({"HANSE_HOME": str(home)}), quick=True)
    RUNNING.append(running)
    try:
        yield running
    finally:
        RUNNING.remove(running)
        running.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def new_visitor() -> None:
    """Every file of tests is a visitor of its own: what earlier ones took of the limits by address is forgotten."""
    for running in RUNNING:
        client = connect(running.settings.redis_url)
        for key in client.scan_iter("rate:*"):
            client.delete(key)
        client.close()


@pytest.fixture(scope="session")
def settings(stack: Stack) -> Settings:
    """Settings of the running test stack."""
    return stack.settings


@pytest.fixture(scope="session")
def installation(stack: Stack) -> Iterator[Installation]:
    """The stack, migrated: control engine, cells, directory, router, provisioner."""
    made = Installation.on(stack.settings, stack.postgres.urls.superuser if stack.postgres else "")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def wiring(installation: Installation) -> "Iterator[Wiring]":
    """What every process builds, over the test stack: registry, gate, provisioner with the registry's seeds."""
    from app.wiring import Wiring

    made = Wiring(installation.settings, pool_size=24)
    for key in made.cells.urls:
        watch_pool(made.cells.login_engine(key))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def tenant(wiring: "Wiring", request: pytest.FixtureRequest) -> "Tenant":
    """A module's own tenant with company, books and warehouse; `indirect` parameter: the country, CN unless given."""
    from tests.factories.tenant import new_tenant

    return new_tenant(wiring, getattr(request, "param", "CN"))
