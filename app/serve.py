"""`hanse serve`: the web tier. gunicorn watches the processes, uvicorn speaks HTTP in each.

Settings are made here instead of on a command line so that `serve` in a container and under `hanse up` are
the same. The code is loaded once, before the fork, which halves the time to start and lets the processes share
its memory; each then builds its own application, so that no database connection is inherited.
"""

from __future__ import annotations

import gc
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead
from uvicorn_worker import UvicornWorker

from app.adapters.telemetry import configure_logging
from app.modules import load_modules

if TYPE_CHECKING:
    from app.adapters.settings import Settings

APPLICATION: Final = "app.main:create_app"
GRACE_SECONDS: Final = 6
SILENT_SECONDS: Final = 60


class WebWorker(UvicornWorker):  # type: ignore[misc, unused-ignore]
    """uvicorn as one of gunicorn's processes."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "lifespan": "on",
        "server_header": False,
        "date_header": True,
        "access_log": False,  # the application logs requests, with their id and tenant
        "timeout_graceful_shutdown": GRACE_SECONDS - 1,
    }


class RootLogger(Logger):  # type: ignore[misc, unused-ignore]
    """gunicorn's log lines in the same form as all others."""

    def setup(self, cfg: Any) -> None:  # noqa: ARG002
        """Leave handlers to the root logger."""
        for logger in (self.error_log, self.access_log):
            logger.handlers[:] = []
            logger.propagate = True


class WebTier(BaseApplication):  # type: ignore[misc, unused-ignore]
    """gunicorn configured from Settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in configuration(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called by gunicorn in each process: the application."""
        from gunicorn.util import import_app

        configure_logging(self._settings.log)
        return import_app(f"{APPLICATION}()")


def configuration(settings: Settings) -> dict[str, Any]:
    """Gunicorn's settings for an installation."""
    address = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    return {
        "bind": f"{address}:{settings.port}",
        "workers": settings.web_workers,
        "worker_class": "app.serve.WebWorker",
        "logger_class": "app.serve.RootLogger",
        "proc_name": "hanse-web",
        "graceful_timeout": GRACE_SECONDS,
        "timeout": SILENT_SECONDS,
        "keepalive": 15,
        "backlog": 512,
        "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 -- a heartbeat file without name
        "control_socket_disable": True,
        "forwarded_allow_ips": ",".join(settings.proxies),
        "child_exit": forget_metrics,
    }


def forget_metrics(_server: object, worker: Any) -> None:
    """A process that ended no longer counts in live gauges."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call, unused-ignore]


def run(settings: Settings) -> None:
    """Serve until told to stop; does not return normally."""
    settings.require("database_url", "tenant_database_url", "queue_database_url")
    configure_logging(settings.log)
    import_module(APPLICATION.partition(":")[0])
    load_modules()
    gc.collect()
    gc.freeze()  # the collector leaves shared pages alone
    try:
        WebTier(settings).run()
    except HaltServer as halt:  # a process could not build its application; its own traceback stands in the log
        raise SystemExit(halt.exit_status) from None
