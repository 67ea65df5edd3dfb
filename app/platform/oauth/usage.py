"""How often an app called what in a tenant: counted in the process, written every few seconds, kept a day a row.

A count is a help for people, not a proof: what a process had not yet written when it was killed is lost. What an app
changed stands in the audit log, in the same transaction.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock, Timer
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.adapters.db import table_of
from app.kernel.dates import now
from tenants.apps import AppUse

WRITE_SECONDS = 5.0
MOST_OPERATIONS = 100


@dataclass(frozen=True)
class DayOfUse:
    """Calls of an app in one tenant on one day (UTC)."""

    day: date
    calls: int
    refused: int


class Usage:
    """Counts calls."""

    def __init__(self, control: Engine, *, write_seconds: float = WRITE_SECONDS) -> None:
        self._control = control
        self._seconds = write_seconds
        self._calls: Counter[tuple[UUID, UUID, date, str]] = Counter()
        self._refused: Counter[tuple[UUID, UUID, date, str]] = Counter()
        self._lock = Lock()
        self._timer: Timer | None = None

    def count(self, tenant_id: UUID, app_id: UUID, operation: str, *, refused: bool) -> None:
        """One call of an app."""
        key = (tenant_id, app_id, now().date(), operation[:100])
        with self._lock:
            self._calls[key] += 1
            self._refused[key] += refused
            if self._timer is None:
                self._timer = Timer(self._seconds, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write what was counted; a database that is away gets it the next time."""
        with self._lock:
            calls, refused = self._calls, self._refused
            self._calls, self._refused, self._timer = Counter(), Counter(), None
        if not calls:
            return
        table = table_of(AppUse)
        rows = [
            {"tenant_id": t, "app_id": a, "day": day, "operation": o, "calls": n, "refused": refused[t, a, day, o]}
            for (t, a, day, o), n in sorted(calls.items(), key=lambda item: str(item[0]))
        ]
        added = insert(table)
        added = added.on_conflict_do_update(
            index_elements=["tenant_id", "app_id", "day", "operation"],
            set_={"calls": table.c.calls + added.excluded.calls, "refused": table.c.refused + added.excluded.refused},
        )
        try:
            with Session(self._control) as session, session.begin():
                session.execute(added, rows)
        except DBAPIError:
            with self._lock:
                self._calls.update(calls)
                self._refused.update(refused)

    def days(self, tenant_id: UUID, app_id: UUID, *, most: int = 30) -> list[DayOfUse]:
        """Calls a day, the latest first, of the last `most` days."""
        self.write()
        statement = (
            select(AppUse.day, func.sum(AppUse.calls), func.sum(AppUse.refused))
            .where(AppUse.tenant_id == tenant_id, AppUse.app_id == app_id)
            .where(AppUse.day > now().date() - timedelta(days=most))
            .group_by(AppUse.day)
            .order_by(AppUse.day.desc())
        )
        with Session(self._control) as session:
            return [DayOfUse(day, int(calls), int(refused)) for day, calls, refused in session.execute(statement)]

    def operations(self, tenant_id: UUID, app_id: UUID, *, most: int = 30) -> list[tuple[str, int, int]]:
        """(operation, calls, refused) of the last `most` days, the most called first."""
        statement = (
            select(AppUse.operation, func.sum(AppUse.calls), func.sum(AppUse.refused))
            .where(AppUse.tenant_id == tenant_id, AppUse.app_id == app_id)
            .where(AppUse.day > now().date() - timedelta(days=most))
            .group_by(AppUse.operation)
            .order_by(func.sum(AppUse.calls).desc(), AppUse.operation)
            .limit(MOST_OPERATIONS)
        )
        with Session(self._control) as session:
            return [(name, int(calls), int(refused)) for name, calls, refused in session.execute(statement)]
