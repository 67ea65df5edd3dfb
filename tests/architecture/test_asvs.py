"""`docs/security/asvs.csv`: all 246 rows, every test named is there, every other answer has its sentence."""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "security"
ANSWERS = ("test", "review", "n/a", "open")
TOUCHED = {
    "V6": "Authentication",
    "V7": "Sessions",
    "V8": "Authorization",
    "V9": "Tokens",
    "V10": "OAuth",
    "V16": "Logs",
}
LEAST_SHOWN = 0.6
SENTENCE = 20
"""Characters below which nothing is explained."""

with (FOLDER / "asvs.csv").open(encoding="utf-8", newline="") as source:
    ROWS = list(csv.DictReader(source))


def chapter(row: dict[str, str]) -> str:
    return row["id"].partition(".")[0]


@cache
def written_in(path: str) -> frozenset[str]:
    """`test_x` and `TestY::test_z` of a file; parametrised ones count by their function."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


def test_every_requirement_of_levels_one_and_two_has_one_row() -> None:
    """345 requirements less level 3 and WebRTC; ids stand in order, so none is forgotten inside a section."""
    ids = [row["id"] for row in ROWS]
    assert len(ids) == len(set(ids)) == 246
    assert all(re.fullmatch(r"V\d{1,2}\.\d{1,2}\.\d{1,2}", key) for key in ids)
    numbers = [tuple(map(int, key[1:].split("."))) for key in ids]
    assert numbers == sorted(numbers)
    assert {number[0] for number in numbers} == set(range(1, 17))
    assert Counter(row["level"] for row in ROWS) == {"1": 70, "2": 176}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_answer_is_backed(row: dict[str, str]) -> None:
    assert row["subject"].strip()
    assert row["answer"] in ANSWERS
    if row["answer"] != "test":
        assert len(row["evidence"]) >= SENTENCE
        assert row["evidence"].endswith(".")
        return
    named = row["evidence"].split()
    assert named
    for one in named:
        path, _, test = one.partition("::")
        assert (ROOT / path).is_file(), path
        assert test in written_in(path), one


@pytest.mark.parametrize("touched", TOUCHED)
def test_most_of_what_the_product_answers_for_is_shown_by_tests(touched: str) -> None:
    asked = [row for row in ROWS if chapter(row) == touched and row["answer"] != "n/a"]
    shown = [row for row in asked if row["answer"] == "test"]
    assert len(shown) >= LEAST_SHOWN * len(asked)


def test_the_page_counts_what_the_table_holds() -> None:
    page = (FOLDER / "asvs.md").read_text(encoding="utf-8")
    told = {
        cells[0].split()[0]: tuple(map(int, cells[1:]))
        for line in page.splitlines()
        if re.match(r"\| (V\d+ |all )", line)
        and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 6
    }
    counts = {key: Counter(row["answer"] for row in ROWS if chapter(row) == key) for key in map(chapter, ROWS)}
    counts["all"] = Counter(row["answer"] for row in ROWS)
    assert told == {key: (count.total(), *(count[answer] for answer in ANSWERS)) for key, count in counts.items()}


def test_the_page_names_every_open_row() -> None:
    page = (FOLDER / "asvs.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| (V\d+\.\d+\.\d+) \|", page, re.MULTILINE)
    assert named == [row["id"] for row in ROWS if row["answer"] == "open"]
