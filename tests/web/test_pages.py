"""Lists, documents, forms, exports of real master data through the test client."""

import re
from uuid import UUID

import pytest

from tests.web.conftest import Browser, Site, words_of


def new_party(browser: Browser, **given: str) -> UUID:
    data = {"name": "Kessler GmbH", "is_customer": "1", "country": "DE", "accept_duplicate": "1"} | given
    answer = browser.send_form("/masterdata/parties", data)
    assert answer.status_code == 303, words_of(answer.text)[:2000]
    return UUID(answer.headers["location"].rpartition("/")[2])


def test_visitors_are_led_to_sign_in(site: Site) -> None:
    answer = site.client().get("/masterdata/parties?q=x")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/masterdata/parties%3Fq%3Dx"


def test_headers_of_every_page(owner: Browser) -> None:
    answer = owner.get("/masterdata/parties")
    assert answer.status_code == 200
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "HX-Request-Type" in answer.headers["vary"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_create_read_and_list(owner: Browser) -> None:
    key = new_party(owner, name="Lübeck Salzhandel", code="LS-1")
    page = owner.get(f"/masterdata/parties/{key}")
    assert page.status_code == 200
    assert "Lübeck Salzhandel" in page.text
    found = owner.get("/masterdata/parties?q=salzhandel")
    assert f"/masterdata/parties/{key}" in found.text
    assert "LS-1" in found.text


def test_edit_keeps_what_is_stored(owner: Browser) -> None:
    key = new_party(owner, name="Edit me", code="ED-1")
    form = owner.get(f"/masterdata/parties/{key}/edit")
    assert form.status_code == 200
    assert "Edit me" in form.text
    answer = owner.send_form(f"/masterdata/parties/{key}", {"version": "1", "name": "Edited", "is_customer": "1"})
    assert answer.status_code == 303, words_of(answer.text)[:2000]
    assert "Edited" in owner.get(f"/masterdata/parties/{key}").text


def test_a_stale_version_shows_both_sides(owner: Browser) -> None:
    key = new_party(owner, name="Stale", code="ST-1", phone="0451 1")
    data = {"version": "1", "name": "First wins", "phone": "0451 1", "is_customer": "1"}
    assert owner.send_form(f"/masterdata/parties/{key}", data).status_code == 303
    answer = owner.send_form(f"/masterdata/parties/{key}", data | {"name": "Second", "phone": "0451 22222"})
    assert answer.status_code == 409
    text = words_of(answer.text)
    assert "First wins" in answer.text
    assert "Second" in answer.text
    assert "owner person" in text


def test_mistakes_come_back_with_what_was_typed(owner: Browser) -> None:
    answer = owner.send_form("/masterdata/parties", {"name": "", "credit_limit": "1,5", "phone": "0451 123"})
    assert answer.status_code == 422
    assert "0451 123" in answer.text
    assert "1,5" in answer.text
    assert "Please fill in this field." in answer.text
    assert "This is not a number." in answer.text


def test_unknown_fields_write_nothing(owner: Browser) -> None:
    answer = owner.send_form("/masterdata/parties", {"name": "Mass assignment", "company_id": "x", "is_customer": "1"})
    assert answer.status_code == 422
    assert "Mass assignment" not in owner.get("/masterdata/parties?q=assignment&tab=").text.replace("q=assignment", "")


@pytest.mark.parametrize("path", ["/masterdata/parties", "/masterdata/parties/new", "/masterdata/items/new"])
def test_a_reader_may_not_write(reader: Browser, path: str) -> None:
    answer = reader.send_form(path, {"name": "x"}) if not path.endswith("new") else reader.get(path)
    assert answer.status_code == 403
    assert re.search("[\u4e00-\u9fff]", answer.text)


def test_forged_requests_are_refused(owner: Browser) -> None:
    token = {"x-csrf-token": owner.token}
    assert owner.post("/masterdata/parties", data={"name": "x"}).status_code == 403
    assert owner.post("/masterdata/parties", data={"name": "x"}, headers={"x-csrf-token": "x"}).status_code == 403
    evil = token | {"origin": "http://evil.localhost:8000"}
    assert owner.post("/masterdata/parties", data={"name": "x"}, headers=evil).status_code == 403
    assert owner.post("/masterdata/parties", data={"name": "x"}, headers=token | {"origin": "null"}).status_code == 403


def test_what_is_not_there(owner: Browser) -> None:
    for path in (
        "/masterdata/parties/0190a000-0000-7000-8000-000000000009",
        "/masterdata/nothing",
        "/nothing",
        "/masterdata/parties/x",
        "/finance/reports/none",
    ):
        assert owner.get(path).status_code == 404, path


def test_wrong_filters_are_refused(owner: Browser) -> None:
    for query in ("nonsense=1", "sort=password", "group=name", "cursor=x", "size=x", "credit_limit.ge=x", "tab=none"):
        assert owner.get(f"/masterdata/parties?{query}").status_code == 422, query


def test_filters_become_chips(owner: Browser) -> None:
    text = owner.get("/masterdata/parties?country=DE&is_customer=1&credit_limit.ge=10").text
    assert "/masterdata/parties?is_customer=1&amp;credit_limit.ge=10" in text or "is_customer=1" in text


def test_exports(owner: Browser) -> None:
    new_party(owner, name="=HYPERLINK(1)", code="EX-1")
    answer = owner.get("/masterdata/parties/export.csv?q=EX-1")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert "'=HYPERLINK(1)" in answer.content.decode("utf-8-sig")
    sheet = owner.get("/masterdata/parties/export.xlsx")
    assert sheet.content[:2] == b"PK"
    assert owner.get("/masterdata/parties/export.exe").status_code == 404


def test_lookup_and_palette(owner: Browser) -> None:
    new_party(owner, name="Palettenwerk", code="PW-1")
    assert "Palettenwerk" in owner.get("/lookup/masterdata.party?q=paletten").text
    assert owner.get("/lookup/masterdata.none?q=x").status_code == 404
    found = owner.get("/palette?q=paletten").text
    assert "Palettenwerk" in found
    assert "/masterdata/parties" in owner.get("/palette?q=part").text


def test_a_verb_asks_and_acts(owner: Browser) -> None:
    key = new_party(owner, name="Blockade", code="BL-1")
    asked = owner.get(f"/masterdata/parties/{key}/block")
    assert asked.status_code == 200
    refused = owner.send_form(f"/masterdata/parties/{key}/block", {})
    assert refused.status_code == 422
    done = owner.send_form(f"/masterdata/parties/{key}/block", {"reason": "unpaid"})
    assert done.status_code == 303
    assert done.headers["location"] == f"/masterdata/parties/{key}"
    assert owner.send_form(f"/masterdata/parties/{key}/none", {}).status_code == 404


def test_the_same_key_acts_once(owner: Browser) -> None:
    data = {"name": "Once", "code": "ON-1", "is_customer": "1"}
    key = {"idempotency-key": "k-once"}
    first = owner.send_form("/masterdata/parties", data, headers=key)
    again = owner.send_form("/masterdata/parties", data, headers=key)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]


