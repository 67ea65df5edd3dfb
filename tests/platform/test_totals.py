"""Totals of a list: never a sum of different currencies."""

from decimal import Decimal

from app.modules.sales.views.order import ORDERS
from app.platform.listing import ListResult, parse_request, run_list
from tests.factories.tenant import Tenant


def _list(tenant: Tenant, **parameters: str) -> ListResult:
    return tenant.read(lambda work: run_list(work, ORDERS, parse_request(ORDERS, parameters)))


def test_one_total_a_currency(tenant: Tenant) -> None:
    item = tenant.perform(
        "masterdata.create_item",
        name="Pump",
        unit_id=tenant.perform(
            "masterdata.create_unit", code="PU1", name="pump", name_zh="台", dimension="count", base="PU1", factor="1"
        ),
    )
    buyers = {
        currency: tenant.perform(
            "masterdata.create_party", name=f"Buyer {currency}", country="US", is_customer=True, price_currency=currency
        )
        for currency in ("CNY", "USD")
    }
    for currency, price in (("CNY", "100"), ("CNY", "50"), ("USD", "7")):
        tenant.perform(
            "sales.create_order",
            customer_id=buyers[currency],
            lines=[{"item_id": item, "quantity": "1", "price": price}],
        )
    mixed = _list(tenant)
    assert ("net" in mixed.totals, mixed.count) == (False, 3)
    dollars = _list(tenant, currency="USD")
    assert (dollars.totals["net"], dollars.currencies["net"]) == (Decimal(7), "USD")
    groups = {
        group.label: (group.totals.get("net"), group.currencies["net"])
        for group in _list(tenant, group="customer_id").groups
    }
    assert groups == {"Buyer CNY": (Decimal(150), "CNY"), "Buyer USD": (Decimal(7), "USD")}
