"""Which release's migrations a control database has had, so that a warm start need not ask three histories.

The stamp is a comment on the control schema, so it is dumped, restored and lost together with the data. It is
only a shortcut of `hanse up`: `hanse migrate` always compares the histories themselves.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

SCHEMA: Final = "platform"
MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"


def release_stamp() -> str:
    """A digest of all migration files and of the queue's version."""
    digest = hashlib.sha256(version("procrastinate").encode())
    for path in sorted(MIGRATIONS.rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(f"{path.relative_to(MIGRATIONS)}\0".encode())
            digest.update(path.read_bytes())
    return f"migrated {digest.hexdigest()}"


def read_stamp(control_url: str) -> str:
    """The stamp of a control database; empty when it has none."""
    with psycopg.connect(control_url) as connection:
        row = connection.execute("SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", [SCHEMA]).fetchone()
    return str(row[0]) if row and row[0] else ""


def write_stamp(control_url: str, stamp: str) -> None:
    """Leave the stamp after all migrations have gone through."""
    with psycopg.connect(control_url) as connection:
        comment = sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(SCHEMA), sql.Literal(stamp))
        connection.execute(comment)
