"""Cutting fonts, with a font made here: three simple glyphs, one composite, both kinds of character map."""

import io
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from app.adapters.truetype import Face, FontError

HAN = "\u58f9"
RARE = "\U00020000"
GLYPHS = {".notdef": 500, "A": 600, "acute": 300, "Aacute": 600, "han": 1000, "rare": 1000}
CHARACTERS = {"A": "A", "\u00b4": "acute", "Á": "Aacute", HAN: "han", RARE: "rare"}


def square(size: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((size, 0))
    pen.lineTo((size, size))
    pen.closePath()
    return pen.glyph()


def font_file(path: Path, characters: dict[str, str]) -> Path:
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(GLYPHS))
    builder.setupCharacterMap({ord(character): name for character, name in characters.items()})
    outlines = {name: square(100 + 10 * index) for index, name in enumerate(GLYPHS)}
    pen = TTGlyphPen(dict.fromkeys(GLYPHS))
    pen.addComponent("A", (1, 0, 0, 1, 0, 0))
    pen.addComponent("acute", (0.5, 0, 0, 0.5, 100, 300))
    outlines["Aacute"] = pen.glyph()
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in GLYPHS.items()})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def face(tmp_path: Path) -> Face:
    return Face(font_file(tmp_path / "test.ttf", CHARACTERS))


def test_widths(face: Face) -> None:
    assert face.width("A") == 0.6
    assert face.width("A" + HAN + RARE) == 2.6
    assert face.width("\u00e9") == 0.5  # missing: the box
    assert (face.ascent, face.descent, face.units_per_em) == (800, -200, 1000)


def test_the_older_character_map(tmp_path: Path) -> None:
    only_16_bit = {character: name for character, name in CHARACTERS.items() if character != RARE}
    face = Face(font_file(tmp_path / "old.ttf", only_16_bit))
    assert face.width("A" + HAN) == 1.6
    assert face.glyph(RARE) == 0


def test_a_cut_font_has_the_glyphs_asked_for_and_their_parts(face: Face) -> None:
    cut = TTFont(io.BytesIO(face.subset("Á" + HAN + "\u00e9")))
    assert set(cut.getBestCmap()) == {ord("Á"), ord(HAN)}
    assert cut["maxp"].numGlyphs == 5  # the box, Á, 壹, and the A and the accent of which Á is made
    composite = cut["glyf"][cut.getBestCmap()[ord("Á")]]
    assert composite.isComposite()
    assert [cut["hmtx"][part.glyphName][0] for part in composite.components] == [600, 300]
    assert cut["hmtx"][cut.getBestCmap()[ord(HAN)]] == (1000, 0)


def test_the_same_characters_give_the_same_file(face: Face) -> None:
    assert face.subset("AÁ") == face.subset("ÁAA")


@pytest.mark.parametrize("content", [b"", b"\0\1\0\0", b"hello, this is not a font", b"ttcf" + b"\0" * 20])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.ttf"
    path.write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011  an empty file cannot even be mapped
        Face(path)
    if content:
        with pytest.raises(FontError):
            Face(path)
