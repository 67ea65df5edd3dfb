"""The queue's history: procrastinate's own SQL files, and a table that remembers which of them ran."""

from datetime import UTC, datetime
from importlib.resources import files

import psycopg

LOCK = 724_118_001


def migrate_queue(url: str) -> list[str]:
    """Bring the queue database to the installed procrastinate; returns the names of what ran."""
    folder = files("procrastinate") / "sql"
    known = sorted(entry.name for entry in (folder / "migrations").iterdir() if entry.name.endswith(".sql"))
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS hanse_queue_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL)"
        )
        done = {row[0] for row in connection.execute("SELECT name FROM hanse_queue_migration")}
        if not done:
            connection.execute((folder / "schema.sql").read_bytes(), prepare=False)
            ran = ["schema.sql"]
        else:
            ran = [name for name in known if name not in done]
            for name in ran:
                connection.execute((folder / "migrations" / name).read_bytes(), prepare=False)
        at = datetime.now(UTC)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO hanse_queue_migration VALUES (%s, %s)", [(name, at) for name in known if name not in done]
            )
    return ran
