"""`hanse keys`: new data keys, values sealed again, keys wrapped again by a new master key. All of it while serving."""

from typing import Any

from rich.console import Console

from app.adapters.settings import Settings
from app.kernel.errors import Missing
from app.platform.resealing import reseal_tenant
from app.wiring import Wiring
from tenants.data_keys import DataKeys
from tenants.resolve import TenantRef


def rotate(settings: Settings, slug: str = "") -> int:
    """Give a tenant, or all, a new data key, and seal everything with it."""
    return _each(settings, slug, new=True)


def reseal(settings: Settings, slug: str = "") -> int:
    """Finish what a rotation or an upgrade left: seal again whatever is not sealed with the newest key."""
    return _each(settings, slug, new=False)


def rewrap(settings: Settings) -> int:
    """Wrap all data keys by the master key in use."""
    wiring, console = Wiring(settings, pool_size=1), Console()
    try:
        console.print(f"{_keys(wiring).rewrap()} data keys wrapped by the master key in use", highlight=False)
    finally:
        wiring.close()
    return 0


def _each(settings: Settings, slug: str, *, new: bool) -> int:
    settings.require("database_url", "tenant_database_url")
    wiring, console = Wiring(settings, pool_size=1), Console()
    try:
        for tenant in _tenants(wiring, slug):
            keys = _keys(wiring)
            version = f", data key {keys.rotate(tenant.schema)}" if new else ""
            done = reseal_tenant(wiring.gate, _system(wiring, tenant), keys.of(tenant.schema))
            console.print(f"{tenant.slug}{version}: {done} values sealed again", highlight=False)
    finally:
        wiring.close()
    return 0


def _system(wiring: Wiring, tenant: TenantRef) -> Any:
    return wiring.system(tenant.id, door="cli")


def _keys(wiring: Wiring) -> DataKeys:
    assert wiring.cells.keys is not None, "cells made from settings have keys"
    return wiring.cells.keys


def _tenants(wiring: Wiring, slug: str) -> list[TenantRef]:
    if not slug:
        return wiring.directory.active()
    tenant = wiring.directory.by_slug(slug.strip().lower())
    if tenant is None or not tenant.usable:
        raise Missing("tenant.missing", slug=slug)
    return [tenant]
