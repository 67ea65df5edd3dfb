"""The raw floor: the statements the application sent, recorded, and sent again by psycopg alone.

Recording runs the calls in a transaction that is rolled back; so does the replay. Keys therefore do not
clash, and both see the same data. What differs is everything above the driver.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

Statement = tuple[str, Any, bool]
"""(text, parameters, executemany)"""


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Statement]]:
    """All statements an engine sends meanwhile."""
    seen: list[Statement] = []

    def record(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        seen.append((statement, parameters, many))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", record)


class OneTransaction:
    """Sessions that look committed to the gate and are all rolled back at the end."""

    def __init__(self, open_session: Callable[[str], Session], schema: str) -> None:
        self._outer = open_session(schema)
        self._outer.begin()
        self._connection = self._outer.connection()

    def session(self, _schema: str) -> Session:
        """A session on the one connection; its commit only flushes."""
        return Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint")

    def close(self) -> None:
        """Undo everything."""
        self._outer.rollback()
        self._outer.close()


class Replay:
    """Sends recorded statements through psycopg, routed as the application is, and rolls back."""

    def __init__(self, url: str, schema: str, statements: list[Statement]) -> None:
        self._schema = schema
        self._statements = [s for s in statements if not s[0].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]
        self._connection = psycopg.connect(url, autocommit=True)

    def __call__(self) -> None:
        raw = self._connection
        raw.execute(f"BEGIN; SET LOCAL ROLE {self._schema}; SET LOCAL search_path = {self._schema}", prepare=False)
        with raw.cursor() as cursor:
            for text, parameters, many in self._statements:
                if many:
                    cursor.executemany(text, parameters)
                else:
                    cursor.execute(text, parameters)
                if cursor.description is not None:
                    cursor.fetchall()
        raw.execute("ROLLBACK")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
