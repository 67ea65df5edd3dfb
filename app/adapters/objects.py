"""Documents' bytes: one interface, two stores (a folder, S3). Keys are `tenant/uuid`, contents never change.

What is known about a document (name, type, size, SHA-256) stands in its row in the tenant's schema; a store
keeps bytes only. Browsers upload and download directly by signed addresses: a form (address and fields) to
post the file with, and an address to fetch. S3 signs its own; the folder's are served by the web tier, which
asks `FolderStore.verify`. Both are relative to nothing but the store, so the same page code serves both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

CHUNK: Final = 256 * 1024
UPLOAD_SECONDS: Final = 900
DOWNLOAD_SECONDS: Final = 45
"""Short, because whoever held an address keeps what it opens: with what doors remember, less than a minute."""

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,40}/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class ObjectMissing(LookupError):
    """There is nothing at this key."""


class ObjectExists(RuntimeError):
    """Something is at this key already, and it is not replaced."""


@dataclass(frozen=True)
class SignedUpload:
    """Post a form with these fields, then the file as `file`, to this address."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fingerprint:
    """Size in bytes and SHA-256 (hex) of what is really stored."""

    size: int
    sha256: str


class ObjectStore(Protocol):
    """What both stores do. Reading raises ObjectMissing; writing the same key again replaces it."""

    @property
    def origin(self) -> str:
        """Scheme and host browsers reach the store at, for the content security policy; empty when it is our own."""

    def put(self, key: str, content: bytes | BinaryIO, *, content_type: str = "application/octet-stream") -> None:
        """Store the content, whole or not at all."""

    def put_once(self, key: str, content: bytes, *, until: datetime) -> None:
        """Store what nobody may replace, where the store can lock it until then; ObjectExists where something is."""

    def get(self, key: str) -> bytes:
        """The whole content; for small documents."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`; shorter at the end, empty behind it."""

    def chunks(self, key: str) -> Iterator[bytes]:
        """The content in pieces of CHUNK bytes."""

    def delete(self, key: str) -> None:
        """Remove; nothing happens when it is not there."""

    def signed_upload(
        self, key: str, *, content_type: str, longest: int, seconds: int = UPLOAD_SECONDS
    ) -> SignedUpload:
        """Permission for a browser to store up to `longest` bytes at `key`."""

    def signed_download_url(
        self, key: str, *, name: str, content_type: str, inline: bool = False, seconds: int = DOWNLOAD_SECONDS
    ) -> str:
        """An address that gives the content under a file name; `inline` shows it instead of saving."""


def object_key(tenant: str, identifier: UUID) -> str:
    """The key of a document of a tenant (its schema name)."""
    return checked_key(f"{tenant}/{identifier}")


def checked_key(key: str) -> str:
    """The key itself; anything but `tenant/uuid` is a defect (and would be a way out of the folder)."""
    if _KEY.fullmatch(key) is None:
        raise ValueError(f"not an object key: {key!r}")
    return key


def fingerprint(store: ObjectStore, key: str) -> Fingerprint:
    """Read what was uploaded and say what it is; a document row takes its SHA-256 from here, not from the browser."""
    digest, size = hashlib.sha256(), 0
    for chunk in store.chunks(key):
        digest.update(chunk)
        size += len(chunk)
    return Fingerprint(size, digest.hexdigest())


def open_store(url: str, secret: bytes) -> ObjectStore:
    """The store of HANSE_OBJECTS_URL; `secret` signs a folder's addresses."""
    parts = urlsplit(url)
    if parts.scheme == "folder":
        from pathlib import Path

        from app.adapters.objects_folder import FolderStore

        return FolderStore(Path(unquote(parts.netloc + parts.path)), secret)
    if parts.scheme == "s3":
        from app.adapters.objects_s3 import S3Store

        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=options.get("endpoint"),
            region=options.get("region"),
        )
    raise ValueError(f"HANSE_OBJECTS_URL must start with folder:// or s3://, got {parts.scheme!r}")
