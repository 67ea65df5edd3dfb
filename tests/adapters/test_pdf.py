"""The canvas: wrapping, embedding, determinism, and where fonts are looked for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters import fonts
from app.adapters.pdf import Canvas, Style, clean
from tests.factories.pdf_reader import PdfText

STYLE = Style(10)


@pytest.fixture
def canvas() -> Canvas:
    canvas = Canvas("Title", author="Hanse", created=datetime(2026, 1, 31, tzinfo=UTC))
    canvas.new_page()
    return canvas


def test_text_can_be_read_back(canvas: Canvas) -> None:
    canvas.text(20, 20, "人民币壹仟元整 (1,000.00)", STYLE)
    canvas.text(190, 30, "Ångström \\ −5", Style(10, bold=True), align="right")
    canvas.new_page()
    canvas.text(20, 20, "second", STYLE)
    canvas.text(20, 280, "foot", STYLE, page=0)
    read = PdfText(canvas.to_bytes())
    assert read.pages == [["人民币壹仟元整 (1,000.00)", "Ångström \\ −5", "foot"], ["second"]]
    assert read.embedded == 2


def test_the_same_drawing_gives_the_same_bytes() -> None:
    def drawn() -> bytes:
        canvas = Canvas("Title", created=datetime(2026, 1, 31, tzinfo=UTC))
        canvas.new_page()
        canvas.text(20, 20, "报价单 Quotation", STYLE)
        canvas.rule(20, 30, 100)
        canvas.fill(20, 40, 10, 10, (1, 2, 3))
        canvas.frame(20, 40, 10, 10)
        return canvas.to_bytes()

    assert drawn() == drawn()


def test_lines_fit_and_lose_nothing(canvas: Canvas) -> None:
    text = "三相异步电动机 YE4-132S-4，5.5 kW（含接线盒）。A rather long English sentence follows here."
    lines = canvas.wrapped(text, 30, STYLE)
    assert len(lines) > 3
    assert all(canvas.width_of(line, STYLE) <= 30.02 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。）" for line in lines)


def test_a_word_wider_than_the_line_is_cut(canvas: Canvas) -> None:
    lines = canvas.wrapped("x" * 200, 30, STYLE)
    assert "".join(lines) == "x" * 200
    assert all(canvas.width_of(line, STYLE) <= 30.02 for line in lines)
    assert canvas.wrapped("ab", 0.1, STYLE) == ["a", "b"]


def test_no_lone_ideograph_on_the_last_line(canvas: Canvas) -> None:
    text = "江苏省苏州市工业园区星湖街路"
    width = canvas.width_of(text[:-1], STYLE)
    assert [len(line) for line in canvas.wrapped(text, width, STYLE)] == [len(text) - 2, 2]


def test_paragraphs_and_fixed_spaces(canvas: Canvas) -> None:
    assert canvas.wrapped("a\r\n\nb", 30, STYLE) == ["a", "", "b"]
    assert canvas.wrapped("", 30, STYLE) == [""]
    width = canvas.width_of("total: EUR", STYLE)
    assert canvas.wrapped("total: EUR\u00a05", width, STYLE) == ["total:", "EUR\u00a05"]


def test_control_and_direction_characters_do_not_reach_the_paper() -> None:
    assert clean("a\x00b\u202ec\u200bd\te") == "abcd  e"


def test_a_picture(canvas: Canvas) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\1\2\3")) + chunk(b"IEND", b"")
    canvas.picture(20, 20, 18, 14, png)
    assert b"/Subtype /Image" in canvas.to_bytes()


def test_missing_fonts_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANSE_FONTS", raising=False)
    monkeypatch.setattr(fonts, "PACKAGE", tmp_path)
    monkeypatch.setattr(fonts, "SYSTEM", ())
    with pytest.raises(fonts.FontsMissingError, match="HANSE_FONTS"):
        fonts.regular()


def test_the_named_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSE_FONTS", str(tmp_path))
    assert next(iter(fonts.folders())) == tmp_path
