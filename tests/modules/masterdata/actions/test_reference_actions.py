from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.adapters.db import counted
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.money import MINOR_DIGITS, digits_of
from app.modules.masterdata.actions.seed import insert_rows, reference_rows, seeded_id
from app.modules.masterdata.models.warehouse import Warehouse
from app.modules.masterdata.module import MODULE
from app.modules.masterdata.queries.country import country_names
from app.modules.masterdata.queries.currency import active_currencies, currency_digits
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.payment_term import term_of
from app.modules.masterdata.queries.region import china_regions
from app.modules.masterdata.queries.unit import convert, unit_by_code, units_of
from app.modules.masterdata.queries.warehouse import default_warehouse, warehouse_of
from app.modules.masterdata.rules.payment_term import InstalmentInput, term_findings
from app.platform.queries import parse_request, run_list
from app.platform.registry import Registry
from app.platform.views import ListView, OverviewView
from app.platform.work import Work

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def refused(tenant: Any, name: str, /, **arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        tenant.perform(name, **arguments)
    return caught.value


# Seeds


def test_seeded_lists(tenant: Any) -> None:
    currencies = tenant.read(active_currencies)
    assert currencies["CNY"].name_zh == "人民币"
    assert {"XAU", "CLF", "XXX"} & currencies.keys() == set()
    assert all(currency_digits(code) == row.digits for code, row in currencies.items())
    assert MINOR_DIGITS.keys() <= currencies.keys()
    assert tenant.read(lambda work: country_names(work, "zh_CN"))["HK"] == "中国香港"
    assert tenant.read(lambda work: unit_by_code(work, "KGM")).id == seeded_id("unit", "KGM")
    ounce = tenant.read(lambda work: unit_by_code(work, "OZA"))
    assert ounce.factor == Decimal("0.0295735295625")


def test_seeded_rows_are_consistent() -> None:
    rows = {model.__tablename__: rows for model, rows in reference_rows()}
    units = {row["code"]: row for row in rows["masterdata_unit"]}
    assert all(units[row["base"]]["factor"] == 1 for row in units.values())
    assert all(units[row["base"]]["dimension"] == row["dimension"] for row in units.values())
    assert all(row["name_zh"] for table in rows.values() for row in table if "name_zh" in row)
    lines = rows["masterdata_payment_term_line"]
    for term in rows["masterdata_payment_term"]:
        own = [line for line in lines if line["payment_term_id"] == term["id"]]
        inputs = [
            InstalmentInput(**{k: v for k, v in line.items() if k not in ("payment_term_id", "position")})
            for line in own
        ]
        assert term_findings(inputs) == [], term["code"]


def test_seeding_takes_a_statement_a_table(tenant: Any) -> None:
    """Rows of another tenant would do; here every one is refused as a duplicate, after one statement."""

    def again(work: Work) -> int:
        with counted() as statements, pytest.raises(IntegrityError):
            insert_rows(work, *reference_rows()[1])
        return statements[0]

    assert tenant.read(again) == 2  # the routed BEGIN and the INSERT


def test_regions() -> None:
    suzhou = china_regions()["320500"]
    assert (suzhou.name, china_regions()[suzhou.parent].name) == ("苏州市", "江苏省")


# Exchange rates


def rate(tenant: Any, *arguments: Any) -> Decimal:
    found: Decimal = tenant.read(lambda work: rate_on(work, *arguments))
    return found


def test_rates(tenant: Any) -> None:
    for currency, valid_on, value in (("USD", MARCH, "7.1"), ("USD", APRIL, "7.2"), ("EUR", APRIL, "7.92")):
        tenant.perform(
            "masterdata.create_exchange_rate", currency=currency, valid_on=valid_on, rate=Decimal(value), source="test"
        )
    assert rate(tenant, "CNY", "CNY", date(1999, 1, 1)) == 1
    assert rate(tenant, "USD", "CNY", date(2026, 3, 31)) == Decimal("7.1")
    assert rate(tenant, "USD", "CNY", APRIL) == Decimal("7.2")
    assert rate(tenant, "CNY", "USD", APRIL) == Decimal("0.1388888889")
    assert rate(tenant, "EUR", "USD", APRIL) == Decimal("1.1000000000")
    for arguments, code in (
        (("USD", "CNY", date(2026, 2, 28)), "exchange_rate.none"),
        (("GBP", "CNY", APRIL), "exchange_rate.none"),
        (("USD", "CNY", APRIL, "average"), "exchange_rate.none"),
        (("USD", "CNY", date(2026, 6, 1)), "exchange_rate.stale"),
    ):
        with pytest.raises(Conflict) as caught:
            rate(tenant, *arguments)
        assert caught.value.code == code


def test_the_company_says_how_old_a_rate_may_be(tenant: Any) -> None:
    tenant.perform("masterdata.create_exchange_rate", currency="SGD", valid_on=MARCH, rate=Decimal(5))
    later = date(2026, 3, 20)
    assert rate(tenant, "SGD", "CNY", later) == 5
    policy = tenant.perform("masterdata.create_rate_policy", stale_after_days=7)
    with pytest.raises(Conflict, match=r"exchange_rate\.stale") as caught:
        rate(tenant, "SGD", "CNY", later)
    assert caught.value.facts["days"] == 7
    tenant.perform("masterdata.update_rate_policy", rate_policy_id=policy, version=1, stale_after_days=0)
    assert rate(tenant, "SGD", "CNY", date(2030, 1, 1)) == 5
    assert refused(tenant, "masterdata.create_rate_policy").code == "rate_policy.exists"
    tenant.perform("masterdata.update_rate_policy", rate_policy_id=policy, version=2, stale_after_days=45)


def test_rates_are_checked_corrected_and_deleted(tenant: Any) -> None:
    given = {"currency": "JPY", "rate": Decimal("0.047"), "valid_on": MARCH}
    key = tenant.perform("masterdata.create_exchange_rate", **given)
    assert refused(tenant, "masterdata.create_exchange_rate", **given).code == "exchange_rate.exists"
    for wrong, code in (
        ({"rate": Decimal(0)}, "exchange_rate.not_positive"),
        ({"currency": "CNY"}, "exchange_rate.same_currency"),
        ({"currency": "QQQ"}, "currency.unknown"),
        ({"quote": "QQQ"}, "currency.unknown"),
    ):
        assert refused(tenant, "masterdata.create_exchange_rate", **(given | wrong)).code == code
    tenant.perform("masterdata.update_exchange_rate", exchange_rate_id=key, version=1, rate=Decimal("0.048"))
    assert rate(tenant, "JPY", "CNY", MARCH) == Decimal("0.048")
    tenant.perform("masterdata.delete_exchange_rate", exchange_rate_id=key)
    with pytest.raises(Conflict):
        rate(tenant, "JPY", "CNY", MARCH)


# Units, currencies, countries


def test_units(tenant: Any) -> None:
    own = tenant.perform("masterdata.create_unit", code="BUNDLE", name="Bundle", base="C62", factor=Decimal(50))
    piece = seeded_id("unit", "C62")
    assert tenant.read(lambda work: convert(work, Decimal(2), own, piece)) == 100
    with pytest.raises(Invalid, match=r"unit\.dimension"):
        tenant.read(lambda work: convert(work, Decimal(2), own, seeded_id("unit", "KGM")))
    assert tenant.read(lambda work: units_of(work, [own]))[own].name_zh == "Bundle"
    for wrong, code in (
        ({"code": "BUNDLE"}, "code.taken"),
        ({"code": "X1", "base": "DZN"}, "unit.base_unknown"),
        ({"code": "X1", "factor": Decimal(2)}, "unit.own_base_factor"),
        ({"code": "X1", "base": "C62", "factor": Decimal(0)}, "unit.factor"),
    ):
        assert refused(tenant, "masterdata.create_unit", **({"name": "X"} | wrong)).code == code
    tenant.perform("masterdata.update_unit", unit_id=own, version=1, name_zh="捆")
    tenant.perform("masterdata.deactivate_unit", unit_id=own)
    tenant.perform("masterdata.reactivate_unit", unit_id=own)
    tenant.perform("masterdata.delete_unit", unit_id=own)
    assert refused(tenant, "masterdata.delete_unit", unit_id=piece).code == "data.in_use"


def test_currencies_and_countries_may_be_retired(tenant: Any) -> None:
    key = seeded_id("currency", "THB")
    tenant.perform("masterdata.update_currency", currency_id=key, version=1, symbol="฿")
    tenant.perform("masterdata.deactivate_currency", currency_id=key)
    given = {"currency": "THB", "rate": Decimal("0.2"), "valid_on": MARCH}
    assert refused(tenant, "masterdata.create_exchange_rate", **given).code == "currency.unknown"
    tenant.perform("masterdata.reactivate_currency", currency_id=key)
    fund = seeded_id("currency", "CLF")
    assert digits_of("CLF") != 4
    assert refused(tenant, "masterdata.reactivate_currency", currency_id=fund).code == "currency.not_for_documents"
    country = seeded_id("country", "AQ")
    tenant.perform("masterdata.update_country", country_id=country, version=1, name="Antarctica!")
    tenant.perform("masterdata.deactivate_country", country_id=country)
    arguments = {"name": "Penguin", "is_customer": True, "country": "AQ"}
    assert refused(tenant, "masterdata.create_party", **arguments).code == "country.unknown"
    tenant.perform("masterdata.reactivate_country", country_id=country)


# Payment terms and warehouses


def test_payment_terms(tenant: Any) -> None:
    seeded = tenant.read(lambda work: term_of(work, seeded_id("payment_term", "30-60-10")))
    assert [(row.share_percent, row.basis, row.days) for row in seeded.rows] == [
        (30, "order", 0),
        (60, "delivery", 30),
        (10, "delivery", 365),
    ]
    halves = [InstalmentInput(share_percent=Decimal(50)), InstalmentInput(share_percent=Decimal(50), days=30)]
    key = tenant.perform("masterdata.create_payment_term", name="Halves", lines=halves)
    tenant.perform("masterdata.update_payment_term", payment_term_id=key, version=1, name_zh="两半", lines=halves[::-1])
    found = tenant.read(lambda work: term_of(work, key))
    assert (found.name, found.name_zh, [row.days for row in found.rows]) == ("Halves", "两半", [30, 0])
    assert refused(tenant, "masterdata.create_payment_term", name="X", lines=halves[:1]).code == "payment_term.sum"
    party = tenant.perform("masterdata.create_party", name="Half payer", is_customer=True, payment_term_id=key)
    assert refused(tenant, "masterdata.delete_payment_term", payment_term_id=key).code == "data.in_use"
    tenant.perform("masterdata.delete_party", party_id=party)
    tenant.perform("masterdata.deactivate_payment_term", payment_term_id=key)
    tenant.perform("masterdata.reactivate_payment_term", payment_term_id=key)
    tenant.perform("masterdata.delete_payment_term", payment_term_id=key)


def test_warehouses_share_the_first_area(tenant: Any) -> None:
    assert tenant.read(default_warehouse) is None
    first = tenant.perform("masterdata.create_warehouse", code="W1", name="一号仓")
    second = tenant.perform("masterdata.create_warehouse", code="W2", name="二号仓")
    stored = tenant.read(lambda work: {row.id: row for row in work.session.scalars(select(Warehouse))})
    assert stored[first].valuation_area_id == stored[second].valuation_area_id
    assert tenant.read(default_warehouse).id == first
    area = tenant.perform("masterdata.create_valuation_area", code="BOND", name="Bonded")
    assert refused(tenant, "masterdata.create_warehouse", code="W3", name="x").field == "valuation_area_id"
    assert refused(tenant, "masterdata.create_warehouse", code="W1", name="x").code == "code.taken"
    third = tenant.perform("masterdata.create_warehouse", code="W3", name="x", valuation_area_id=area)
    assert refused(tenant, "masterdata.update_warehouse", warehouse_id=third, version=1, code="W1").code == "code.taken"
    tenant.perform("masterdata.update_warehouse", warehouse_id=third, version=1, code="W4", address="海关路")
    tenant.perform("masterdata.deactivate_warehouse", warehouse_id=third)
    with pytest.raises(Conflict, match=r"warehouse\.inactive"):
        tenant.read(lambda work: warehouse_of(work, third))
    tenant.perform("masterdata.reactivate_warehouse", warehouse_id=third)
    assert refused(tenant, "masterdata.delete_valuation_area", valuation_area_id=area).code == "data.in_use"
    tenant.perform("masterdata.delete_warehouse", warehouse_id=third)
    tenant.perform("masterdata.update_valuation_area", valuation_area_id=area, version=1, name="Renamed")
    tenant.perform("masterdata.delete_valuation_area", valuation_area_id=area)


# Screens


def test_every_list_opens_with_every_tab_group_and_search(tenant: Any) -> None:
    lists = [view for view in MODULE.views if isinstance(view, ListView)]
    assert len(lists) == 11
    for view in lists:
        wanted = [{"q": "a b"}, *({"tab": tab.name} for tab in view.tabs), *({"group": a.key} for a in view.group_by)]
        for parameters in wanted:
            tenant.read(lambda work, view=view, p=parameters: run_list(work, view, parse_request(view, p)))


def test_the_overview_counts(tenant: Any) -> None:
    overview = next(view for view in MODULE.views if isinstance(view, OverviewView))
    kpis = tenant.read(lambda work: [kpi(work) for kpi in overview.kpis])
    assert all(kpi.value >= 0 for kpi in kpis)
    tenant.read(lambda work: [todo(work) for todo in overview.todos])


def test_every_action_has_a_schema() -> None:
    registry = Registry([MODULE])
    for resource in registry.resources.values():
        assert resource.actions, resource.name
        for act in resource.actions:
            assert act.summary
            assert act.input.model_json_schema()["type"] == "object"
