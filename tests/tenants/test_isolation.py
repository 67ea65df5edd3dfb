"""Every way out of a tenant's schema that the architecture names, tried and refused."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.adapters import db
from app.adapters.db import ForeignStatement, RouteMissing, tenant_engine, tenant_session
from tenants.resolve import TenantRef
from tenants.routing import Unclean, watch_pool
from tests.factories.installation import Installation

DENIED = "42501"


@dataclass
class Pair:
    mine: TenantRef
    other: TenantRef
    installation: Installation

    def session(self) -> Session:
        return self.installation.router.session(self.mine.schema)


@pytest.fixture(scope="module")
def pair(installation: Installation) -> Pair:
    return Pair(installation.new_tenant(), installation.new_tenant(), installation)


@pytest.fixture
def engine(pair: Pair) -> Iterator[Engine]:
    """An engine with one connection, so that the next borrower gets the very same."""
    made = tenant_engine(pair.installation.settings.tenant_database_url, pool_size=1)
    watch_pool(made)
    yield made
    made.dispose()


def refused(pair: Pair, statement: str, state: str = DENIED, **parameters: Any) -> None:
    with pair.session() as session, pytest.raises(DBAPIError) as error:
        session.execute(text(statement), parameters)
    assert error.value.orig is not None
    assert getattr(error.value.orig, "sqlstate", None) == state, error.value


def test_stacked_statements_are_refused(pair: Pair) -> None:
    refused(pair, f"SELECT 1; SET LOCAL ROLE {pair.other.schema}", "42601")
    refused(pair, "SELECT 1; RESET ROLE; SELECT 1", "42601")
    refused(pair, "SELECT 1; COMMIT; SELECT 1", "42601")


def test_stacked_statements_are_refused_below_sqlalchemy_too(pair: Pair) -> None:
    with pair.session() as session:
        raw: Any = session.connection().connection.driver_connection
        with pytest.raises(psycopg.errors.SyntaxError):
            raw.execute("SELECT 1; RESET ROLE")
    for attempt in range(7):  # psycopg prepares a statement once it has seen it five times
        with pair.session() as session:
            raw = session.connection().connection.driver_connection
            with pytest.raises(psycopg.errors.SyntaxError):
                raw.execute("SELECT 1; RESET ROLE", prepare=attempt > 5)


@pytest.mark.parametrize(
    "statement",
    [
        "RESET ROLE",
        "  reset role",
        "/* x */ RESET ROLE",
        "SET ROLE {other}",
        "SET LOCAL ROLE {other}",
        "SET SESSION AUTHORIZATION hanse_owner",
        "SET LOCAL search_path = {other}",
        "SET search_path = {other}",
        "DISCARD ALL",
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "DO $$BEGIN END$$",
        "CREATE TEMP TABLE leak (x int)",
        "GRANT ALL ON audit_entry TO PUBLIC",
        "PREPARE p AS SELECT 1",
        "LISTEN x",
    ],
)
def test_statements_that_change_the_session_are_not_sent(pair: Pair, statement: str) -> None:
    with pair.session() as session, pytest.raises(ForeignStatement):
        session.execute(text(statement.format(other=pair.other.schema)))


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("SELECT set_config('role', '{other}', true)", DENIED),
        ("SELECT pg_catalog.set_config('search_path', '{other}', true)", DENIED),
        ("SELECT (SELECT set_config('role', 'none', true)), count(*) FROM audit_entry", DENIED),
        ("UPDATE pg_catalog.pg_settings SET setting = '{other}' WHERE name = 'role'", DENIED),
        ("SELECT * FROM {other}.audit_entry", DENIED),
        ("INSERT INTO {other}.outbox_event SELECT * FROM outbox_event", DENIED),
        ("SELECT * FROM public.x", DENIED),
        ("SELECT pg_read_file('/etc/passwd')", DENIED),
        ("SELECT rolpassword FROM pg_catalog.pg_authid", DENIED),
        ("COPY audit_entry TO PROGRAM 'id'", DENIED),
        ("SELECT query_to_xml('SELECT 1 FROM {other}.audit_entry', true, true, '')", DENIED),
    ],
)
def test_single_statements_reach_nothing_of_others(pair: Pair, statement: str, state: str) -> None:
    refused(pair, statement.format(other=pair.other.schema), state)


def test_even_an_unguarded_cursor_finds_the_database_closed(pair: Pair) -> None:
    """The second barrier alone, without TenantCursor: what the database itself refuses."""
    login, mine, other = pair.installation.settings.tenant_database_url, pair.mine.schema, pair.other.schema
    attacks = [
        f"SET LOCAL search_path = {other}; SELECT * FROM audit_entry",
        "RESET ROLE; SELECT * FROM audit_entry",
        f"RESET ROLE; SELECT * FROM {other}.audit_entry",
        "SET LOCAL ROLE hanse_owner",
        f"SET LOCAL ROLE {mine}_s",
        "SET SESSION AUTHORIZATION hanse_owner",
        "DO $$BEGIN PERFORM 1; END$$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
        "CREATE TEMP TABLE leak (x int)",
        "CREATE TABLE leak (x int)",
        "CREATE SCHEMA leak",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TABLE outbox_event",
        "TRUNCATE outbox_event",
    ]
    with psycopg.connect(login, autocommit=True) as connection:
        for attack in attacks:
            connection.execute(f"BEGIN; SET LOCAL ROLE {mine}; SET LOCAL search_path = {mine}".encode())
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                connection.execute(attack.encode())
            connection.rollback()


def test_the_login_itself_may_read_nothing(pair: Pair) -> None:
    with psycopg.connect(pair.installation.settings.tenant_database_url) as connection:
        for schema in (pair.mine.schema, pair.other.schema):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {schema}.audit_entry".encode())
            connection.rollback()


def test_forgotten_routing_is_refused(pair: Pair, engine: Engine) -> None:
    with engine.connect() as bare, pytest.raises(RouteMissing):
        bare.execute(text("SELECT 1"))
    with Session(engine) as session, pytest.raises(RouteMissing):
        session.execute(text("SELECT 1"))


@pytest.mark.parametrize("name", ["", "T_A", "t_a; RESET ROLE", "t-a", 't_a"', "t_a\n", "1t", "t_" + "a" * 50])
def test_unsafe_names_are_never_spliced(engine: Engine, name: str) -> None:
    with tenant_session(engine, name) as session, pytest.raises(RouteMissing):
        session.execute(text("SELECT 1"))


def test_a_schema_that_does_not_exist_leaves_the_pool_usable(pair: Pair, engine: Engine) -> None:
    with tenant_session(engine, "t_nowhere") as session, pytest.raises(psycopg.Error):
        session.execute(text("SELECT 1"))
    assert role(engine, pair.mine.schema) == pair.mine.schema


def role(engine: Engine, schema: str) -> str:
    with tenant_session(engine, schema) as session:
        return str(session.scalar(text("SELECT current_user")))


def _commit(session: Session) -> None:
    session.commit()


def _roll_back(session: Session) -> None:
    session.rollback()


def _fail(session: Session) -> None:
    with pytest.raises(DBAPIError):
        _divide_by_zero(session)


def _divide_by_zero(session: Session) -> None:
    session.execute(text("SELECT 1 / 0"))


def _savepoint(session: Session) -> None:
    with session.begin_nested():
        session.execute(text("SELECT 1"))
    with pytest.raises(DBAPIError), session.begin_nested():
        _divide_by_zero(session)
    assert session.scalar(text("SELECT 1")) == 1
    session.commit()


def _forget(session: Session) -> None:
    """Closing without an end rolls back."""


@pytest.mark.parametrize("end", [_commit, _roll_back, _fail, _savepoint, _forget])
def test_role_and_path_are_gone_when_a_connection_returns(
    pair: Pair, engine: Engine, end: Callable[[Session], None]
) -> None:
    with tenant_session(engine, pair.mine.schema) as session:
        session.execute(text("SELECT 1"))
        end(session)
    with engine.connect() as connection:  # the same connection, before any routing
        raw: Any = connection.connection.driver_connection
        found = raw.execute("SELECT current_user, session_user, current_setting('search_path')").fetchone()
    assert found == ("hanse_login", "hanse_login", '"$user", public')
    assert role(engine, pair.other.schema) == pair.other.schema


def test_the_watch_sees_a_connection_left_dirty(pair: Pair, engine: Engine) -> None:
    connection = engine.connect()
    raw: Any = connection.connection.driver_connection
    psycopg.Cursor(raw).execute(f"SET ROLE {pair.mine.schema}".encode())
    with pytest.raises(Unclean):
        connection.close()


def test_a_connection_retires_after_many_tenants(pair: Pair, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "MAX_TENANTS_PER_CONNECTION", 2)

    def backend(schema: str) -> int:
        with tenant_session(engine, schema) as session:
            return int(session.scalar(text("SELECT pg_backend_pid()")) or 0)

    first = backend(pair.mine.schema)
    assert backend(pair.mine.schema) == first
    assert backend(pair.other.schema) == first
    second = backend(pair.mine.schema)
    assert second != first
    assert backend(pair.mine.schema) == second


def test_mixed_requests_see_their_own_tenant_only(pair: Pair, engine: Engine) -> None:
    for number in range(300):
        schema = (pair.mine, pair.other)[number % 2].schema
        with tenant_session(engine, schema) as session:
            assert session.execute(text("SELECT current_user, current_schema()")).one() == (schema, schema)
            if number % 7 == 0:
                _fail(session)


def test_connections_that_died_in_the_pool_are_replaced(pair: Pair) -> None:
    made = tenant_engine(pair.installation.settings.tenant_database_url, pool_size=3)
    held = [tenant_session(made, pair.mine.schema) for _ in range(3)]
    backends = [session.scalar(text("SELECT pg_backend_pid()")) for session in held]
    for session in held:
        session.close()
    assert pair.installation.superuser is not None
    with psycopg.connect(pair.installation.superuser, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(pid, 2000) FROM unnest(%s::int[]) AS pid", [backends])
    for _ in range(3):
        assert role(made, pair.mine.schema) == pair.mine.schema
    made.dispose()
