"""Refusals as problem+json: statuses, codes, languages, headers."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from app.api import door
from app.api.context import ApiContext
from app.api.door import Door
from app.kernel.errors import Missing
from app.platform import i18n
from tests.api.conftest import CLERK, READER, TOKEN, Api, Client

PROBLEM = "application/problem+json"


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def test_field_findings(api: Api) -> None:
    lines = [{"text": "", "quantity": "-1"}, {"quantity": "x", "colour": 1}]
    body = refused(api.post("/shop/orders", {"customer_id": "no", "lines": lines, "zap": 1}), 422, "input.not_an_id")
    found = {entry["field"]: entry["code"] for entry in body["errors"]}
    assert found == {
        "customer_id": "input.not_an_id",
        "lines.0.text": "input.required",
        "lines.0.quantity": "input.not_positive",
        "lines.1.text": "input.required",
        "lines.1.quantity": "input.not_a_number",
        "lines.1.colour": "input.unknown_field",
        "zap": "input.unknown_field",
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("quantity", 1.5, "api.float"),
        ("quantity", True, "input.not_a_number"),
        ("quantity", "1e5", "input.not_a_number"),
        ("quantity", "NaN", "input.not_a_number"),
        ("quantity", "1" * 16, "input.too_large"),
        ("quantity", 10**15, "input.too_large"),
        ("quantity", "0." + "1" * 11, "input.too_many_digits"),
        ("text", "a\x00b", "input.control_character"),
        ("text", "a\ud800b", "input.control_character"),
        ("text", 5, "input.not_a_text"),
        ("text", "x" * 201, "input.too_long"),
    ],
)
def test_values_nothing_can_hold(api: Api, field: str, value: Any, code: str) -> None:
    import json

    line = {"text": "a", "quantity": "1", field: value}
    body = json.dumps({"customer_id": str(uuid4()), "lines": [line]})
    answer = api.call("POST", "/shop/orders", content=body, headers={"Content-Type": "application/json"})
    problem = refused(answer, 422, code)
    assert problem["errors"][0]["field"] == f"lines.0.{field}"


def test_a_value_too_long_for_its_column_is_the_callers(api: Api) -> None:
    refused(api.post("/shop/customers", {"code": "long", "name": "x" * 500}), 422, "data.unfit")


def test_integers_are_bounded(api: Api) -> None:
    refused(api.post("/shop/orders/count", {"least": 2**40}), 422, "input.too_large")
    refused(api.post("/shop/orders/count", {"least": "5"}), 422, "input.not_an_integer")


@pytest.mark.parametrize(
    "body", [b"{", b"[1", b'{"a": NaN}{', b"\xff", b'{"least": 1, "least": 2}', b"[" * 100_000, b"1" * 9000]
)
def test_bad_json(api: Api, body: bytes) -> None:
    answer = api.call("POST", "/shop/orders/count", content=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, "input.not_json")


def test_depth_is_bounded(api: Api) -> None:
    body = b'{"least": ' + b"[" * 50 + b"]" * 50 + b"}"
    answer = api.call("POST", "/shop/orders/count", content=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, "api.too_deep")


def test_media_type_and_size(api: Api) -> None:
    refused(api.call("POST", "/shop/orders/count", content=b"a=b"), 415, "api.media_type")
    big = b'"' + b"x" * 1_000_001 + b'"'
    refused(api.call("POST", "/shop/orders/count", content=big), 413, "input.too_big")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100_000

    chunked = api.call("POST", "/shop/orders/count", content=pieces())
    refused(chunked, 413, "input.too_big")


def test_no_such_route_or_method(api: Api) -> None:
    refused(api.get("/shop/nothing"), 404, "api.route_missing")
    refused(api.get("/shop/orders/not-an-id"), 404, "api.route_missing")
    answer = api.call("DELETE", f"/shop/orders/{uuid4()}")
    refused(answer, 405, "api.method")
    assert answer.headers["allow"] == "GET, HEAD"
    assert api.call("PUT", "/shop/orders").headers["allow"] == "GET, HEAD, POST"


def test_what_one_may_not_know_is_missing(api: Api) -> None:
    customer = api.customer()
    with api.gate.sessions(api.actors[TOKEN].schema) as session:
        from sqlalchemy import update

        from tests.api.shop import ShopCustomer

        session.execute(update(ShopCustomer).where(ShopCustomer.id == customer).values(secret=True))
        session.commit()
    assert api.get(f"/shop/customers/{customer}").status_code == 200
    hidden = refused(api.get(f"/shop/customers/{customer}", token=READER), 404, "record.missing")
    unknown = refused(api.get(f"/shop/customers/{uuid4()}", token=READER), 404, "record.missing")
    assert hidden.keys() == unknown.keys()
    tag = {"If-Match": '"v1"'}
    assert api.patch(f"/shop/customers/{customer}", {"name": "x"}, token=CLERK, headers=tag).status_code == 404
    assert api.get(f"/shop/customers/{customer}/comments", token=READER).status_code == 404


def test_authentication(api: Api) -> None:
    answer = api.get("/me", token=None)
    refused(answer, 401, "api.token_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    refused(api.get("/me", token="hanse_wrong"), 401, "api.token_invalid")
    refused(api.get("/me", token=None, headers={"Authorization": "Basic abc"}), 401, "api.token_invalid")


def test_a_token_is_remembered(api: Api) -> None:
    api.get("/me")
    before = len(api.asked)
    api.get("/me")
    assert len(api.asked) == before


def test_language_follows_the_caller(api: Api) -> None:
    chinese = api.get("/shop/nothing", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert chinese.json()["title"] == "未找到"
    assert chinese.headers["content-language"] == "zh-CN"
    assert api.get("/shop/nothing", headers={"Accept-Language": "de"}).json()["title"] == "Not found"


def test_defects_tell_nothing(api: Api) -> None:
    answer = api.post(f"/shop/orders/{uuid4()}/break")
    body = refused(answer, 500, "api.defect")
    assert "secret" not in answer.text
    assert body["facts"] == {}


def test_request_id_is_kept_or_made(api: Api) -> None:
    assert api.get("/me", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = api.get("/me", headers={"X-Request-Id": "not good!"}).headers["x-request-id"]
    assert len(made) == 32


def test_rate_limits(api: Api) -> None:
    context = ApiContext(api.context.registry, api.gate, api.context.authenticate, calls_per_minute=2)
    client = Client(Door(context))
    mine = {"Authorization": f"Bearer {TOKEN}"}
    assert [client.get("/api/v1/me", headers=mine).status_code for _ in range(3)] == [200, 200, 429]
    assert int(client.get("/api/v1/me", headers=mine).headers["retry-after"]) > 0
    wrong = {"Authorization": "Bearer hanse_guess"}
    assert [client.get("/api/v1/me", headers=wrong).status_code for _ in range(31)][-1] == 429


def test_a_token_counts_on_its_own_host(api: Api) -> None:
    own = api.actors[TOKEN].tenant_id

    def tenant_at(host: str) -> Any:
        if host.startswith("other."):
            return uuid4()
        if host.startswith("none."):
            raise Missing("tenant.missing")
        return own

    context = ApiContext(api.context.registry, api.gate, api.context.authenticate, tenant_at=tenant_at)
    for host, status in (("own.test", 200), ("other.test", 401), ("none.test", 401)):
        client = Client(Door(context), base_url=f"http://{host}")
        assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == status


def test_a_call_held_back_stands_in_the_log(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(
        door.log, "warning", lambda event, **facts: lines.append({"event": event, **facts}), raising=False
    )
    api.get("/me", token="hanse_wrong")
    api.post("/shop/customers", {"code": "no", "name": "No"}, token=READER)
    api.get("/shop/nothing")
    assert [(line["event"], line["code"]) for line in lines] == [
        ("api_refused", "api.token_invalid"),
        ("api_refused", "permission.missing"),
    ]
    assert lines[0]["user"] is None
    assert lines[1]["user"] == api.actors[READER].user_id
    assert lines[1]["path"] == "/api/v1/shop/customers"
    assert "hanse_wrong" not in str(lines)


def test_every_code_of_this_door_has_its_message() -> None:
    import re
    from pathlib import Path

    import app.api

    codes: set[str] = set()
    for path in Path(app.api.__file__).parent.glob("*.py"):
        codes |= set(re.findall(r'"((?:api|input)\.[a-z_]+)"', path.read_text(encoding="utf-8")))
    operations = {"api.read_description", "api.read_reference", "api.read_reference_layout"}
    for locale in i18n.LOCALES:
        assert {code for code in codes - operations if not i18n.has(locale, code)} == set()
