"""Secrets an installation makes for itself: random, written once, readable by its own user only."""

import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_private(path: Path, content: str) -> None:
    """Write a file of mode 0600 in one step, replacing what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)


def read_or_create_secret(path: Path) -> str:
    """The secret in `path`; the first of several processes to come makes it."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as draft:
        draft.write(secrets.token_urlsafe(48))
    try:
        os.link(draft.name, path)  # unlike rename, refuses when another process was quicker
    except FileExistsError:
        pass
    finally:
        Path(draft.name).unlink()
    return path.read_text().strip()
