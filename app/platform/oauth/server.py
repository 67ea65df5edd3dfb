"""Authlib's framework-free authorization server over our grants.

Stricter than the core in what OAuth 2.1 and RFC 9700 ask for: PKCE with S256 for every client, redirects compared
character by character and always named, one value a parameter, secrets never in the URL, one way of authenticating a
request, `iss` in every authorization response, 303 instead of 302. Request objects (RFC 9101) are refused, not ignored.
Each request carries its tenant: a client is known everywhere, but acts only where it is installed.
"""

import re
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    grants,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from app.platform.oauth.apps import Apps
from app.platform.oauth.asked import Asked, Place, Refused, Reply
from app.platform.oauth.bearers import Bearers
from app.platform.oauth.clients import METHODS, Client, Code, Token
from app.platform.oauth.grants import Consent, Grants
from app.platform.oauth.keys import MEDIA_TYPE, SigningKey
from app.platform.oauth.scopes import Catalogue

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""The base64url of a SHA-256."""


class OnlyS256(CodeChallenge):  # type: ignore[misc]
    """PKCE for everybody, and no way down to `plain` or to none (RFC 9700, 2.1.1 and 4.8.2)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:  # noqa: ARG002  # Authlib's signature
        given = grant.request.payload.data
        if given.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(given.get("code_challenge", "")):
            raise InvalidRequestError("A 'code_challenge' with the method S256 is required.")


class Issuing:
    """How the token endpoint answers: opaque tokens of the request's grant, stored when they are made."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: "Server"
    request: Any

    def generate_token(self, scope: str = "", include_refresh_token: bool = True, **_: Any) -> Any:
        """The token response (RFC 6749, 5.1)."""
        access, refresh, seconds = self.server.grants.issue_tokens(
            self.request.grant_id, scope.split(), self.request.refresh_scopes if include_refresh_token else None
        )
        token = {"token_type": "Bearer", "access_token": access, "expires_in": seconds, "scope": scope}
        return {**token, "refresh_token": refresh} if refresh else token

    def save_token(self, token: Any) -> None:
        """Stored already."""

    def granted(self, grant_id: UUID, consent: Consent) -> Consent | None:
        """Remember whose grant the tokens will hang on; None where installation or user are gone."""
        self.request.grant_id, self.request.refresh_scopes = grant_id, consent.scopes
        return consent if self.server.bearers.alive(consent) else None


class CodeGrant(Issuing, grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """Authorization code: consent on the tenant's page, then the code against PKCE verifier and secret."""

    @staticmethod
    def validate_authorization_redirect_uri(request: Asked, client: Client) -> str:
        uri = request.payload.redirect_uri
        if not uri or not client.check_redirect_uri(uri):
            raise InvalidRequestError("The 'redirect_uri' is not one of the registered ones.")
        return cast(str, uri)

    def generate_authorization_code(self) -> str:
        given = self.request.payload.data
        return self.server.grants.issue_code(self.request.user, given["redirect_uri"], given["code_challenge"])

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """Stored when it was made."""

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.server.grants.redeem_code(code, client.app.id, self.request.place.tenant.id)
        return Code(found) if found is not None else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Used up when it was found."""

    def authenticate_user(self, authorization_code: Code) -> Consent | None:
        return self.granted(authorization_code.facts.grant_id, authorization_code.facts.consent)


class RefreshGrant(Issuing, grants.RefreshTokenGrant):  # type: ignore[misc]
    """A refresh token is good for one successor; a request that is refused before does not use it up."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        found = self.server.token_here(refresh_token, self.request.place)
        return found if found is not None and found.facts.kind == "refresh" else None

    def _validate_token_scope(self, token: Token) -> None:
        asked = (self.request.payload.scope or "").split()
        if not self.server.catalogue.covers(token.facts.consent.scopes, asked):
            raise InvalidScopeError

    def create_token_response(self) -> Any:
        token: Token = self.request.refresh_token
        if not self.server.grants.use_refresh(token.text) or not token.facts.live:
            raise InvalidGrantError("The refresh token is no longer valid.")
        return super().create_token_response()

    def authenticate_user(self, refresh_token: Token) -> Consent:
        found = self.granted(refresh_token.facts.grant_id, refresh_token.facts.consent)
        if found is None:
            raise InvalidGrantError("The installation or the user is gone.")
        return found

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """Used up already."""


