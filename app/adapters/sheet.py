"""Spreadsheets: xlsx and csv out, from an iterator of rows; xlsx and csv in, within limits.

Out: typed cells, so that figures stay figures; a text is never a formula (OWASP CSV injection):
in xlsx it is typed as a string, in csv it gets an apostrophe in front, which reading takes off
again. Money leaves Python's decimals only here, because a spreadsheet cell is a binary double;
figures of more than 15 digits, which a double would falsify, are written as text.

In: a file from outside is hostile until read. Packed and unpacked bytes, rows, columns and tags
are bounded, document type declarations are refused before any XML reaches the reader.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, BinaryIO, Literal
from xml.parsers import expat
from zoneinfo import ZoneInfo

from app.kernel.errors import Invalid

Kind = Literal["text", "integer", "quantity", "money", "price", "percent", "day", "instant", "boolean"]
Value = str | Decimal | int | bool | date | datetime | None

FIGURES: frozenset[str] = frozenset({"integer", "quantity", "money", "price", "percent"})
WIDTHS = {"text": 24, "integer": 10, "quantity": 12, "money": 16, "price": 14, "percent": 10, "day": 12, "instant": 18}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CELL_TEXT = 32_767
XLSX_ROWS = 1_048_576
DOUBLE_DIGITS = 15
DEEPEST = 64


@dataclass(frozen=True)
class SheetColumn:
    """A column: its title in the reader's language, what its values are, how many decimals money shows."""

    title: str
    kind: Kind = "text"
    currency_digits: int = 2
    total: bool = False
    """Whether a sum of the column stands below it; for figures of one currency or unit only."""

    @property
    def number_format(self) -> str | None:
        """The format code of the cells, negative figures red with a minus."""
        decimals = "." + "0" * self.currency_digits if self.currency_digits else ""
        return {
            "integer": "#,##0;[Red]-#,##0",
            "quantity": "#,##0.######;[Red]-#,##0.######",
            "money": f"#,##0{decimals};[Red]-#,##0{decimals}",
            "price": f"#,##0{decimals or '.'}####;[Red]-#,##0{decimals or '.'}####",
            "percent": "0.####%",
            "day": "yyyy-mm-dd",
            "instant": "yyyy-mm-dd hh:mm",
        }.get(self.kind)


# Out


def write_xlsx(
    target: BinaryIO,
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[Any]],
    *,
    name: str = "Hanse",
    zone: str = "UTC",
    total_title: str = "",
    created: datetime | None = None,
) -> int:
    """Write a workbook of one sheet to `target` and return the number of rows.

    Rows are flushed one by one to a temporary file, so memory does not grow with them. Percents are
    percent points; instants are shown on the wall clock of `zone`. Invalid `sheet.too_many_rows`
    where a sheet cannot hold them.
    """
    import xlsxwriter  # late: only exports need it

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        if created is not None:
            book.set_properties({"created": created.replace(tzinfo=None)})
        sheet = book.add_worksheet(_sheet_name(name))
        head = {side: _head_format(book, side) for side in ("left", "right")}
        cells = [_cell_format(book, column) for column in columns]
        for index, column in enumerate(columns):
            sheet.set_column(index, index, max(WIDTHS.get(column.kind, 12), min(40, len(column.title) * 2)))
            sheet.write_string(0, index, column.title, head["right" if column.kind in FIGURES else "left"])
        sheet.freeze_panes(1, 0)
        sums = [Decimal(0)] * len(columns)
        count = 0
        for row in rows:
            count += 1
            if count > XLSX_ROWS - 2:
                raise Invalid("sheet.too_many_rows", most=XLSX_ROWS - 2)
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                _write_cell(sheet, count, index, column, value, cells[index], ZoneInfo(zone))
                if column.total and value is not None:
                    sums[index] += value
        if count:
            sheet.autofilter(0, 0, count, len(columns) - 1)
            _write_totals(book, sheet, columns, sums, count, total_title)
    return count


