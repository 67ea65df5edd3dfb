"""The embedded servers: roles are what they should be, revokes are in force, data outlives a restart."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from redis import Redis

from app.adapters.embedded import postgres, valkey
from app.adapters.embedded.stack import Stack


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="hanse-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def test_logins_are_no_superusers_and_enter_their_own_database_only(stack: Stack) -> None:
    assert stack.postgres is not None
    urls = stack.postgres.urls
    for url in (urls.control, urls.cell_login, urls.cell_owner, urls.cell_sealer, urls.queue):
        with psycopg.connect(url) as connection:
            role = connection.execute(
                "SELECT rolsuper OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert role == (False,)
    for url, foreign in (
        (urls.control, "hanse_cell"),
        (urls.cell_login, "hanse_control"),
        (urls.queue, "hanse_cell"),
        (urls.cell_sealer, "hanse_queue"),
        (urls.cell_login, "postgres"),
    ):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url, dbname=foreign)


@pytest.mark.parametrize(
    "attack",
    [
        "SELECT set_config('role', 'hanse_owner', false)",
        "DO $$ BEGIN NULL; END $$",
        "CREATE TEMP TABLE t (x int)",
        "CREATE SCHEMA s",
        "CREATE TABLE public.t (x int)",
        "SET ROLE hanse_owner",
        "SET ROLE hanse_control",
        "CREATE ROLE r",
    ],
)
def test_cell_login_is_refused(stack: Stack, attack: str) -> None:
    assert stack.postgres is not None
    for url in (stack.postgres.urls.cell_login, stack.postgres.urls.cell_sealer):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attack)


def test_owner_makes_tenant_roles_and_guards(stack: Stack) -> None:
    assert stack.postgres is not None
    with psycopg.connect(stack.postgres.urls.cell_owner) as owner:
        owner.execute("CREATE ROLE t_probe NOLOGIN")
        owner.execute("GRANT t_probe TO hanse_login WITH INHERIT FALSE, SET TRUE")
        owner.execute("CREATE SCHEMA t_probe")
        owner.execute("GRANT USAGE ON SCHEMA t_probe TO t_probe")
        owner.execute("CREATE FUNCTION t_probe.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    with psycopg.connect(stack.postgres.urls.cell_login) as login:
        login.execute("SET LOCAL ROLE t_probe")
    with psycopg.connect(stack.postgres.urls.cell_owner) as owner:
        owner.execute("DROP SCHEMA t_probe CASCADE")
        owner.execute("DROP ROLE t_probe")


def test_data_outlives_a_restart_and_stale_state_is_repaired(home: Path) -> None:
    first = postgres.start(home)
    with psycopg.connect(first.urls.control) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.process.kill()  # a crash: the pid file stays behind
    first.process.wait()
    second = postgres.start(home)
    try:
        assert second.urls == first.urls
        with psycopg.connect(second.urls.control) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        second.stop()


def test_a_server_left_by_a_killed_supervisor_is_replaced(home: Path) -> None:
    orphan = postgres.start(home, quick=True)
    replacement = postgres.start(home, quick=True)
    try:
        assert orphan.process.wait(5) == 0
        with psycopg.connect(replacement.urls.control) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        replacement.stop()


def test_interrupted_first_start_is_made_again(home: Path) -> None:
    server = postgres.start(home, quick=True)
    server.stop()
    (home / "postgres.ready").unlink()
    server = postgres.start(home, quick=True)
    with psycopg.connect(server.urls.queue) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("hanse_queue",)
    server.stop()


def test_valkey_keeps_data(home: Path) -> None:
    server = valkey.start(home)
    Redis.from_url(server.url).set("kept", "yes")
    server.stop()
    server = valkey.start(home)
    try:
        assert Redis.from_url(server.url).get("kept") == b"yes"
    finally:
        server.stop()


def test_passwords_are_private(home: Path) -> None:
    postgres.start(home, quick=True).stop()
    assert (home / "postgres.passwords").stat().st_mode & 0o777 == 0o600


def test_a_long_home_gets_short_sockets(home: Path) -> None:
    deep = home / ("long" * 25)
    server, cache = postgres.start(deep, quick=True), valkey.start(deep)
    with psycopg.connect(server.urls.control) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert Redis.from_url(cache.url).ping() is True
    cache.stop()
    server.stop()
    assert not server.sockets.exists()
    assert cache.made is not None
    assert not cache.made.exists()
