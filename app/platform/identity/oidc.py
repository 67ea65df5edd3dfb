"""OpenID Connect as relying party: discovery, the authorization code with PKCE, userinfo.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 9700 and RFC 9207. What a provider says is believed only where it is
pinned: the issuer letter by letter, signatures by asymmetric algorithms alone (`oidc_tokens`), every address from its
own discovery document. All requests go through the guarded client. Refusals carry `detail`, what the machine said.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import orjson
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.adapters.outgoing import Limits, OutgoingFailed, Reply
from app.kernel.errors import Forbidden
from app.platform.identity.oidc_tokens import ALGORITHMS, SKEW_SECONDS, verify_id_token

METADATA_SECONDS = 3600.0
FAILED_SECONDS = 10.0
"""A provider that did not answer is not asked again for this long: visitors must not make us wait for it each."""
KEYS_SECONDS = 600.0
KEYS_AGAIN_SECONDS = 30.0
"""Tokens that name an unknown key make us look again, but no more often than this."""
LIMITS = Limits(body_bytes=200_000, total_seconds=10.0)
MOST_REMEMBERED = 1000


class Outside(Protocol):
    """The guarded client: `app.adapters.outgoing.Outgoing`."""

    def get(self, url: str, *, headers: Sequence[tuple[str, str]] = (), limits: Limits | None = None) -> Reply: ...

    def post(
        self, url: str, body: bytes, *, headers: Sequence[tuple[str, str]] = (), limits: Limits | None = None
    ) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Registration:
    """Hanse as a client of one provider."""

    issuer: str
    client_id: str
    secret: str
    scopes: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a discovery document says, checked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    algorithms: tuple[str, ...]
    posts_secret: bool
    """Whether the client secret goes into the body, because the provider does not take it in the header."""
    sends_issuer: bool
    """RFC 9207: whether every answer of the authorization endpoint names the issuer."""
    ends_sessions: bool
    """Whether it tells us by back channel when a session ends."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way; kept sealed in a cookie of the browser that began it and nowhere else."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Begun":
        """Fresh random values."""
        return cls(generate_token(32), generate_token(32), generate_token(48))


