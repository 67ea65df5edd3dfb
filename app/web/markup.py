"""Cells and table rows as HTML, written in Python because they are the hot part of every list.

The templates call these as `markup.cell(…)` and `markup.rows(…)`; everything else of a page is Jinja. All
text is escaped here; classes only, never a style attribute (the content security policy refuses those).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape as escape_html

from markupsafe import Markup

from app.web.widgets import NUMERIC_KINDS, Cell, ColumnHead, GroupRow, ListRow, ReportRow

MINUS = "\N{MINUS SIGN}"
CODE_KINDS = frozenset({"code", "date", "instant", "month", "phone"})


_SPECIAL = re.compile("[&<>'\"]")


def escape(text: str) -> str:
    """Text as HTML. Most cells hold nothing special, and asking first is several times faster than replacing."""
    return escape_html(text) if _SPECIAL.search(text) else text


@lru_cache(maxsize=2000)
def icon_of(sprite: str, name: str, look: str = "") -> Markup:
    """An icon of the sprite at that address."""
    return safe(
        f'<svg class="i{f" {escape(look)}" if look else ""}" aria-hidden="true">'
        f'<use href="{escape(sprite)}#{escape(name)}"/></svg>'
    )


def safe(html: str) -> Markup:
    """HTML made here, of escaped parts only."""
    return Markup(html)  # noqa: S704 (every caller escapes what it puts in)


def _text(cell: Cell) -> str:
    """The words of a cell, linked where they lead somewhere."""
    text = escape(cell.text)
    if not cell.href:
        return text
    look = "link" if cell.kind in ("code", "text", "instant", "date") else "rf"
    return f'<a class="{look}" href="{escape(cell.href)}">{text}</a>'


def _plain(cell: Cell) -> str:
    text = _text(cell)
    if not (cell.tone or cell.hint or cell.sub):
        return text
    if cell.tone and cell.text:
        text = f'<span class="t-{cell.tone} m">{text}</span>'
    if cell.hint:
        text += f'<span class="sr"> {escape(cell.hint)}</span>'
    if cell.sub:
        text += f' <span class="sub">{escape(cell.sub)}</span>'
    return text


def _figure(cell: Cell) -> str:
    text = cell.text
    if not cell.href and not cell.tone and not cell.sub and text[:1].isdigit():
        return text if text.isascii() else escape(text)  # nearly every figure: nothing to mark, nothing to escape
    text = _text(cell)
    if cell.tone == "problem" or cell.text.startswith(MINUS):
        text = f'<span class="neg">{text}</span>'
    elif cell.text == "\N{EN DASH}":
        text = f'<span class="z">{text}</span>'
    elif cell.tone:
        text = f'<span class="t-{cell.tone}">{text}</span>'
    if cell.sub:
        text += f' <span class="dim">{escape(cell.sub)}</span>'
    return text


def _state(cell: Cell) -> str:
    if not cell.text:
        return ""
    return f'<span class="badge {cell.tone}">{_text(cell) if cell.href else escape(cell.text)}</span>'


def _progress(cell: Cell) -> str:
    if cell.value is None:
        return escape(cell.text)
    said = escape(cell.text or f"{cell.value}%")
    return (
        f'<progress class="meter {cell.tone}" value="{int(cell.value)}" max="100" aria-label="{said}">{said}</progress>'
    )


def _flag(cell: Cell) -> str:
    if cell.value is None:
        return escape(cell.text)
    sign = "✓" if cell.value else "\N{EN DASH}"
    look = "t-done b" if cell.value else "dim"
    return f'<span class="{look}" aria-hidden="true">{sign}</span><span class="sr">{escape(cell.text)}</span>'


def _person(cell: Cell) -> str:
    letters = escape(str(cell.value or cell.text[:1]))
    hue = sum(cell.text.encode()) % 5
    return f'<span class="who"><span class="av sm h{hue}" aria-hidden="true">{letters}</span>{_text(cell)}</span>'


def _mail(cell: Cell) -> str:
    return f'<a class="rf" href="mailto:{escape(cell.text)}">{escape(cell.text)}</a>' if cell.text else ""


def _phone(cell: Cell) -> str:
    number = "".join(character for character in cell.text if character in "+0123456789")
    return f'<a class="rf" href="tel:{number}">{escape(cell.text)}</a>' if number else escape(cell.text)


def _url(cell: Cell) -> str:
    if not cell.text.startswith(("https://", "http://")):
        return escape(cell.text)
    return f'<a class="rf" href="{escape(cell.text)}" rel="noopener noreferrer" target="_blank">{escape(cell.text)}</a>'


_WRITERS: dict[str, Callable[[Cell], str]] = {
    **dict.fromkeys(NUMERIC_KINDS, _figure),
    "state": _state,
    "progress": _progress,
    "flag": _flag,
    "person": _person,
    "email": _mail,
    "phone": _phone,
    "url": _url,
}


def cell(one: Cell) -> Markup:
    """The inside of a cell."""
    return safe(_WRITERS.get(one.kind, _plain)(one))


def align(kind: str) -> str:
    """The class that aligns a cell of this kind."""
    if kind in NUMERIC_KINDS:
        return "num"
    return "code" if kind in CODE_KINDS else ""


def _classes(columns: Sequence[ColumnHead]) -> list[str]:
    """One class text a column: alignment, freeze, and the first column of each phone slot."""
    taken: set[str] = set()
    found = []
    for column in columns:
        names = [align(column.kind)]
        if column.frozen:
            names.append("fz")
        if column.slot and column.slot not in taken:
            taken.add(column.slot)
            names.append(f"s-{column.slot}")
        if column.kind in ("text", "ref"):
            names.append("el")
        found.append(" ".join(name for name in names if name))
    return found


def rows(given: Sequence[ListRow], columns: Sequence[ColumnHead], selectable: bool, select: str = "") -> Markup:
    """The records of a list. `select` is the translated "Select" of the checkboxes."""
    opened = [f'<td class="{names}">' if names else "<td>" for names in _classes(columns)]
    parts: list[str] = []
    add = parts.append
    for row in given:
        add(_row_head(row))
        if selectable:
            add(
                f'<td class="ck"><label><input type="checkbox" name="id" value="{escape(row.id)}" form="bulk" '
                f'aria-label="{escape(select)} {escape(row.label)}"></label></td>'
            )
        for one, start in zip(row.cells, opened, strict=True):
            add(start)
            add(_WRITERS.get(one.kind, _plain)(one))
            add("</td>")
        add("</tr>")
    return safe("".join(parts))


def _row_head(row: ListRow) -> str:
    href = f' data-href="{escape(row.href)}"' if row.href else ""
    amount = f' data-amount="{escape(row.amount)}"' if row.amount else ""
    faint = ' class="faint"' if row.dim else ""
    return f'<tr data-id="{escape(row.id)}"{href}{amount}{faint}>'


def _sums(
    tag: str, columns: Sequence[ColumnHead], totals: Mapping[str, str], label: str, selectable: bool, extra: str = ""
) -> str:
    """A row of sums: one heading over the columns before the first sum, then a cell a column."""
    first = next((n for n, column in enumerate(columns) if column.name in totals), len(columns))
    first = max(1, first)
    classes = _classes(columns)
    lead = first + (1 if selectable else 0)
    parts = [f'<{tag} scope="row" colspan="{lead}">{extra}{label}</{tag}>']
    for column, names in zip(columns[first:], classes[first:], strict=True):
        parts.append(f'<td class="{names}">{escape(totals.get(column.name, ""))}</td>')
    return "".join(parts)


def groups(
    given: Sequence[GroupRow],
    columns: Sequence[ColumnHead],
    selectable: bool,
    select: str = "",
    fold: str = "",
    icon: str = "",
) -> Markup:
    """Groups with their sums; `fold` names the folding button, `icon` is the sprite's chevron."""
    parts = []
    for group in given:
        name = (
            f'<a class="rf" href="{escape(group.href)}">{escape(group.label)}</a>'
            if group.href
            else escape(group.label)
        )
        label = f'{name} <span class="dim">· {escape(group.count)}</span>' if group.count else name
        button = (
            f'<button type="button" class="tree" aria-expanded="true" aria-label="{escape(fold)} {escape(group.label)}">'
            f'<svg class="i" aria-hidden="true"><use href="{escape(icon)}"/></svg></button>'
        )
        parts.append(
            f'<tr class="grp" data-level="0">{_sums("th", columns, group.totals, label, selectable, button)}</tr>'
        )
        parts.append(str(rows(group.rows, columns, selectable, select)).replace("<tr ", '<tr data-level="1" '))
    return safe("".join(parts))