def test_bulk_tells_of_each_record(owner: Browser) -> None:
    keys = [new_party(owner, name=f"Bulk {n}", code=f"BU-{n}") for n in range(2)]
    ids = [("id", str(key)) for key in keys]
    body = "&".join(f"{name}={value}" for name, value in ids)
    headers = {"content-type": "application/x-www-form-urlencoded", "x-csrf-token": owner.token}
    done = owner.post("/masterdata/parties/bulk/deactivate_party", content=body, headers=headers)
    assert done.status_code == 303, words_of(done.text)[:500]
    none = owner.send_form("/masterdata/parties/bulk/deactivate_party", {})
    assert none.status_code == 422
    mixed = f"{body}&id=0190a000-0000-7000-8000-000000000009"
    partly = owner.post("/masterdata/parties/bulk/reactivate_party", content=mixed, headers=headers)
    assert partly.status_code == 200


def test_comments_and_files(owner: Browser) -> None:
    key = new_party(owner, name="Files", code="FI-1")
    base = f"/masterdata/parties/{key}"
    assert owner.send_form(f"{base}/comments", {"text": "A remark"}).status_code == 303
    assert "A remark" in owner.get(base).text
    signed = owner.send_form(f"{base}/files/sign", {"name": "a.svg", "size": "5", "type": "image/svg+xml"}).json()
    sent = owner.post(signed["url"], data=signed["fields"], files={"file": ("a.svg", b"<svg>", "image/svg+xml")})
    assert sent.status_code == 204
    assert owner.send_form(signed["done_url"]).status_code == 204
    listed = owner.get(f"{base}?panel=files")
    assert "a.svg" in listed.text
    href = signed["done_url"].removesuffix("/done")
    away = owner.get(f"{href}?inline")
    assert away.status_code == 303
    file = owner.get(away.headers["location"])
    assert file.content == b"<svg>"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment")
    assert owner.get("/objects/forged.x").status_code == 403
    posted = owner.send_form(f"{base}/files", files={"file": ("b.txt", b"hello", "text/plain")})
    assert posted.status_code == 303
    assert owner.send_form(f"{href}/delete").status_code == 303
    assert owner.get(href).status_code == 404


