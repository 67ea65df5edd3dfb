"""`hanse up` as a person meets it: starts, answers, refuses a second start, stops in order, keeps data."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from app.adapters.settings import Settings
from app.up import UpError, _only_one, readiness

pytestmark = pytest.mark.slow


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    home = Path(mkdtemp(prefix="hanse-up-"))
    home.chmod(0o711)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HANSE_")}
    yield {**clean, "HANSE_HOME": str(home), "HANSE_PORT": str(port), "HANSE_WEB_WORKERS": "1"}
    shutil.rmtree(home)


def begin(environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "up"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until_ready(process: subprocess.Popen[str], environ: dict[str, str]) -> None:
    settings = Settings.load(environ)
    deadline = time.monotonic() + 90
    while readiness(settings) != "ready":
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "not ready in time"
        time.sleep(0.1)


def status(environ: dict[str, str], path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(environ["HANSE_PORT"]), timeout=10)
    connection.request("GET", path, headers={"Host": f"localhost:{environ['HANSE_PORT']}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_start_serve_stop_and_start_again(environ: dict[str, str]) -> None:
    first = begin(environ)
    until_ready(first, environ)
    assert [status(environ, path) for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    settings = Settings.load(environ)  # as a second shell sees it
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    second = begin(environ)
    said, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "already running" in said
    assert first.poll() is None

    first.send_signal(signal.SIGINT)
    began = time.monotonic()
    said, _ = first.communicate(timeout=40)
    assert time.monotonic() - began < 20  # 10 s are meant, of a machine that does nothing else
    assert first.returncode == 0, said
    assert "all data is kept" in said
    with pytest.raises(OSError, match=r"refused|No such file"):
        status(environ, "/healthz")

    again = begin(environ)
    until_ready(again, environ)
    with psycopg.connect(Settings.load(environ).database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    worker = next(pid for pid in children(again.pid) if b"worker" in command(pid))
    os.kill(worker, signal.SIGKILL)  # a part that dies ends the whole, and says so
    said, _ = again.communicate(timeout=40)
    assert again.returncode == 1
    assert "worker ended with code -9" in said


def test_killed_without_warning_leaves_nothing_behind(environ: dict[str, str]) -> None:
    process = begin(environ)
    until_ready(process, environ)
    left = children(process.pid)
    assert len(left) == 4  # PostgreSQL, Valkey, web, worker
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 15
    while any(command(pid) for pid in left):
        assert time.monotonic() < deadline, [command(pid) for pid in left]
        time.sleep(0.1)


def test_a_port_in_use_is_named(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environ["HANSE_PORT"]))):
        process = begin(environ)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "HANSE_PORT" in said
    assert not (Path(environ["HANSE_HOME"]) / "postgres").exists()


def test_only_one_supervisor_a_home(tmp_path: Path) -> None:
    with _only_one(tmp_path), pytest.raises(UpError, match=str(os.getpid())), _only_one(tmp_path):
        pass
    with _only_one(tmp_path):
        pass


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def command(pid: int) -> bytes:
    """A process's command line; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