def foot(columns: Sequence[ColumnHead], totals: Mapping[str, str], label: str, selectable: bool) -> Markup:
    """The totals over the whole filter."""
    return safe(f"<tr>{_sums('th', columns, totals, escape(label), selectable)}</tr>")


def report_rows(
    given: Sequence[ReportRow], columns: Sequence[ColumnHead], starts: Sequence[int], fold: str, icon: str
) -> Markup:
    """The tree of a report. `starts` are the columns that begin a head group and get a line before them."""
    kinds = [align(column.kind) + (" gl" if number in starts else "") for number, column in enumerate(columns)]
    text_column = next((n for n, column in enumerate(columns) if column.kind in ("text", "ref")), 0)
    parts = []
    for row in given:
        names = f"l{min(row.level, 4)}" + (" strong" if row.strong else "") + (" rule" if row.rule else "")
        current = ' aria-current="true"' if row.current else ""
        parts.append(f'<tr class="{names}" data-level="{row.level}"{current}>')
        for number, (one, kind) in enumerate(zip(row.cells, kinds, strict=True)):
            inner = _WRITERS.get(one.kind, _plain)(one)
            names = kind
            if number == text_column:
                names, inner = f"{kind} tx".strip(), _toggle(row, fold, icon) + inner
            parts.append(f'<td class="{names}">{inner}</td>' if names else f"<td>{inner}</td>")
        parts.append("</tr>")
    return safe("".join(parts))


def _toggle(row: ReportRow, fold: str, icon: str) -> str:
    if not row.state:
        return ""
    said = f"{escape(fold)} {escape(row.label or next((one.text for one in row.cells if one.text), ''))}"
    svg = f'<svg class="i" aria-hidden="true"><use href="{escape(icon)}"/></svg>'
    opened = "true" if row.state == "open" else "false"
    if row.toggle_href:
        return f'<a class="tree" aria-expanded="{opened}" role="button" aria-label="{said}" href="{escape(row.toggle_href)}">{svg}</a>'
    return f'<button type="button" class="tree" aria-expanded="{opened}" aria-label="{said}">{svg}</button>'
