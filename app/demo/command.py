"""`hanse demo`: a year of invented trade in a tenant, with a progress bar."""

import time
from decimal import Decimal

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.adapters.settings import Settings
from app.demo.build import build
from app.kernel.errors import Missing
from app.wiring import Wiring


def run(settings: Settings, slug: str, orders: int) -> int:
    """Fill the tenant's first company; prints what was made. Refuses where there are orders already."""
    settings.require("database_url", "tenant_database_url")
    wiring = Wiring(settings, pool_size=2)
    began = time.perf_counter()
    try:
        tenant = wiring.directory.by_slug(slug.strip().lower())
        if tenant is None or not tenant.usable:
            raise Missing("tenant.missing", slug=slug)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(tenant.company_name, total=100)

            def tell(share: Decimal) -> bool:
                bar.update(task, completed=float(share))
                return True

            actor = wiring.system(tenant.id, door="cli")
            counts = build(wiring.gate, actor, wiring.registry, tell, orders=orders)
    finally:
        wiring.close()
    table = Table("Made", "Count", title=f"{tenant.slug}: {time.perf_counter() - began:.0f} s")
    for name, count in counts.items():
        table.add_row(name, str(count))
    Console().print(table)
    return 0
