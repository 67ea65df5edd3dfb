"""Takes every tenant through the tenant history: rendered once, applied in a transaction per tenant.

A tenant that fails (a lock not got in time, a damaged schema) stays as it was and keeps serving; the
others go on, and the next run resumes with what is left.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, local

import psycopg

from app.kernel.text import is_schema_name
from migrations.history import head, revisions, tenant_sql
from tenants.cells import Cells
from tenants.script import LOCK_TIMEOUT, filled, quoted

THREADS = 4
ATTEMPTS = 3


@dataclass
class Report:
    """What happened to whom. `ahead`: a newer release was here before; `failed` maps a schema to the reason."""

    upgraded: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Rolling:
    """One run over the tenants of one cell."""

    def __init__(self, cells: Cells, cell: str, versions: Path | None = None) -> None:
        self._url = cells.owner_url(cell)
        self._logins = cells.logins(cell)
        self._roles = cells.roles
        self._versions = versions
        self._head = head("tenant", versions)
        self._upgradable = set(revisions("tenant", versions)) - {self._head}
        self._rendered: dict[str | None, str] = {}
        self._lock = Lock()
        self._thread = local()
        self._open: list[psycopg.Connection] = []

    def run(self, schemas: Sequence[str], progress: Callable[[int, int], None] = lambda _done, _of: None) -> Report:
        """Upgrade these schemas; `progress(done, of)` is called after each."""
        report = Report()
        try:
            with ThreadPoolExecutor(min(THREADS, max(1, len(schemas)))) as pool:
                for number, (schema, outcome) in enumerate(zip(schemas, pool.map(self._one, schemas), strict=True), 1):
                    if outcome in ("upgraded", "current", "ahead"):
                        getattr(report, outcome).append(schema)
                    else:
                        report.failed[schema] = outcome
                    progress(number, len(schemas))
        finally:
            for connection in self._open:
                connection.close()
        if report.upgraded:
            self._flush()
        return report

    def _one(self, schema: str) -> str:
        """`upgraded`, `current`, `ahead`, or why it failed."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._upgrade(schema)
            except psycopg.errors.LockNotAvailable as error:
                reason = str(error).strip()
                if attempt < ATTEMPTS:
                    time.sleep(random.uniform(0.1, 0.5) * attempt)  # noqa: S311 -- only spreads retries
            except (psycopg.Error, ValueError) as error:
                return str(error).strip() or type(error).__name__
        return reason

    def _upgrade(self, schema: str) -> str:
        if not is_schema_name(schema):
            raise ValueError(f"not a schema name: {schema!r}")
        connection = self._connection()
        try:
            version = self._begin(connection, schema)
            if version is not None and version not in self._upgradable:
                connection.execute("ROLLBACK")
                return "current" if version == self._head else "ahead"
            login, sealer_login = self._logins
            tenant = schema if self._roles else quoted(login)
            sealer = f"{schema}_s" if self._roles else quoted(sealer_login)
            body = filled(self._script(version), tenant, sealer)
            connection.execute(f"{body}\nCOMMIT".encode(), prepare=False)
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise
        return "upgraded"

    def _begin(self, connection: psycopg.Connection, schema: str) -> str | None:
        """Open the tenant's transaction and read its revision under a lock, so that two runs cannot meet.

        One round trip. Commits need not reach the disk one by one: a lost one is a tenant left behind, as
        after any crash, and `run` flushes them all before it reports.
        """
        opening = (
            f"BEGIN; SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL synchronous_commit = off; "
            f"SET LOCAL search_path = {schema}"
        )
        version = "LOCK TABLE alembic_version IN EXCLUSIVE MODE; SELECT version_num FROM alembic_version"
        try:
            cursor = connection.execute(f"{opening}; {version}".encode(), prepare=False)
        except psycopg.errors.UndefinedTable:
            connection.rollback()
            connection.execute(opening.encode(), prepare=False)
            return None
        while cursor.nextset():
            pass  # the revision is in the last of the results
        row = cursor.fetchone()
        return str(row[0]) if row else None

    def _flush(self) -> None:
        """A commit that waits for the disk takes all earlier ones with it."""
        with psycopg.connect(self._url) as connection:
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute("SELECT pg_current_xact_id()")

    def _script(self, start: str | None) -> str:
        with self._lock:
            if start not in self._rendered:
                self._rendered[start] = tenant_sql(start, self._versions, guarded=self._roles)
            return self._rendered[start]

    def _connection(self) -> psycopg.Connection:
        """One connection a thread; a broken one is replaced."""
        connection: psycopg.Connection | None = getattr(self._thread, "connection", None)
        if connection is None or connection.closed:
            connection = psycopg.connect(self._url, autocommit=True, prepare_threshold=None)
            self._thread.connection = connection
            with self._lock:
                self._open.append(connection)
        return connection
