"""WCAG 2.2 AA by axe-core on every floorplan: both languages, light and dark, desk and phone; nothing overflows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from app.modules.masterdata.models.party import Party
from app.modules.sales.models.order import Order
from app.platform.records import AuditEntry
from tests.browser.conftest import Desk, Person
from tests.browser.shop import Shop

AXE = Path(__file__).resolve().parents[2] / "app/web/assets/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def floorplans(shop: Shop) -> Iterator[tuple[str, str, int]]:
    """Name, path and status of one page of each kind."""
    order = f"/sales/orders/{shop.ids(Order, Order.state == 'confirmed')[0]}"
    draft = shop.draft("axe")
    yield "home", "/", 200
    yield "overview", "/sales", 200
    yield "list", "/sales/orders?tab=all", 200
    yield "grouped", "/sales/orders?tab=all&group=customer_id", 200
    yield "empty", "/sales/orders?tab=all&q=zzzzzz", 200
    yield "document", order, 200
    yield "edit", f"{draft}/edit", 200
    yield "files", f"{order}?panel=files", 200
    yield "audit", f"{order}?panel=audit", 200
    yield "master", f"/masterdata/parties/{shop.ids(Party)[0]}", 200
    yield "report", "/finance/reports/trial-balance", 200
    yield "wizard", "/setup?step=company", 200
    yield "cards", "/setup?step=content", 200
    entry = shop.ids(AuditEntry, AuditEntry.action == "masterdata.create_party")[0]
    yield "log", "/platform/audit-entries?content=a&door=web,cli,system", 200
    yield "log entry", f"/platform/audit-entries/{entry}", 200
    yield "retention", "/settings/audit", 200
    yield "settings", "/settings/profile", 200
    yield "tokens", "/settings/tokens", 200
    yield "missing", "/nowhere/at/all", 404


def violations(page: Page, rules: list[str] | None = None) -> list[dict[str, Any]]:
    """What axe finds on the page as it stands; only the named rules where some are."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    options = json.dumps({"runOnly": only, "resultTypes": ["violations"]})
    found = page.evaluate(f"async () => (await axe.run(document, {options})).violations")
    return [
        {
            "rule": one["id"],
            "nodes": [node["html"][:160] + " | " + node["failureSummary"][:200] for node in one["nodes"]],
        }
        for one in found
    ]


def wrong_with(page: Page) -> Iterator[tuple[str, Any]]:
    """Every way the page is looked at, and what is wrong with it there. Dark differs from light in contrast alone."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            yield f"{size}: overflow", wide
        for scheme in ("light", "dark"):
            page.evaluate("scheme => { document.documentElement.dataset.theme = scheme }", scheme)
            found = violations(page, None if scheme == "light" else ["color-contrast"])
            if found:
                yield f"{size} {scheme}", found


def seen(person: Person, name: str, path: str, status: int) -> dict[str, Any]:
    person.page.set_viewport_size(SIZES["desk"])  # type: ignore[arg-type]
    answer = person.page.goto(path)
    assert answer is not None
    assert answer.status == status, path
    return {f"{person.name} {name} {where}": found for where, found in wrong_with(person.page)}


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_every_floorplan(desk: Desk, shop: Shop, locale: str) -> None:
    person = desk.person(locale, reduced_motion="reduce")
    failed: list[str] = []
    person.page.on("requestfailed", lambda request: failed.append(request.url))
    wrong: dict[str, Any] = {}
    for name, path, status in floorplans(shop):
        wrong |= seen(person, name, f"{shop.url}{path}", status)
    for name in ("new", "me"):
        person.page.set_viewport_size(SIZES["desk"])  # type: ignore[arg-type]
        person.page.goto(f"{shop.url}/sales/orders")
        person.page.locator(f'header [popovertarget="{name}"]').click()
        wrong |= {f"{person.name} menu {name} {where}": found for where, found in wrong_with(person.page)}
    assert wrong == {}
    assert failed == []
    assert [problem for problem in person.problems if "status of 404" not in problem] == []


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("path", ["/login", "/signup", "/forgot"])
def test_pages_outside(desk: Desk, shop: Shop, path: str, locale: str) -> None:
    context = desk.chromium.new_context(locale=locale, reduced_motion="reduce")
    desk.contexts.append(context)
    person = Person(context.new_page(), desk.portal, locale)
    home = desk.portal.url if path == "/signup" else shop.url
    assert seen(person, path, f"{home}{path}", 200) == {}


def test_axe_is_awake(desk: Desk, shop: Shop) -> None:
    """An image without words is found: a silent checker would prove nothing."""
    page = desk.person("en").page
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert [one["rule"] for one in violations(page)] == ["image-alt"]
