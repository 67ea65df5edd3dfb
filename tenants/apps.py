"""Partner apps in the control schema: registrations and their secrets, what tenants granted them, tokens, use.

An app belongs to the tenant that registered it and may be installed in any. What a tenant allows it is the
tenant's own row (`app.platform.app_installations`); here stands what must be found before a tenant is known.
No secret is stored that opens something: codes, tokens and client secrets as SHA-256 of their random value.
A webhook secret has to be read again to sign with, so it is stored sealed.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import ControlModel, Key, Name


class SecretKind(StrEnum):
    """CLIENT proves the app to the token endpoint; WEBHOOK signs what is sent to it."""

    CLIENT = "client"
    WEBHOOK = "webhook"


class App(ControlModel):
    """A partner's program. Its id is the OAuth client id."""

    __tablename__ = "app"
    id: Mapped[Key]
    owner_tenant_id: Mapped[UUID] = mapped_column(ForeignKey("platform.tenant.id"), index=True)
    name: Mapped[Name]
    homepage: Mapped[str] = mapped_column(Text, default="", server_default="")
    logo: Mapped[bytes | None]
    logo_type: Mapped[str | None] = mapped_column(String(20))
    redirect_uris: Mapped[list[str]]
    """Compared character by character with what a request names."""
    scopes: Mapped[list[str]]
    """The most it may ask for: `sales:read`, `sales.confirm_order`."""
    webhook_url: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    """Since when every token of it is dead, in all tenants."""


class AppSecret(ControlModel):
    """A secret of an app. Two of a kind may live at once while the partner changes over from one to the other."""

    __tablename__ = "app_secret"
    id: Mapped[Key]
    app_id: Mapped[UUID] = mapped_column(ForeignKey(App.id), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    hint: Mapped[str] = mapped_column(String(8))
    """Its last characters, by which a person tells two apart."""
    secret_hash: Mapped[bytes | None]
    """Of a client secret."""
    sealed: Mapped[bytes | None]
    """Of a webhook secret: `app.adapters.sealing` under the context `app_secret:<id>`."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """Set when a newer one takes its place; until then both count."""
    last_used_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("(secret_hash IS NULL) <> (sealed IS NULL)", name="one_form"),
        CheckConstraint("kind IN ('client', 'webhook')", name="kind"),
    )


class AppGrant(ControlModel):
    """One consent: what `app` may do in one tenant, for a user or (client credentials) for itself.

    Every code and token hangs on a grant, the whole family of refresh tokens included, so that one
    `revoked_at` ends them all.
    """

    __tablename__ = "app_grant"
    id: Mapped[Key]
    app_id: Mapped[UUID] = mapped_column(ForeignKey(App.id), index=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("platform.tenant.id"))
    installation_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    """None: the app acts for itself."""
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The absolute end: no refresh token of the family outlives it."""
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_for: Mapped[str | None] = mapped_column(String(30))
    """Why: `client`, `user`, `uninstalled`, `code_replayed`, `refresh_replayed`, `renewed`."""
    __table_args__ = (Index("app_grant_tenant_ix", "tenant_id", "installation_id", "user_id"),)


class AppCode(ControlModel):
    """An authorization code: bound to app, redirect and PKCE challenge, valid once and for seconds."""

    __tablename__ = "app_code"
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(AppGrant.id), index=True)
    redirect_uri: Mapped[str]
    challenge: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class AppToken(ControlModel):
    """An access or refresh token. A refresh token is used up by its successor; a second use is theft."""

    __tablename__ = "app_token"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(AppGrant.id), index=True)
    scopes: Mapped[list[str]]
    """Those of the grant, or fewer where the app asked for fewer."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (CheckConstraint("kind IN ('access', 'refresh')", name="kind"),)


class AppUse(ControlModel):
    """How often an app called an operation in a tenant on a day (UTC), and how often it was refused."""

    __tablename__ = "app_use"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("platform.tenant.id"), primary_key=True)
    app_id: Mapped[UUID] = mapped_column(ForeignKey(App.id), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(String(100), primary_key=True)
    calls: Mapped[int]
    refused: Mapped[int] = mapped_column(default=0, server_default=text("0"))
