"""The object store of a single machine: files below one folder, signed addresses served by the web tier."""

from __future__ import annotations

import hmac
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final, Literal

from app.adapters.objects import (
    CHUNK,
    DOWNLOAD_SECONDS,
    UPLOAD_SECONDS,
    ObjectExists,
    ObjectMissing,
    SignedUpload,
    checked_key,
)

PATH: Final = "/objects"


@dataclass(frozen=True)
class Permission:
    """What the bearer of a signed address may do until `until` (Unix seconds)."""

    what: Literal["upload", "download"]
    key: str
    content_type: str
    until: int
    name: str = ""
    inline: bool = False
    longest: int = 0


class FolderStore:
    """Objects as files, spread over folders by the last two digits of their id."""

    origin = ""

    def __init__(self, root: Path, secret: bytes) -> None:
        self._root = root
        self._secret = hmac.digest(secret, b"object addresses", "sha256")

    def put(self, key: str, content: bytes | BinaryIO, *, content_type: str = "application/octet-stream") -> None:  # noqa: ARG002
        """Write beside, sync, rename: readers see the old or the new content, never half."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".put-", delete=False) as draft:
            try:
                if isinstance(content, bytes):
                    draft.write(content)
                else:
                    copyfileobj(content, draft, CHUNK)
                draft.flush()
                os.fsync(draft.fileno())
                Path(draft.name).replace(path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise

    def put_once(self, key: str, content: bytes, *, until: datetime) -> None:  # noqa: ARG002
        """A file cannot be locked against its own user; it is made read-only, and never replaced by this store."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".put-", delete=False) as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        written = Path(draft.name)
        try:
            written.chmod(0o400)
            os.link(written, path)  # unlike rename, refuses when something is there
        except FileExistsError:
            raise ObjectExists(key) from None
        finally:
            written.unlink()

    def get(self, key: str) -> bytes:
        """The whole content."""
        with self._open(key) as stream:
            return stream.read()

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`."""
        with self._open(key) as stream:
            stream.seek(start)
            return stream.read(length)

    def chunks(self, key: str) -> Iterator[bytes]:
        """The content in pieces."""
        with self._open(key) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    def delete(self, key: str) -> None:
        """Remove the file."""
        self._path(key).unlink(missing_ok=True)

    def signed_upload(
        self, key: str, *, content_type: str, longest: int, seconds: int = UPLOAD_SECONDS
    ) -> SignedUpload:
        """A form for the web tier's own address."""
        until = int(time.time()) + seconds
        permission = Permission("upload", checked_key(key), content_type, until, longest=longest)
        return SignedUpload(PATH, {"token": self._sign(permission)})

    def signed_download_url(
        self, key: str, *, name: str, content_type: str, inline: bool = False, seconds: int = DOWNLOAD_SECONDS
    ) -> str:
        """An address of the web tier."""
        until = int(time.time()) + seconds
        permission = Permission("download", checked_key(key), content_type, until, name=name, inline=inline)
        return f"{PATH}/{self._sign(permission)}"

    def verify(self, token: str) -> Permission | None:
        """What a token permits; None when it is forged, broken or too old."""
        payload, _, signature = token.partition(".")
        if not hmac.compare_digest(self._signature(payload), signature.encode()):
            return None
        padded = payload + "=" * (-len(payload) % 4)
        permission = Permission(**json.loads(urlsafe_b64decode(padded)))
        return permission if permission.until >= time.time() else None

    def _sign(self, permission: Permission) -> str:
        content = json.dumps(asdict(permission), separators=(",", ":")).encode()
        payload = urlsafe_b64encode(content).rstrip(b"=").decode()
        return f"{payload}.{self._signature(payload).decode()}"

    def _signature(self, payload: str) -> bytes:
        return urlsafe_b64encode(hmac.new(self._secret, payload.encode(), sha256).digest()).rstrip(b"=")

    def _path(self, key: str) -> Path:
        tenant, identifier = checked_key(key).split("/")
        return self._root / tenant / identifier[-2:] / identifier

    def _open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise ObjectMissing(key) from None
