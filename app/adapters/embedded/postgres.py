"""PostgreSQL as a child process: made on first start, kept between starts, stopped cleanly.

`start(home)` does everything: finds the programs, makes the cluster with random passwords and scram, starts
it on a unix socket and 127.0.0.1, and on first start creates Hanse's roles and databases (`bootstrap`).
A cluster whose first start was interrupted is thrown away: it cannot hold data yet.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from urllib.parse import quote

from app.adapters.embedded import bootstrap
from app.adapters.embedded.binaries import PostgresPrograms, find_programs
from app.adapters.embedded.process import Account, EmbeddedError, end, server_account, spawn, tail, wait_until
from app.adapters.secret import write_private

SUPERUSER: Final = "postgres"
LONGEST_SOCKET_PATH: Final = 100  # the kernel's limit is 107 bytes, with the socket's own name
STOP_SECONDS: Final = 8.0

CONFIGURATION: Final[Mapping[str, str]] = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "idle_in_transaction_session_timeout": "60s",
    "log_min_duration_statement": "1s",
    "password_encryption": "scram-sha-256",
}
QUICK: Final[Mapping[str, str]] = {  # tests: a crash may lose everything
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "log_min_duration_statement": "-1",
}


@dataclass(frozen=True)
class PostgresUrls:
    """One address per login."""

    control: str
    cell_login: str
    cell_owner: str
    cell_sealer: str
    queue: str
    superuser: str


@dataclass
class EmbeddedPostgres:
    """A running cluster."""

    urls: PostgresUrls
    process: subprocess.Popen[bytes]
    log: Path
    folder: Path
    sockets: Path

    def stop(self) -> None:
        """Fast shutdown: running transactions are rolled back, everything committed is on disk."""
        went = end(self.process, signal.SIGINT, STOP_SECONDS)
        if self.sockets.parent != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)
        if not went:
            raise EmbeddedError(f"PostgreSQL had to be killed:\n{tail(self.log)}")


def start(home: Path, *, quick: bool = False, progress: Callable[[str], None] = lambda _step: None) -> EmbeddedPostgres:
    """Start the cluster kept in `home`, making it first when there is none; raises EmbeddedError."""
    account = server_account()
    folder = _cluster_folder(home, account)
    programs = find_programs(account, lambda: folder.parent / f"{folder.name}-programs")
    account.own(folder)
    data, finished = folder / "data", home / "postgres.ready"
    passwords = _passwords(home)
    _end_orphan(data)
    if not finished.exists():
        progress("Creating the PostgreSQL cluster")
        shutil.rmtree(data, ignore_errors=True)
        _make_cluster(programs, account, folder, data, passwords[SUPERUSER])
    progress("Starting PostgreSQL")
    sockets, port = _socket_folder(folder, account), _port(home)
    log = home / "log" / "postgres.log"
    process = _launch(programs, account, data, sockets, port, log, quick=quick)
    server = EmbeddedPostgres(_urls(sockets, port, passwords), process, log, folder, sockets)
    if not finished.exists():
        progress("Creating roles and databases")
        try:
            bootstrap.bootstrap(server.urls.superuser, passwords)
        except BaseException:
            server.stop()
            raise
        finished.touch()
    return server


def _cluster_folder(home: Path, account: Account) -> Path:
    """In HANSE_HOME; when `nobody` cannot walk there (as below /root), under /var/lib, noted in HANSE_HOME."""
    home.mkdir(parents=True, exist_ok=True)
    if account.uid is None:
        return home / "postgres"
    if account.may_walk_to(home):
        home.chmod(home.stat().st_mode | 0o011)
        return home / "postgres"
    note = home / "postgres.location"
    if not note.exists():
        place = Path("/var/lib/hanse") / secrets.token_hex(6)
        place.mkdir(parents=True)
        note.write_text(f"{place}\n")
    return Path(note.read_text().strip()) / "postgres"


def _passwords(home: Path) -> dict[str, str]:
    path = home / "postgres.passwords"
    if not path.exists():
        write_private(path, json.dumps({role: secrets.token_hex(24) for role in (SUPERUSER, *bootstrap.ROLES)}))
    content = json.loads(path.read_text())
    return {str(role): str(password) for role, password in content.items()}


def _make_cluster(programs: PostgresPrograms, account: Account, folder: Path, data: Path, password: str) -> None:
    note = folder / "password"
    write_private(note, password)
    if account.uid is not None and account.gid is not None:
        os.chown(note, account.uid, account.gid)
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if programs.major >= 17 else ["--locale=C.UTF-8"]
    try:
        made = subprocess.run(  # noqa: S603 -- our own program
            [
                str(programs.folder / "initdb"),
                f"--pgdata={data}",
                f"--username={SUPERUSER}",
                f"--pwfile={note}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-instructions",
                "--no-sync",  # the first start writes it all again; a crash before that is recognised
                *locale,
            ],
            user=account.uid,
            group=account.gid,
            extra_groups=[] if account.uid is not None else None,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        note.unlink()
    if made.returncode:
        raise EmbeddedError(f"initdb ended with code {made.returncode}:\n{made.stderr.strip() or made.stdout.strip()}")


def _launch(
    programs: PostgresPrograms, account: Account, data: Path, sockets: Path, port: int, log: Path, *, quick: bool
) -> subprocess.Popen[bytes]:
    options = {
        **CONFIGURATION,
        **(QUICK if quick else {}),
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(sockets),
        "dynamic_shared_memory_type": _shared_memory_kind(),
    }
    command = [str(programs.folder / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        process = spawn(command, log=stream, account=account, folder=data, when_orphaned=signal.SIGINT)
    try:
        wait_until(lambda: _ready(data, process.pid), process, log, "PostgreSQL", 60)
    except BaseException:
        end(process, signal.SIGINT, STOP_SECONDS)
        raise
    return process


def _ready(data: Path, pid: int) -> bool:
    """The server writes its state into the eighth line of its pid file."""
    lines = _pid_file(data)
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _end_orphan(data: Path) -> None:
    """Stop a server of this cluster whose supervisor was killed, so that its lock file and port are free."""
    lines = _pid_file(data)
    if not lines or not lines[0].isdigit() or not _is_server_of(int(lines[0]), data):
        return
    pid = int(lines[0])
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_server_of(pid, data):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"an earlier PostgreSQL (process {pid}) of {data} does not stop")
        time.sleep(0.05)


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _shared_memory_kind() -> str:
    """Containers often give /dev/shm 64 MB only; parallel queries would fail there."""
    try:
        shm = os.statvfs("/dev/shm")  # noqa: S108 -- only measured
    except OSError:
        return "sysv"
    return "posix" if shm.f_bavail * shm.f_frsize >= 512 << 20 else "sysv"


def _socket_folder(folder: Path, account: Account) -> Path:
    place = folder / "socket"
    if len(os.fsencode(place / ".s.PGSQL.65535.lock")) > LONGEST_SOCKET_PATH:
        place = Path(mkdtemp(prefix="hanse-pg-"))
    account.own(place)
    return place


def _port(home: Path) -> int:
    """The port of the last start when still free, else a new one."""
    note = home / "postgres.port"
    try:
        port = int(note.read_text())
    except (OSError, ValueError):
        port = 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    note.write_text(f"{port}\n")
    return port


def _urls(sockets: Path, port: int, passwords: Mapping[str, str]) -> PostgresUrls:
    def url(role: str, database: str) -> str:
        return f"postgresql://{role}:{passwords[role]}@/{database}?host={quote(str(sockets), safe='')}&port={port}"

    return PostgresUrls(
        control=url(bootstrap.CONTROL, bootstrap.CONTROL_DATABASE),
        cell_login=url(bootstrap.LOGIN, bootstrap.CELL_DATABASE),
        cell_owner=url(bootstrap.OWNER, bootstrap.CELL_DATABASE),
        cell_sealer=url(bootstrap.SEALER, bootstrap.CELL_DATABASE),
        queue=url(bootstrap.QUEUE, bootstrap.QUEUE_DATABASE),
        superuser=url(SUPERUSER, "postgres"),
    )