@dataclass(frozen=True, slots=True)
class Person:
    """What a provider vouches for, verified."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    session: str
    """Their session id, or nothing."""
    id_token: str


class RelyingParty:
    """Talks to identity providers; remembers their documents and keys for a while. One a process."""

    def __init__(self, outside: Outside, clock: Callable[[], float] = time.time) -> None:
        self._outside = outside
        self._clock = clock
        self._documents: dict[str, tuple[float, Metadata | Forbidden]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}
        self._lock = Lock()

    def metadata(self, issuer: str, *, fresh: bool = False) -> Metadata:
        """The provider's discovery document; Forbidden `sso.unreachable`, `sso.discovery_…`."""
        hit = self._documents.get(issuer)
        if hit is not None and not fresh and hit[0] > self._clock():
            if isinstance(hit[1], Forbidden):
                raise hit[1]
            return hit[1]
        try:
            found = self._read_metadata(issuer)
        except Forbidden as refusal:
            self._remember(issuer, refusal, FAILED_SECONDS)
            raise
        self._remember(issuer, found, METADATA_SECONDS)
        return found

    def _remember(self, issuer: str, found: Metadata | Forbidden, seconds: float) -> None:
        with self._lock:
            if len(self._documents) >= MOST_REMEMBERED:
                self._documents.clear()
            self._documents[issuer] = (self._clock() + seconds, found)

    def keys(self, metadata: Metadata, *, fresh: bool = False) -> KeySet:
        """The provider's signing keys; `fresh` looks again, if the last look is not just past."""
        hit = self._keys.get(metadata.jwks_uri)
        if hit is not None:
            age = self._clock() - hit[0]
            if age < (KEYS_AGAIN_SECONDS if fresh else KEYS_SECONDS):
                return hit[1]
        found = self._read_keys(metadata.jwks_uri)
        with self._lock:
            if len(self._keys) >= MOST_REMEMBERED:
                self._keys.clear()
            self._keys[metadata.jwks_uri] = (self._clock(), found)
        return found

    def authorization_url(
        self, registration: Registration, begun: Begun, redirect_uri: str, locale: str, *, anew: bool = False
    ) -> str:
        """Where the browser is sent to prove who it belongs to; `anew` by a login now, not by one remembered there."""
        return str(
            prepare_grant_uri(
                self.metadata(registration.issuer).authorization_endpoint,
                registration.client_id,
                "code",
                redirect_uri,
                registration.scopes,
                begun.state,
                nonce=begun.nonce,
                code_challenge=create_s256_code_challenge(begun.verifier),
                code_challenge_method="S256",
                ui_locales=locale,
                prompt="login" if anew else None,
                max_age="0" if anew else None,
            )
        )

    def person(
        self,
        registration: Registration,
        begun: Begun,
        answer: Mapping[str, str],
        redirect_uri: str,
        claim: str = "",
        *,
        since: float = 0.0,
    ) -> Person:
        """Who came back with `answer`, the query of the callback. `claim` is one more claim that is wanted; `since`
        the moment before which the login there must not lie.

        The state has been compared already. Refusals: `sso.issuer_mixed`, `sso.provider_said`, `sso.code_refused`,
        `sso.token_…`, `sso.not_anew`, `sso.userinfo_subject`, `sso.unreachable`.
        """
        metadata = self.metadata(registration.issuer)
        _check_issuer(metadata, answer)
        if "error" in answer or not answer.get("code"):
            said = answer.get("error", "no code")
            raise Forbidden("sso.provider_said", detail=f"{said}: {answer.get('error_description', '')}"[:300])
        tokens = self._exchange(registration, metadata, answer["code"], begun.verifier, redirect_uri)
        access_token = str(tokens.get("access_token", ""))
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise Forbidden("sso.token_missing")
        claims = verify_id_token(
            id_token,
            issuer=metadata.issuer,
            client_id=registration.client_id,
            algorithms=metadata.algorithms,
            nonce=begun.nonce,
            access_token=access_token,
            keys=lambda fresh: self.keys(metadata, fresh=fresh),
            now=self._clock(),
        )
        if since and not _number(claims.get("auth_time")) >= since - SKEW_SECONDS:
            raise Forbidden("sso.not_anew", detail=f"auth_time {claims.get('auth_time')}"[:300])
        if metadata.userinfo_endpoint and any(
            name not in claims for name in ("email", claim.partition(".")[0]) if name
        ):
            claims = {**self._userinfo(metadata, access_token, claims["sub"]), **claims}
        return Person(metadata.issuer, claims["sub"], claims, _text(claims.get("sid")), id_token)

    def _exchange(
        self, registration: Registration, metadata: Metadata, code: str, verifier: str, redirect_uri: str
    ) -> dict[str, Any]:
        body = prepare_token_request("authorization_code", "", redirect_uri, code=code, code_verifier=verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        method = "client_secret_post" if metadata.posts_secret else "client_secret_basic"
        names = (registration.client_id, registration.secret)
        # RFC 6749, section 2.3.1: both are form-encoded before they go into the header.
        who = ClientAuth(*(names if metadata.posts_secret else map(_encoded, names)), method)
        uri, headers, body = who.prepare("POST", metadata.token_endpoint, headers, body)
        reply = self._asked(
            lambda: self._outside.post(uri, body.encode(), headers=list(headers.items()), limits=LIMITS)
        )
        content = _object(reply.body)
        if reply.status != 200 or content is None:
            error = content.get("error", "") if content else ""
            raise Forbidden("sso.code_refused", detail=f"{reply.status} {error}"[:300])
        return content

    def _userinfo(self, metadata: Metadata, access_token: str, subject: str) -> dict[str, Any]:
        """Claims of the userinfo endpoint, which must speak of the same person (Core 5.3.2)."""
        headers = [("Authorization", f"Bearer {access_token}"), ("Accept", "application/json")]
        reply = self._asked(lambda: self._outside.get(metadata.userinfo_endpoint, headers=headers, limits=LIMITS))
        content = _object(reply.body) if reply.status == 200 else None
        if content is None:
            raise Forbidden("sso.userinfo_form", detail=str(reply.status))
        if content.get("sub") != subject:
            raise Forbidden("sso.userinfo_subject")
        return content

    def _read_metadata(self, issuer: str) -> Metadata:
        url = get_well_known_url(issuer, external=True)
        reply = self._asked(lambda: self._outside.get(url, headers=[("Accept", "application/json")], limits=LIMITS))
        content = _object(reply.body) if reply.status == 200 else None
        if content is None:
            raise Forbidden("sso.discovery_form", detail=f"{reply.status} {url}"[:300])
        return _checked(OpenIDProviderMetadata(content), issuer)

    def _read_keys(self, url: str) -> KeySet:
        reply = self._asked(lambda: self._outside.get(url, headers=[("Accept", "application/json")], limits=LIMITS))
        content = _object(reply.body) if reply.status == 200 else None
        if content is None:
            raise Forbidden("sso.keys_form", detail=f"{reply.status} {url}"[:300])
        try:
            return KeySet.import_key_set({"keys": content["keys"]})
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Forbidden("sso.keys_form", detail=str(error)[:300]) from error

    def _asked(self, ask: Callable[[], Reply]) -> Reply:
        try:
            return ask()
        except OutgoingFailed as failed:
            raise Forbidden("sso.unreachable", detail=str(failed)[:300], reason=failed.code) from failed


def logout_url(metadata: Metadata, client_id: str, id_token: str, back: str) -> str:
    """Where the browser ends the session at the provider too (RP-Initiated Logout 1.0); empty where it has none."""
    if not metadata.end_session_endpoint:
        return ""
    hint = {"id_token_hint": id_token} if id_token else {}
    query = {"client_id": client_id, "post_logout_redirect_uri": back, **hint}
    joint = "&" if urlsplit(metadata.end_session_endpoint).query else "?"
    return metadata.end_session_endpoint + joint + "&".join(f"{key}={quote(text, '')}" for key, text in query.items())


def claim_values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts under a claim's path; a claim of that very name, dots included (a URL), comes first."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [one for one in values if isinstance(one, str)]


def _check_issuer(metadata: Metadata, answer: Mapping[str, str]) -> None:
    """RFC 9207: an answer that names another issuer, or none where it must, is a mix-up."""
    named = answer.get("iss")
    if named is None and not metadata.sends_issuer:
        return
    if named != metadata.issuer:
        raise Forbidden("sso.issuer_mixed", detail=(named or "no iss")[:300])


def _checked(document: OpenIDProviderMetadata, issuer: str) -> Metadata:
    if document.get("issuer") != issuer:
        raise Forbidden("sso.discovery_issuer", issuer=_text(document.get("issuer"))[:200])
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    optional = ("userinfo_endpoint", "end_session_endpoint")
    for name in (*needed, *optional):
        given = document.get(name)
        if given is None and name in optional:
            continue
        if not isinstance(given, str) or urlsplit(given).scheme not in _schemes(issuer) or "#" in given:
            raise Forbidden("sso.discovery_form", detail=name)
    offered = document.get("id_token_signing_alg_values_supported")
    algorithms = tuple(name for name in ALGORITHMS if not isinstance(offered, list) or name in offered)
    methods = document.get("token_endpoint_auth_methods_supported")
    challenges = document.get("code_challenge_methods_supported")
    if not algorithms or (isinstance(challenges, list) and "S256" not in challenges):
        raise Forbidden("sso.discovery_weak")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=document["authorization_endpoint"],
        token_endpoint=document["token_endpoint"],
        jwks_uri=document["jwks_uri"],
        userinfo_endpoint=document.get("userinfo_endpoint") or "",
        end_session_endpoint=document.get("end_session_endpoint") or "",
        algorithms=algorithms,
        posts_secret=isinstance(methods, list) and "client_secret_basic" not in methods,
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        ends_sessions=document.get("backchannel_logout_supported") is True,
    )


def _schemes(issuer: str) -> tuple[str, ...]:
    """An https issuer has https endpoints; plain http is for hosts the operator allowed, which the client checks."""
    return ("https",) if issuer.startswith("https://") else ("https", "http")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _encoded(text: str) -> str:
    return quote(text, safe="")


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def _text(value: object) -> str:
    return value[:255] if isinstance(value, str) else ""
