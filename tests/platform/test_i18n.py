"""Messages: lookup, facts, plural, negotiation."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app.kernel.money import Money
from app.kernel.quantity import Quantity
from app.platform import i18n


@pytest.fixture
def catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two tiny catalogs in place of the real ones."""
    texts = {
        "en": {
            "stock.short": "{item}: only {available} {unit} left, {wanted} asked.",
            "cart.left#one": "one order left",
            "cart.left#other": "{count} orders left",
            "state.open": "Open",
            "order.is": "It is {state:state}",
            "field.customer_id": "Customer",
        },
        "zh_CN": {"stock.short": "{item} 仅剩 {available} {unit}", "cart.left#other": "剩余 {count} 张订单"},
    }
    for locale, messages in texts.items():
        folder = tmp_path / locale
        folder.mkdir()
        body = "".join(f'msgid "{key}"\nmsgstr "{text}"\n\n' for key, text in messages.items())
        head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        (folder / "words.po").write_text(head + body, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    i18n.messages.cache_clear()
    yield
    i18n.messages.cache_clear()


@pytest.mark.usefixtures("catalogs")
class TestText:
    def test_facts_are_formatted_for_the_locale(self) -> None:
        shown = i18n.text("en", "stock.short", item="Bolt", available=Decimal("1234.50"), unit="pcs", wanted=2000)
        assert shown == "Bolt: only 1,234.5 pcs left, 2,000 asked."

    def test_plural(self) -> None:
        assert i18n.text("en", "cart.left", count=1) == "one order left"
        assert i18n.text("en", "cart.left", count=3) == "3 orders left"
        assert i18n.text("zh_CN", "cart.left", count=1) == "剩余 1 张订单"

    def test_a_coded_fact_is_translated_where_there_is_a_word(self) -> None:
        assert i18n.text("en", "order.is", state="open") == "It is Open"
        assert i18n.text("en", "order.is", state="odd") == "It is odd"

    def test_a_fact_is_never_a_format_string(self) -> None:
        assert i18n.text("en", "order.is", state="{state.__class__}{0}") == "It is {state.__class__}{0}"

    def test_a_missing_id_shows_itself_and_is_logged_once(self, caplog: pytest.LogCaptureFixture) -> None:
        i18n._reported.clear()
        with caplog.at_level(logging.WARNING):
            assert i18n.text("en", "no.such") == "no.such"
            assert i18n.text("en", "no.such") == "no.such"
        assert [record.getMessage() for record in caplog.records] == ["message missing: no.such in en"]

    def test_strict_raises(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(i18n._Mode, "strict", True)
        with pytest.raises(i18n.MissingMessageError):
            i18n.text("en", "no.such")
        with pytest.raises(i18n.MissingMessageError):
            i18n.text("en", "stock.short", item="Bolt")

    def test_first_falls_back(self) -> None:
        assert i18n.first("en", "sales.order.customer_id", "field.customer_id") == "Customer"
        assert i18n.has("en", "field.customer_id")
        assert not i18n.has("zh_CN", "field.customer_id")

    def test_an_unknown_locale_is_a_defect(self) -> None:
        with pytest.raises(ValueError, match="no catalog"):
            i18n.text("../en", "state.open")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh-Hant-TW", "zh_CN"),
        ("fr-FR,fr;q=0.9,en;q=0.2,zh;q=0.5", "zh_CN"),
        ("en;q=0,zh;q=0.1", "zh_CN"),
        ("de", "en"),
        ("*", "en"),
        ("zh;q=nonsense,;;;=,", "en"),
    ],
)
def test_negotiate(header: str | None, locale: str) -> None:
    assert i18n.negotiate(header) == locale


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "Yes"),
        (Decimal("-0.5"), "\N{MINUS SIGN}0.5"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "2026-01-31 09:05 UTC"),
        (Money(Decimal("12.5"), "CNY"), "CNY\N{NO-BREAK SPACE}12.50"),
        (Quantity(Decimal("3.000000"), "kg"), "3 kg"),
        (["a", 2], "a, 2"),
    ],
)
def test_shown(value: object, shown: str) -> None:
    assert i18n.shown("en", value) == shown
