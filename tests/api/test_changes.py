"""Create, update, verbs; idempotency, versions, rehearsals."""

from uuid import uuid4

from tests.api.conftest import READER, Api


def test_create_answers_id_and_place(api: Api) -> None:
    answer = api.post("/shop/customers", {"code": uuid4().hex[:9], "name": " 苏州 "})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/shop/customers/{answer.json()['id']}"
    found = api.get(f"/shop/customers/{answer.json()['id']}").json()
    assert found["name"] == "苏州"
    assert found["version"] == 1


def test_decimals_stay_exact(api: Api) -> None:
    order = api.order(quantity="3", price="12345678901234.1")
    line = api.get(f"/shop/orders/{order}").json()["lines"][0]
    assert line["price"] == "12345678901234.1000"
    assert line["quantity"] == "3.000000"


def test_verb_on_a_record_and_without_one(api: Api) -> None:
    order = api.order()
    assert api.post(f"/shop/orders/{order}/confirm").json() == {"id": order, "result": order}
    again = api.post(f"/shop/orders/{order}/confirm")
    assert again.status_code == 409
    assert again.json()["code"] == "lifecycle.refused"
    counted = api.post("/shop/orders/count", {"least": 100000})
    assert counted.json() == {"result": 100000}


def test_same_key_same_answer(api: Api) -> None:
    body = {"code": uuid4().hex[:9], "name": "once"}
    key = {"Idempotency-Key": uuid4().hex}
    first = api.post("/shop/customers", body, headers=key)
    second = api.post("/shop/customers", body, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    other = api.post("/shop/customers", {**body, "name": "twice"}, headers=key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency.key_reused"
    assert api.post("/shop/customers", body, headers={"Idempotency-Key": "x" * 256}).status_code == 400


def test_rehearsal_shows_effects_and_keeps_nothing(api: Api) -> None:
    order = api.order(quantity="2", price="10.50")
    shown = api.post(f"/shop/orders/{order}/confirm?dry_run=1").json()
    assert shown["dry_run"] is True
    assert shown["effects"][0]["account"] == "1122"
    assert api.get(f"/shop/orders/{order}").json()["state"] == "draft"


def test_update_asks_for_a_version(api: Api) -> None:
    customer = api.customer()
    assert api.patch(f"/shop/customers/{customer}", {"name": "b"}).status_code == 428
    tag = api.get(f"/shop/customers/{customer}").headers["etag"]
    assert tag == '"v1"'
    assert api.patch(f"/shop/customers/{customer}", {"name": "b"}, headers={"If-Match": tag}).status_code == 200
    stale = api.patch(f"/shop/customers/{customer}", {"name": "c"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "document.stale")
    in_body = api.patch(f"/shop/customers/{customer}", {"name": "c", "version": 1})
    assert (in_body.status_code, in_body.json()["code"]) == (409, "document.stale")
    both = api.patch(f"/shop/customers/{customer}", {"name": "c", "version": 1}, headers={"If-Match": '"v2"'})
    assert both.json()["code"] == "api.versions_differ"
    assert api.patch(f"/shop/customers/{customer}", {"name": "c", "version": 2}).status_code == 200


def test_if_match_guards_verbs_too(api: Api) -> None:
    order = api.order()
    assert api.post(f"/shop/orders/{order}/confirm", headers={"If-Match": '"v7"'}).status_code == 412
    assert api.post(f"/shop/orders/{order}/confirm", headers={"If-Match": 'W/"v1"'}).status_code == 412
    assert api.post(f"/shop/orders/{order}/confirm", headers={"If-Match": "v1"}).status_code == 400
    assert api.post(f"/shop/orders/{order}/confirm", headers={"If-Match": '"v1"'}).status_code == 200


def test_what_one_may_not_do(api: Api) -> None:
    refused = api.post("/shop/customers", {"code": "x", "name": "y"}, token=READER)
    assert refused.status_code == 403
    assert refused.json()["facts"] == {"permission": "shop.create_customer"}


def test_approval_is_accepted_and_pending(api: Api) -> None:
    order = api.order()
    # The rule is written as a row: the shop's actions are not in the list the action checks.
    from sqlalchemy import delete

    from app.platform import reference
    from app.platform.workflow import ApprovalRule

    actor = next(iter(api.actors.values()))
    with api.gate.sessions(actor.schema) as session:
        session.add(ApprovalRule(action="shop.confirm_order"))
        session.commit()
    reference.memory.forget(actor.schema)
    try:
        answer = api.post(f"/shop/orders/{order}/confirm")
        assert answer.status_code == 202
        assert answer.json()["pending"] in answer.headers["location"]
        assert api.get(f"/shop/orders/{order}").json()["state"] == "draft"
    finally:
        with api.gate.sessions(actor.schema) as session:
            session.execute(delete(ApprovalRule))
            session.commit()
        reference.memory.forget(actor.schema)
