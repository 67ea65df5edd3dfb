"""The certified provider of npm `oidc-provider`: installed when first asked for, into a cache outside the sources."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.assets import _tools

HERE = Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json", "server.mjs")


def installed() -> Path:
    """A folder with the provider's packages as locked, and our server script."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hanse" / "oidc-provider"
    folder = cache / digest
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in FILES:
                shutil.copy(HERE / name, folder / name)
            _, npm = _tools()
            subprocess.run([*npm, "ci", "--no-audit", "--no-fund"], cwd=folder, env=_environment(), check=True)
            (folder / "ready").touch()
    return folder


@contextmanager
def running(registration: dict[str, str]) -> Iterator[str]:
    """Start it with one client; gives its issuer."""
    node, _ = _tools()
    started = subprocess.Popen(
        [str(node), "server.mjs", json.dumps(registration)],
        cwd=installed(),
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert started.stdout is not None
        yield str(json.loads(started.stdout.readline())["issuer"])
    finally:
        started.terminate()
        started.wait(10)
        assert started.stdout is not None
        started.stdout.close()


def _environment() -> dict[str, str]:
    node, _ = _tools()
    return {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
