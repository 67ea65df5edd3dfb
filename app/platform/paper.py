"""The layout of a printed document: letterhead, addresses, table, totals, signatures, footer.

Takes plain texts and draws them; knows neither messages nor formats. The head of the table stands on each page,
a row is broken only where it is taller than a page, totals and signatures stay whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.adapters.pdf import MM_PER_POINT, Canvas, Color, Style

INK: Color = (24, 28, 33)
GREY: Color = (98, 108, 118)
LINE: Color = (205, 212, 217)
TINT: Color = (237, 243, 244)
ACCENT: Color = (11, 97, 115)
BRICK: Color = (178, 69, 43)

MARGIN = 18.0
TOP = 16.0
FOOT = 16.0
CELL_X = 1.7
CELL_Y = 1.5
BLOCK_GAP = 8.0

TITLE = Style(19, True, INK)
NUMBER = Style(10, False, GREY)
COMPANY = Style(12.5, True, ACCENT)
SMALL = Style(7.6, False, GREY)
LABEL = Style(7.6, False, GREY)
BODY = Style(9, False, INK)
STRONG = Style(9, True, INK)
HEAD = Style(8.2, True, INK)
DETAIL = Style(7.6, False, GREY)
GRAND = Style(11, True, INK)


@dataclass(frozen=True)
class Block:
    """An address field: small label, name, lines."""

    label: str
    name: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """A cell of the table and the smaller text below it."""

    text: str
    detail: str = ""


@dataclass(frozen=True)
class Column:
    """A column: head, cells, whether they are figures (right), and its share of the width (0: what it needs)."""

    head: str
    cells: Sequence[Cell]
    figures: bool
    weight: float


@dataclass(frozen=True)
class Total:
    """A row below the table."""

    label: str
    text: str
    strong: bool


@dataclass(frozen=True)
class Content:
    """Everything a document says, in its language."""

    title: str
    number: str
    mark: str
    company: str
    company_lines: Sequence[str]
    logo: bytes | None
    blocks: Sequence[Block]
    left: Sequence[tuple[str, str]]
    right: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    totals: Sequence[Total]
    words: tuple[str, str] | None
    notes: Sequence[tuple[str, str]]
    signatures: Sequence[str]
    signature_date: str
    carried: str
    page_of: Callable[[int, int], str]
    colon: str


def lay_out(canvas: Canvas, content: Content) -> None:
    """Draw the content on as many pages as it needs."""
    sheet = _Sheet(canvas, content)
    sheet.first_head()
    sheet.parties()
    sheet.table()
    sheet.totals()
    sheet.notes()
    sheet.signatures()
    sheet.footers()


class _Sheet:
    """The pen: where on the current page the next thing goes."""

    def __init__(self, canvas: Canvas, content: Content) -> None:
        self.canvas = canvas
        self.content = content
        self.left = MARGIN
        self.right = canvas.size[0] - MARGIN
        self.bottom = canvas.size[1] - FOOT - 4
        self.y = TOP
        canvas.new_page()

    @property
    def width(self) -> float:
        return self.right - self.left

    def lines(self, x: float, texts: Sequence[str], style: Style, width: float) -> None:
        """Wrapped lines, downwards from the pen."""
        for text in texts:
            for line in self.canvas.wrapped(text, width, style):
                self.canvas.text(x, self.y, line, style)
                self.y += style.line_height

    # heads

    def first_head(self) -> None:
        """The letterhead left, title, number and mark right, a rule below."""
        content, canvas = self.content, self.canvas
        title_width = max(canvas.width_of(content.title, TITLE), canvas.width_of(content.number, NUMBER))
        room = self.width - min(title_width, self.width * 0.45) - BLOCK_GAP
        x = self.left
        if content.logo:
            canvas.picture(x, self.y, 18, 14, content.logo)
            x += 22
            room -= 22
        self.lines(x, [content.company], COMPANY, room)
        self.y += 0.8
        self.lines(x, content.company_lines, SMALL, room)
        below = max(self.y, TOP + (15 if content.logo else 0))
        self.y = TOP - 1.5
        for line in canvas.wrapped(content.title, self.width * 0.45, TITLE):
            canvas.text(self.right, self.y, line, TITLE, align="right")
            self.y += TITLE.size * MM_PER_POINT * 1.2
        self.y += 1.2
        canvas.text(self.right, self.y, content.number, NUMBER, align="right")
        self.y += NUMBER.line_height
        if content.mark:
            self._mark()
        self.y = max(self.y, below) + 2.5
        canvas.rule(self.left, self.y, self.right, color=ACCENT, thickness=0.6)
        self.y += 6

    def _mark(self) -> None:
        """A stamp such as DRAFT in a brick frame below the number."""
        style = Style(9, True, BRICK)
        text = self.content.mark.upper()
        width = self.canvas.width_of(text, style) + 5
        self.canvas.frame(self.right - width, self.y + 0.6, width, 5.6, color=BRICK, thickness=0.4)
        self.canvas.text(self.right - width / 2, self.y + 1.2, text, style, align="center")
        self.y += 7

    def next_page(self) -> None:
        """A new page with the small head that says which document goes on."""
        content, canvas = self.content, self.canvas
        canvas.text(self.right, self.bottom + 0.5, content.carried, SMALL, align="right")
        canvas.new_page()
        self.y = TOP - 4
        canvas.text(self.left, self.y, content.company, Style(8, True, ACCENT))
        canvas.text(self.right, self.y, f"{content.title}  {content.number}", SMALL, align="right")
        self.y += 5
        canvas.rule(self.left, self.y, self.right, color=ACCENT, thickness=0.3)
        self.y += 4

    def keep(self, height: float) -> None:
        """Go to the next page unless this much still fits."""
        if self.y + height > self.bottom:
            self.next_page()

    # addresses and facts

    def parties(self) -> None:
        """Address blocks left, facts right, further facts in a row below."""
        start, lowest = self.y, self.y
        facts_width = self._facts_width()
        room = self.width - facts_width - (BLOCK_GAP if facts_width else 0)
        count = max(1, len(self.content.blocks))
        each = (room - BLOCK_GAP * (count - 1)) / count
        for index, block in enumerate(self.content.blocks):
            x, self.y = self.left + index * (each + BLOCK_GAP), start
            self.lines(x, [block.label], LABEL, each)
            self.y += 0.6
            self.lines(x, [block.name], Style(9.6, True, INK), each)
            self.y += 0.4
            self.lines(x, block.lines, BODY, each)
            lowest = max(lowest, self.y)
        self.y = start
        if self.content.right:
            self._facts(self.right - facts_width, facts_width)
        self.y = max(lowest, self.y) + 3
        self._fact_row()
        self.y += 2

    def _facts_width(self) -> float:
        """As wide as its pairs need, within bounds, so that the addresses get the rest."""
        if not self.content.right:
            return 0.0
        labels = max(self.canvas.width_of(label, LABEL) for label, _ in self.content.right)
        values = max(self.canvas.width_of(value, BODY) for _, value in self.content.right)
        return min(max(labels + values + 5, 40.0), 66.0)

    def _facts(self, x: float, width: float) -> None:
        """Label and value pairs, values aligned behind the widest label."""
        widest = max(self.canvas.width_of(label, LABEL) for label, _ in self.content.right)
        indent = min(widest + 4, width * 0.55)
        for label, value in self.content.right:
            self.canvas.text(x, self.y + 0.55, self.canvas.wrapped(label, indent - 2, LABEL)[0], LABEL)
            self.lines(x + indent, [value], BODY, width - indent)
            self.y += 0.4

    def _fact_row(self) -> None:
        """Up to four facts side by side, each a label over its value."""
        pairs = self.content.left
        for start in range(0, len(pairs), 4):
            row = pairs[start : start + 4]
            each = self.width / min(4, len(pairs))
            top, lowest = self.y, self.y
            for index, (label, value) in enumerate(row):
                self.y = top
                self.lines(self.left + index * each, [label], LABEL, each - 3)
                self.lines(self.left + index * each, [value], BODY, each - 3)
                lowest = max(lowest, self.y)
            self.y = lowest + 1.5

    # lines

    def widths(self) -> list[float]:
        """Column widths: figures and fixed columns as wide as their widest cell, texts share the rest."""
        columns, canvas = self.content.columns, self.canvas
        widths = []
        for column in columns:
            need = max(
                [
                    *(canvas.width_of(word, HEAD) for word in column.head.split()),
                    *(canvas.width_of(cell.text, BODY) for cell in column.cells),
                ]
            )
            widths.append(0.0 if column.weight else need + 2 * CELL_X)
        shares = sum(column.weight for column in columns)
        rest = self.width - sum(widths)
        if not shares:
            return [width * self.width / sum(widths) for width in widths]
        if rest < self.width * 0.25:  # too many figures: squeeze them so that texts keep a quarter
            squeeze = self.width * 0.75 / sum(widths)
            widths = [width * squeeze for width in widths]
            rest = self.width * 0.25
        return [width or rest * column.weight / shares for column, width in zip(columns, widths, strict=True)]

    def table_head(self, widths: Sequence[float]) -> None:
        """The head of the table, on each page that holds rows."""
        heads = [
            self.canvas.wrapped(column.head, width - 2 * CELL_X, HEAD)
            for column, width in zip(self.content.columns, widths, strict=True)
        ]
        height = max(len(lines) for lines in heads) * HEAD.line_height + 2 * CELL_Y
        self.canvas.fill(self.left, self.y, self.width, height, TINT)
        self.canvas.rule(self.left, self.y + height, self.right, color=ACCENT, thickness=0.3)
        x = self.left
        for column, width, lines in zip(self.content.columns, widths, heads, strict=True):
            for index, line in enumerate(lines):
                y = self.y + height - CELL_Y - (len(lines) - index) * HEAD.line_height
                if column.figures:
                    self.canvas.text(x + width - CELL_X, y, line, HEAD, align="right")
                else:
                    self.canvas.text(x + CELL_X, y, line, HEAD)
            x += width
        self.y += height

    def table(self) -> None:
        """The rows, each kept whole where it fits on a page."""
        widths = self.widths()
        rows = max(len(column.cells) for column in self.content.columns)
        self.keep(30)
        self.table_head(widths)
        for number in range(rows):
            cells = [
                self._cell_lines(column.cells[number], width - 2 * CELL_X)
                for column, width in zip(self.content.columns, widths, strict=True)
            ]
            self._row(cells, widths, self._totals_height() + 3 if number == rows - 1 else 0)
        self.y += 3

    def _cell_lines(self, cell: Cell, width: float) -> list[tuple[str, Style]]:
        lines = [(line, BODY) for line in self.canvas.wrapped(cell.text, width, BODY)]
        if cell.detail:
            lines += [(line, DETAIL) for line in self.canvas.wrapped(cell.detail, width, DETAIL)]
        return lines

    def _row(self, cells: list[list[tuple[str, Style]]], widths: Sequence[float], below: float) -> None:
        """One row; what does not fit even on an empty page goes on after it. `below` must fit under its end."""
        room = int((self.bottom - TOP - 20) / BODY.line_height)
        while any(cells):
            part = [cell[:room] for cell in cells]
            cells = [cell[room:] for cell in cells]
            height = max(sum(style.line_height for _, style in lines) for lines in part) + 2 * CELL_Y
            after = below if not any(cells) and below < self.bottom / 2 else 0
            if self.y + height + after > self.bottom:
                self.next_page()
                self.table_head(widths)
            x = self.left
            for column, width, lines in zip(self.content.columns, widths, part, strict=True):
                y = self.y + CELL_Y
                for text, style in lines:
                    if column.figures:
                        self.canvas.text(x + width - CELL_X, y, text, style, align="right")
                    else:
                        self.canvas.text(x + CELL_X, y, text, style)
                    y += style.line_height
                x += width
            self.y += height
            self.canvas.rule(self.left, self.y, self.right, color=LINE, thickness=0.15)

    # below the lines

    def _totals_height(self) -> float:
        totals = self.content.totals
        height = sum((GRAND if total.strong else BODY).line_height + 2.4 for total in totals) + 4
        return (height if totals else 0.0) + (8.0 if self.content.words else 0.0)

    def totals(self) -> None:
        """The sums right, the amount in words left of them or below."""
        totals, canvas = self.content.totals, self.canvas
        if not totals:
            return
        self.keep(self._totals_height())
        widest = max(canvas.width_of(total.text, GRAND if total.strong else BODY) for total in totals)
        labels = max(canvas.width_of(total.label, GRAND if total.strong else BODY) for total in totals)
        start = self.right - max(70.0, widest + labels + 14)
        for total in totals:
            style = GRAND if total.strong else BODY
            row = style.line_height + 2.4
            if total.strong:
                canvas.fill(start, self.y, self.right - start, row + 0.8, TINT)
                canvas.rule(start, self.y, self.right, color=ACCENT, thickness=0.3)
                row += 0.8
            canvas.text(start + CELL_X, self.y + 1.4, total.label, style)
            canvas.text(self.right - CELL_X, self.y + 1.4, total.text, style, align="right")
            self.y += row
        self.y += 3
        if self.content.words:
            label, words = self.content.words
            indent = canvas.width_of(f"{label}{self.content.colon} ", LABEL) + 1
            canvas.text(self.left, self.y + 0.5, f"{label}{self.content.colon}", LABEL)
            self.lines(self.left + indent, [words], STRONG, self.width - indent)
            self.y += 2

    def notes(self) -> None:
        """Terms, memo, bank: a label and its paragraph each."""
        notes = self.content.notes
        if not notes:
            return
        indent = min(max(self.canvas.width_of(label, LABEL) for label, _ in notes) + 5, 45)
        self.y += 2
        for label, text in notes:
            lines = self.canvas.wrapped(text, self.width - indent, BODY)
            self.keep(min(len(lines), 3) * BODY.line_height)
            self.canvas.text(self.left, self.y + 0.55, label, LABEL)
            for line in lines:
                self.keep(BODY.line_height)
                self.canvas.text(self.left + indent, self.y, line, BODY)
                self.y += BODY.line_height
            self.y += 1

    def signatures(self) -> None:
        """Boxes side by side: what is signed for, room for a signature or seal, a line for the date."""
        labels = self.content.signatures
        if not labels:
            return
        height = 26.0
        self.y += 5
        self.keep(height)
        each = (self.width - BLOCK_GAP * (len(labels) - 1)) / len(labels)
        for index, label in enumerate(labels):
            x = self.left + index * (each + BLOCK_GAP)
            self.canvas.text(x, self.y, label, LABEL)
            self.canvas.rule(x, self.y + height - 6, x + each, color=GREY, thickness=0.2)
            self.canvas.text(x, self.y + height - 5, f"{self.content.signature_date}{self.content.colon}", LABEL)
        self.y += height

    def footers(self) -> None:
        """Company and page x of y at the foot of each page, once their number is known."""
        pages = self.canvas.pages
        y = self.canvas.size[1] - FOOT + 3
        for page in range(pages):
            self.canvas.text(self.left, y, f"{self.content.company}  ·  {self.content.number}", SMALL, page=page)
            self.canvas.text(self.right, y, self.content.page_of(page + 1, pages), SMALL, align="right", page=page)
