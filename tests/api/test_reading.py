"""Lists, items, reports, the account."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.db import counted
from tests.api.conftest import CLERK, READER, Api


@pytest.fixture(scope="module")
def stocked(api: Api) -> dict[str, Any]:
    customer = api.customer("启明")
    orders = [api.order(customer, quantity=str(n), price="1.25") for n in range(1, 8)]
    for order in orders[:3]:
        api.post(f"/shop/orders/{order}/confirm")
    return {"customer": customer, "orders": orders}


def test_list_pages_counts_and_sums(api: Api, stocked: dict[str, Any]) -> None:
    query = f"/shop/orders?customer_id={stocked['customer']}&sort=-gross&size=3"
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(query + (f"&cursor={cursor}" if cursor else "")).json()
        assert page["count"] == 7
        assert Decimal(page["totals"]["gross"]) == Decimal("1.25") * 28
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == list(reversed(stocked["orders"]))


def test_list_filters_groups_and_chooses(api: Api, stocked: dict[str, Any]) -> None:
    base = f"/shop/orders?customer_id={stocked['customer']}"
    assert len(api.get(f"{base}&state=confirmed").json()["data"]) == 3
    assert len(api.get(f"{base}&gross.ge=6.25").json()["data"]) == 3
    assert len(api.get(f"{base}&tab=draft").json()["data"]) == 4
    grouped = api.get(f"{base}&group=state").json()
    assert {group["value"]: group["count"] for group in grouped["groups"]} == {"confirmed": 3, "draft": 4}
    row = api.get(f"{base}&fields=state&size=1").json()["data"][0]
    assert set(row) == {"id", "version", "state"}


def test_instants_are_utc(api: Api, stocked: dict[str, Any]) -> None:
    row = api.get(f"/shop/orders?customer_id={stocked['customer']}&state=confirmed").json()["data"][0]
    assert row["confirmed_at"].endswith("Z")
    assert row["ordered_on"] == "2026-03-01"
    assert row["gross"].count(".") == 1


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("colour=red", "filter.unknown", "colour"),
        ("state.like=x", "filter.operator", "state.like"),
        ("ordered_on.ge=soon", "filter.value", "ordered_on"),
        ("sort=colour", "filter.sort_unknown", "sort"),
        ("group=gross", "filter.group_unknown", "group"),
        ("tab=none", "filter.tab_unknown", "tab"),
        ("size=0", "filter.size", "size"),
        ("size=%C2%B2", "filter.size", "size"),
        ("cursor=nonsense", "page.cursor", "cursor"),
        ("cursor=W1sicyIsIngiXSxbInMiLCJ4Il1d", "page.cursor", "cursor"),
        ("fields=colour", "filter.column_unknown", "fields"),
        ("expand=state", "api.expand_unknown", "expand"),
        ("q=%00", "input.control_character", "q"),
    ],
)
def test_wrong_queries(api: Api, query: str, code: str, field: str) -> None:
    answer = api.get(f"/shop/orders?{query}")
    assert answer.status_code == 422, answer.text
    assert (answer.json()["code"], answer.json()["errors"][0]["field"]) == (code, field)


def test_injection_is_only_a_value(api: Api) -> None:
    for name in ("sort", "group", "q", "fields", "cursor", "customer_id", "number.contains", "size"):
        for text in ("'", "id;select pg_sleep(3)--", "(case when 1=1 then id end)"):
            assert api.client.get(
                "/api/v1/shop/orders", params={name: text}, headers={"Authorization": "Bearer hanse_test_owner"}
            ).status_code in (200, 422)


def test_item_with_lines_fields_and_expansion(api: Api, stocked: dict[str, Any]) -> None:
    path = f"/shop/orders/{stocked['orders'][0]}"
    item = api.get(path).json()
    assert item["number"].startswith("SO-")
    assert item["lines"][0]["no"] == 1
    assert "customer" not in item
    chosen = api.get(f"{path}?fields=number,lines.quantity").json()
    assert set(chosen) == {"id", "version", "number", "lines"}
    assert set(chosen["lines"][0]) == {"id", "quantity"}
    named = api.get(f"{path}?expand=*").json()["customer"]
    assert named["id"] == stocked["customer"]
    assert named["label"].endswith("启明")
    assert "active" not in named
    assert api.get(f"{path}?expand=customer_id&fields=customer_id").json()["customer"]["active"] is True
    listed = api.get(f"/shop/orders?expand=customer_id&customer_id={stocked['customer']}").json()["data"][0]
    assert listed["customer"]["name"] == "启明"


def test_expansion_keeps_to_what_one_may_read(api: Api, stocked: dict[str, Any]) -> None:
    from dataclasses import replace

    from app.platform.permissions import Grants

    api.actors["hanse_narrow"] = replace(api.actors[READER], grants=Grants(frozenset({"shop.read_order"})))
    item = api.get(f"/shop/orders/{stocked['orders'][0]}?expand=customer_id", token="hanse_narrow").json()
    assert set(item["customer"]) == {"id", "label"}
    assert api.get("/shop/customers", token="hanse_narrow").status_code == 403


def test_unchanged(api: Api, stocked: dict[str, Any]) -> None:
    path = f"/shop/orders/{stocked['orders'][0]}"
    tag = api.get(path).headers["etag"]
    answer = api.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    head = api.call("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")


def test_report(api: Api, stocked: dict[str, Any]) -> None:
    report = api.get("/shop/reports/turnover-by-state?state=confirmed").json()
    assert report["totals"]["gross"] == report["rows"][0]["gross"]
    assert report["parameters"] == {"since": "2026-01-01", "state": "confirmed"}
    assert api.get("/shop/reports/turnover-by-state?since=x").json()["code"] == "filter.value"
    assert api.get("/shop/reports/turnover-by-state?state=none").json()["code"] == "filter.value"
    assert api.get("/shop/reports/turnover-by-state?x=1").json()["code"] == "filter.unknown"


def test_me(api: Api) -> None:
    mine = api.get("/me", token=CLERK).json()
    assert mine["company"]["currency"] == "CNY"
    assert "shop.confirm_order" in mine["permissions"]
    assert "platform.create_role" not in mine["permissions"]


def test_jobs_of_others_are_missing(api: Api) -> None:
    from app.kernel.dates import now
    from app.platform.jobs import Job

    own, other = uuid4(), uuid4()
    actor = api.actors[CLERK]
    with api.gate.sessions(actor.schema) as session:
        for key, user in ((own, actor.user_id), (other, uuid4())):
            session.add(
                Job(
                    id=key,
                    name="shop.export",
                    arguments={},
                    user_id=user,
                    company_id=actor.company_id,
                    created_at=now(),
                )
            )
        session.commit()
    assert api.get(f"/jobs/{own}", token=CLERK).json()["state"] == "waiting"
    assert api.get(f"/jobs/{other}", token=CLERK).status_code == 404
    assert api.post(f"/jobs/{other}/cancel", token=CLERK).status_code == 404
    assert api.post(f"/jobs/{own}/cancel", token=CLERK).status_code == 200
    assert api.get(f"/jobs/{own}", token=CLERK).json()["state"] == "cancelled"


def test_few_statements(api: Api, stocked: dict[str, Any]) -> None:
    api.get(f"/shop/orders/{stocked['orders'][0]}")
    door = api.client.app
    scope = {
        "type": "http", "method": "GET", "path": f"/api/v1/shop/orders/{stocked['orders'][0]}",
        "query_string": b"", "state": {}, "client": ("127.0.0.1", 1),
    }  # fmt: skip
    with counted() as statements:
        answer = door.answer(scope, {"authorization": "Bearer hanse_test_owner"}, b"", "r")
    assert answer.status == 200
    assert statements[0] <= 5
