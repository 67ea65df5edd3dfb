"""A trial balance with openings over 200,000 and over 2,000,000 ledger lines: the cost must not grow."""

from datetime import date

import psycopg

from bench.floor import Replay, recorded
from bench.measure import Figure
from bench.site import Site

ROUNDS = 15
TARGET_MS = 10.0
CHUNK = 10_000


def run(site: Site) -> list[Figure]:
    """The report's query at both sizes, sealed as the worker would have."""
    figures = []
    have = 0
    for lines, name in ((200_000, "trial_balance_200k_ms"), (2_000_000, "trial_balance_2m_ms")):
        _grow(site, (lines - have) // 2)
        have = lines
        figures.append(_measure(site, name))
    return figures


def _measure(site: Site, name: str) -> Figure:
    from app.modules.finance.queries.balance import balances
    from app.modules.finance.rules.balance import Window
    from app.platform.work import Work

    today = date.today()  # noqa: DTZ011  # any day of the open year
    window = Window(date(today.year, 1, 1), today)

    def report() -> None:
        with site.wiring.router.session(site.tenant.schema) as session:
            balances(Work(session, site.actor), window)
            session.rollback()

    with recorded(site.wiring.cells.login_engine(site.tenant.cell)) as seen:
        report()
    replay = Replay(site.wiring.settings.tenant_database_url, site.tenant.schema, seen)
    try:
        floor = site.meter.median_ms(replay, rounds=ROUNDS)
    finally:
        replay.close()
    return Figure(name, site.meter.median_ms(report, rounds=ROUNDS), "ms", TARGET_MS, floor)


def _grow(site: Site, entries: int) -> None:
    """Post entries in batches through the posting action itself, then seal them: the data are the product's own."""
    from app.modules.finance.queries.account import account_for
    from app.platform.actions import settle
    from app.platform.work import Work

    act = site.wiring.registry.actions["finance.create_entry"]
    with site.wiring.router.session(site.tenant.schema) as session:
        work = Work(session, site.actor)
        pair = [str(account_for(work, role)) for role in ("bank", "opening")]
        session.rollback()
    given = {
        "lines": [{"account_id": pair[0], "debit": "10.00"}, {"account_id": pair[1], "credit": "10.00"}],
        "memo": "bench",
    }
    decoded = act.input.model_validate(given)
    arguments = {name: getattr(decoded, name) for name in decoded.model_fields_set}
    done = 0
    while done < entries:
        count = min(CHUNK, entries - done)
        with site.wiring.router.session(site.tenant.schema) as session:
            work = Work(session, site.actor)
            for _ in range(count):
                act(work, **arguments)
            settle(work)
            session.commit()
        done += count
        _seal(site)
    with psycopg.connect(site.owner_url, autocommit=True) as connection:
        connection.execute(f"SET search_path = {site.tenant.schema}")
        connection.execute("ANALYZE finance_line")


def _seal(site: Site) -> None:
    for upkeep in site.wiring.registry.upkeep:
        upkeep(site.wiring.router, site.wiring.gate, site.actor)
