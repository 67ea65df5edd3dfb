"""What `docs/security` promises has a test: every test it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "security").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_named_exists(page: Path) -> None:
    named = set(re.findall(r"`(?:[\w/.]+::)?(test_\w+)`", page.read_text(encoding="utf-8")))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert named
    assert named - written - files == set()
