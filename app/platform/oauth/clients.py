"""Apps, codes and tokens in the shape Authlib asks for."""

from typing import Final
from uuid import UUID

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin

from app.platform.oauth.apps import AppFacts, Apps
from app.platform.oauth.asked import Place
from app.platform.oauth.grants import CodeFacts, TokenFacts
from app.platform.oauth.scopes import Catalogue

METHODS: Final = ["client_secret_basic", "client_secret_post"]


class Client(ClientMixin):  # type: ignore[misc]
    """An app as Authlib sees it."""

    def __init__(self, app: AppFacts, apps: Apps, catalogue: Catalogue) -> None:
        self.app = app
        self._apps = apps
        self._catalogue = catalogue

    def get_client_id(self) -> str:
        return str(self.app.id)

    def get_default_redirect_uri(self) -> None:
        """None: a request always names its redirect."""
        return

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked for, where the app registered it; everything registered where nothing was asked."""
        asked = (scope or "").split() or self.app.scopes
        return " ".join(dict.fromkeys(asked)) if self._catalogue.covers(self.app.scopes, asked) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.app.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self._apps.proves(self.app.id, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  # Authlib's signature
        return method in METHODS

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token", "client_credentials")


class Token(TokenMixin):  # type: ignore[misc]
    """A stored token as Authlib sees it; `text` is what the client sent, `place` where."""

    def __init__(self, text: str, facts: TokenFacts, place: Place) -> None:
        self.text, self.facts, self.place = text, facts, place

    def check_client(self, client: Client) -> bool:
        return self.facts.consent.app_id == client.app.id

    def get_scope(self) -> str:
        return " ".join(self.facts.consent.scopes)

    def get_expires_in(self) -> int:
        return int((self.facts.expires_at - self.facts.created_at).total_seconds())

    def is_expired(self) -> bool:
        return not self.facts.live

    def is_revoked(self) -> bool:
        return self.facts.dead

    def get_user(self) -> UUID | None:
        return self.facts.consent.user_id

    def get_client(self) -> UUID:
        return self.facts.consent.app_id


class Code:
    """A code just used up, as Authlib sees it."""

    def __init__(self, facts: CodeFacts) -> None:
        self.facts = facts
        self.code_challenge, self.code_challenge_method = facts.challenge, "S256"

    def get_redirect_uri(self) -> str:
        return self.facts.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.facts.consent.scopes)