class SelfGrant(Issuing, grants.ClientCredentialsGrant):  # type: ignore[misc]
    """Client credentials: the app for itself, in a tenant that installed it."""

    def create_token_response(self) -> Any:
        app, tenant, catalogue = self.request.client.app, self.request.place.tenant, self.server.catalogue
        installed = self.server.bearers.installed(tenant, app.id)
        if installed is None:
            raise InvalidGrantError("The app is not installed here.")
        installation_id, known = installed
        asked = (self.request.payload.scope or "").split() or [name for name in known if name in catalogue.scopes]
        if not asked or not catalogue.covers(known, asked):
            raise InvalidScopeError
        consent = Consent(app.id, tenant.id, installation_id, None, tuple(dict.fromkeys(asked)))
        self.request.grant_id = self.server.grants.open(consent)
        token = self.generate_token(scope=" ".join(consent.scopes), include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009, for the app's own tokens."""

    CLIENT_AUTH_METHODS = METHODS

    def authenticate_token(self, request: Asked, client: Client) -> Token | None:
        self.check_params(request, client)
        found: Token | None = self.server.token_here(request.form["token"], request.place)
        if found is not None and not found.check_client(client):
            raise InvalidGrantError("The token was issued to another client.")
        return found

    def revoke_token(self, token: Token, request: Asked) -> None:  # noqa: ARG002  # Authlib's signature
        self.server.grants.revoke_token(token.text)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662: an app learns about its own tokens, and of any other only that it is not active."""

    CLIENT_AUTH_METHODS = METHODS

    def authenticate_token(self, request: Asked, client: Client) -> Token | None:
        self.check_params(request, client)
        found: Token | None = self.server.token_here(request.form["token"], request.place)
        alive = found is not None and found.check_client(client) and self.server.bearers.alive(found.facts.consent)
        return found if alive else None

    def introspect_token(self, token: Token) -> dict[str, Any]:
        facts = token.facts
        return {
            "active": True,
            "iss": token.place.issuer,
            "aud": token.place.audience,
            "client_id": str(facts.consent.app_id),
            "sub": str(facts.consent.user_id or facts.consent.app_id),
            "scope": token.get_scope(),
            "token_type": "Bearer" if facts.kind == "access" else "refresh_token",
            "iat": int(facts.created_at.timestamp()),
            "exp": int(facts.expires_at.timestamp()),
            "tenant_id": str(facts.consent.tenant_id),
        }


class Server(AuthorizationServer):  # type: ignore[misc]
    """One a process; every request brings its tenant."""

    def __init__(self, apps: Apps, stored: Grants, catalogue: Catalogue, bearers: Bearers, key: SigningKey) -> None:
        super().__init__()
        self.apps, self.grants, self.catalogue, self.bearers, self.key = apps, stored, catalogue, bearers, key
        self.register_grant(CodeGrant, [OnlyS256(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(SelfGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    # -- what the doors ask ----------------------------------------------------------------------------

    def consent(self, asked: Asked) -> CodeGrant:
        """A sound authorization request. OAuth2Error otherwise; with `redirect_uri` where the app may be told."""
        grant: CodeGrant = self.get_consent_grant(asked)
        data = asked.payload.data
        if "request" in data or "request_uri" in data:
            error = "request_not_supported" if "request" in data else "request_uri_not_supported"
            raise Refused(error=error, redirect_uri=grant.redirect_uri, state=data.get("state"))
        if data.get("response_mode", "query") != "query":
            raise InvalidRequestError(redirect_uri=grant.redirect_uri, state=data.get("state"))
        if not _for_here(asked):
            raise Refused(error="invalid_target", redirect_uri=grant.redirect_uri, state=data.get("state"))
        return grant

    def answer(self, asked: Asked, grant: CodeGrant, consent: Consent | None) -> Reply:
        """Back to the app with a code, or with `access_denied` where nobody consented."""
        return _named(asked, self.create_authorization_response(asked, consent, grant))

    def refuse(self, asked: Asked, error: OAuth2Error) -> Reply:
        """Back to the app with an error that names a redirect."""
        return _named(asked, self.handle_error_response(asked, error))

    def token(self, asked: Asked) -> Reply:
        """POST on the token endpoint."""
        if not _for_here(asked):
            return self.refuse(asked, Refused(error="invalid_target"))
        return self._authenticated(asked, lambda: self.create_token_response(asked))

    def revocation(self, asked: Asked) -> Reply:
        """POST on the revocation endpoint."""
        return self._authenticated(asked, lambda: self.create_endpoint_response("revocation", asked))

    def introspection(self, asked: Asked) -> Reply:
        """POST on the introspection endpoint; signed where the client accepts nothing else (RFC 9701, 4)."""
        reply = self._authenticated(asked, lambda: self.create_endpoint_response("introspection", asked))
        if reply.status == 200 and asked.headers.get("Accept") == MEDIA_TYPE:
            signed = self.key.signed(asked.place, str(asked.client.app.id), reply.body)
            return Reply(200, signed, {**reply.headers, "Content-Type": MEDIA_TYPE})
        return reply

    def _authenticated(self, asked: Asked, answer: Callable[[], Reply]) -> Reply:
        if "Authorization" in asked.headers and "client_secret" in asked.form:
            return self.refuse(asked, InvalidRequestError("Authenticate in one way only (RFC 6749, 2.3)."))
        try:
            return answer()
        except UnicodeDecodeError:  # of an Authorization header that is no text
            return self.refuse(asked, InvalidClientError(status_code=401))

    def token_here(self, text: str, place: Place) -> Token | None:
        """A token of this tenant, of whichever app; another tenant's is unknown here."""
        found = self.grants.find(text)
        here = found is not None and found.consent.tenant_id == place.tenant.id
        return Token(text, found, place) if found is not None and here else None

    # -- Authlib's seams -------------------------------------------------------------------------------

    def query_client(self, client_id: str) -> Client | None:
        """The app of a client id, unless it is disabled."""
        try:
            app = self.apps.find(UUID(client_id)) if len(client_id) == 36 else None
        except ValueError:
            return None
        return Client(app, self.apps, self.catalogue) if app is not None and app.live else None

    def create_oauth2_request(self, request: Asked) -> Asked:
        """Built by the door."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        """303 leaves nothing of a POST to be sent on (RFC 9700, 4.12)."""
        return Reply(303 if status == 302 else status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **more: Any) -> None:
        """Nobody listens."""

    def validate_requested_scope(self, scope: str | None) -> None:
        """`invalid_scope` for a name the catalogue does not hold."""
        if any(name not in self.catalogue.scopes for name in (scope or "").split()):
            raise InvalidScopeError


def _for_here(asked: Asked) -> bool:
    """Whether the resources named, if any, are this tenant's API (RFC 8707)."""
    here = (asked.place.issuer, asked.place.audience)
    return all(value.rstrip("/") in here for value in asked.payload.datalist.get("resource", ()))


def _named(asked: Asked, reply: Reply) -> Reply:
    """With `iss`, by which a client notices that another server answers (RFC 9207)."""
    if reply.location:
        reply.headers["Location"] = add_params_to_uri(reply.location, {"iss": asked.place.issuer})
    return reply
