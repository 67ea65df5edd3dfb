"""Starting and ending child processes that must not outlive us, and the account servers run under.

PostgreSQL refuses to run as root, so root starts it as `nobody`; that account has to be able to walk to the
binaries and the data, which decides where both may lie.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

NOBODY: Final = 65534
_PR_SET_PDEATHSIG: Final = 1


class EmbeddedError(Exception):
    """An embedded service did not start or stop; the message holds its last log lines."""


@dataclass(frozen=True)
class Account:
    """Whom a server runs as: `nobody` when we are root, ourselves otherwise."""

    uid: int | None
    gid: int | None

    def may_walk_to(self, path: Path) -> bool:
        """Whether this account can reach `path` through all of its parents."""
        if self.uid is None:
            return True
        return all(folder.stat().st_mode & 0o001 for folder in path.absolute().parents if folder.exists())

    def own(self, path: Path) -> None:
        """Give the folder to the account, for it alone."""
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """The account for servers that refuse root."""
    return Account(NOBODY, NOBODY) if os.geteuid() == 0 else Account(None, None)


def die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send `how` when our process dies, however it dies (Linux only)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(how))

    return ask_kernel


def spawn(
    command: Sequence[str],
    *,
    log: IO[bytes] | int,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    when_orphaned: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches us first and we end it in order."""
    account = account or Account(None, None)
    return subprocess.Popen(  # noqa: S603 -- the commands are our own, never user input
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=dict(environment) if environment is not None else None,
        cwd=folder,
        user=account.uid,
        group=account.gid,
        extra_groups=[] if account.uid is not None else None,
        start_new_session=True,
        preexec_fn=die_with_parent(when_orphaned),  # noqa: PLW1509 -- parents are single-threaded when they spawn
    )


def end(process: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> bool:
    """Ask the process to end; kill it when it has not ended in time. True when it went by itself."""
    if process.poll() is not None:
        return True
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
        return False
    return True


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, what: str, seconds: float
) -> None:
    """Poll until `ready()`; raise with the log's tail when the process dies or time runs out."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise EmbeddedError(f"{what} ended with code {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{what} was not ready after {seconds:.0f} s:\n{tail(log)}")
        time.sleep(0.01)


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log file."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return f"(no log: {error})"
