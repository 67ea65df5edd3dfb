"""A sheet through the browser: the template taken back, wrong cells by row and column."""

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from app.modules.finance.queries.account import account_names
from app.modules.finance.queries.book import book_of
from tests.web.conftest import Browser, Site, words_of

PATH = "/finance/imports/vouchers"


def sheet(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_the_template_has_the_headings_that_are_understood(owner: Browser) -> None:
    answer = owner.get(f"{PATH}/template.xlsx")
    found = load_workbook(BytesIO(answer.content)).active
    assert found is not None
    heads = [cell.value for cell in found[1]]
    assert len(heads) == 17
    assert all(heads)


@pytest.mark.parametrize("headings", [["voucher", "account", "debit"], ["凭证分组", "科目编码", "借方"]])
def test_wrong_cells_are_shown_by_row_and_column(owner: Browser, headings: list[object]) -> None:
    body = sheet(headings, ["1", "no-such", "many"])
    answer = owner.send_form(PATH, {"control_rows": "1"}, files={"file": ("x.xlsx", body)})
    assert answer.status_code == 422
    assert "Row Column What is wrong 2 Debit" in words_of(answer.text)


def test_a_foreign_sheet_is_refused_at_its_file(owner: Browser) -> None:
    answer = owner.send_form(PATH, files={"file": ("x.xlsx", sheet(["colour"], ["red"]))})
    assert answer.status_code == 422
    assert "colour" in words_of(answer.text)
    empty = owner.send_form(PATH)
    assert empty.status_code == 422


def test_a_right_sheet_leads_to_the_drafts(site: Site, owner: Browser) -> None:
    roles = site.read(lambda work: book_of(work).roles)
    codes = site.read(lambda work: account_names(work, [roles["expense"], roles["bank"]]))
    expense, bank = (codes[roles[role]].partition(" ")[0] for role in ("expense", "bank"))
    body = sheet(
        ["Voucher", "Date", "Account", "Debit", "Credit", "Memo"],
        ["A", "2026-01-31", expense, 12.5, None, "Sheet"],
        ["A", None, bank, None, 12.5, None],
    )
    heads = list(load_workbook(BytesIO(owner.get(f"{PATH}/template.xlsx").content)).active[1])  # type: ignore[index]
    assert heads[0].value == "Voucher"
    body = sheet(
        [heads[0].value, heads[1].value, heads[5].value, heads[6].value, heads[7].value],
        ["A", "2026-01-31", expense, 12.5, None],
        ["A", None, bank, None, 12.5],
    )
    answer = owner.send_form(PATH, {"control_debit": "12.50"}, files={"file": ("x.xlsx", body)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/finance/vouchers?tab=draft")
    wrong = owner.send_form(PATH, {"control_debit": "13"}, files={"file": ("x.xlsx", body)})
    assert wrong.status_code == 422
    assert "comes to 12.5" in words_of(wrong.text)
