"""A tenant made by a process that has imported nothing but its own entry point has every table."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNT = """
import {entry}
from app.adapters.settings import Settings
from app.wiring import Wiring
body = Wiring(Settings.load({{"HANSE_HOME": {home!r}}})).blueprint.body
from migrations.models import load_models
load_models()
from app.adapters.db import Model
missing = [name for name in Model.metadata.tables if f"CREATE TABLE {{name}} " not in body]
print(missing)
"""


def test_the_worker_compiles_every_table(tmp_path: Path) -> None:
    script = COUNT.format(entry="app.worker", home=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "[]"
