"""Who keeps the rights, at a screen: the matrix is searched, changed, reviewed and saved; both languages, axe clean."""

from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from app.platform.users import Role
from tests.browser.conftest import Desk
from tests.browser.shop import Shop
from tests.browser.test_accessible import seen


def role_id(shop: Shop, code: str) -> UUID:
    return shop.ids(Role, Role.code == code)[0]


def test_the_matrix_at_a_desk(desk: Desk, shop: Shop) -> None:
    person = desk.person("en", "keeper")
    page = person.page
    person.open(f"{shop.url}/platform/roles/{role_id(shop, 'warehouse')}")
    page.locator("nav.tabs").get_by_role("link", name="Rights").click()
    expect(page.locator("[data-find]")).to_be_visible()
    person.shot("matrix")
    page.keyboard.press("/")
    page.keyboard.type("post invoice")
    expect(page.locator("tr[data-words]:visible")).to_have_count(1)
    page.keyboard.press("Enter")  # searching never sends the form
    box = page.locator('input[value="finance.post_invoice"]')
    box.check()
    expect(page.locator("[data-changed]")).to_have_text("1")
    page.locator("[data-find]").fill("")
    person.shot("changed")
    page.locator("[data-save]:visible").first.click()
    expect(page.get_by_role("heading", name="Is given")).to_be_visible()
    person.shot("review")
    page.locator('button[value="back"]').click()
    expect(page.locator("[data-find]")).to_be_visible()
    expect(box).to_be_checked()
    page.locator("[data-save]:visible").first.click()
    page.locator('button[value="save"]').click()
    expect(page.locator("[data-find]")).to_be_visible()
    expect(page.locator('input[value="finance.post_invoice"]')).to_be_checked()
    box.uncheck()
    page.locator("[data-save]:visible").first.click()
    page.locator('button[value="save"]').click()
    expect(page.locator("[data-find]")).to_be_visible()
    expect(page.locator('input[value="finance.post_invoice"]')).not_to_be_checked()
    assert person.problems == []


def test_a_whole_column(desk: Desk, shop: Shop) -> None:
    page = desk.person("en", "keeper").page
    page.goto(f"{shop.url}/platform/roles/{role_id(shop, 'hr')}/rights")
    page.locator("[data-find]").fill("sales")
    reads = page.locator('tr[data-words]:visible input[value^="sales.read_"]')
    sales = page.get_by_role("region", name="Sales").last
    sales.get_by_role("button", name="Read").click()
    assert all(reads.nth(n).is_checked() for n in range(reads.count()))
    sales.get_by_role("button", name="Read").click()
    assert not any(reads.nth(n).is_checked() for n in range(reads.count()))


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_accessible(desk: Desk, shop: Shop, locale: str) -> None:
    person = desk.person(locale, name=f"rights-{locale}", reduced_motion="reduce")
    role = role_id(shop, "accountant")
    wrong: dict[str, Any] = {}
    for name, path in (
        ("role", f"/platform/roles/{role}"),
        ("matrix", f"/platform/roles/{role}/rights"),
        ("owner", f"/platform/roles/{role_id(shop, 'owner')}/rights"),
        ("roles", "/platform/roles"),
        ("limits", f"/platform/roles/{role}/limits?model=sales.order"),
        ("grants", "/platform/role-grants"),
        ("grant", "/platform/role-grants/new"),
        ("conflicts", "/platform/reports/duty-report"),
        ("deputies", "/settings/deputies"),
        ("policy", "/settings/access"),
    ):
        wrong |= seen(person, name, f"{shop.url}{path}", 200)
        person.shot(name)
    assert wrong == {}
