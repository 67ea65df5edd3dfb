"""An accountant enters a voucher with the keyboard alone, in Chinese; a colleague reviews it, in English, on a phone."""

import pytest
from playwright.sync_api import Page, expect

from app.modules.finance.queries.account import account_names
from app.modules.finance.queries.book import book_of
from tests.browser.conftest import Desk, Person
from tests.browser.shop import Shop


def codes(shop: Shop, *roles: str) -> list[str]:
    """Account codes of roles."""
    accounts = shop.tenant.read(lambda work: [book_of(work).account(role) for role in roles])
    names = shop.tenant.read(lambda work: account_names(work, accounts))
    return [names[key].partition(" ")[0] for key in accounts]


def choose_account(page: Page, row: int, code: str) -> None:
    """Type a code into the picker that has the focus and take what it finds."""
    page.keyboard.type(code)
    expect(page.locator("ul.pick:popover-open [role=option]").first).to_contain_text(code)
    page.keyboard.press("Enter")
    expect(page.locator(f'input[type=hidden][name="lines.{row}.account_id"]')).not_to_have_value("")


def value(page: Page, name: str) -> str:
    return page.locator(f'[name="{name}"]').input_value()


def type_voucher(person: Person, expense: str, bank: str) -> None:
    page = person.page
    page.locator('[name="lines.0.memo"]').focus()
    page.keyboard.type("办公用品")
    page.keyboard.press("Tab")
    page.keyboard.press("F7")
    expect(page.locator("ul.pick:popover-open [role=option]").first).to_be_visible()
    choose_account(page, 0, expense)
    page.keyboard.press("Tab")
    page.keyboard.type("120.5")
    page.keyboard.press("Control+Shift+D")
    expect(page.locator('[name="lines.1.debit"]')).to_be_focused()
    assert value(page, "lines.1.memo") == "办公用品"
    page.keyboard.press(" ")
    expect(page.locator('[name="lines.1.credit"]')).to_be_focused()
    assert (value(page, "lines.1.debit"), value(page, "lines.1.credit")) == ("", "120.5")
    page.keyboard.press("Control+Delete")
    page.locator('[name="lines.0.debit"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    choose_account(page, 1, bank)
    page.keyboard.press("Tab")
    page.keyboard.press("=")
    assert (value(page, "lines.1.debit"), value(page, "lines.1.credit")) == ("", "120.5")
    expect(page.locator("[data-totals]")).to_contain_text("120.50")
    expect(page.locator('[name="lines.1.memo"]')).to_have_value("办公用品")  # carried down by the server


def test_a_voucher_by_keyboard_reviewed_by_a_colleague(desk: Desk, shop: Shop) -> None:
    expense, bank = codes(shop, "expense", "bank")
    mei, mara = desk.person("zh_CN", "mei"), desk.person("en", "mara")
    mei.open("/finance/vouchers/new")
    type_voucher(mei, expense, bank)
    mei.shot("voucher")
    mei.page.keyboard.press("Control+S")
    mei.page.wait_for_url(lambda url: "/new" not in url)
    path = mei.page.url
    expect(mei.page.locator("main")).to_contain_text("借方")
    mei.press("review")
    expect(mei.page.locator("dialog[open]")).to_contain_text("制单人与审核人不能是同一人")
    mei.problems[:] = [problem for problem in mei.problems if "status of 403" not in problem]
    mara.page.set_viewport_size({"width": 390, "height": 844})
    mara.open(path)
    assert mara.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    mara.press("review")
    mara.settled()
    expect(mara.page.locator("main")).to_contain_text("Reviewed")
    mara.press("post")
    mara.settled()
    expect(mara.page.locator("h1")).to_contain_text("G20")
    mei.open(path)
    status, kind, body = mei.fetch(f"{path[path.index('/finance') :]}/print/voucher.pdf")
    assert (status, kind.partition(";")[0], body[:4]) == (200, "application/pdf", b"%PDF")
    assert [mei.problems, mara.problems] == [[], []]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_pages_of_the_close_read_on_a_phone(desk: Desk, shop: Shop, language: str) -> None:
    person = desk.person(language, f"close-{language}")
    person.page.set_viewport_size({"width": 390, "height": 844})
    period = shop.tenant.read(lambda work: book_of(work).period(work.today())[0])
    person.open(f"/finance/periods/{period}")
    for path in ("/finance/close-tasks", "/finance/imports/vouchers", "/finance/reports/balance-change"):
        person.open(path)
        assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    person.shot("close")
    assert person.problems == []
