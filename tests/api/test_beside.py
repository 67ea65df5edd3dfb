"""Comments and files beside a record."""

from tests.api.conftest import CLERK, READER, Api


def test_comments(api: Api) -> None:
    path = f"/shop/orders/{api.order()}/comments"
    made = api.post(path, {"text": "请尽快发货"}, token=READER)
    assert made.status_code == 201
    assert [said["text"] for said in api.get(path).json()["data"]] == ["请尽快发货"]
    assert api.post(path, {"text": "x", "kind": "shop.customer"}).json()["code"] == "input.unknown_field"
    assert api.post(path, {"text": ""}).status_code == 422


def test_an_attachment_from_announcement_to_download(api: Api) -> None:
    path = f"/shop/orders/{api.order()}/attachments"
    content = b"%PDF-1.7 not really"
    made = api.post(path, {"name": "合同.pdf", "media_type": "application/pdf", "size": len(content)})
    assert made.status_code == 201, made.text
    one = f"{path}/{made.json()['id']}"
    assert made.json()["upload"]["url"]
    assert api.get(path).json()["data"] == []
    assert api.post(f"{one}/confirm").json()["code"] == "api.upload_missing"
    assert api.context.objects is not None
    api.context.objects.put(f"{api.actors[CLERK].schema}/{made.json()['id']}", content)
    assert api.post(f"{one}/confirm").status_code == 200
    shown = api.get(one).json()
    assert (shown["size"], shown["uploaded"], bool(shown["download_url"])) == (len(content), True, True)
    assert [found["name"] for found in api.get(path).json()["data"]] == ["合同.pdf"]
    other = f"/shop/orders/{api.order()}/attachments/{made.json()['id']}"
    assert api.get(other).status_code == 404
    assert api.post(f"{one}/delete", token=CLERK).status_code in (403, 409)
    assert api.post(f"{one}/delete").status_code == 200
    assert api.get(one).status_code == 404


def test_a_size_beyond_the_limit_is_refused(api: Api) -> None:
    path = f"/shop/orders/{api.order()}/attachments"
    answer = api.post(path, {"name": "a", "media_type": "text/plain", "size": 10**9})
    assert answer.json()["code"] == "attachment.size"
