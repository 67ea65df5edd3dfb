"""The folder in which the web processes of one machine add up their metrics.

prometheus_client decides while it is imported whether it counts in memory or in such a folder, so this must
run first, and therefore stands in a file that imports nothing of it.
"""

import os
import shutil
from pathlib import Path
from typing import Final

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def prepare_metrics_folder(home: Path) -> None:
    """Empty the folder of earlier runs and have this process and its forks count in it."""
    folder = home / "run" / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[METRICS_FOLDER] = str(folder)