def csv_chunks(
    columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]], *, zone: str = "UTC", rows_a_chunk: int = 500
) -> Iterator[bytes]:
    """The sheet as csv in pieces: UTF-8 with a byte order mark (for Excel), CRLF, quoted as RFC 4180 says."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([harmless(column.title) for column in columns])
    place = ZoneInfo(zone)
    for count, row in enumerate(rows, 1):
        writer.writerow([_csv_cell(column, value, place) for column, value in zip(columns, row, strict=True)])
        if count % rows_a_chunk == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def harmless(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would take it for a formula."""
    return "'" + text if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def unharmed(text: str) -> str:
    """The text as it was before `harmless`."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(FORMULA_STARTS) else text


def _sheet_name(name: str) -> str:
    """Excel allows 31 characters, no brackets, colon, asterisk, question mark, slash or apostrophe at the ends."""
    cleaned = "".join(" " if character in "[]:*?/\\" else character for character in name).strip(" '")
    return cleaned[:31].strip(" '") or "Hanse"


def _head_format(book: Any, side: str) -> Any:
    style = {"bold": True, "bg_color": "#E6EEF0", "bottom": 1, "bottom_color": "#8AA5AC", "valign": "vcenter"}
    return book.add_format({**style, "align": side})


def _cell_format(book: Any, column: SheetColumn) -> Any:
    return book.add_format({"num_format": column.number_format}) if column.number_format else None


def _write_cell(sheet: Any, row: int, index: int, column: SheetColumn, value: Any, style: Any, zone: ZoneInfo) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, index, value, style)
    elif isinstance(value, int | Decimal) and column.kind in FIGURES:
        if _significant(value) > DOUBLE_DIGITS:
            sheet.write_string(row, index, format(value, "f"), style)
        else:
            sheet.write_number(row, index, value / 100 if column.kind == "percent" else value, style)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, index, value.astimezone(zone).replace(tzinfo=None), style)
    elif isinstance(value, date):
        sheet.write_datetime(row, index, value, style)
    else:
        text = str(value)
        sheet.write_string(row, index, text if len(text) <= CELL_TEXT else text[: CELL_TEXT - 1] + "…", style)


def _significant(value: int | Decimal) -> int:
    return len(Decimal(value).normalize().as_tuple().digits)


def _write_totals(
    book: Any, sheet: Any, columns: Sequence[SheetColumn], sums: Sequence[Decimal], count: int, title: str
) -> None:
    """Below the rows, sums that follow the filter (SUBTOTAL 109), with their value for readers that do not compute."""
    if not any(column.total for column in columns):
        return
    for index, column in enumerate(columns):
        style = {"bold": True, "top": 1, "top_color": "#8AA5AC"}
        if column.total:
            letter = _letters(index)
            formula = f"=SUBTOTAL(109,{letter}2:{letter}{count + 1})"
            total = sums[index] / 100 if column.kind == "percent" else sums[index]
            styled = book.add_format({**style, "num_format": column.number_format or "General"})
            sheet.write_formula(count + 1, index, formula, styled, total)
        elif index == 0 and title:
            sheet.write_string(count + 1, index, title, book.add_format(style))
        else:
            sheet.write_blank(count + 1, index, None, book.add_format(style))


def _letters(index: int) -> str:
    """The column's name: 0 -> A, 26 -> AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _csv_cell(column: SheetColumn, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal) and column.kind in FIGURES:
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return harmless(str(value))


# In


@dataclass(frozen=True)
class SheetLimits:
    """What a file may hold. `tags` bounds the XML elements of a workbook (a cell has two or three), `strings` its
    different texts.
    """

    bytes: int = 10 * 1024 * 1024
    unpacked_bytes: int = 64 * 1024 * 1024
    rows: int = 20_000
    columns: int = 200
    parts: int = 500
    tags: int = 1_500_000
    strings: int = 300_000


