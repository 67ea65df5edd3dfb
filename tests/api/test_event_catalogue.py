"""Events in the OpenAPI document and on the reference page; the sample there verifies what we sign."""

import re
import time
from html import unescape
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.openapi import describe
from app.api.reference import SAMPLE, ReferencePage, events
from app.api.routes import build_table
from app.platform.i18n import LOCALES
from app.platform.webhooks.signature import signature_of
from app.wiring import build_registry

REGISTRY = build_registry()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(REGISTRY, build_table(REGISTRY))


def test_every_event_is_a_webhook_of_the_document(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    told = document["webhooks"]["sales.order_confirmed"]["post"]
    body = told["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["id", "event", "at", "tenant_id", "company_id", "record", "data"]
    assert body["properties"]["data"]["properties"]["order_id"] == {"type": "string", "format": "uuid"}
    assert {given["name"] for given in told["parameters"]} >= {"Hanse-Signature", "Hanse-Timestamp", "Hanse-Event-Id"}
    line = document["webhooks"]["inventory.delivery_shipped"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]["properties"]["data"]["properties"]["lines"]["items"]
    assert line["properties"]["quantity"] == {"type": "string", "format": "decimal"}
    assert line["properties"]["origin_line_id"] == {"type": ["string", "null"], "format": "uuid"}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_explains_each_in_the_readers_language(locale: str) -> None:
    page = ReferencePage(REGISTRY, [])
    page.table = build_table(REGISTRY)
    text = page.page(locale).decode()
    for entry in events(REGISTRY, locale):
        assert f'id="event-{entry.name}"' in text
        assert entry.meaning in unescape(text)
        if entry.record:
            assert f'id="{entry.record}"' in text  # the chapter it leads to
    if locale == "zh_CN":
        assert all(re.search(r"[\u4e00-\u9fff]", entry.title) for entry in events(REGISTRY, locale))


def test_the_sample_accepts_what_we_sign_and_nothing_else() -> None:
    sample: dict[str, Any] = {}
    exec(SAMPLE.read_text(encoding="utf-8"), sample)
    verified, now, body = sample["verified"], int(time.time()), b'{"id":"1"}'
    headers = {"Hanse-Timestamp": str(now), "Hanse-Signature": signature_of(["new", "old"], now, body)}
    assert verified("old", headers, body)
    assert verified("new", headers, body)
    assert not verified("other", headers, body)
    assert not verified("old", headers, body + b" ")
    assert not verified("old", {**headers, "Hanse-Timestamp": str(now + 1)}, body)
    for late in (now - 400, now + 400):
        stale = {"Hanse-Timestamp": str(late), "Hanse-Signature": signature_of(["old"], late, body)}
        assert not verified("old", stale, body)
