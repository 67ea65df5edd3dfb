"""An installation on the test stack: control and queue migrated, tenants made by the compiled script."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.adapters.db import control_engine
from app.adapters.settings import Settings
from migrations.queue import migrate_queue
from migrations.run import blueprint, migrate_control
from tenants.cells import Cells
from tenants.models import Tenant, TenantState
from tenants.provision import Claim, Provisioner, claim
from tenants.resolve import Directory, TenantRef
from tenants.routing import Router, watch_pool


@dataclass
class Installation:
    """What the wire builds, for tests."""

    settings: Settings
    control: Engine
    cells: Cells
    directory: Directory
    router: Router
    provisioner: Provisioner
    superuser: str = ""
    """Address of the cluster's superuser, for what no role of ours may do."""

    @classmethod
    def on(cls, settings: Settings, superuser: str = "") -> "Installation":
        """Migrate and join everything; asserts at each return to the pool that role and path are clean."""
        migrate_control(settings.database_url)
        migrate_queue(settings.queue_database_url)
        control = control_engine(settings.database_url)
        cells = Cells.of(settings, pool_size=16)
        for key in cells.urls:
            watch_pool(cells.login_engine(key))
        directory = Directory.of(settings, control)
        made = blueprint(roles=settings.tenant_roles)
        provisioner = Provisioner(control, cells, lambda: made)
        return cls(settings, control, cells, directory, Router(cells, directory), provisioner, superuser)

    def new_tenant(self, slug: str = "", *, country: str = "DE", locale: str = "en") -> TenantRef:
        """A fresh, empty, active tenant."""
        self.provisioner.refill(1)
        slug = slug or f"s{secrets.token_hex(6)}"
        with Session(self.control) as session, session.begin():
            tenant: Tenant = claim(session, Claim(slug, f"{slug} Ltd", country, locale))
            tenant.state = TenantState.ACTIVE.value
            tenant_id = tenant.id
        self.directory.forget()
        return self.directory.tenant(tenant_id)

    def close(self) -> None:
        """Close every connection."""
        self.cells.dispose()
        self.control.dispose()
