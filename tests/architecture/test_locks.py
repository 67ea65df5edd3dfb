"""What is installed is what was looked at: every library by version and hash, nobody in a new tenant or installation."""

import json
import re
from pathlib import Path

import pytest

from app.platform.users import User
from app.wiring import build_registry

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock", "requirements-build.lock"])
def test_every_library_is_pinned_by_version_and_hash(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
    libraries = [entry for entry in entries if not entry.startswith(("#", "--"))]
    assert libraries
    for entry in libraries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^\s;]+", entry, re.IGNORECASE), entry
        assert "--hash=sha256:" in entry, entry


def test_every_package_of_the_front_end_is_pinned_by_hash() -> None:
    lock = json.loads((ROOT / "app" / "web" / "assets" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert {name for name, package in packages.items() if not package.get("integrity", "").startswith("sha")} == set()


def test_nobody_is_there_before_the_first_person() -> None:
    """A new tenant's rows hold roles and reference data, no user; no migration writes an identity."""
    tables = {str(model.__tablename__) for model, _rows in build_registry().seed_rows()}
    assert User.__tablename__ not in tables
    for path in (ROOT / "migrations").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"INSERT INTO \S*(identity|platform_user)\b|bulk_insert\(identity", text), path
