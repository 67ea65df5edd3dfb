"""The front end is built when its sources changed, and only then."""

import json
from pathlib import Path

import pytest

from app.adapters import assets

BUILD = """
import fs from 'node:fs'
fs.rmSync('../static/dist', { recursive: true, force: true })
fs.mkdirSync('../static/dist', { recursive: true })
fs.writeFileSync('../static/dist/manifest.json', '{}')
fs.appendFileSync('../builds', 'x')
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end without packages, so that nothing is fetched."""
    sources = tmp_path / "assets"
    sources.mkdir()
    package = {"name": "x", "version": "1.0.0", "lockfileVersion": 3}
    (sources / "package.json").write_text(json.dumps({"name": "x", "version": "1.0.0", "type": "module"}))
    (sources / "package-lock.json").write_text(json.dumps({**package, "packages": {"": {"name": "x"}}}))
    (sources / "build.mjs").write_text(BUILD)
    (sources / "node_modules").mkdir()
    monkeypatch.setattr(assets, "SOURCES", sources)
    monkeypatch.setattr(assets, "BUILT", tmp_path / "static" / "dist")
    return tmp_path


def builds(folder: Path) -> int:
    return len((folder / "builds").read_text())


def test_built_once_until_a_source_changes(folder: Path) -> None:
    steps: list[str] = []
    assert assets.up_to_date() is False
    assert assets.build_assets(steps.append) is True
    assert steps == ["Installing front-end packages", "Building the front end"]
    assert assets.up_to_date() is True
    assert assets.build_assets() is False
    (folder / "assets" / "node_modules" / "cache").write_text("not a source")
    assert assets.up_to_date() is True

    steps.clear()
    (folder / "assets" / "app.css").write_text("a { color: red }")
    assert assets.build_assets(steps.append) is True
    assert steps == ["Building the front end"]  # packages are as locked
    assert builds(folder) == 2


def test_a_failed_build_says_why_and_is_tried_again(folder: Path) -> None:
    (folder / "assets" / "build.mjs").write_text("console.error('unknown icon: pear'); process.exit(3)")
    for _ in range(2):
        with pytest.raises(assets.AssetsError, match=r"code 3:\nunknown icon: pear"):
            assets.build_assets()


def test_an_installation_without_sources_needs_its_build(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "SOURCES", folder / "absent")
    with pytest.raises(assets.AssetsError, match=r"manifest\.json is missing"):
        assets.build_assets()
    assets.BUILT.mkdir(parents=True)
    (assets.BUILT / "manifest.json").write_text("{}")
    assert assets.up_to_date() is True
