"""What one process needs of partner apps, built once and shared by both doors, so that what one ends is dead in the other."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.adapters.sealing import Sealing
from app.platform.oauth.apps import Apps
from app.platform.oauth.bearers import Bearers
from app.platform.oauth.grants import Grants
from app.platform.oauth.keys import SigningKey
from app.platform.oauth.scopes import Catalogue
from app.platform.oauth.server import Server
from app.platform.oauth.usage import Usage
from app.platform.registry import Registry
from tenants.resolve import Directory


@dataclass(frozen=True)
class Partners:
    """Registrations, grants, the server over them, and the count of calls."""

    apps: Apps
    grants: Grants
    catalogue: Catalogue
    bearers: Bearers
    server: Server
    key: SigningKey
    usage: Usage

    @classmethod
    def of(
        cls,
        control: Engine,
        sealing: Sealing,
        registry: Registry,
        directory: Directory,
        sessions: Callable[[str], Session],
        secret: bytes,
    ) -> "Partners":
        """Over the given engines; `secret` is the installation's."""
        apps, grants, catalogue = Apps(control, sealing), Grants(control), Catalogue(registry)
        bearers = Bearers(grants, catalogue, directory, sessions)
        key = SigningKey(secret)
        server = Server(apps, grants, catalogue, bearers, key)
        return cls(apps, grants, catalogue, bearers, server, key, Usage(control))
