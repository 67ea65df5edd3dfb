"""What a role hides is, over REST, what never existed: fields, rows, references."""

import json
from typing import Any
from uuid import UUID

import pytest

from app.api.context import ApiContext
from app.api.door import Door
from app.modules.masterdata.actions.seed import seeded_id
from app.platform.identity.tokens import Tokens
from tests.factories.person import colleague, role
from tests.factories.tenant import Tenant

PIECE = seeded_id("unit", "H87")
RULES: list[dict[str, Any]] = [
    {"model": "sales.order", "kind": "own"},
    *({"model": "sales.order", "kind": "field", "field": f, "readable": False} for f in ("net", "lines.price", "memo")),
    {"model": "masterdata.party", "kind": "field", "field": "phone", "readable": False},
]


class Caller:
    """Asks the door without a socket; answers status and value."""

    def __init__(self, door: Door, token: str) -> None:
        self.door = door
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": f"/api/v1{path}",
            "query_string": query.encode(),
            "state": {},
        }
        content = json.dumps(body).encode() if body is not None else b""
        answer = self.door.answer(scope, self.headers, content, "test")
        return answer.status, json.loads(answer.content() or b"null")


@pytest.fixture(scope="module")
def orders(tenant: Tenant) -> dict[str, UUID]:
    """Ann's order, and one of the owner."""
    person = colleague(tenant, role(tenant, "sales.*", "masterdata.read_*", rules=RULES), name="Ann")
    customer = tenant.perform("masterdata.create_party", name="Home & Co", is_customer=True, phone="0512 7777 7777")
    item = tenant.perform("masterdata.create_item", name="Cylinder", unit_id=PIECE, sales_price="100")
    line = {"item_id": item, "quantity": "1", "unit_id": PIECE, "price": "77"}
    more = {"customer_id": customer, "lines": [line], "memo": "between us", "warehouse_id": tenant.warehouse_id}
    made = {"ann": person, "customer": customer}
    made["mine"] = tenant.perform("sales.create_order", salesperson_id=person, **more)
    made["other"] = tenant.perform("sales.create_order", **more)
    return made


@pytest.fixture(scope="module")
def call(tenant: Tenant, orders: dict[str, UUID]) -> Caller:
    wiring = tenant.wiring
    tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
    door = Door(ApiContext(wiring.registry, wiring.gate, tokens.actor, calls_per_minute=0, failures_per_minute=0))
    return Caller(door, tokens.create(tenant.ref.id, orders["ann"], "tests"))


def test_a_hidden_field_is_absent(call: Caller, orders: dict[str, UUID]) -> None:
    status, item = call("GET", f"/sales/orders/{orders['mine']}?expand=customer_id")
    assert status == 200
    assert not {"net", "memo"} & item.keys()
    assert "price" not in item["lines"][0]
    assert "phone" not in item["customer"]
    assert item["customer"]["label"].endswith("Home & Co")
    status, page = call("GET", "/sales/orders?tab=all")
    assert (status, page["count"], set(page["totals"])) == (200, 1, {"gross"})
    assert [row["id"] for row in page["data"]] == [str(orders["mine"])]
    assert "net" not in page["data"][0]


@pytest.mark.parametrize("query", ["sort=net", "sort=-net", "net.ge=1", "fields=net", "fields=net,number"])
def test_asking_for_a_hidden_field_is_asking_for_none(call: Caller, query: str) -> None:
    status, problem = call("GET", f"/sales/orders?{query}")
    unknown_status, unknown = call("GET", f"/sales/orders?{query.replace('net', 'nett')}")
    assert status == unknown_status == 422
    assert problem["code"] == unknown["code"]


def test_a_hidden_line_field_cannot_be_chosen(call: Caller, orders: dict[str, UUID]) -> None:
    assert call("GET", f"/sales/orders/{orders['mine']}?fields=lines.price")[0] == 422


def test_a_row_outside_is_missing_everywhere(call: Caller, orders: dict[str, UUID]) -> None:
    path = f"/sales/orders/{orders['other']}"
    for method, rest, body in (
        ("GET", "", None),
        ("GET", "/comments", None),
        ("POST", "/comments", {"text": "x"}),
        ("POST", "/confirm", {}),
        ("POST", "/confirm?dry_run=1", {}),
        ("PATCH", "", {"version": 1, "reference": "x"}),
    ):
        status, problem = call(method, path + rest, body)
        assert (status, problem["code"]) == (404, "record.missing"), (method, rest)


def test_writing_a_hidden_field_is_refused_at_it(call: Caller, orders: dict[str, UUID]) -> None:
    status, problem = call("PATCH", f"/sales/orders/{orders['mine']}", {"version": 1, "memo": "x"})
    assert status == 422
    assert [(error["code"], error["field"]) for error in problem["errors"]] == [("input.unknown_field", "memo")]
    assert call("PATCH", f"/sales/orders/{orders['mine']}", {"version": 1, "reference": "R1"})[0] == 200
