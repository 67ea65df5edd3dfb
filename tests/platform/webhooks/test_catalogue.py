"""The catalogue: every event of the modules, told alike in schema and payload."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.kernel.dates import now
from app.modules.finance.events import InvoicePosted
from app.modules.sales.events import OrderConfirmed
from app.platform.jsonable import jsonable
from app.platform.webhooks.catalogue import EventCatalogue, catalogue_of, envelope_schema, schema_of
from app.wiring import build_registry

CATALOGUE = catalogue_of(build_registry())


def test_events_of_our_own_machinery_are_not_told() -> None:
    assert not {"JobRequested", "WebhookDue", "WebhookDisabled", "EntriesPosted", "CostPending"} & set(
        CATALOGUE.by_fact
    )
    assert {"sales.order_confirmed", "finance.invoice_posted", "inventory.delivery_shipped"} <= set(CATALOGUE.by_name)


def test_events_of_a_record_share_its_lane() -> None:
    order = uuid4()
    kind = CATALOGUE.by_name["sales.order_confirmed"]
    body = jsonable(OrderConfirmed(order))
    assert kind.lane(body) == str(order)
    assert kind.record(body, "SO-1") == {
        "kind": "sales.order", "id": str(order), "label": "SO-1", "path": f"/api/v1/sales/orders/{order}",
    }  # fmt: skip


def test_ids_and_decimals_are_strings_and_rows_have_names() -> None:
    line, origin = uuid4(), uuid4()
    event = InvoicePosted(
        uuid4(), "invoice", date(2026, 3, 1), "sales.order", origin, ((line, None, Decimal("2.500000")),)
    )
    kind = CATALOGUE.by_name["finance.invoice_posted"]
    data = kind.data(jsonable(event))
    assert data["on"] == "2026-03-01"
    assert data["origin_id"] == str(origin)
    assert data["lines"] == [{"invoice_line_id": str(line), "origin_line_id": None, "quantity": "2.500000"}]
    assert kind.schema["properties"]["lines"]["items"]["properties"]["quantity"] == {
        "type": "string", "format": "decimal",
    }  # fmt: skip


def test_every_event_has_a_schema_of_all_its_fields() -> None:
    for kind in CATALOGUE.kinds:
        schema = envelope_schema(kind)
        assert schema["properties"]["event"] == {"type": "string", "const": kind.name}
        data = schema["properties"]["data"]
        assert data["required"] == list(data["properties"])


@pytest.mark.parametrize("hint", [dict, list[str], int | str | None, float])
def test_what_events_do_not_hold_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError, match="an event field cannot be"):
        schema_of(hint)


def test_a_registry_without_a_module_knows_none_of_its_events() -> None:
    registry = build_registry()
    registry.modules = [module for module in registry.modules if module.name != "sales"]
    assert not any(kind.module == "sales" for kind in EventCatalogue(registry).kinds)


def test_fields_of_a_declared_event_are_those_of_its_class() -> None:
    kind = CATALOGUE.by_fact["InvoicePosted"]
    assert list(kind.schema["properties"]) == [field.name for field in fields(InvoicePosted)]
    assert isinstance(UUID(kind.lane({"invoice_id": str(uuid4()), "at": now()})), UUID)
