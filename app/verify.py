"""`hanse verify`: the audit log against its proof, and what must hold in the books of every company.

A tenant is read in one snapshot, so that what is posted meanwhile is not taken for a mistake.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.adapters.settings import Settings
from app.api.errors import message
from app.kernel.errors import Finding, Missing
from app.platform.audit_check import audit_findings
from app.platform.organisation import companies
from app.platform.work import Work
from app.wiring import Wiring
from tenants.resolve import TenantRef


@dataclass(frozen=True)
class Found:
    """Something that does not hold in a tenant; `company` is empty where it concerns all of them."""

    tenant: str
    company: str
    finding: Finding


def findings_in(wiring: Wiring, tenant: TenantRef) -> Iterator[Found]:
    """What the audit log's proof and the modules' checks find in a tenant; nothing is changed."""
    actor = wiring.system(tenant.id, door="cli")
    with wiring.router.snapshot(tenant.schema) as session:
        for finding in audit_findings(session, wiring.objects, tenant.schema):
            yield Found(tenant.slug, "", finding)
        places = [(found.id, found.zone, found.name) for found in companies(Work(session, actor))]
        for key, zone, name in places:
            inside = actor.in_company(key, zone)
            for check in wiring.registry.checks:
                for finding in check(Work(session, inside)):
                    yield Found(tenant.slug, name, finding)
                session.expunge_all()  # the next check needs none of its rows
        session.rollback()


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
            f"[green]✓[/green] {len(tenants)} tenants, {len(wiring.registry.checks) + 1} checks: everything holds"
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
