"""The compiled script that makes a tenant's schema: one text, one round trip, the same for every tenant.

It holds tables, indexes, foreign keys, guards, the Alembic version, seeds, roles and grants. A test proves
that it leaves exactly what the migrations leave when they run from empty.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, MetaData, Table, Text, cast, create_mock_engine, insert, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.ddl import DDLElement

from app.adapters.db import Model
from app.kernel.text import is_schema_name
from tenants.grants import grant_statements, table_grants

SCHEMA, SEALER = "{{tenant}}", "{{sealer}}"
"""Stand for the tenant's role (equal to its schema) and its sealer role in scripts and migrations."""

LOCK_TIMEOUT = "4s"
DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # `pyformat` would double every %

SeedRows = Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
"""Rows every new tenant starts with; the same in all."""


@dataclass(frozen=True)
class Blueprint:
    """How a tenant's schema is made. `script(...)` fills in the names of one tenant."""

    body: str
    head: str

    @classmethod
    def of_models(cls, *, head: str, guards: str = "", seeds: SeedRows = ()) -> "Blueprint":
        """Compile the models that are imported by now. `head` is the Alembic revision they stand for."""
        statements = [*ddl(Model.metadata), _version_table(head), *_seed_statements(seeds)]
        statements += grant_statements(table_grants(), SCHEMA, SEALER)
        return cls(";\n".join(statements) + ";\n" + guards, head)

    def script(self, schema: str, *, login: str, sealer_login: str, roles: bool = True) -> str:
        """The whole script for one tenant, a transaction of its own; ValueError for a name that is not safe.

        `login` and `sealer_login` are the cell's logins; with `roles` off (Citus) they get the grants themselves.
        """
        if not is_schema_name(schema):
            raise ValueError(f"not a schema name: {schema!r}")
        tenant = schema if roles else quoted(login)
        sealer = f"{schema}_s" if roles else quoted(sealer_login)
        opening = [f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'", f"CREATE SCHEMA {schema}"]
        if roles:
            opening += role_statements(schema, login, sealer_login)
        opening += [f"GRANT USAGE ON SCHEMA {schema} TO {role}" for role in (tenant, sealer)]
        opening.append(f"SET LOCAL search_path = {schema}")
        return ";\n".join(["BEGIN", *opening, filled(self.body, tenant, sealer)]) + "\nCOMMIT"


def ddl(metadata: MetaData) -> list[str]:
    """CREATE TABLE, indexes and late foreign keys of all tables, in an order that works, unqualified."""
    statements: list[str] = []

    def collect(element: Any, *_: Any, **__: Any) -> None:
        assert isinstance(element, DDLElement)
        statements.append(str(element.compile(dialect=DIALECT)).strip())

    engine = create_mock_engine("postgresql+psycopg://", collect)
    metadata.create_all(engine, checkfirst=False)
    return statements


def role_statements(schema: str, login: str, sealer_login: str) -> list[str]:
    """The tenant's two roles, which nobody logs in as; the cell's logins may change to them, and inherit nothing."""
    statements = []
    for role, user in ((schema, login), (f"{schema}_s", sealer_login)):
        statements.append(f"CREATE ROLE {role} NOLOGIN NOINHERIT")
        statements.append(f"GRANT {role} TO {quoted(user)} WITH INHERIT FALSE, SET TRUE")
    return statements


def filled(script: str, tenant: str, sealer: str) -> str:
    """A script with its two placeholders replaced by role names."""
    return script.replace(SCHEMA, tenant).replace(SEALER, sealer)


def quoted(identifier: str) -> str:
    """A PostgreSQL identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def _version_table(head: str) -> str:
    return (
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));\n"
        f"INSERT INTO alembic_version (version_num) VALUES ('{head}')"
    )


def _seed_statements(seeds: SeedRows) -> list[str]:
    return [
        str(
            insert(table)
            .values([{name: _literal(table, name, value) for name, value in row.items()} for row in rows])
            .compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        )
        for table, rows in seeds
        if rows
    ]


def _literal(table: Table, column: str, value: Any) -> Any:
    """JSON has no literal of its own: it is written as text and cast."""
    kind = table.c[column].type
    return cast(literal(json.dumps(value), Text), kind) if isinstance(kind, JSON) else value
