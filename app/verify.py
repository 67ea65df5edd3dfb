"""`hanse verify`: every module checks what must hold in the books of every company, and tells what does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.adapters.settings import Settings
from app.api.errors import message
from app.kernel.errors import Finding, Missing
from app.platform.organisation import companies
from app.platform.work import Work
from app.wiring import Wiring
from tenants.resolve import TenantRef


@dataclass(frozen=True)
class Found:
    """Something that does not hold in one company."""

    tenant: str
    company: str
    finding: Finding


def findings_in(wiring: Wiring, tenant: TenantRef) -> Iterator[Found]:
    """What the modules' checks find in each company of a tenant; nothing is changed."""
    actor = wiring.system(tenant.id, door="cli")

    def all_companies(work: Work) -> list[tuple[UUID, str, str]]:
        return [(company.id, company.zone, company.name) for company in companies(work)]

    for key, zone, name in wiring.gate.read(actor, all_companies):
        inside = actor.in_company(key, zone)
        for check in wiring.registry.checks:
            for finding in wiring.gate.read(inside, check):
                yield Found(tenant.slug, name, finding)


def run(settings: Settings, slug: str = "", locale: str = "en") -> int:
    """Check one tenant or all; prints a table of what was found. Returns the exit code, 1 where anything was."""
    settings.require("database_url", "tenant_database_url")
    wiring = Wiring(settings, pool_size=1)
    console = Console()
    try:
        tenants = _tenants(wiring, slug)
        found: list[Found] = []
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Tenants", total=len(tenants))
            for tenant in tenants:
                found += findings_in(wiring, tenant)
                bar.advance(task)
    finally:
        wiring.close()
    if not found:
        console.print(
            f"[green]✓[/green] {len(tenants)} tenants, {len(wiring.registry.checks)} checks: everything holds"
        )
        return 0
    table = Table("Tenant", "Company", "What does not hold")
    for one in found:
        table.add_row(one.tenant, one.company, message(locale, one.finding.code, one.finding.facts))
    console.print(table)
    return 1


def _tenants(wiring: Wiring, slug: str) -> list[TenantRef]:
    if not slug:
        return wiring.directory.active()
    tenant = wiring.directory.by_slug(slug.strip().lower())
    if tenant is None or not tenant.usable:
        raise Missing("tenant.missing", slug=slug)
    return [tenant]
