"""The seed files of finance, read once a process."""

import csv
from functools import lru_cache
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


@lru_cache(maxsize=16)
def read_seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed file."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


@lru_cache(maxsize=1)
def union_members() -> frozenset[str]:
    """Member states of the EU, by country code."""
    return frozenset(row["country"] for row in read_seed("tax_eu") if row["eu_member"] == "1")
