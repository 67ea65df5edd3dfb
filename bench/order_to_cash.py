"""One order of five lines from creation to cash by REST: create, confirm, deliver and ship, invoice and post, pay."""

from typing import Any

from bench.floor import OneTransaction, Replay, recorded
from bench.measure import Figure
from bench.site import Site, lines_of

ROUNDS = 25
TARGET_MS, TARGET_STATEMENTS = 60.0, 90.0


def run(site: Site) -> list[Figure]:
    """CPU of the five calls, and the SQL statements they send."""
    bank = site.rest("GET", "/finance/bank-accounts?size=1")["data"][0]["id"]

    def flow() -> None:
        by_rest(site, bank)

    cost = site.meter.median_ms(flow, rounds=ROUNDS)
    statements = site.statements(flow)
    return [
        Figure("order_to_cash_cpu_ms", cost, "ms", TARGET_MS, _floor(site, bank)),
        Figure("order_to_cash_statements", statements, "statements", TARGET_STATEMENTS),
    ]


def by_rest(site: Site, bank: str) -> None:
    """The five calls."""
    order = site.rest("POST", "/sales/orders", {"customer_id": str(site.customer), "lines": lines_of(site)})["result"]
    site.rest("POST", f"/sales/orders/{order}/confirm", {})
    site.rest("POST", f"/sales/orders/{order}/deliver", {"ship": True})
    invoice = site.rest("POST", f"/sales/orders/{order}/invoice", {"post": True})["result"]
    site.rest("POST", "/finance/payments", payment(site, bank, invoice))


def payment(site: Site, bank: str, invoice: str) -> dict[str, Any]:
    """The body that pays an invoice of five lines in full and posts it."""
    return {
        "party_id": str(site.customer),
        "direction": "receipt",
        "amount": "1130.00",
        "bank_account_id": bank,
        "allocations": [{"invoice_id": invoice, "amount": "1130.00"}],
        "post": True,
    }


def _floor(site: Site, bank: str) -> float:
    """The same statements by psycopg alone."""
    outer = OneTransaction(site.wiring.router.session, site.tenant.schema)
    gate = site.wiring.gate
    engine = site.wiring.cells.login_engine(site.tenant.cell)
    object.__setattr__(gate, "sessions", outer.session)
    try:
        with recorded(engine) as seen:
            by_rest(site, bank)
    finally:
        object.__setattr__(gate, "sessions", site.wiring.router.session)
        outer.close()
    replay = Replay(site.wiring.settings.tenant_database_url, site.tenant.schema, seen)
    try:
        return site.meter.median_ms(replay, rounds=ROUNDS)
    finally:
        replay.close()
