"""Partner apps that are installed: told what they may read and nothing else, signed with the partner's secrets."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.dates import now
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.platform.oauth.apps import AppFacts, Apps
from app.platform.webhooks.delivery import WAITING
from app.platform.webhooks.subscription import DISABLED, Webhook
from tenants.apps import SecretKind
from tests.factories.receiver import Receiver, receiving
from tests.platform.webhooks.conftest import Post
from tests.platform.webhooks.test_sending import told, verified


def registered(post: Post, url: str) -> tuple[AppFacts, str]:
    """An app of this tenant with a webhook address, and its secret."""
    app = AppFacts(new_id(), post.tenant.ref.id, "Label printer", ("https://app.example/back",), ("masterdata:read",))
    app = replace(app, webhook_url=url)
    apps_of(post).save(app)
    return app, apps_of(post).rotate(app.id, SecretKind.WEBHOOK)


def apps_of(post: Post) -> Apps:
    return post.tenant.wiring.partners.apps


def installed(post: Post, app: AppFacts, *scopes: str, **limits: Any) -> UUID:
    made: UUID = post.tenant.perform(
        "platform.install_app", app_id=app.id, app_name=app.name, scopes=list(scopes), **limits
    )
    return made


def endpoint(post: Post) -> Webhook:
    return post.tenant.read(
        lambda work: work.session.scalars(select(Webhook).where(Webhook.installation_id.is_not(None))).one()
    )


def deliver(post: Post) -> None:
    post.relay()
    for webhook_id in post.sender.due(post.schema):
        post.sender.serve(post.schema, webhook_id)


def events_of(receiver: Receiver) -> list[str]:
    return [told(came)[0] for came in receiver.received]


def test_an_app_is_told_what_its_scopes_cover_signed_with_its_own_secret(post: Post) -> None:
    with receiving() as receiver:
        app, secret = registered(post, receiver.url)
        installed(post, app, "masterdata.read_item")
        item = post.item("Pump")
        post.tenant.perform("masterdata.create_warehouse", code="W9", name="Elsewhere")
        deliver(post)
        newer = apps_of(post).rotate(app.id, SecretKind.WEBHOOK)
        post.rename(item, "Better pump")
        deliver(post)
    assert events_of(receiver) == ["masterdata.item_created", "masterdata.item_changed"]
    first, second = receiver.received
    assert verified(first, secret)
    assert not verified(first, newer)
    assert verified(second, secret)
    assert verified(second, newer)
    webhook = endpoint(post)
    assert (webhook.name, webhook.url) == ("Label printer", receiver.url)
    assert webhook.events == ["masterdata.item_changed", "masterdata.item_created", "masterdata.item_deactivated"]


def test_events_about_no_record_need_the_whole_of_a_modules_reading(post: Post) -> None:
    with receiving() as receiver:
        app, _ = registered(post, receiver.url)
        installed(post, app, "masterdata:read")
        post.item()
        deliver(post)
    assert "masterdata.exchange_rate_changed" in endpoint(post).events
    assert "platform.department_moved" not in endpoint(post).events


def test_an_app_limited_to_a_company_hears_of_no_other(post: Post) -> None:
    here = post.tenant.actor.company_id
    assert here is not None
    there = post.tenant.perform("platform.create_company", code="B", name="Other GmbH", country="DE")
    with receiving() as receiver:
        app, _ = registered(post, receiver.url)
        installed(post, app, "masterdata:read", company_ids=[here])
        post.tenant.perform("masterdata.create_warehouse", code="W1", name="Ours")
        elsewhere = post.tenant.actor.in_company(there, "Europe/Berlin")
        post.tenant.perform("masterdata.create_warehouse", by=elsewhere, code="W2", name="Theirs")
        deliver(post)
    labels = [json.loads(came.body)["record"]["label"] for came in receiver.received]
    assert labels == ["Ours"]


def test_nothing_more_leaves_once_an_app_is_turned_out(post: Post) -> None:
    with receiving() as receiver:
        app, _ = registered(post, receiver.url)
        installation = installed(post, app, "masterdata:read")
        post.item("Before")
        post.relay()
        post.tenant.perform("platform.uninstall_app_installation", app_installation_id=installation)
        assert post.sender.due(post.schema) == []
        post.sender.serve(post.schema, endpoint(post).id)
        post.item("After")
        deliver(post)
    assert receiver.received == []
    webhook = endpoint(post)
    assert webhook.state == DISABLED
    assert [delivery.state for delivery in post.deliveries(webhook.id)] == [WAITING]


@pytest.mark.parametrize("change", [{"disabled_at": now()}, {"webhook_url": None}])
def test_a_disabled_app_or_one_without_address_is_told_nothing(post: Post, change: dict[str, object]) -> None:
    with receiving() as receiver:
        app, _ = registered(post, receiver.url)
        installed(post, app, "masterdata:read")
        post.item("Before")
        post.relay()
        apps_of(post).save(replace(app, **change))  # type: ignore[arg-type]
        deliver(post)
        post.item("After")
        deliver(post)
    assert receiver.received == []


def test_address_and_secrets_are_the_partners(post: Post) -> None:
    with receiving() as receiver:
        app, _ = registered(post, receiver.url)
        installed(post, app, "masterdata:read")
        post.item()
        deliver(post)
    webhook = endpoint(post)
    with pytest.raises(Conflict, match=r"webhook\.of_app"):
        post.tenant.perform("platform.update_webhook", webhook_id=webhook.id, version=webhook.version, name="x")
    with pytest.raises(Conflict, match=r"webhook\.of_app"):
        post.tenant.perform("platform.rekey_webhook", webhook_id=webhook.id, secret="y" * 40)
    post.tenant.perform("platform.pause_webhook", webhook_id=webhook.id)


def test_roles_that_hide_a_field_leave_the_id_alone(post: Post) -> None:
    role = post.tenant.perform("platform.create_role", code="printer", name="Printer", patterns=["masterdata.read_*"])
    post.tenant.perform(
        "platform.create_access_rule",
        role_id=role,
        model="masterdata.item",
        kind="field",
        field="sales_price",
        readable=False,
        writable=False,
    )
    with receiving() as receiver:
        app, _ = registered(post, receiver.url)
        installed(post, app, "masterdata:read", role_ids=[role])
        item = post.item("Pump")
        deliver(post)
    (came,) = receiver.received
    body = json.loads(came.body)
    assert body["record"]["label"] is None
    assert body["data"] == {"item_id": str(item)}
