"""Province and prefecture level regions of China by their GB/T 2260 codes: a list of the code base, not of a tenant."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "seeds" / "cn_regions.csv"


@dataclass(frozen=True, slots=True)
class Region:
    """A node: `parent` is the code of its province, empty for a province."""

    code: str
    name: str
    english_name: str
    level: str
    parent: str


@lru_cache(maxsize=1)
def china_regions() -> dict[str, Region]:
    """All regions by code."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return {
            row["code"]: Region(row["code"], row["name_zh"], row["name_en"], row["level"], row["parent"])
            for row in csv.DictReader(source)
            if row["kind"] != "virtual"
        }
