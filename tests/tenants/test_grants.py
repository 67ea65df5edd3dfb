"""What a tenant's two roles may do with a table, by the switches of its class, proved on the database itself."""

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.adapters.db import Model
from migrations.models import load_models
from migrations.run import blueprint
from tenants.cells import Cells
from tenants.grants import APPEND, DRAIN, READ, WRITE, grants_of, table_grants
from tenants.models import Tenant
from tenants.provision import Provisioner
from tenants.resolve import TenantRef
from tenants.routing import Router
from tests.factories.installation import Installation

load_models()
EVERY = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def switched(**switches: object) -> type[Model]:
    return type("Switched", (Model,), {"__abstract__": True, "__annotations__": {}, **switches})


@pytest.mark.parametrize(
    ("switches", "tenant", "sealer"),
    [
        ({}, WRITE, READ),
        ({"__append_only__": True}, APPEND, READ),
        ({"__append_only__": True, "__sealer_may__": ("INSERT",)}, APPEND, ("SELECT", "INSERT")),
        ({"__sealed__": True}, READ, WRITE),
        ({"__drained__": True}, APPEND, DRAIN),
    ],
)
def test_switches(switches: dict[str, object], tenant: tuple[str, ...], sealer: tuple[str, ...]) -> None:
    found = grants_of(switched(**switches))
    assert (found.tenant, found.sealer) == (tenant, sealer)


def test_contradicting_switches_are_a_defect() -> None:
    with pytest.raises(TypeError, match="cannot be"):
        grants_of(switched(__append_only__=True, __sealed__=True))


def test_the_database_holds_exactly_these_privileges(installation: Installation, tenant: TenantRef) -> None:
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        for name, grants in table_grants().items():
            for role, expected in ((tenant.schema, grants.tenant), (f"{tenant.schema}_s", grants.sealer)):
                query = sql.SQL(
                    "SELECT right_ FROM unnest(%s::text[]) AS right_ WHERE has_table_privilege(%s, %s, right_)"
                )
                held = owner.execute(query, [list(EVERY), role, f"{tenant.schema}.{name}"]).fetchall()
                assert {row[0] for row in held} == set(expected), (role, name)


@pytest.mark.parametrize("name", sorted(name for name, grants in table_grants().items() if grants.tenant == APPEND))
def test_append_only_tables_keep_their_rows(installation: Installation, isolation_tenant: TenantRef, name: str) -> None:
    column = next(iter(Model.metadata.tables[name].columns)).name
    for statement in (
        f"UPDATE {name} SET {column} = {column}",
        f"DELETE FROM {name}",
        f"SELECT * FROM {name} FOR UPDATE",
    ):
        assert refusal(installation, isolation_tenant, statement) == "42501"


@pytest.mark.parametrize("name", sorted(name for name, grants in table_grants().items() if grants.tenant == READ))
def test_sealed_tables_take_nothing_from_a_tenant(
    installation: Installation, isolation_tenant: TenantRef, name: str
) -> None:
    column = next(iter(Model.metadata.tables[name].columns)).name
    for statement in (
        f"INSERT INTO {name} DEFAULT VALUES",
        f"UPDATE {name} SET {column} = {column}",
        f"DELETE FROM {name}",
    ):
        assert refusal(installation, isolation_tenant, statement) == "42501"
    with installation.router.sealer_session(isolation_tenant.schema) as session:
        session.execute(text(f"DELETE FROM {name}"))
        session.commit()


def test_nobody_truncates(installation: Installation, isolation_tenant: TenantRef) -> None:
    with psycopg.connect(installation.settings.tenant_database_url) as login:
        for name in table_grants():
            login.execute(f"SET LOCAL ROLE {isolation_tenant.schema}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(f"TRUNCATE {isolation_tenant.schema}.{name}".encode())
            login.rollback()


def test_the_sealer_works_in_one_tenant_only(
    installation: Installation, tenant: TenantRef, isolation_tenant: TenantRef
) -> None:
    with installation.router.sealer_session(tenant.schema) as session:
        assert session.scalar(text("SELECT current_user")) == f"{tenant.schema}_s"
        with pytest.raises(DBAPIError):
            session.execute(text(f"SELECT * FROM {isolation_tenant.schema}.audit_entry"))
    with (
        psycopg.connect(installation.settings.sealer_database_url) as sealer,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        sealer.execute(f"SET ROLE {tenant.schema}".encode())


@pytest.fixture(scope="module")
def isolation_tenant(installation: Installation) -> TenantRef:
    return installation.new_tenant()


def refusal(installation: Installation, tenant: TenantRef, statement: str) -> str:
    with installation.router.session(tenant.schema) as session, pytest.raises(DBAPIError) as error:
        session.execute(text(statement))
    return str(getattr(error.value.orig, "sqlstate", ""))


def test_without_tenant_roles_the_login_itself_is_granted(installation: Installation) -> None:
    """As under Citus: no second barrier, but append-only tables stay append-only."""
    cells = Cells(installation.cells.urls, roles=False)
    provisioner = Provisioner(installation.control, cells, lambda: blueprint(roles=False))
    with Session(installation.control) as session, session.begin():
        session.execute(update(Tenant).where(Tenant.state == "blank").values(state="suspended"))
    provisioner.refill(1)
    with Session(installation.control) as session, session.begin():
        made = session.scalars(select(Tenant).where(Tenant.state == "blank")).one()
        schema, tenant_id = made.schema, made.id
    with Router(cells, installation.directory).session(schema) as session:
        assert session.scalar(text("SELECT current_user")) == "hanse_login"
        assert session.scalar(text("SELECT count(*) FROM outbox_event")) == 0
        with pytest.raises(DBAPIError):
            session.execute(text("DELETE FROM audit_entry"))
    provisioner.remove(tenant_id)
    with Session(installation.control) as session, session.begin():
        session.execute(delete(Tenant).where(Tenant.id == tenant_id))
    cells.dispose()
