"""The door over the real modules: the description holds, and an order goes from creation to cash."""

import json
from decimal import Decimal
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from app.adapters.db import counted
from app.api.context import ApiContext
from app.api.door import Door
from app.platform.identity.tokens import Tokens
from tests.factories.tenant import Tenant

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
LINES, PRICE = 5, "200"
MOST_STATEMENTS = 150
"""A ceiling against accidents; the target is the bench's."""


@pytest.fixture(scope="module")
def door(tenant: Tenant) -> Door:
    wiring = tenant.wiring
    tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
    return Door(ApiContext(wiring.registry, wiring.gate, tokens.actor, calls_per_minute=0, failures_per_minute=0))


class Speaker:
    """Asks the door without a socket."""

    def __init__(self, door: Door, token: str) -> None:
        self.door = door
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
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
        value = json.loads(answer.content())
        assert answer.status in (200, 201), value
        return value


@pytest.fixture(scope="module")
def say(door: Door, tenant: Tenant) -> Speaker:
    return Speaker(door, tenant.token)


def test_the_description_is_valid(door: Door) -> None:
    from app.api.openapi import describe

    OpenAPIV31SpecValidator(json.loads(json.dumps(describe(door.context.registry, door.table)))).validate()
    assert len({endpoint.name for endpoint in door.table.endpoints}) == len(door.table.endpoints)


def test_every_list_and_report_answers(door: Door, say: Speaker) -> None:
    for endpoint in door.table.endpoints:
        if endpoint.method == "GET" and not endpoint.parameters and not endpoint.public:
            assert say("GET", endpoint.template.removeprefix("/api/v1")) is not None


def test_order_to_cash(say: Speaker) -> None:
    unit = say("GET", "/masterdata/units?size=1")["data"][0]["id"]
    customer = say("POST", "/masterdata/parties", {"name": "启明", "is_customer": True})["id"]
    items = [
        say("POST", "/masterdata/items", {"name": f"泵 {n}", "unit_id": unit, "sales_price": PRICE})["id"]
        for n in range(LINES)
    ]
    received = [{"item_id": item, "quantity": "100", "unit_cost": "80"} for item in items]
    say("POST", "/inventory/receipts", {"lines": received, "post": True})
    lines = [{"item_id": item, "quantity": "1"} for item in items]

    def flow() -> tuple[str, str]:
        order = say("POST", "/sales/orders", {"customer_id": customer, "lines": lines})["id"]
        say("POST", f"/sales/orders/{order}/confirm")
        say("POST", f"/sales/orders/{order}/deliver", {"ship": True})
        invoice = say("POST", f"/sales/orders/{order}/invoice", {"post": True})["id"]
        say("POST", f"/finance/invoices/{invoice}/pay", {})
        return order, invoice

    flow()
    with counted() as sent:
        order, _ = flow()
    assert sent[0] <= MOST_STATEMENTS
    found = say("GET", f"/sales/orders/{order}?expand=customer_id")
    assert found["customer"]["name"] == "启明"
    assert Decimal(found["net"]) == Decimal(PRICE) * LINES
    assert found["payment_state"] == "paid"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_schemathesis(door: Door, tenant: Tenant, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", door)
    failures: list[str] = []
    for found in schema.exclude(path_regex="(attachments|comments)").get_all_operations():
        operation = cast(Any, found).ok()
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:
            try:
                _try(operation, mode, tenant.token)
            except Exception as error:  # noqa: BLE001  # one report for all operations
                failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)


def _try(operation: Any, mode: GenerationMode, token: str) -> None:
    @settings(
        max_examples=1,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    check()


def test_a_token_cannot_prove_a_person_afresh(door: Door, say: Speaker) -> None:
    body = json.dumps({"code": "B9", "name": "Second bank", "currency": "CNY"}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/finance/bank-accounts",
        "query_string": b"",
        "state": {},
    }
    answer = door.answer(scope, say.headers, body, "test")
    assert (answer.status, json.loads(answer.content())["code"]) == (403, "identity.stepup_required")
