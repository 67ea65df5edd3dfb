"""Random values that open something: only their SHA-256 is stored, so a copy of the database opens nothing."""

import hashlib
import secrets


def new_secret(size: int = 32) -> str:
    """A URL-safe random value of `size` bytes."""
    return secrets.token_urlsafe(size)


def digest(secret: str) -> bytes:
    """What is stored of a secret. It is random and long, so a plain hash suffices."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
