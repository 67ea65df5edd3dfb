"""`hanse ledger-export`: a sealed period of a company as a file that a stranger can check (`scripts/verify_ledger.py`)."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from app.adapters.settings import Settings
from app.kernel.errors import Missing
from app.modules.finance.models.proof import PeriodSeal
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.period_seal import sealed_entries
from app.modules.finance.rules.manifest import export_lines
from app.platform.organisation import companies
from app.platform.work import Work
from app.wiring import Wiring


def lines_of(work: Work, period: str) -> Iterator[str]:
    """The export of a sealed period of the company at work; Missing where it was not sealed."""
    seal = work.session.scalars(
        select(PeriodSeal).where(PeriodSeal.company_id == work.company_id, PeriodSeal.code == period)
    ).one_or_none()
    if seal is None:
        raise Missing("record.missing", noun="finance.period_seal", id=period)
    entries = sealed_entries(work.session, book_of(work).id, seal.period_id)
    return export_lines(seal.manifest, seal.public_key, seal.signature, entries)


def run(settings: Settings, slug: str, company: str, period: str, target: Path) -> int:
    """Write the file; how many lines. Missing names what is not there."""
    settings.require("database_url", "tenant_database_url")
    wiring = Wiring(settings, pool_size=1)
    try:
        tenant = wiring.directory.by_slug(slug.strip().lower())
        if tenant is None or not tenant.usable:
            raise Missing("tenant.missing", slug=slug)
        actor = wiring.system(tenant.id, door="cli")
        with wiring.router.snapshot(tenant.schema) as session:
            places = companies(Work(session, actor))
            place = next((found for found in places if not company or found.code == company), None)
            if place is None:
                raise Missing("record.missing", noun="platform.company", id=company)
            work = Work(session, actor.in_company(place.id, place.zone))
            count = 0
            with target.open("w", encoding="utf-8") as file:
                for line in lines_of(work, period):
                    file.write(line + "\n")
                    count += 1
            session.rollback()
            return count
    finally:
        wiring.close()
