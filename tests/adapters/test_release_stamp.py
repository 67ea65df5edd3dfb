"""The stamp of the last migrations lives and dies with the control schema."""

from pathlib import Path

import psycopg
import pytest

from app.adapters import release_stamp
from app.adapters.embedded import bootstrap
from app.adapters.embedded.stack import Stack


def test_stamp_is_kept_with_the_schema(stack: Stack) -> None:
    assert stack.postgres is not None
    bootstrap.create_database(stack.postgres.urls.superuser, "stamp_probe", like=bootstrap.CONTROL_DATABASE)
    url = stack.postgres.urls.control.replace("/hanse_control?", "/stamp_probe?")
    assert release_stamp.read_stamp(url) == ""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA platform")
    assert release_stamp.read_stamp(url) == ""
    release_stamp.write_stamp(url, release_stamp.release_stamp())
    assert release_stamp.read_stamp(url) == release_stamp.release_stamp()


def test_stamp_changes_with_any_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_stamp, "MIGRATIONS", tmp_path)
    seen = {release_stamp.release_stamp()}
    (tmp_path / "0001_initial.py").write_text("x")
    seen.add(release_stamp.release_stamp())
    (tmp_path / "guards.sql").write_text("x")
    seen.add(release_stamp.release_stamp())
    (tmp_path / "guards.sql").write_text("y")
    seen.add(release_stamp.release_stamp())
    assert len(seen) == 4
