"""`hanse up`: everything on one machine, as children of one supervisor.

Order: front end, PostgreSQL, Valkey, migrations, web and worker, then readiness. A child that dies ends the
whole, with its last log lines, instead of being restarted silently: on one machine somebody is looking.
Ctrl-C or SIGTERM stops in the opposite order within ten seconds; killed without warning, the kernel ends the
children and the next start repairs what was left.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from rich.console import Console

from app.adapters.assets import build_assets
from app.adapters.embedded import stack as embedded
from app.adapters.embedded.process import end, spawn, tail
from app.adapters.release_stamp import read_stamp, release_stamp, write_stamp
from app.adapters.settings import Settings, SettingsError

STOP_SECONDS: Final = 7.0
READY_SECONDS: Final = 60.0
MIGRATE_SECONDS: Final = 600.0
LONGEST_LOG: Final = 10 << 20


class UpError(Exception):
    """The installation could not be started, or a part of it ended."""


class Stopped(Exception):
    """Somebody asked us to stop while we were starting."""


class Stop:
    """Set by Ctrl-C and SIGTERM."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self._asked.is_set()

    def pause(self, seconds: float) -> None:
        """Wait a little; raises Stopped when asked to stop."""
        if self._asked.wait(seconds):
            raise Stopped


class Child:
    """One of our own processes, with its log file."""

    def __init__(
        self,
        name: str,
        command: str,
        environment: Mapping[str, str],
        log: Path,
        when_orphaned: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".1.log"))
        with log.open("ab") as stream:
            self.process = spawn(
                [sys.executable, "-m", "app.cli", command],
                log=stream,
                environment=environment,
                when_orphaned=when_orphaned,
            )

    @property
    def running(self) -> bool:
        """Whether it still lives."""
        return self.process.poll() is None


class Progress:
    """One line per step, with the time it took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._step = ""
        self._began = self._last = time.monotonic()

    def __call__(self, step: str) -> None:
        """The next step begins, the last one is done."""
        self.done()
        self._step = step
        if self._console.is_terminal:
            self._console.print(f"[dim]…[/] {step}", end="\r", highlight=False)

    def done(self) -> None:
        """The step is done."""
        now = time.monotonic()
        if self._step:
            self._console.print(f"[green]✓[/] {self._step} [dim]{now - self._last:.1f} s[/]", highlight=False)
        self._step, self._last = "", now

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began


def run(settings: Settings, console: Console) -> int:
    """Start, serve until asked to stop, stop. The exit code: 0, or 1 when a part failed."""
    stop, progress = Stop(), Progress(console)
    with _only_one(settings.home):
        _check_port(settings)
        children: list[Child] = []
        stack: embedded.Stack | None = None
        try:
            build_assets(progress)
            stack = embedded.start(settings, progress=progress)
            stamp = release_stamp()
            if read_stamp(stack.settings.database_url) != stamp:
                progress("Applying migrations")
                _migrate(stack.settings, stop)
                write_stamp(stack.settings.database_url, stamp)
            progress("Starting web and worker")
            children += _start(stack.settings)
            _wait_ready(stack, children, stop)
            progress.done()
            _greet(console, stack.settings, progress.seconds)
            while True:
                stop.pause(0.25)
                _check(stack, children)
        except Stopped:
            return 0
        finally:
            progress.done()
            _stop(console, stack, children)


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    path = home / "run" / "up.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UpError(f"`hanse up` is already running in {home} (process {_holder(lock)})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read().strip() or "unknown"


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.bind, settings.port))
        except OSError as error:
            raise SettingsError(
                f"HANSE_PORT: cannot listen on {settings.bind} port {settings.port} ({error.strerror}); set another"
            ) from None


def _environment(settings: Settings, *, owner: bool) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HANSE_")}
    return {**kept, **settings.environment(owner=owner), "PYTHONUNBUFFERED": "1"}


def _migrate(settings: Settings, stop: Stop) -> None:
    child = Child("migrate", "migrate", _environment(settings, owner=True), settings.home / "log" / "migrate.log")
    deadline = time.monotonic() + MIGRATE_SECONDS
    try:
        while child.running:
            if time.monotonic() > deadline:
                raise UpError(f"migrations took longer than {MIGRATE_SECONDS:.0f} s; see {child.log}")
            stop.pause(0.05)
    finally:
        end(child.process, signal.SIGTERM, STOP_SECONDS)
    if child.process.returncode:
        raise UpError(f"migrations failed with code {child.process.returncode}:\n{tail(child.log)}")


def _start(settings: Settings) -> list[Child]:
    logs = settings.home / "log"
    return [
        Child("web", "serve", _environment(settings, owner=False), logs / "web.log"),
        # Without its database, which ends at the same moment, a worker has nothing to finish: it is ended at once.
        Child("worker", "worker", _environment(settings, owner=True), logs / "worker.log", signal.SIGKILL),
    ]


def _wait_ready(stack: embedded.Stack, children: list[Child], stop: Stop) -> None:
    deadline = time.monotonic() + READY_SECONDS
    answer = "no answer"
    while (answer := readiness(stack.settings)) != "ready":
        _check(stack, children)
        if time.monotonic() > deadline:
            raise UpError(f"not ready after {READY_SECONDS:.0f} s ({answer}):\n{tail(children[0].log)}")
        stop.pause(0.05)


def readiness(settings: Settings) -> str:
    """`ready`, or what `GET /readyz` said instead."""
    unspecified = ip_address(settings.bind).is_unspecified
    host = ("::1" if ":" in settings.bind else "127.0.0.1") if unspecified else settings.bind
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"{settings.domain}:{settings.port}"})
        answer = connection.getresponse()
        text = answer.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return "ready" if answer.status == 200 else f"{answer.status} {text}"


def _check(stack: embedded.Stack, children: list[Child]) -> None:
    for child in children:
        if not child.running:
            raise UpError(f"{child.name} ended with code {child.process.returncode}:\n{tail(child.log)}")
    if (service := stack.died()) is not None:
        raise UpError(f"{service} ended; see {stack.settings.home / 'log'}")


def _greet(console: Console, settings: Settings, seconds: float) -> None:
    console.print(f"\n[bold]Hanse[/] is ready at [link]{settings.public_url}[/link] [dim]({seconds:.1f} s)[/]")
    if settings.development and not settings.smtp_url:
        console.print(f"Sent mail: {settings.public_url}/dev/mail", highlight=False)
    console.print(f"Data: {settings.home}   Logs: {settings.home / 'log'}   Stop: Ctrl-C", highlight=False)


def _stop(console: Console, stack: embedded.Stack | None, children: list[Child]) -> None:
    """Ask all of ours at once, wait, then the services they use."""
    if stack is None:
        return
    console.print("Stopping …", highlight=False)
    for child in children:
        if child.running:
            child.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            console.print(f"[yellow]{child.name} did not stop in time and was ended[/]")
            child.process.kill()
            child.process.wait(5)
    stack.stop()
    console.print("Stopped; all data is kept.", highlight=False)
