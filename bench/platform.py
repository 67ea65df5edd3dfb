"""What an installation costs: a new tenant, an idle worker, the files a browser needs first."""

import gzip
import os
import signal
import subprocess
import sys
import time

from app.web.render import STATIC, assets
from bench.measure import Figure, resident_mb
from bench.site import Site

TENANTS = 5
SETTLE_SECONDS = 6.0


def run(site: Site) -> list[Figure]:
    """Provisioning, worker memory, critical assets."""
    made = 0

    def provision() -> None:
        nonlocal made
        made += 1
        site.wiring.provisioner.refill(made)

    cost = site.meter.median_ms(provision, rounds=TENANTS, warm=1) / 1000
    return [
        Figure("provision_cpu_s", cost, "s", 0.6),
        Figure("worker_rss_mb", _worker_memory(site), "MB", 110.0),
        Figure("critical_assets_gz_kb", critical_kilobytes(), "kB", 45.0),
    ]


def _worker_memory(site: Site) -> float:
    settings = site.wiring.settings
    environ = {
        **os.environ,
        "HANSE_HOME": str(settings.home),
        "HANSE_DATABASE_URL": settings.database_url,
        "HANSE_TENANT_DATABASE_URL": settings.tenant_database_url,
        "HANSE_QUEUE_DATABASE_URL": settings.queue_database_url,
        "HANSE_OWNER_DATABASE_URL": settings.owner_database_url,
        "HANSE_SEALER_DATABASE_URL": settings.sealer_database_url,
        "HANSE_REDIS_URL": settings.redis_url,
    }
    worker = subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], env=environ)
    try:
        time.sleep(SETTLE_SECONDS)
        if worker.poll() is not None:
            raise RuntimeError(f"the worker ended with {worker.returncode}")
        return resident_mb(worker.pid)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=20)


def critical_kilobytes() -> float:
    """Script, style and icons every page loads, gzip -9, in kB (10^3 bytes)."""
    paths = [STATIC / "dist" / assets().href(name).rpartition("/")[2] for name in ("app.js", "app.css", "icons.svg")]
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths) / 1000
