"""Secrets at rest: sealed in the application, so that a stolen database or backup gives none away.

Envelope encryption. A *data key* encrypts the content (AES-256-GCM); the *master key* only wraps data keys. The
master key is held by the installation (HANSE_MASTER_KEY, or a file made on first start) or by a key management
service (HANSE_KMS_KEY), which never gives it out. The context is bound as associated data: a sealed value moved to
another row, column or tenant does not open.

`Sealing.seal` gives each value a data key of its own, wrapped inside the value: for single secrets such as a TOTP
seed. Columns of tenants use one data key a tenant (`tenants/data_keys.py`), because their values are many.

Form of a sealed value: 0x01, length of the wrapped key (2 bytes), wrapped key, nonce (12 bytes), ciphertext and tag.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.adapters.secret import read_or_create_secret

if TYPE_CHECKING:
    from app.adapters.settings import Settings

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
NAME_BYTES: Final = 8
SMALLEST_MASTER: Final = 32
_FORM: Final = b"\x01"


class SealingError(RuntimeError):
    """A sealed value cannot be opened, or a key cannot be had; the message says which and what to do."""


class Master(Protocol):
    """Wraps data keys. The context must be the same when unwrapping."""

    def wrap(self, key: bytes, context: str) -> bytes:
        """The data key, readable by this master key only."""

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The data key; SealingError where the master key or the context is another."""

    def current(self, wrapped: bytes) -> bool:
        """Whether it was wrapped by the key that wraps now; else wrapping it again ends an old key's use."""


def encrypt(key: bytes, content: bytes, context: bytes) -> bytes:
    """AES-256-GCM: nonce, then ciphertext and tag. Random nonces bound one key to 2^32 values (NIST SP 800-38D, 8.3)."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, context)


def decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The content; SealingError where key, context or content are not those it was sealed with."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise SealingError("a sealed value is damaged, or was moved from where it belongs") from error


def derive(key: bytes, purpose: str) -> bytes:
    """Another key from this one, of no use for any other purpose (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


class HeldMaster:
    """Master keys the installation holds itself: the first wraps, the others still unwrap.

    `load` gives them as text; it is asked again when a value names an unknown key, so that a file may get a new
    first line while processes run.
    """

    def __init__(self, load: Callable[[], Sequence[str]]) -> None:
        self._load = load
        self._keys: dict[bytes, bytes] = {}
        self._read()

    def wrap(self, key: bytes, context: str) -> bytes:
        """Eight bytes that name the master key, then the encrypted data key."""
        name, master = next(iter(self._keys.items()))
        return name + encrypt(master, key, context.encode())

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The data key, by whichever of the keys wrapped it."""
        name = wrapped[:NAME_BYTES]
        if name not in self._keys:
            self._read()
        if name not in self._keys:
            raise SealingError(
                f"the master key {name.hex()} is not here, only {', '.join(found.hex() for found in self._keys)}; "
                "put it back as a further line of the master key file or part of HANSE_MASTER_KEY"
            )
        return decrypt(self._keys[name], wrapped[NAME_BYTES:], context.encode())

    def current(self, wrapped: bytes) -> bool:
        """Whether the first key wrapped it."""
        return wrapped[:NAME_BYTES] == next(iter(self._keys))

    def _read(self) -> None:
        texts = self._load()
        for text in texts:
            if len(text) < SMALLEST_MASTER:
                raise SealingError(f"every master key must have {SMALLEST_MASTER} characters or more")
        if not texts:
            raise SealingError("there is no master key in the file; restore it from its backup")
        self._keys = {_name(text): derive(text.encode(), "hanse master key") for text in texts}


def _name(text: str) -> bytes:
    return derive(text.encode(), "hanse master key name")[:NAME_BYTES]


class KmsMaster:
    """A master key in AWS KMS or a service that speaks like it; it rotates there, old versions stay readable."""

    def __init__(self, key: str, *, endpoint: str | None = None) -> None:
        self._key = key
        configuration = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
        self._client: Any = boto3.client("kms", endpoint_url=endpoint, config=configuration)

    def wrap(self, key: bytes, context: str) -> bytes:
        """Ask the service to encrypt."""
        answer = self._ask("encrypt", KeyId=self._key, Plaintext=key, EncryptionContext={"hanse": context})
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Ask the service to decrypt; it knows from the value which key and version it was."""
        answer = self._ask("decrypt", CiphertextBlob=wrapped, EncryptionContext={"hanse": context})
        return bytes(answer["Plaintext"])

    def current(self, wrapped: bytes) -> bool:
        """The service does not say; it keeps every version itself."""
        return bool(wrapped)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            raise SealingError(f"HANSE_KMS_KEY: the key management service refused to {operation}: {error}") from error


class Sealing:
    """Seals single secrets of the installation."""

    def __init__(self, master: Master) -> None:
        self.master = master

    def seal(self, data: bytes, context: str) -> bytes:
        """The data, encrypted. `context` names its place, such as `identity_factor:ID`, and is needed to open it."""
        key = os.urandom(KEY_BYTES)
        wrapped = self.master.wrap(key, context)
        header = _FORM + len(wrapped).to_bytes(2, "big") + wrapped
        return header + encrypt(key, data, _bound(header, context))

    def unseal(self, data: bytes, context: str) -> bytes:
        """What was sealed in this context; SealingError otherwise."""
        if data[:1] != _FORM or len(data) < len(_FORM) + 2:
            raise SealingError("this is not a sealed value")
        end = 3 + int.from_bytes(data[1:3], "big")
        header = data[:end]
        key = self.master.unwrap(header[3:], context)
        return decrypt(key, data[end:], _bound(header, context))


def _bound(header: bytes, context: str) -> bytes:
    return header + context.encode()


def master_key_path(settings: Settings) -> Path:
    """Where the master key's file is, used or not."""
    return Path(settings.master_key_file) if settings.master_key_file else settings.home / "master.key"


def open_master(settings: Settings) -> Master:
    """The master key of the settings; the file is made with mode 0600 where there is none yet."""
    if settings.kms_key:
        key, _, endpoint = settings.kms_key.partition("?endpoint=")
        return KmsMaster(key, endpoint=endpoint or None)
    if settings.master_key_value:
        given = [part.strip() for part in settings.master_key_value.split(",") if part.strip()]
        return HeldMaster(lambda: given)
    path = master_key_path(settings)
    read_or_create_secret(path)
    return HeldMaster(lambda: path.read_text().split())


def open_sealing(settings: Settings) -> Sealing:
    """What seals single secrets of this installation."""
    return Sealing(open_master(settings))
