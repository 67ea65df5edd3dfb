"""The papers of a sale in both languages, read back from the file."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.adapters import fonts
from app.platform import i18n
from app.platform.prints import PartyBlock, PrintField, address_lines, render, said, value_at
from tests.factories.pdf_reader import PdfText
from tests.factories.print_samples import DELIVERY, INVOICE, ORDER, QUOTATION, VIEWS, sample

BOTH = pytest.mark.parametrize("locale", ["zh_CN", "en"])


@pytest.fixture(autouse=True)
def _strict_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A label without a message fails the test instead of showing its id."""
    monkeypatch.setattr(i18n._Mode, "strict", True)


def flat(data: bytes) -> str:
    return "\n".join(text for page in PdfText(data).pages for text in page)


@BOTH
@pytest.mark.parametrize("name", VIEWS)
def test_each_paper_is_one_small_file_with_its_fonts(name: str, locale: str) -> None:
    data = render(VIEWS[name], sample(locale), locale)
    read = PdfText(data)
    assert len(data) < 150_000
    assert len(read.pages) == 1
    assert (read.embedded, len(read.fonts)) == (2, 2)
    assert all("NotoSans" in font for font in read.fonts.values()) or not fonts.regular().path.name.startswith("Noto")


@BOTH
def test_the_same_data_give_the_same_bytes(locale: str) -> None:
    assert render(INVOICE, sample(locale), locale) == render(INVOICE, sample(locale), locale)


def test_a_chinese_order_says_its_amount_in_capitals() -> None:
    text = flat(render(ORDER, sample("zh_CN"), "zh_CN"))
    for words in (
        "销售订单",
        "SO-2026-00318",
        "上海汉萨机电设备有限公司",
        "苏州明远精密机械制造股份有限公司",
        "2026年11月24日",
    ):
        assert words in text
    assert "¥13,487.13" in text
    assert "人民币壹万叁仟肆佰捌拾柒元壹角叁分" in text


def test_an_english_invoice() -> None:
    text = flat(render(INVOICE, sample("en"), "en"))
    for words in ("Invoice", "Bill to", "24 November 2026", "11,935.51", "DE02 2005 0550 1015 8717 37", "Page 1 of 1"):
        assert words in text
    assert "EUR\N{NO-BREAK SPACE}13,487.13" in text
    assert "EUR Thirteen thousand four hundred eighty-seven and 13/100 only" in text


def test_the_language_of_the_paper_is_independent_of_its_data() -> None:
    text = flat(render(QUOTATION, sample("zh_CN"), "en"))
    assert "Quotation" in text
    assert "上海汉萨机电设备有限公司" in text
    assert "大写金额" not in text


@BOTH
def test_a_long_order_repeats_its_head_and_counts_its_pages(locale: str) -> None:
    pages = PdfText(render(ORDER, sample(locale, 60), locale)).pages
    assert len(pages) == 4
    for number, page in enumerate(pages, 1):
        assert ("第 {} 页，共 4 页" if locale == "zh_CN" else "Page {} of 4").format(number) in page
        assert "SO-2026-00318" in " ".join(page)
    head = "单位" if locale == "zh_CN" else "Unit"
    assert [head in page for page in pages[:3]] == [True] * 3
    rows = [text for page in pages for text in page if text.startswith("A1")]
    assert rows == [f"A{1040 + index}" for index in range(60)]


@pytest.mark.parametrize("count", range(8, 22))
def test_the_sum_never_stands_on_a_page_without_a_row(count: int) -> None:
    pages = PdfText(render(ORDER, sample("en", count), "en")).pages
    last = next(page for page in pages if "Total" in page)
    assert any(text.startswith("A1") for text in last)


def test_a_description_longer_than_a_page_goes_on() -> None:
    data = sample("en", 1)
    data["lines"][0]["detail"] = " ".join(f"word{number}" for number in range(1500))
    pages = PdfText(render(DELIVERY, data, "en")).pages
    assert len(pages) > 1
    assert "word1499" in " ".join(pages[-1])


def test_no_lines_and_no_second_address() -> None:
    data = sample("en", 0)
    del data["other_party"]
    assert len(PdfText(render(ORDER, data, "en")).pages) == 1


def test_columns_without_values_and_zero_sums_are_left_out() -> None:
    data = sample("en", 1)
    data["tax"] = Decimal(0)
    text = flat(render(ORDER, data, "en"))
    assert "Discount" not in text
    assert "Tax\n" not in text.replace("Tax rate", "").replace("Tax\nrate", "")


def test_a_draft_is_marked() -> None:
    assert "DRAFT" in flat(render(QUOTATION, sample("en") | {"mark": "state.draft"}, "en"))
    assert "草稿" in flat(render(QUOTATION, sample("zh_CN") | {"mark": "state.draft"}, "zh_CN"))


def test_hostile_text_is_only_text() -> None:
    data = sample("en", 1)
    data["party"] = PartyBlock("**bold** <b>&amp;</b> {0} ) Tj ET /F9", ["\x00\u202eevil"])
    text = flat(render(ORDER, data, "en"))
    assert ") Tj ET /F9" in " ".join(text.split())
    assert "evil" in text


def test_foreign_amounts_have_no_chinese_capitals() -> None:
    assert said(Decimal(5), "USD", "zh_CN") == ""
    assert said(Decimal(5), "CNY", "zh_CN") == "人民币伍元整"
    assert "USD" in flat(render(ORDER, sample("zh_CN", currency="USD"), "zh_CN"))


def test_a_path_that_is_not_there_is_a_defect() -> None:
    with pytest.raises(KeyError):
        render(replace(ORDER, right=(PrintField("field.memo", "nothing"),)), sample("en"), "en")
    assert value_at({"customer": None}, "customer.name") is None


def test_addresses() -> None:
    parts = {
        "street": "澄阳路 66 号",
        "city": "上海市",
        "province": "上海市",
        "district": "浦东新区",
        "postal_code": "200120",
    }
    assert address_lines("zh_CN", **parts) == ["上海市浦东新区澄阳路 66 号", "200120"]
    western = {
        "street": "Havnegade 7",
        "street2": "Gate B",
        "city": "Aarhus",
        "postal_code": "8000",
        "country": "Denmark",
    }
    assert address_lines("en", **western) == ["Havnegade 7", "Gate B", "8000 Aarhus", "Denmark"]
