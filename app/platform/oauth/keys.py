"""The key that signs introspection answers (RFC 9701), for partners who pass them on and have to prove them.

It is derived from the installation's secret key, so every process has it without a table, and it changes with it.
Access tokens are not signed by it or anything: they are opaque (`grants`).
"""

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import OKPKey

from app.adapters.sealing import derive
from app.kernel.dates import now
from app.platform.oauth.asked import Place

ALGORITHM: Final = "Ed25519"
MEDIA_TYPE: Final = "application/token-introspection+jwt"


class SigningKey:
    """One key pair of the installation."""

    def __init__(self, secret: bytes) -> None:
        seed = derive(secret, "hanse oauth introspection")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        self._key = OKPKey.import_key(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._key.ensure_kid()

    def published(self) -> dict[str, Any]:
        """The JWK Set: the public half alone."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}]}

    def signed(self, place: Place, client_id: str, told: dict[str, Any]) -> str:
        """An introspection answer for one client, as a JWT (RFC 9701, 5)."""
        header = {"alg": ALGORITHM, "typ": "token-introspection+jwt", "kid": self._key.kid}
        claims = {"iss": place.issuer, "aud": client_id, "iat": int(now().timestamp()), "token_introspection": told}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])
