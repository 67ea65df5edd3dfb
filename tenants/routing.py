"""Sessions on a tenant's schema, whichever cell holds it.

The routing statement itself is `app.adapters.db`; here a schema name finds its engine.
"""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.adapters.db import snapshot_session, tenant_session
from tenants.cells import Cells
from tenants.resolve import Directory


class Router:
    """Opens routed sessions; `router.session` is what the gate is given."""

    def __init__(self, cells: Cells, directory: Directory) -> None:
        self._cells = cells
        self._directory = directory

    def session(self, schema: str) -> Session:
        """A session whose every transaction runs in that tenant's role and schema."""
        return tenant_session(self._cells.login_engine(self._cell(schema)), schema)

    def snapshot(self, schema: str) -> Session:
        """A session that reads one moment of the tenant over any number of statements."""
        return snapshot_session(self._cells.login_engine(self._cell(schema)), schema)

    def sealer_session(self, schema: str) -> Session:
        """The same in the tenant's sealer role, which writes balances and seals; worker only."""
        return tenant_session(self._cells.sealer_engine(self._cell(schema)), schema)

    def _cell(self, schema: str) -> str:
        if len(self._cells.urls) == 1:
            return next(iter(self._cells.urls))
        return self._directory.cell_of(schema)


class Unclean(RuntimeError):
    """A connection came back to the pool still in a tenant's role or schema."""


def watch_pool(engine: Engine) -> None:
    """Assert at every return to the pool that role and path are the login's own. One round trip: for tests."""

    @event.listens_for(engine, "checkin")
    def check(raw: Any, record: Any) -> None:
        if raw is None or raw.closed:
            return
        role, login, path = raw.execute("SELECT current_user, session_user, current_setting('search_path')").fetchone()
        if role != login or "t_" in path:
            record.invalidate()
            raise Unclean(f"role {role}, login {login}, path {path}")