def read_rows(source: bytes, limits: SheetLimits | None = None) -> Iterator[list[Value]]:
    """The rows of a csv file or of the first sheet of a workbook, blank rows left out.

    Texts are stripped and blank ones are None; figures of a workbook are Decimal with the 15 digits a
    spreadsheet keeps; days at midnight are dates. Invalid `sheet.*` for a file that is unreadable or
    over a limit; a limit on rows or columns may be met only after some rows were yielded.
    """
    limits = limits or SheetLimits()
    if len(source) > limits.bytes:
        raise Invalid("sheet.too_big", most=limits.bytes)
    raw = _xlsx_rows(source, limits) if source.startswith(b"PK") else _csv_rows(source)
    for count, row in enumerate(raw, 1):
        if count > limits.rows:
            raise Invalid("sheet.too_many_rows", most=limits.rows)
        if len(row) > limits.columns:
            raise Invalid("sheet.too_many_columns", most=limits.columns)
        values = [_value(value) for value in row]
        if any(value is not None for value in values):
            yield values


def _value(value: Any) -> Value:
    if isinstance(value, str):
        return unharmed(value.strip()) or None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return Decimal(f"{value:.{DOUBLE_DIGITS}g}")
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return value if isinstance(value, date) else str(value)


def _csv_rows(source: bytes) -> Iterator[list[str]]:
    text = _decoded(source)
    if "\0" in text:
        raise Invalid("sheet.unreadable")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error:
        raise Invalid("sheet.unreadable") from None


def _decoded(source: bytes) -> str:
    """UTF-8, UTF-16 with its mark (Excel's Unicode text), or GB 18030 (what a Chinese Excel saves as csv)."""
    encodings = ("utf-16",) if source[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return source.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("sheet.encoding")


def _xlsx_rows(source: bytes, limits: SheetLimits) -> Iterator[Sequence[Any]]:
    _check_archive(source, limits)
    import openpyxl  # late: only imports need it

    try:
        book = openpyxl.load_workbook(io.BytesIO(source), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a read-only sheet; the size it declares may be a lie
        rows = sheet.iter_rows(values_only=True)
        while (row := next(rows, None)) is not None:
            yield row
    except Invalid:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles over in a broken file
        raise Invalid("sheet.unreadable") from error


def _check_archive(source: bytes, limits: SheetLimits) -> None:
    """Bounds before the reader sees the file: parts, unpacked bytes, elements, no document type declaration."""
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            parts = archive.infolist()
            if len(parts) > limits.parts or sum(part.file_size for part in parts) > limits.unpacked_bytes:
                raise Invalid("sheet.too_big", most=limits.unpacked_bytes)
            scan = _Scan(limits)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with archive.open(part) as stream:
                        scan.read(stream)
    except (expat.ExpatError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise Invalid("sheet.unreadable") from None


class _Scan:
    """One quick pass over the XML of a workbook that counts what the reader would have to hold at a time.

    The reader lets go of a row (depth 3) when it is over, so a row may hold little and the file much.
    """

    def __init__(self, limits: SheetLimits) -> None:
        self._limits = limits
        self._in_row = limits.columns * 8 + 1000
        self._tags = self._shallow = self._inner = self._depth = 0

    def read(self, stream: IO[bytes]) -> None:
        """Invalid for a document type declaration, or where the counts of all parts so far pass a limit."""
        self._depth = 0
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        while piece := stream.read(1 << 16):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _doctype(self, *_: object) -> None:
        raise Invalid("sheet.unreadable")

    def _start(self, *_: object) -> None:
        self._depth += 1
        self._tags += 1
        if self._depth <= 3:
            self._inner = 0
            self._shallow += self._depth < 3
        else:
            self._inner += 1
        if (
            self._tags > self._limits.tags
            or self._shallow > self._limits.strings
            or self._inner > self._in_row
            or self._depth > DEEPEST
        ):
            raise Invalid("sheet.too_big", most=self._limits.unpacked_bytes)

    def _end(self, *_: object) -> None:
        self._depth -= 1
