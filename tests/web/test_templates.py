"""What the templates promise: the strict content policy holds, every icon is in the sprite, every word in the catalogs."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from app.platform import i18n
from app.web import charts, markup
from app.web.widgets import Cell, ColumnHead, ListRow

WEB = Path(__file__).resolve().parents[2] / "app" / "web"
FOLDER = WEB / "templates"
PAGES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*"))
ICONS = set((WEB / "assets" / "icons.txt").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("name", [page for page in PAGES if not page.startswith("mail/")])
def test_nothing_the_content_policy_refuses(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on|<style|javascript:|\bjs:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("name", PAGES)
def test_template_compiles(name: str) -> None:
    env = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
    env.parse((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_icons_are_in_the_sprite(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert set(re.findall(r"icon\('([a-z0-9-]+)'", text)) - ICONS == set()


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("name", PAGES)
def test_words_are_in_the_catalog(name: str, locale: str) -> None:
    used = set(re.findall(r"\bt\('([a-z_.0-9]+)'(?!\s*~)", (FOLDER / name).read_text(encoding="utf-8")))
    held = i18n.messages(locale)
    assert {key for key in used if key not in held and f"{key}#other" not in held} == set()


def test_cells_escape_what_people_typed() -> None:
    evil = '<img src=x onerror="x">'
    for kind in ("text", "code", "money", "state", "ref", "person", "email", "phone", "url", "flag", "progress"):
        shown = markup.cell(Cell(kind, evil, href=evil, sub=evil, hint=evil))
        assert "<img" not in shown
    row = ListRow("1", [Cell("text", evil)], href=evil, label=evil, amount=evil)
    assert "<img" not in markup.rows([row], [ColumnHead("a", "A")], True, evil)


def test_urls_lead_only_to_the_web() -> None:
    assert "href" not in markup.cell(Cell("url", "javascript:alert(1)"))


def test_one_column_fills_each_slot_of_a_phone_card() -> None:
    heads = [ColumnHead("a", "A", slot="title"), ColumnHead("b", "B", slot="title")]
    made = markup.rows([ListRow("1", [Cell("text", "x"), Cell("text", "y")])], heads, False)
    assert made.count("s-title") == 1


def test_charts_survive_empty_flat_and_negative_figures() -> None:
    for values in ([], [0, 0, 0], [5, 5], [-3, 2, -7.5]):
        labels = [str(number) for number in range(len(values))]
        for draw in (charts.bar_chart, charts.line_chart):
            drawn = draw(labels, {"a": values}, str, title="T")
            assert "nan" not in drawn.lower()
            assert 'style="' not in drawn
    assert charts.sparkline([1]) == ""
    assert charts.donut("T", [charts.Part("a", 0, "0")]).count("<path") == 0


@pytest.mark.parametrize(
    ("value", "en", "zh"), [(6_280_000, "6.3M", "628万"), (-120_000_000, "−120M", "−1.2亿"), (0, "0", "0")]
)
def test_axis_figures_are_short_in_both_languages(value: float, en: str, zh: str) -> None:
    assert (charts.compact(value, "en"), charts.compact(value, "zh_CN")) == (en, zh)
