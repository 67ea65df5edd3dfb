"""Small charts drawn by the server as SVG: no script, no style attributes, colours from the tokens.

Pure functions of figures and ready texts. Every chart has a title for screen readers and one for each mark.
A wide chart carries a narrow twin for phones, because text in a scaled picture would become unreadable.
Words and numbers come formatted; `compact` shortens axis figures the way the reader's language does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, cos, floor, log10, pi, sin
from typing import Literal

from markupsafe import Markup, escape

from app.web.markup import safe

Figure = Decimal | float | int
Tick = Callable[[float], str]

WIDTHS = {12: 1120, 11: 1020, 10: 920, 9: 820, 8: 724, 7: 620, 6: 536, 5: 440, 4: 344, 3: 250}
"""Columns of a card -> width of the drawing, so that one unit is about one pixel."""
PHONE = 328
HEIGHT = 236
TOP, BOTTOM, CHAR = 10, 24, 6.6


@dataclass(frozen=True)
class Series:
    """One row of figures. `axis="right"` has a scale of its own; `texts` name the marks, one a figure."""

    label: str
    values: Sequence[Figure]
    shape: Literal["bar", "line", "area"] = "bar"
    axis: Literal["left", "right"] = "left"
    texts: Sequence[str] = ()
    tick: Tick | None = None


@dataclass(frozen=True)
class Part:
    """A bar of a bar list or a slice of a ring."""

    label: str
    value: Figure
    text: str
    href: str = ""
    colour: int = 0
    """1 to 6; 0 takes the next."""


def compact(value: float, locale: str) -> str:
    """An axis figure in few characters: 628万, 1.2亿; 6.3M, 450K."""
    size = abs(value)
    steps = ((1e8, "亿"), (1e4, "万")) if locale.startswith("zh") else ((1e9, "B"), (1e6, "M"), (1e3, "K"))
    for unit, word in steps:
        if size >= unit:
            return f"{value / unit:.1f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}") + word
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}") or "0"


def scale(low: float, high: float, steps: int = 4) -> list[float]:
    """Round axis marks that hold low and high, zero among them where the figures are near it."""
    if low == high:
        low, high = min(0.0, low), max(1.0, high)
    raw = (high - low) / steps
    magnitude = 10.0 ** floor(log10(raw))
    step = next(magnitude * factor for factor in (1, 2, 2.5, 5, 10) if magnitude * factor >= raw * 0.999)
    start, end = floor(low / step), ceil(high / step)
    return [number * step for number in range(start, end + 1)]


def sparkline(values: Sequence[Figure], *, bad: bool = False) -> Markup:
    """The run of a KPI, without axes; decoration, so hidden from screen readers."""
    points = [float(value) for value in values]
    if len(points) < 2:
        return Markup("")
    low, high = min(points), max(points)
    spread, last = (high - low) or 1.0, len(points) - 1
    where = [(2 + 84 * n / last, 30 - 26 * (value - low) / spread) for n, value in enumerate(points)]
    path = "".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(where))
    tone = " bad" if bad else ""
    return safe(
        f'<svg class="sp{tone}" viewBox="0 0 88 34" aria-hidden="true"><path d="{path}"/>'
        f'<circle cx="{where[-1][0]:.1f}" cy="{where[-1][1]:.1f}" r="2.4"/></svg>'
    )


def combined(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    locale: str = "en",
    span: int = 8,
    height: int = HEIGHT,
    hrefs: Sequence[str] = (),
    mark: tuple[float, str] | None = None,
) -> Markup:
    """Bars and lines over periods. `mark` draws a dashed line at a figure (a floor, a goal) with its words."""
    key = [(one.label, number + 1) for number, one in enumerate(series)] if len(series) > 1 else []
    draw = [
        _Frame(title, labels, series, width, height, locale, hrefs, mark, skip).draw(kind)
        for kind, width, skip in (("broad", WIDTHS.get(span, 724), 1), ("slim", PHONE, ceil(len(labels) / 7) or 1))
    ]
    return safe(f'<div class="chart">{_legend(key)}{"".join(draw)}</div>')


def bar_chart(
    labels: Sequence[str],
    series: Mapping[str, Sequence[Figure]],
    written: Callable[[Figure], str] = str,
    *,
    title: str = "",
    locale: str = "en",
    span: int = 6,
    hrefs: Sequence[str] = (),
) -> Markup:
    """Upright bars, one row of figures a name; `written` gives the words of a figure."""
    return _named(labels, series, written, "bar", title, locale, span, hrefs)


def line_chart(
    labels: Sequence[str],
    series: Mapping[str, Sequence[Figure]],
    written: Callable[[Figure], str] = str,
    *,
    title: str = "",
    locale: str = "en",
    span: int = 6,
    mark: tuple[float, str] | None = None,
) -> Markup:
    """Lines over time; a single one has its area below."""
    return _named(labels, series, written, "area" if len(series) == 1 else "line", title, locale, span, (), mark)


def _named(
    labels: Sequence[str], series: Mapping[str, Sequence[Figure]], written: Callable[[Figure], str],
    shape: Literal["bar", "line", "area"], title: str, locale: str, span: int, hrefs: Sequence[str],
    mark: tuple[float, str] | None = None,
) -> Markup:  # fmt: skip
    rows = [Series(name, values, shape, texts=[written(value) for value in values]) for name, values in series.items()]
    said = title or ", ".join(series)
    return combined(said, labels, rows, locale=locale, span=span, hrefs=hrefs, mark=mark)


def bar_list(title: str, parts: Sequence[Part], *, span: int = 4) -> Markup:
    """Horizontal bars with their words: ageing, top customers."""
    drawn = [
        _bar_list(title, parts, width, kind) for kind, width in (("broad", WIDTHS.get(span, 344)), ("slim", PHONE))
    ]
    return safe(f'<div class="chart">{"".join(drawn)}</div>')


def donut(title: str, parts: Sequence[Part], *, centre: str = "") -> Markup:
    """Shares of a whole, at most six; the words stand beside it as a legend."""
    whole = sum(float(part.value) for part in parts if part.value > 0) or 1.0
    turn, slices = -pi / 2, []
    for number, part in enumerate(parts):
        share = max(0.0, float(part.value)) / whole
        if share:
            slices.append(_slice(turn, share, part.colour or number % 6 + 1, f"{part.label}: {part.text}"))
        turn += share * 2 * pi
    middle = f'<text class="hole mid" x="60" y="65">{escape(centre)}</text>' if centre else ""
    rows = "".join(
        f'<li class="k{part.colour or number % 6 + 1}">{_linked(part.href, escape(part.label))}<b>{escape(part.text)}</b></li>'
        for number, part in enumerate(parts)
    )
    return safe(
        f'<div class="chart donut"><svg viewBox="0 0 120 120" role="img" aria-label="{escape(title)}">'
        f'{"".join(slices)}{middle}</svg><ul class="legend">{rows}</ul></div>'
    )


def _linked(href: str, inner: str) -> str:
    return f'<a class="link" href="{escape(href)}">{inner}</a>' if href else str(inner)


def _legend(key: Sequence[tuple[str, int]]) -> str:
    items = "".join(f'<li class="k{number}">{escape(label)}</li>' for label, number in key)
    return f'<ul class="legend">{items}</ul>' if items else ""


def _slice(start: float, share: float, colour: int, said: str) -> str:
    outer, inner, centre = 58.0, 38.0, 60.0
    end = start + min(share, 0.99999) * 2 * pi
    large = 1 if share > 0.5 else 0

    def at(radius: float, angle: float) -> str:
        return f"{centre + radius * cos(angle):.2f} {centre + radius * sin(angle):.2f}"

    path = (
        f"M{at(outer, start)}A{outer} {outer} 0 {large} 1 {at(outer, end)}"
        f"L{at(inner, end)}A{inner} {inner} 0 {large} 0 {at(inner, start)}Z"
    )
    return f'<path class="slice k{colour}" d="{path}"><title>{escape(said)}</title></path>'


def _bar_list(title: str, parts: Sequence[Part], width: int, kind: str) -> str:
    row, most = 38, max((abs(float(part.value)) for part in parts), default=1.0) or 1.0
    longest = max((_text_width(part.label) for part in parts), default=0.0)
    left = min(longest + 10, width * 0.42)
    right = max((_text_width(part.text) for part in parts), default=0.0) + 8
    room = max(20.0, width - left - right)
    drawn = []
    for number, part in enumerate(parts):
        y = number * row + 8
        size = max(2.0, room * abs(float(part.value)) / most) if part.value else 0.0
        bar = f'<rect class="bar k{part.colour or 1}" x="{left:.1f}" y="{y}" width="{size:.1f}" height="18" rx="3"/>'
        label = f'<text class="end" x="{left - 8:.1f}" y="{y + 13}">{escape(_cut(part.label, left - 10))}</text>'
        figure = f'<text class="v" x="{left + size + 6:.1f}" y="{y + 13}">{escape(part.text)}</text>'
        # The words of the picture are the words of the link: no label of its own that could differ.
        drawn.append(_linked_marks(part.href, label + bar + figure))
    height = max(1, len(parts)) * row
    return f'<svg class="{kind}" viewBox="0 0 {width} {height}" {_role(title, parts)}>{"".join(drawn)}</svg>'


def _linked_marks(href: str, marks: str) -> str:
    return f'<a href="{escape(href)}">{marks}</a>' if href else marks


def _role(title: str, parts: Sequence[Part]) -> str:
    """A picture for screen readers; with links inside it is a group, or the links would be lost."""
    role = "group" if any(part.href for part in parts) else "img"
    said = title if role == "group" else f"{title}: " + ", ".join(f"{part.label} {part.text}" for part in parts)
    return f'role="{role}" aria-label="{escape(said)}"'


def _text_width(text: str) -> float:
    return sum(12.4 if ord(character) > 0x2E80 else CHAR for character in text)


def _cut(text: str, room: float) -> str:
    while text and _text_width(text) > room:
        text = text[:-2] + "…" if len(text) > 2 else ""
    return text


class _Frame:
    """The drawing of one `columns` chart at one width."""

    def __init__(
        self, title: str, labels: Sequence[str], series: Sequence[Series], width: int, height: int, locale: str,
        hrefs: Sequence[str], mark: tuple[float, str] | None, skip: int,
    ) -> None:  # fmt: skip
        self.title, self.labels, self.series = title, labels, series
        self.width, self.height, self.locale = width, height, locale
        self.hrefs, self.mark, self.skip = hrefs, mark, skip
        self.left_ticks = self._ticks("left", [mark[0]] if mark else [])
        self.right_ticks = self._ticks("right", [])
        self.left = max((_text_width(self._word(tick, "left")) for tick in self.left_ticks), default=0) + 10
        self.right = max((_text_width(self._word(tick, "right")) for tick in self.right_ticks), default=-8) + 10
        self.room = width - self.left - self.right
        self.step = self.room / max(1, len(labels))

    def _ticks(self, axis: str, also: Sequence[float]) -> list[float]:
        held = [one for one in self.series if one.axis == axis]
        values = [float(value) for one in held for value in one.values] + list(also)
        if not held or not values:
            return []
        grounded = axis == "left" or any(one.shape != "line" for one in held)
        return scale(min(0.0, *values) if grounded else min(values), max(values))

    def _word(self, tick: float, axis: str) -> str:
        own = next((one.tick for one in self.series if one.axis == axis and one.tick), None)
        return own(tick) if own else compact(tick, self.locale)

    def _y(self, value: float, axis: str) -> float:
        ticks = self.left_ticks if axis == "left" else self.right_ticks
        low, high = ticks[0], ticks[-1]
        return TOP + (self.height - TOP - BOTTOM) * (1 - (value - low) / ((high - low) or 1.0))

    def _x(self, number: int) -> float:
        return self.left + self.step * (number + 0.5)

    def draw(self, kind: str) -> str:
        if not self.labels or not self.left_ticks:
            return ""
        role = "group" if self.hrefs else "img"
        body = self._axes() + self._bars() + self._lines() + self._mark()
        said = escape(self.title)
        return f'<svg class="{kind}" viewBox="0 0 {self.width} {self.height}" role="{role}" aria-label="{said}">{body}</svg>'

    def _axes(self) -> str:
        drawn = []
        for tick in self.left_ticks:
            y = self._y(tick, "left")
            rule = "axis" if tick == 0 else "rule"
            drawn.append(f'<path class="{rule}" d="M{self.left:.1f} {y:.1f}H{self.width - self.right:.1f}"/>')
            drawn.append(
                f'<text class="end" x="{self.left - 6:.1f}" y="{y + 4:.1f}">{escape(self._word(tick, "left"))}</text>'
            )
        for tick in self.right_ticks:
            y, word = self._y(tick, "right"), escape(self._word(tick, "right"))
            drawn.append(f'<text x="{self.width - self.right + 6:.1f}" y="{y + 4:.1f}">{word}</text>')
        for number, label in enumerate(self.labels):
            if (len(self.labels) - 1 - number) % self.skip == 0:
                drawn.append(
                    f'<text class="mid" x="{self._x(number):.1f}" y="{self.height - 6}">{escape(label)}</text>'
                )
        return "".join(drawn)

    def _bars(self) -> str:
        held = [(number, one) for number, one in enumerate(self.series) if one.shape == "bar"]
        if not held:
            return ""
        wide = min(26.0, self.step * 0.62 / len(held))
        drawn = []
        for place, (number, one) in enumerate(held):
            zero = self._y(0.0, one.axis)
            for index, value in enumerate(one.values):
                y = self._y(float(value), one.axis)
                x = self._x(index) - wide * len(held) / 2 + wide * place
                said = self._said(one, index)
                rect = (
                    f'<rect class="bar k{number + 1}" x="{x:.1f}" y="{min(y, zero):.1f}" width="{wide - 1:.1f}" '
                    f'height="{abs(zero - y):.1f}" rx="2"><title>{said}</title></rect>'
                )
                href = self.hrefs[index] if index < len(self.hrefs) else ""
                drawn.append(f'<a href="{escape(href)}" aria-label="{said}">{rect}</a>' if href else rect)
        return "".join(drawn)

    def _lines(self) -> str:
        drawn = []
        for number, one in enumerate(self.series):
            if one.shape == "bar" or not one.values:
                continue
            spots = [(self._x(index), self._y(float(value), one.axis)) for index, value in enumerate(one.values)]
            path = "".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(spots))
            if one.shape == "area":
                ground = self._y(max(0.0, self.left_ticks[0]), one.axis)
                drawn.append(f'<path class="area k{number + 1}" d="{path}V{ground:.1f}H{spots[0][0]:.1f}Z"/>')
            drawn.append(f'<path class="line k{number + 1}" d="{path}"/>')
            drawn += [
                f'<circle class="dot k{number + 1}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{self._said(one, index)}</title></circle>'
                for index, (x, y) in enumerate(spots)
            ]
        return "".join(drawn)

    def _said(self, one: Series, index: int) -> Markup:
        text = one.texts[index] if index < len(one.texts) else self._word(float(one.values[index]), one.axis)
        label = self.labels[index] if index < len(self.labels) else ""
        return escape(f"{label} {one.label}: {text}")

    def _mark(self) -> str:
        if self.mark is None:
            return ""
        y = self._y(self.mark[0], "left")
        return (
            f'<path class="mark-line" d="M{self.left:.1f} {y:.1f}H{self.width - self.right:.1f}"/>'
            f'<text class="v" x="{self.left + 4:.1f}" y="{y - 5:.1f}">{escape(self.mark[1])}</text>'
        )
