"""The OpenAPI document and the reference page."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.conftest import Api


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    answer = api.get("/openapi.json", token=None)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_it_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"


def test_it_is_stable_and_cached(api: Api) -> None:
    first = api.get("/openapi.json", token=None)
    assert api.get("/openapi.json", token=None, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    from app.api.openapi import describe
    from app.api.output import to_json

    table = api.client.app.table
    assert to_json(describe(api.context.registry, table)) == to_json(describe(api.context.registry, table))


def test_names_follow_the_actions(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert paths["/api/v1/shop/orders"]["post"]["operationId"] == "shop.create_order"
    assert paths["/api/v1/shop/customers/{customer_id}"]["patch"]["operationId"] == "shop.update_customer"
    assert paths["/api/v1/shop/orders/{order_id}/confirm"]["post"]["summary"] == "Promise an order"
    assert paths["/api/v1/shop/orders/count"]["post"]["operationId"] == "shop.count_order"
    assert "get" in paths["/api/v1/shop/reports/turnover-by-state"]
    operations = [op["operationId"] for item in paths.values() for op in item.values()]
    assert len(operations) == len(set(operations))
    assert "platform.link_user" not in operations


def test_decimals_are_texts(document: dict[str, Any]) -> None:
    line = document["components"]["schemas"]["shop.LineInput"]
    kinds = [part["type"] for part in line["properties"]["quantity"]["anyOf"]]
    assert kinds == ["string", "integer"]
    assert "number" not in re.findall(r'"type":\s*"(\w+)"', str(document).replace("'", '"'))
    body = document["components"]["schemas"]["shop.update_customer"]
    assert "customer_id" not in body["properties"]
    assert "required" not in body


@pytest.mark.parametrize(("language", "word"), [("en", "Authentication"), ("zh-CN", "身份验证")])
def test_reference(api: Api, language: str, word: str) -> None:
    answer = api.get("/reference", token=None, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text
    assert word in answer.text
    assert 'id="shop.confirm_order"' in answer.text
    assert "lines.quantity" in answer.text
    assert "api.reference." not in answer.text
    assert "<script" not in answer.text
    assert api.get("/reference.css", token=None).headers["content-type"].startswith("text/css")
    assert "style=" not in answer.text
    assert "http://" not in answer.text
