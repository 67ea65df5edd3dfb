"""What a working day brings besides the straight way: mistakes, two people at once, the keyboard, files, papers."""

import io
import re
from collections.abc import Iterator

import openpyxl
import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.modules.finance.models.invoice import Invoice
from app.modules.inventory.models.delivery import Delivery
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.sales.models.order import Order
from app.modules.sales.models.quotation import Quotation
from tests.browser.conftest import Desk, Person
from tests.browser.shop import Shop


def forgive(person: Person, status: int) -> None:
    """Take the browser's note of an expected refusal off the list of problems."""
    words = f"status of {status}"
    assert any(words in problem for problem in person.problems), person.problems
    person.problems[:] = [problem for problem in person.problems if words not in problem]


def press_keys(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_mistake_stays_beside_its_field(mara: Person, shop: Shop) -> None:
    mara.open("/sales/orders/new")
    mara.fill("reference", "PO-77")
    mara.fill("lines.0.quantity", "many")
    mara.save()
    expect(mara.page.locator("#e-customer_id")).to_be_visible()
    expect(mara.page.locator('[name="reference"]')).to_have_value("PO-77")
    expect(mara.page.locator('[name="lines.0.quantity"]')).to_have_value("many")
    expect(mara.page.locator('[data-field="customer_id"] [aria-invalid=true]')).to_have_count(1)
    expect(mara.page.locator('[data-col="quantity"] .err-cell')).to_have_count(1)
    expect(mara.page.locator(".errors")).to_be_visible()
    mara.shot("mistakes")
    forgive(mara, 422)
    mara.page.locator(".errors a").first.click()
    expect(mara.page.locator('[name="_text.customer_id"]')).to_be_focused()


def test_two_people_change_one_order(desk: Desk, shop: Shop) -> None:
    path = shop.draft("first")
    mara, mei = desk.person("en", "mara"), desk.person("zh_CN", "mei")
    for person, words in ((mara, "from Mara"), (mei, "from Mei")):
        person.open(f"{path}/edit")
        person.fill("reference", words)
    mara.save()
    mara.page.wait_for_url(f"**{path}")
    mei.save()
    expect(mei.page.locator("table.clash")).to_contain_text("from Mara")
    expect(mei.page.locator("table.clash")).to_contain_text("from Mei")
    mei.shot("conflict")
    forgive(mei, 409)
    mei.page.locator('table.clash input[type=radio][value="from Mara"]').check()
    mei.save()
    mei.page.wait_for_url(f"**{path}")
    expect(mei.page.locator("main")).to_contain_text("from Mara")
    assert [mara.problems, mei.problems] == [[], []]


def test_back_and_forward_keep_filter_and_place(desk: Desk, shop: Shop) -> None:
    mara = desk.person("en", "mara", viewport={"width": 1280, "height": 420})
    page = mara.page
    mara.open("/sales/orders?tab=all")
    page.locator("#q").fill("2")
    page.wait_for_url("**q=2**")
    mara.settled()
    pane = page.locator('[data-scroll="list"]')
    pane.evaluate("pane => { pane.scrollTop = 150 }")
    page.wait_for_timeout(50)
    row = page.locator("main tbody tr").nth(6).locator("a[href]").first
    row.scroll_into_view_if_needed()
    place = pane.evaluate("pane => pane.scrollTop")
    assert place > 0
    row.click()
    page.wait_for_url("**/sales/orders/*-*")
    page.go_back()
    page.wait_for_url("**q=2**")
    expect(page.locator("#q")).to_have_value("2")
    expect(page.locator('main nav.tabs [aria-current="page"]')).to_contain_text("All")
    for _ in range(40):
        if pane.evaluate("pane => pane.scrollTop") > 0:
            break
        page.wait_for_timeout(50)
    assert abs(pane.evaluate("pane => pane.scrollTop") - place) < 80
    page.go_forward()
    page.wait_for_url("**/sales/orders/*-*")
    expect(page.locator("main h1")).to_contain_text("SO-")
    assert mara.problems == []


def test_a_list_by_keyboard(mara: Person, shop: Shop) -> None:
    page = mara.page
    mara.open("/sales/orders?tab=all")
    press_keys(page, "/")
    expect(page.locator("#q")).to_be_focused()
    press_keys(page, "Escape")
    press_keys(page, "j", "j", "k", "x")
    expect(page.locator("main tbody tr").first).to_have_attribute("aria-selected", "true")
    expect(page.locator("#bulk [data-count]")).to_have_text("1")
    press_keys(page, "j", "j", "Enter")
    page.wait_for_url("**/sales/orders/*-*")
    press_keys(page, "Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.locator("#palette input").fill("quotations")
    expect(page.locator('#palette-list [role=option][aria-selected="true"]')).to_contain_text("Quotations")
    press_keys(page, "Enter")
    page.wait_for_url("**/sales/quotations*")
    press_keys(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    press_keys(page, "Escape")
    press_keys(page, "g", "i")
    page.wait_for_url("**/inventory*")


def codes(shop: Shop, count: int) -> list[str]:
    """Codes of a few items."""
    chosen = shop.items()[:count]
    return shop.tenant.read(lambda work: [work.session.get_one(Item, key).code for key in chosen])


def test_lines_by_keyboard(mara: Person, shop: Shop) -> None:
    """Tab through a line, a block from a sheet, copy down, and Ctrl-S saves."""
    page = mara.page
    first, second, third = codes(shop, 3)
    mara.open("/sales/orders/new")
    name = shop.tenant.read(lambda work: work.session.get_one(Party, shop.customer()).name)
    mara.pick("customer_id", name)
    item = page.locator('[name="_text.lines.0.item_id"]')
    item.click()
    page.keyboard.type(first)
    expect(page.locator("ul.pick:popover-open [role=option][aria-selected=true]")).to_contain_text(first)
    press_keys(page, "Enter", "Tab", "Tab")
    expect(page.locator('[name="lines.0.quantity"]')).to_be_focused()
    page.keyboard.type("3")
    press_keys(page, "Enter")
    expect(page.locator('[name="lines.1.quantity"]')).to_be_focused()
    press_keys(page, "Control+d")
    expect(page.locator('[name="lines.1.quantity"]')).to_have_value("3")
    page.locator('[name="_text.lines.1.item_id"]').focus()
    sheet = f"{second}\\tseal kit\\t5\\n{third}\\tspare\\t7\\n"
    page.evaluate(
        f"""() => {{
            const data = new DataTransfer(); data.setData('text/plain', '{sheet}');
            document.activeElement.dispatchEvent(
                new ClipboardEvent('paste', {{clipboardData: data, bubbles: true, cancelable: true}}));
        }}"""
    )
    expect(page.locator('[name="lines.2.quantity"]')).to_have_value("7")
    expect(page.locator('[name="lines.1.description"]')).to_have_value("seal kit")
    expect(page.locator('[name="_text.lines.2.item_id"]')).to_have_value(re.compile(re.escape(third)))
    expect(page.locator('[name="lines.2.price"]')).not_to_have_value("")
    last = page.locator("hanse-lines tbody tr").nth(2).locator("[data-cell]").last
    last.focus()
    press_keys(page, "Tab")
    expect(page.locator("hanse-lines tbody tr")).to_have_count(4)
    mara.shot("lines-by-keyboard")
    press_keys(page, "Control+s")
    page.wait_for_url("**/sales/orders/*-*")
    expect(page.locator("table.read-lines tbody tr")).to_have_count(3)


def test_bulk_confirm(mara: Person, shop: Shop) -> None:
    paths = [shop.draft(f"bulk {number}") for number in range(2)]
    mara.open("/sales/orders?tab=draft&q=bulk")
    mara.page.locator("main thead [data-all]").check()
    expect(mara.page.locator("#bulk [data-count]")).to_have_text("2")
    mara.page.locator('#bulk [formaction$="/bulk/confirm_order"], #bulk [formaction$="/bulk/confirm"]').click()
    mara.settled()
    for path in paths:
        mara.open(path)
        expect(mara.page.locator("main .badge").first).to_contain_text("Confirmed")


def test_a_sheet_holds_what_the_list_shows(mara: Person, shop: Shop) -> None:
    mara.open("/sales/orders?tab=all&state=draft")
    shown = mara.page.locator("main tbody tr").count()
    mara.page.locator('[popovertarget="exports"]').click()
    with mara.page.expect_download() as download:
        mara.page.locator('#exports a[href*="export.xlsx"]').click()
    path = download.value.path()
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    assert sheet is not None
    heads = [cell.value for cell in next(sheet.iter_rows(max_row=1))]
    assert heads[:2] == ["Number", "Customer"]
    rows = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[heads.index("State")] is not None]
    assert len(rows) == shown > 0
    assert {row[heads.index("State")] for row in rows} == {"Draft"}


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_papers(mara: Person, shop: Shop, lang: str) -> None:
    papers = [
        (f"/sales/quotations/{shop.ids(Quotation)[0]}", "quotation"),
        (f"/sales/orders/{shop.ids(Order)[0]}", "order"),
        (f"/inventory/deliveries/{shop.ids(Delivery)[0]}", "delivery"),
        (f"/finance/invoices/{shop.ids(Invoice)[0]}", "invoice"),
    ]
    for path, name in papers:
        mara.open(path)
        link = mara.page.locator(f'a[href*="/print/{name}"]').first
        address = link.get_attribute("href")
        assert address
        status, kind, body = mara.fetch(f"{address}?lang={lang}")
        assert (status, kind, body[:4]) == (200, "application/pdf", b"%PDF"), address


def test_pages_that_are_not_there_or_not_for_you(mara: Person, desk: Desk, shop: Shop) -> None:
    for path in ("/nowhere/at/all", "/sales/orders/019a0000-0000-7000-8000-000000000000"):
        mara.page.goto(f"{shop.url}{path}")
        expect(mara.page.locator("main h1, main h2").first).to_be_visible()
        forgive(mara, 404)
    mara.shot("missing")
    clerk = desk.person("clerk", "clerk")
    clerk.page.goto(f"{shop.url}/finance/invoices")
    expect(clerk.page.locator("main")).to_contain_text("Finance", ignore_case=True)
    clerk.shot("forbidden")
    forgive(clerk, 403)
    assert clerk.problems == []


@pytest.fixture
def restored(mara: Person) -> Iterator[Person]:
    """Leaves the preferences as they were."""
    yield mara
    mara.open("/settings/profile")
    for name, value in (("locale", "en"), ("theme", "system"), ("density", "normal")):
        mara.choose(name, value)
    mara.save()


def test_preferences_last(restored: Person, shop: Shop) -> None:
    page = restored.page
    restored.open("/sales/orders")
    for name, value in (("theme", "dark"), ("density", "compact"), ("locale", "zh-CN")):
        page.locator('header [popovertarget="me"]').click()
        page.locator(f'#me button[name="{name}"][value="{value}"]').click()
        restored.settled()
    page.reload()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-density", "compact")
    expect(root).to_have_attribute("lang", "zh-CN")
    assert page.evaluate("getComputedStyle(document.body).colorScheme || 'dark'") == "dark"


def test_files_and_remarks(mara: Person, shop: Shop) -> None:
    path = shop.draft("with papers")
    page = mara.page
    mara.open(f"{path}?panel=files")
    drawing = FilePayload(name="drawing 7.txt", mimeType="text/plain", buffer=b"forty-two bolts")
    page.locator("form[data-upload] input[type=file]").set_input_files(drawing)
    link = page.locator("#side-panel .file a.name")
    expect(link).to_have_text("drawing 7.txt")
    address = link.get_attribute("href")
    assert address
    assert mara.fetch(address)[2] == b"forty-two bolts"
    drop(page, "note.txt", "dropped")
    expect(page.locator("#side-panel .file a.name")).to_have_count(2)
    page.locator('#side-panel nav.tabs a[href*="activity"]').click()
    page.locator("#side-panel textarea").fill("Please ship before Friday <b>")
    page.locator("#side-panel form.say button.primary").click()
    expect(page.locator("#side-panel blockquote")).to_have_text("Please ship before Friday <b>")
    mara.shot("remark")


def drop(page: Page, name: str, words: str) -> None:
    """Let a file fall on the document."""
    page.evaluate(
        f"""() => {{
            const data = new DataTransfer(); data.items.add(new File(['{words}'], '{name}', {{type: 'text/plain'}}));
            document.querySelector('main').dispatchEvent(new DragEvent('drop', {{dataTransfer: data, bubbles: true, cancelable: true}}));
        }}"""
    )
