"""Sheets out and in: types kept, formulas harmless, bounds held."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from app.adapters.sheet import (
    SheetColumn,
    SheetLimits,
    csv_chunks,
    harmless,
    read_rows,
    unharmed,
    write_xlsx,
)
from app.kernel.errors import Invalid

COLUMNS = [
    SheetColumn("Number"),
    SheetColumn("Day", "day"),
    SheetColumn("Changed", "instant"),
    SheetColumn("Quantity", "quantity"),
    SheetColumn("Amount", "money", total=True),
    SheetColumn("Discount", "percent"),
    SheetColumn("Active", "boolean"),
]
INSTANT = datetime(2026, 1, 31, 17, 30, tzinfo=UTC)
ROWS: list[list[Any]] = [
    ["SO-1", date(2026, 1, 31), INSTANT, Decimal("1.5"), Decimal("1234.50"), Decimal(5), True],
    ["=1+1", None, None, Decimal(-2), Decimal("-0.10"), None, False],
]


def workbook(rows: list[list[Any]], columns: list[SheetColumn] = COLUMNS) -> bytes:
    target = io.BytesIO()
    write_xlsx(target, columns, rows, name="Orders", zone="Asia/Shanghai", total_title="Total")
    return target.getvalue()


def test_xlsx_keeps_types() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)))["Orders"]
    assert [cell.value for cell in sheet[1]] == [column.title for column in COLUMNS]
    assert sheet.freeze_panes == "A2"
    first = sheet[2]
    assert first[1].value == datetime(2026, 1, 31)  # noqa: DTZ001  spreadsheets know no zones
    assert first[2].value == datetime(2026, 2, 1, 1, 30)  # noqa: DTZ001
    assert (first[4].value, first[4].number_format) == (1234.5, "#,##0.00;[Red]-#,##0.00")
    assert (first[5].value, first[6].value) == (0.05, True)


def test_xlsx_text_is_never_a_formula() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)))["Orders"]
    assert (sheet["A3"].value, sheet["A3"].data_type) == ("=1+1", "s")


def test_xlsx_sums_follow_the_filter_and_carry_their_value() -> None:
    data = workbook(ROWS)
    assert openpyxl.load_workbook(io.BytesIO(data))["Orders"]["E4"].value == "=SUBTOTAL(109,E2:E3)"
    assert openpyxl.load_workbook(io.BytesIO(data), data_only=True)["Orders"]["E4"].value == 1234.4


def test_xlsx_does_not_falsify_long_figures() -> None:
    columns = [SheetColumn("Amount", "money")]
    sheet = openpyxl.load_workbook(io.BytesIO(workbook([[Decimal("12345678901234.5678")]], columns)))["Orders"]
    assert sheet["A2"].value == "12345678901234.5678"


def test_xlsx_of_nothing_and_of_odd_names() -> None:
    target = io.BytesIO()
    assert write_xlsx(target, COLUMNS, [], name="[Orders]: a/b*" + "x" * 40) == 0
    assert openpyxl.load_workbook(target).sheetnames[0].startswith("Orders")


def test_rows_are_taken_one_by_one() -> None:
    def rows() -> Iterator[list[Any]]:
        for number in range(2000):
            yield [f"SO-{number}"]

    assert write_xlsx(io.BytesIO(), [SheetColumn("Number")], rows()) == 2000
    assert len(list(csv_chunks([SheetColumn("Number")], rows()))) == 5


def test_csv() -> None:
    data = b"".join(csv_chunks(COLUMNS, [*ROWS, ['say "hi",\nJ', *[None] * 6]], zone="Asia/Shanghai"))
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read[1] == ["SO-1", "2026-01-31", "2026-02-01 01:30:00", "1.5", "1234.50", "5", "true"]
    assert read[2] == ["'=1+1", "", "", "-2", "-0.10", "", "false"]
    assert read[3][0] == 'say "hi",\nJ'


@pytest.mark.parametrize("text", ["=A1", "+1", "-1", "@SUM", "\tx", "\rx", "  =A1", "＝A1"])
def test_formula_starts_are_made_harmless_and_come_back(text: str) -> None:
    assert harmless(text) == "'" + text
    assert unharmed(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "plain", "'quoted", "a=b"])
def test_other_texts_stay(text: str) -> None:
    assert harmless(text) == text
    assert unharmed(text) == text


def test_reading_a_workbook_of_ours() -> None:
    rows = list(read_rows(workbook(ROWS)))
    shown = datetime(2026, 2, 1, 1, 30)  # noqa: DTZ001
    assert rows[1] == ["SO-1", date(2026, 1, 31), shown, Decimal("1.5"), Decimal("1234.5"), Decimal("0.05"), True]
    assert rows[2][0] == "=1+1"
    assert rows[2][4] == Decimal("-0.1")


@pytest.mark.parametrize(
    "source",
    [
        "编码,名称\r\nA1,'=x\r\n\r\n".encode("utf-8-sig"),
        "编码;名称\nA1;'=x\n".encode("gb18030"),
        "编码\t名称\nA1\t'=x\n".encode("utf-16"),
    ],
)
def test_reading_csv_of_several_encodings(source: bytes) -> None:
    assert list(read_rows(source)) == [["编码", "名称"], ["A1", "=x"]]


def zipped(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"PK\x03\x04 not a zip", "sheet.unreadable"),
        (zipped({"hello.txt": b"no workbook"}), "sheet.unreadable"),
        (zipped({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "sheet.unreadable"),
        (zipped({"xl/a.xml": b"<a/>" + b" " * 3_000_000}), "sheet.too_big"),
        (zipped({"xl/a.xml": b"<a>" + b"<c/>" * 30_000 + b"</a>"}), "sheet.too_big"),
        (zipped({"xl/a.xml": b"<a><b>" + b"<c/>" * 9000 + b"</b></a>"}), "sheet.unreadable"),
        (zipped({"xl/a.xml": b"<a><b><row>" + b"<c/>" * 2000 + b"</row></b></a>"}), "sheet.too_big"),
        (zipped({"xl/a.xml": b"<a>" * 70 + b"</a>" * 70}), "sheet.too_big"),
        (zipped({"xl/a.xml": b"<a><b>"}), "sheet.unreadable"),
        (zipped({f"{number}.xml": b"<a/>" for number in range(60)}), "sheet.too_big"),
        (b"x" * 200_001, "sheet.too_big"),
        (b"a,b\0c", "sheet.unreadable"),
        (b'"open', "sheet.unreadable"),
        (b"a\n" * 1001, "sheet.too_many_rows"),
        (b"," * 50, "sheet.too_many_columns"),
        (b"\xff\xfe\x00", "sheet.encoding"),
    ],
)
def test_hostile_files_are_refused(source: bytes, code: str) -> None:
    limits = SheetLimits(bytes=200_000, unpacked_bytes=2_000_000, rows=1000, columns=50, parts=50, tags=10_000)
    with pytest.raises(Invalid) as refusal:
        list(read_rows(source, limits))
    assert refusal.value.code == code