def test_saved_views(owner: Browser) -> None:
    assert owner.get("/masterdata/parties/views/new?country=DE").status_code == 200
    kept = owner.send_form("/masterdata/parties/views", {"name": "Germans", "query": "country=DE"})
    assert kept.headers["location"] == "/masterdata/parties?country=DE"
    assert "Germans" in owner.get("/masterdata/parties").text


def test_preferences(owner: Browser) -> None:
    answer = owner.send_form("/preferences", {"theme": "dark", "here": "//evil.test/"})
    assert answer.headers["location"] == "/"
    assert owner.send_form("/preferences", {"theme": "pink"}).status_code == 422
    assert (
        owner.send_form("/preferences", {"theme": "light", "here": "/masterdata/parties?q=1"}).headers["location"]
        == "/masterdata/parties?q=1"
    )


def test_menus_lead_back_to_the_page_they_hang_over(owner: Browser) -> None:
    page = f"http://{owner.host}/masterdata/parties?q=1"
    back = owner.send_form("/preferences", {"shortcuts": "off"}, headers={"referer": page})
    assert back.headers["location"] == "/masterdata/parties?q=1"
    assert 'data-letters="off"' in owner.get("/masterdata/parties").text
    away = owner.send_form("/preferences", {"shortcuts": "on"}, headers={"referer": "https://evil.test/x"})
    assert away.headers["location"] == "/"
    assert 'data-letters="on"' in owner.get("/masterdata/parties").text


def test_quick_create_hands_the_record_back(owner: Browser) -> None:
    form = owner.get("/create/masterdata.party?text=Neu")
    assert form.status_code == 200
    assert "Neu" in form.text
    made = owner.send_form("/create/masterdata.party", {"name": "Neu 新", "is_customer": "1", "code": "NE-1"})
    assert made.status_code == 200
    assert "hanse:created" in made.headers["hx-trigger"]
    assert made.headers["hx-trigger"].isascii()


def test_groups_and_pages(owner: Browser) -> None:
    for number in range(3):
        new_party(owner, name=f"Paged {number}", code=f"PG-{number}")
    first = owner.get("/masterdata/parties?size=2&q=Paged")
    following = re.search(r"cursor=[^\"' ]+", first.text)
    assert following is not None
    grouped = owner.get("/masterdata/parties?group=country")
    assert grouped.status_code == 200


def test_home_and_module_pages(owner: Browser, reader: Browser) -> None:
    for path in ("/", "/masterdata", "/platform", "/settings/profile"):
        assert owner.get(path).status_code == 200, path
        assert reader.get(path).status_code == 200, path


def test_a_preview_warns_before_anything_is_saved(owner: Browser) -> None:
    new_party(owner, name="Twin GmbH", code="TW-1", phone="0451 998877")
    answer = owner.send_form("/masterdata/parties/preview", {"name": "Twin GmbH", "contacts.0.name": "A"})
    assert answer.status_code == 200
    assert "TW-1" in answer.text
    half = owner.send_form("/masterdata/parties/preview", {"credit_limit": "x", "contacts.0.email": ""})
    assert half.status_code == 200
    assert owner.send_form("/platform/roles/preview", {}).status_code == 404


def test_a_body_too_large_is_refused(owner: Browser) -> None:
    answer = owner.send_form("/masterdata/parties", {"memo": "x" * 2_100_000})
    assert answer.status_code == 422
