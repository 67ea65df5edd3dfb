"""The databases that hold tenants, by key, and who connects to them as whom.

A cell is one PostgreSQL database. Its addresses are settings, never rows; engines are made on first use,
so that a process may fork before.
"""

from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from app.adapters.db import control_engine, tenant_engine
from app.adapters.sealing import open_master
from app.adapters.settings import Settings, SettingsError
from tenants.data_keys import DataKeys

MAIN = "main"


@dataclass(frozen=True)
class CellUrls:
    """How to reach one cell. `owner` and `sealer` are empty in the web tier."""

    login: str
    owner: str = ""
    sealer: str = ""


@dataclass
class Cells:
    """All cells of an installation and the engines over them."""

    urls: dict[str, CellUrls]
    roles: bool = True
    pool_size: int = 8
    keys: DataKeys | None = None
    """What seals sensitive columns; made from the settings."""
    _engines: dict[tuple[str, str], Engine] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, settings: Settings, *, pool_size: int = 8) -> "Cells":
        """The one cell of today's settings."""
        settings.require("tenant_database_url")
        main = CellUrls(settings.tenant_database_url, settings.owner_database_url, settings.sealer_database_url)
        keys = DataKeys(lambda: control_engine(settings.database_url, pool_size=1), lambda: open_master(settings))
        return cls({MAIN: main}, roles=settings.tenant_roles, pool_size=pool_size, keys=keys)

    def login_engine(self, key: str) -> Engine:
        """The engine of web and worker; owns nothing."""
        return self._engine("login", key)

    def sealer_engine(self, key: str) -> Engine:
        """The engine that may change to sealer roles; worker only."""
        return self._engine("sealer", key)

    def owner_url(self, key: str) -> str:
        """The address of the owner of schemas; SettingsError where this process was not given it."""
        url = self.urls[key].owner
        if not url:
            raise SettingsError("HANSE_OWNER_DATABASE_URL is not set: this process may not make or change schemas")
        return url

    def logins(self, key: str) -> tuple[str, str]:
        """The names of the login and the sealer login, to which tenants' roles are granted."""
        urls = self.urls[key]
        return _user(urls.login), _user(urls.sealer or urls.owner or urls.login)

    def dispose(self) -> None:
        """Close every connection."""
        with self._lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
        if self.keys is not None:
            self.keys.dispose()

    def _engine(self, who: str, key: str) -> Engine:
        with self._lock:
            engine = self._engines.get((who, key))
            if engine is None:
                urls = self.urls[key]
                if who == "sealer":
                    if not urls.sealer:
                        raise SettingsError("HANSE_SEALER_DATABASE_URL is not set: this process may not seal")
                    engine = tenant_engine(urls.sealer, roles=self.roles, role_suffix="_s", pool_size=2)
                else:
                    keys = self.keys.of if self.keys is not None else None
                    engine = tenant_engine(urls.login, roles=self.roles, pool_size=self.pool_size, keys=keys)
                self._engines[who, key] = engine
            return engine


def _user(url: str) -> str:
    """The login's name; where the address has none PostgreSQL would take the process's, so it must be said."""
    name = make_url(url).username
    if not name:
        raise SettingsError("a database address must name its user: postgresql://USER:PASSWORD@HOST/DATABASE")
    return name
