"""Ledger entries through the gate: two lines, a hundred lines, a thousand entries in one transaction."""

from typing import Any

from bench.floor import OneTransaction, Replay, recorded
from bench.measure import Figure
from bench.site import Site

ROUNDS = 40
BATCH = 1000


def run(site: Site) -> list[Figure]:
    """CPU of an entry; of the batch, per entry."""
    debit, credit = _accounts(site)

    def body(lines: int) -> dict[str, Any]:
        half = lines // 2
        rows = [{"account_id": debit, "debit": "10.00"}] * half + [{"account_id": credit, "credit": "10.00"}] * half
        return {"lines": rows, "memo": "bench"}

    figures = []
    for lines, target in ((2, 3.0), (100, 10.0)):
        given = body(lines)

        def one(given: dict[str, Any] = given) -> None:
            site.perform("finance.create_entry", **given)

        name = f"entry_{lines}_lines_cpu_ms"
        cost = site.meter.median_ms(one, rounds=ROUNDS)
        figures.append(Figure(name, cost, "ms", target, _floor(site, one)))
    figures.append(_batched(site, body(2)))
    return figures


def _accounts(site: Site) -> tuple[str, str]:
    from app.modules.finance.queries.account import account_for
    from app.platform.work import Work

    with site.wiring.router.session(site.tenant.schema) as session:
        work = Work(session, site.actor)
        found = str(account_for(work, "bank")), str(account_for(work, "opening"))
        session.rollback()
    return found


def _batched(site: Site, given: dict[str, Any]) -> Figure:
    from app.platform.actions import settle
    from app.platform.work import Work

    act = site.wiring.registry.actions["finance.create_entry"]
    decoded = act.input.model_validate(given)
    arguments = {name: getattr(decoded, name) for name in decoded.model_fields_set}

    def batch() -> None:
        with site.wiring.router.session(site.tenant.schema) as session:
            work = Work(session, site.actor)
            for _ in range(BATCH):
                act(work, **arguments)
            settle(work)
            session.commit()

    cost = site.meter.median_ms(batch, rounds=5, warm=1) / BATCH
    return Figure("entry_batched_cpu_ms", cost, "ms", 0.6)


def _floor(site: Site, one: Any) -> float:
    outer = OneTransaction(site.wiring.router.session, site.tenant.schema)
    gate = site.wiring.gate
    object.__setattr__(gate, "sessions", outer.session)
    try:
        with recorded(site.wiring.cells.login_engine(site.tenant.cell)) as seen:
            one()
    finally:
        object.__setattr__(gate, "sessions", site.wiring.router.session)
        outer.close()
    replay = Replay(site.wiring.settings.tenant_database_url, site.tenant.schema, seen)
    try:
        return site.meter.median_ms(replay, rounds=ROUNDS)
    finally:
        replay.close()
