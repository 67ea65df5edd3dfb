"""Pages and reads: an order with five lines by REST, a list of eighty orders as a page."""

from bench.floor import Replay, recorded
from bench.measure import Figure
from bench.site import Site, lines_of

ROUNDS = 60
ORDERS = 200


def run(site: Site) -> list[Figure]:
    """CPU of one read each."""
    orders = [
        site.perform("sales.create_order", customer_id=str(site.customer), lines=lines_of(site)) for _ in range(ORDERS)
    ]

    site.meter.settle()

    def order() -> None:
        site.rest("GET", f"/sales/orders/{orders[0]}")

    def page() -> None:
        status, body = site.request("GET", "/sales/orders?tab=all&size=80")
        if status != 200 or body.count(b"<tr data-id") != 80:
            raise RuntimeError(f"the list answered {status}")

    def document() -> None:
        status, _ = site.request("GET", f"/sales/orders/{orders[0]}")
        if status != 200:
            raise RuntimeError(f"the order answered {status}")

    return [
        Figure("order_read_cpu_ms", site.meter.median_ms(order, rounds=ROUNDS), "ms", 2.7, _floor(site, order)),
        Figure("list_80_cpu_ms", site.meter.median_ms(page, rounds=ROUNDS), "ms", 6.0, _floor(site, page)),
        Figure("order_page_cpu_ms", site.meter.median_ms(document, rounds=ROUNDS), "ms", 15.0, _floor(site, document)),
    ]


def _floor(site: Site, run: object) -> float:
    with recorded(site.wiring.cells.login_engine(site.tenant.cell)) as seen:
        run()  # type: ignore[operator]
    replay = Replay(site.wiring.settings.tenant_database_url, site.tenant.schema, seen)
    try:
        return site.meter.median_ms(replay, rounds=ROUNDS)
    finally:
        replay.close()
