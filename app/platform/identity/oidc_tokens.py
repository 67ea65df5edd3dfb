"""Tokens of identity providers: signature, issuer, audience, time and purpose, each pinned by us and not by the token.

The algorithm of a signature is never the token's choice: `none` and the HMAC family are not among ALGORITHMS, so a
public key cannot be made a password of (OpenID Connect Core 3.1.3.7, RFC 8725 section 3.1). Back-Channel Logout 1.0,
section 2.6, for logout tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import (
    ClaimError,
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    UnsupportedAlgorithmError,
    UnsupportedKeyAlgorithmError,
)
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from app.kernel.errors import Forbidden

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "Ed25519", "EdDSA")
SKEW_SECONDS = 60
"""How far the provider's clock may be from ours."""
LONGEST_TOKEN = 50_000
LOGOUT_SECONDS = 300
"""How old a logout token may be."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Keys = Callable[[bool], KeySet]
"""(look again) -> the provider's keys."""
REFUSED = {
    "iss": "sso.token_issuer",
    "aud": "sso.token_audience",
    "azp": "sso.token_audience",
    "nonce": "sso.token_nonce",
    "exp": "sso.token_time",
    "nbf": "sso.token_time",
    "iat": "sso.token_time",
}
"""Claim at fault -> code; any other is `sso.token_form`."""


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose sessions end: of a session of theirs, else all of a subject."""

    token_id: str
    subject: str
    session: str
    expires_at: float


def verify_id_token(
    value: str,
    *,
    issuer: str,
    client_id: str,
    algorithms: Sequence[str],
    nonce: str,
    access_token: str,
    keys: Keys,
    now: float,
) -> dict[str, Any]:
    """The claims of an ID token that is meant for us, for this sign-in, by this issuer; Forbidden `sso.token_…`."""
    token = _decoded(value, algorithms, keys)
    claims = CodeIDToken(
        token.claims,
        token.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        {"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    _validated(claims, now)
    if not 1 <= len(claims["sub"]) <= 255:
        raise Forbidden("sso.token_form", detail="sub")
    return dict(claims)


def verify_logout_token(
    value: str, *, issuer: str, client_id: str, algorithms: Sequence[str], keys: Keys, now: float
) -> Logout:
    """What a logout token asks for; that it came once only is the caller's to see. Forbidden `sso.token_…`."""
    token = _decoded(value, algorithms, keys)
    claims = CodeIDToken(
        {"sub": "", **token.claims},
        token.header,
        {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
            "jti": {"essential": True},
        },
        {"client_id": client_id},
    )
    if str(token.header.get("typ", "logout+jwt")).lower() not in ("logout+jwt", "jwt"):
        raise Forbidden("sso.token_form", detail="typ")
    if "nonce" in claims:  # it would be an ID token taken for a logout token
        raise Forbidden("sso.token_nonce")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Forbidden("sso.token_form", detail="events")
    _validated(claims, now)
    if claims["iat"] < now - LOGOUT_SECONDS - SKEW_SECONDS:
        raise Forbidden("sso.token_time", detail="iat")
    subject, session = claims["sub"], claims.get("sid", "")
    if not isinstance(session, str) or not (subject or session):
        raise Forbidden("sso.token_form", detail="sub or sid")
    return Logout(claims["jti"], subject[:255], session[:255], now + LOGOUT_SECONDS + 2 * SKEW_SECONDS)


def _decoded(value: str, algorithms: Sequence[str], keys: Keys) -> jwt.Token:
    """Header and claims of a token whose signature holds; a key we do not know is looked for once more."""
    if len(value) > LONGEST_TOKEN:
        raise Forbidden("sso.token_form", detail="length")
    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)  # unknown headers are ignored, RFC 7515
    try:
        try:
            return jwt.decode(value, keys(False), registry=registry)
        except InvalidKeyIdError:
            return jwt.decode(value, keys(True), registry=registry)
    except (UnsupportedAlgorithmError, UnsupportedKeyAlgorithmError) as error:
        raise Forbidden("sso.token_algorithm", detail=str(error)[:300]) from error
    except InvalidKeyIdError as error:
        raise Forbidden("sso.token_key", detail=str(error)[:300]) from error
    except (JoseError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise Forbidden("sso.token_signature", detail=str(error)[:300]) from error


def _validated(claims: CodeIDToken, now: float) -> None:
    try:
        claims.validate(int(now), SKEW_SECONDS)
    except ExpiredTokenError as error:
        raise Forbidden("sso.token_time", detail=str(error)[:300]) from error
    except ClaimError as error:
        code = REFUSED.get(error.claim.partition(",")[0], "sso.token_form")
        raise Forbidden(code, detail=str(error)[:300]) from error
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Forbidden("sso.token_form", detail=str(error)[:300]) from error
