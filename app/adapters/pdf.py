"""PDF files: a small canvas of text, rules, boxes and pictures over fpdf2.

What is drawn is recorded and written at the end, when the number of pages and the characters used are
known: so a footer can say "page 1 of 3", and only the glyphs used are embedded. Lengths are millimetres from
the top left corner, type sizes points. The same drawing gives the same bytes.
"""

import io
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.adapters import fonts
from app.adapters.truetype import Face

if TYPE_CHECKING:
    from fpdf import FPDF

Align = Literal["left", "right", "center"]
Color = tuple[int, int, int]
PageSize = tuple[float, float]

A4: PageSize = (210.0, 297.0)
LETTER: PageSize = (215.9, 279.4)
BLACK: Color = (24, 28, 33)
MM_PER_POINT = 25.4 / 72
TOLERANCE = 0.01  # millimetres: a text must fit a width that was measured from it
FAMILY = "hanse"

# Where a line may break: after spaces and hyphens, around each ideograph. The second set never begins a line.
_WORDS = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]|(?:[^\s\u2e80-\u9fff\uf900-\uffef]|\xa0)+|[^\S\xa0]+"
)
_NEVER_FIRST = frozenset("，。、；：？！）》」』】〕…—·%,.;:?!)]}")
_NEVER_LAST = frozenset("（《「『【〔([{¥$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


@dataclass(frozen=True)
class Style:
    """Type: size in points, weight, colour."""

    size: float = 9
    bold: bool = False
    color: Color = BLACK

    @property
    def line_height(self) -> float:
        """From base line to base line, millimetres."""
        return self.size * MM_PER_POINT * 1.42


@dataclass
class Canvas:
    """Pages to draw on. `title`, `author` and `created` go into the file's properties."""

    title: str
    author: str = ""
    language: str = "en"
    created: datetime | None = None
    size: PageSize = A4
    _pages: "list[list[Callable[[FPDF], None]]]" = field(default_factory=list)
    _used: dict[bool, set[str]] = field(default_factory=lambda: {False: {" "}, True: {" "}})

    @property
    def pages(self) -> int:
        return len(self._pages)

    def new_page(self) -> None:
        """Go on with an empty page."""
        self._pages.append([])

    def width_of(self, text: str, style: Style) -> float:
        """The width of one line of text, millimetres."""
        return _face(style.bold).width(text) * style.size * MM_PER_POINT

    def wrapped(self, text: str, width: float, style: Style) -> list[str]:
        """The text in lines no wider than `width`; a word wider than that is cut."""
        lines: list[str] = []
        for paragraph in clean(text).split("\n"):
            lines.extend(self._wrapped_paragraph(paragraph, width, style))
        return lines

    def _wrapped_paragraph(self, text: str, width: float, style: Style) -> list[str]:
        width += TOLERANCE
        lines: list[list[str]] = [[]]
        for piece in _unbreakable(text):
            if self.width_of("".join([*lines[-1], piece]).rstrip(), style) <= width:
                lines[-1].append(piece)
                continue
            parts = self._cut(piece.strip(), width, style)
            lines.extend([part] for part in parts if part or not lines[-1])
        if len(lines) > 1 and len(lines[-2]) > 2 and len("".join(lines[-1]).strip()) == 1:
            lines[-1].insert(0, lines[-2].pop())  # no lone character on the last line
        return ["".join(line).strip() for line in lines if line] or [""]

    def _cut(self, piece: str, width: float, style: Style) -> list[str]:
        """A piece without a break in it, cut where it is wider than the line."""
        parts = []
        while len(piece) > 1 and self.width_of(piece, style) > width:
            fit = next((n for n in range(len(piece) - 1, 1, -1) if self.width_of(piece[:n], style) <= width), 1)
            parts.append(piece[:fit])
            piece = piece[fit:]
        return [*parts, piece]

    def text(
        self, x: float, y: float, text: str, style: Style, *, align: Align = "left", page: int | None = None
    ) -> None:
        """One line of text whose top is at `y`; `x` is its left, right or middle, as `align` says."""
        text = clean(text).replace("\n", " ")
        if not text:
            return
        self._used[style.bold].update(text)
        width = self.width_of(text, style)
        left = x - (width if align == "right" else width / 2 if align == "center" else 0)
        base = y + style.size * MM_PER_POINT * 1.06

        def draw(pdf: "FPDF") -> None:
            pdf.set_font(FAMILY, "B" if style.bold else "", style.size)
            pdf.set_text_color(*style.color)
            pdf.text(left, base, text)

        self._on(page).append(draw)

    def rule(self, x: float, y: float, to_x: float, *, color: Color = BLACK, thickness: float = 0.2) -> None:
        """A horizontal line."""

        def draw(pdf: "FPDF") -> None:
            pdf.set_draw_color(*color)
            pdf.set_line_width(thickness)
            pdf.line(x, y, to_x, y)

        self._on(None).append(draw)

    def fill(self, x: float, y: float, width: float, height: float, color: Color) -> None:
        """A filled box without border."""

        def draw(pdf: "FPDF") -> None:
            pdf.set_fill_color(*color)
            pdf.rect(x, y, width, height, style="F")

        self._on(None).append(draw)

    def frame(
        self, x: float, y: float, width: float, height: float, *, color: Color = BLACK, thickness: float = 0.2
    ) -> None:
        """An empty box."""

        def draw(pdf: "FPDF") -> None:
            pdf.set_draw_color(*color)
            pdf.set_line_width(thickness)
            pdf.rect(x, y, width, height, style="D")

        self._on(None).append(draw)

    def picture(self, x: float, y: float, width: float, height: float, image: bytes) -> None:
        """A PNG or JPEG within the box, its proportions kept."""

        def draw(pdf: "FPDF") -> None:
            pdf.image(io.BytesIO(image), x, y, width, height, keep_aspect_ratio=True)

        self._on(None).append(draw)

    def _on(self, page: int | None) -> "list[Callable[[FPDF], None]]":
        return self._pages[-1 if page is None else page]

    def to_bytes(self) -> bytes:
        """The finished file."""
        from fpdf import FPDF  # late: costs a second, and only printing needs it

        pdf = FPDF(unit="mm", format=self.size)
        pdf.set_auto_page_break(False)
        pdf.set_title(self.title)
        pdf.set_author(self.author)
        pdf.set_creator("Hanse")
        pdf.set_producer("Hanse")
        pdf.set_lang(self.language)
        if self.created is not None:
            pdf.set_creation_date(self.created)
        with tempfile.TemporaryDirectory(prefix="hanse-print-") as folder:
            for bold, name in ((False, ""), (True, "B")):
                _add_font(pdf, _face(bold), name, self._used[bold], Path(folder))
            for operations in self._pages:
                pdf.add_page()
                for draw in operations:
                    draw(pdf)
            return bytes(pdf.output())


def clean(text: str) -> str:
    """The text without control, zero-width and direction characters; tabs and odd spaces become spaces."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "  "))


def _face(bold: bool) -> Face:
    return fonts.bold() if bold else fonts.regular()


def _add_font(pdf: "FPDF", face: Face, style: str, characters: set[str], folder: Path) -> None:
    """Cut outlines are loaded in milliseconds; PostScript ones go whole to the library, which is slow but works."""
    if face.has_truetype_outlines:
        path = folder / f"{FAMILY}{style}.ttf"
        path.write_bytes(face.subset(characters))
        pdf.add_font(FAMILY, style, path)
    else:
        pdf.add_font(FAMILY, style, face.path, collection_font_number=face.index)


def _unbreakable(text: str) -> Sequence[str]:
    """The pieces between which a line may break, by the common rules of Chinese and Latin typesetting."""
    pieces: list[str] = []
    for piece in _WORDS.findall(text):
        if pieces and (piece[0] in _NEVER_FIRST or pieces[-1][-1] in _NEVER_LAST):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces
