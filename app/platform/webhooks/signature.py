"""What proves a delivery: an HMAC over time and body, under a secret that only both sides know.

    Hanse-Timestamp: 1767225600
    Hanse-Signature: v1=<hex of HMAC-SHA256(secret, timestamp + "." + body)>

The time is signed along, so that a receiver can refuse what was recorded and sent again later. While a secret is being
changed both live ones sign, each with a `v1=` of its own, parted by commas; a receiver accepts any that fits.
"""

import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
VERSION = "v1"


def new_secret() -> str:
    """A signing secret of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def signature_of(keys: Sequence[str], timestamp: int, body: bytes) -> str:
    """The header's value."""
    signed = f"{timestamp}.".encode() + body
    return ",".join(f"{VERSION}={hmac.digest(key.encode(), signed, 'sha256').hex()}" for key in keys)
