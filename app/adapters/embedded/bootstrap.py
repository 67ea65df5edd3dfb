"""Roles, databases and revokes a cell needs; run by the superuser once, on embedded and real servers alike.

Who connects as whom: *owner* creates schemas and roles; *login* owns nothing and may only change to tenant
roles; *sealer* may only change to sealer roles; *control* and *queue* have their own databases. The revokes
make the tenant's role a real barrier: without `set_config` and PL/pgSQL no single statement can change
`role` or `search_path` (the isolation attacks of `docs/architecture.md`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

OWNER: Final = "hanse_owner"
LOGIN: Final = "hanse_login"
SEALER: Final = "hanse_sealer"
CONTROL: Final = "hanse_control"
QUEUE: Final = "hanse_queue"
ROLES: Final = (OWNER, LOGIN, SEALER, CONTROL, QUEUE)

CONTROL_DATABASE: Final = "hanse_control"
CELL_DATABASE: Final = "hanse_cell"
QUEUE_DATABASE: Final = "hanse_queue"


@dataclass(frozen=True)
class DatabaseUse:
    """Which logins may enter a database, and which of them may make objects there."""

    enter: tuple[str, ...]
    create: tuple[str, ...]


DATABASES: Final[Mapping[str, DatabaseUse]] = {
    CONTROL_DATABASE: DatabaseUse(enter=(OWNER, CONTROL), create=(CONTROL,)),
    CELL_DATABASE: DatabaseUse(enter=(OWNER, LOGIN, SEALER), create=()),
    QUEUE_DATABASE: DatabaseUse(enter=(OWNER, QUEUE), create=(QUEUE,)),
}


def role_statements(passwords: Mapping[str, str]) -> list[sql.Composed]:
    """Five login roles, none a superuser; only the owner may make roles."""
    create = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOREPLICATION NOBYPASSRLS {} PASSWORD {}")
    may_make_roles, may_not = sql.SQL("CREATEROLE"), sql.SQL("NOCREATEROLE NOINHERIT")
    return [
        create.format(sql.Identifier(role), may_make_roles if role == OWNER else may_not, sql.Literal(passwords[role]))
        for role in ROLES
    ]


def database_statement(name: str) -> sql.Composed:
    """Create a database of the owner; to be run outside a transaction."""
    return sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))


def access_statements(name: str, use: DatabaseUse) -> list[sql.Composed]:
    """Close a database to everyone but its logins; to be run inside that database by the superuser."""
    database = sql.Identifier(name)
    statements = [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.Composed([sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC")]),
    ]
    connect = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
    statements += [connect.format(database, sql.Identifier(role)) for role in use.enter]
    for role in use.create:
        user, owner = sql.Identifier(role), sql.Identifier(OWNER)
        default = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} TO {}")
        statements += [
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, user),
            sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(user),
            default.format(owner, sql.SQL("USAGE ON SCHEMAS"), user),
            default.format(owner, sql.SQL("SELECT, INSERT, UPDATE, DELETE ON TABLES"), user),
            default.format(owner, sql.SQL("USAGE, SELECT ON SEQUENCES"), user),
        ]
    return statements


def cell_revokes() -> list[sql.Composed]:
    """The catalogue revokes of a cell; superuser, inside the cell's database."""
    owner = sql.Identifier(OWNER)
    return [
        sql.Composed([sql.SQL("REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC")]),
        sql.SQL("GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {}").format(owner),
        sql.Composed([sql.SQL("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC")]),
        sql.SQL("GRANT USAGE ON LANGUAGE plpgsql TO {}").format(owner),
    ]


def create_database(server: str, name: str, *, like: str) -> None:
    """Make one more database with the accesses of `like` (a key of DATABASES); `server` is a superuser's URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(database_statement(name))
    with psycopg.connect(server, dbname=name) as connection:
        _close(connection, name, like)


def bootstrap(server: str, passwords: Mapping[str, str]) -> None:
    """Everything a fresh server needs; `server` is a superuser's URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in role_statements(passwords):
            connection.execute(statement)
        for name in ("postgres", "template1"):
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    for name in DATABASES:
        create_database(server, name, like=name)


def _close(connection: psycopg.Connection, name: str, like: str) -> None:
    for statement in access_statements(name, DATABASES[like]):
        connection.execute(statement)
    if like == CELL_DATABASE:
        for statement in cell_revokes():
            connection.execute(statement)
