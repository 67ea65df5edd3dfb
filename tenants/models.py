"""The control schema `platform`: tenants and their addresses, people's credentials, sessions and tokens.

Nothing here is ever joined with a tenant's tables, and no secret is stored: passwords as Argon2id,
tokens and tickets as SHA-256 of their random value.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import tenants.apps  # noqa: F401  declares the tables of partner apps
from app.adapters.db import ControlModel, Key, Name


class TenantState(StrEnum):
    """MAKING: its schema is being made. BLANK: ready to be claimed. CLAIMED: somebody signed up, not yet usable.

    DELETED tenants keep their row, so that a freed address is not given away at once.
    """

    MAKING = "making"
    BLANK = "blank"
    CLAIMED = "claimed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class Cell(ControlModel):
    """A PostgreSQL database that holds tenants' schemas; its addresses come from the settings, by this key."""

    __tablename__ = "cell"
    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    open: Mapped[bool] = mapped_column(default=True)
    """Whether new tenants are made here."""


class Tenant(ControlModel):
    """A customer. `schema` is an opaque name, equal to its database role; all else is null while blank."""

    __tablename__ = "tenant"
    id: Mapped[Key]
    schema: Mapped[str] = mapped_column(String(41), unique=True)
    cell: Mapped[str] = mapped_column(ForeignKey(Cell.key))
    state: Mapped[str] = mapped_column(String(20))
    slug: Mapped[str | None] = mapped_column(String(40), unique=True)
    company_name: Mapped[Name | None]
    country: Mapped[str | None] = mapped_column(String(2))
    locale: Mapped[str | None] = mapped_column(String(10))
    password_policy: Mapped[str] = mapped_column(String(20), default="nist", server_default="nist")
    """One of `app.platform.identity.passwords.POLICIES`, as the tenant's sign-in policy last said."""
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        Index("tenant_blank_ix", "cell", "created_at", postgresql_where=text("state = 'blank'")),
        Index("tenant_state_ix", "state"),
    )


class Address(ControlModel):
    """A name a tenant answers to: its `subdomain` label, or a whole `custom` domain."""

    __tablename__ = "address"
    id: Mapped[Key]
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(253))
    created_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    """Since when it is no longer served; it may be given away again `lifecycle.QUARANTINE` later."""
    __table_args__ = (UniqueConstraint("kind", "name", name="address_name_uq"),)


class Entitlement(ControlModel):
    """What a tenant may use, as billing last wrote it; the gate reads it through the directory."""

    __tablename__ = "entitlement"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True)
    modules: Mapped[list[str]]
    written_at: Mapped[datetime]


class DataKey(ControlModel):
    """A key that seals a tenant's sensitive columns, wrapped by the master key; see `tenants.data_keys`."""

    __tablename__ = "data_key"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(index=True)


class Identity(ControlModel):
    """A person's credentials, one for all tenants. `email` is normalised (`app.platform.identity.emails`)."""

    __tablename__ = "identity"
    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[Name]
    locale: Mapped[str] = mapped_column(String(10))
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime]
    password_temporary: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether somebody else chose it (the operator who made the tenant); to be changed at the first sign-in."""
    password_short: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether it is shorter than a password that stands alone may be; without a second factor it has to be changed."""
    email_confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Membership(ControlModel):
    """An identity is the user `user_id` of a tenant."""

    __tablename__ = "membership"
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True, index=True)
    user_id: Mapped[UUID]
    created_at: Mapped[datetime]


class LoginSession(ControlModel):
    """A signed-in browser on one tenant's host; the cookie holds the random value of `token_hash`."""

    __tablename__ = "session"
    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), index=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    user_id: Mapped[UUID]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    authenticated_at: Mapped[datetime]
    """When the person last proved who they are; a change of e-mail or factor asks for a fresh one."""
    second_at: Mapped[datetime | None]
    """When a second factor was proved, or what stands for one; none where the password alone opened the session."""
    method: Mapped[str] = mapped_column(String(20), default="password", server_default="password")
    """What opened it: `password`, `totp`, `recovery`, `passkey`, `sso`."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The absolute end; the idle end is `seen_at` plus `sessions.IDLE`."""
    address: Mapped[str] = mapped_column(String(45))
    device: Mapped[str] = mapped_column(String(200))
    provider_id: Mapped[UUID | None]
    """The tenant's identity provider that vouched for the person; None where they proved themselves to us."""


class SignOnSession(ControlModel):
    """What the identity provider said of a session it vouched for: by this a logout of theirs finds ours."""

    __tablename__ = "sign_on_session"
    session_id: Mapped[UUID] = mapped_column(ForeignKey(LoginSession.id, ondelete="CASCADE"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    provider_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(String(255))
    provider_session: Mapped[str] = mapped_column(String(255))
    """Their `sid`; empty where they give none."""
    id_token: Mapped[bytes]
    """Sealed; the hint they ask for when the person signs out."""
    __table_args__ = (Index("sign_on_session_subject_ix", "tenant_id", "provider_id", "subject"),)


class SignOnLink(ControlModel):
    """A person as an identity provider knows them. Per tenant: what one tenant's provider says binds no other."""

    __tablename__ = "sign_on_link"
    id: Mapped[Key]
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    provider_id: Mapped[UUID] = mapped_column(index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), index=True)
    email: Mapped[str] = mapped_column(String(254))
    """The address they vouched for when the link was made; never looked up by."""
    by_person: Mapped[bool]
    """Whether the person made it, signed in by their own means: an owner comes in by no other link."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("tenant_id", "issuer", "subject", name="sign_on_link_subject_uq"),)


class SignOnOnce(ControlModel):
    """Values that may be used once: the state of a begun sign-in, the id of a logout token."""

    __tablename__ = "sign_on_once"
    value_hash: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Ticket(ControlModel):
    """A hand-over from one host to another, where cookies cannot follow: valid once, for a minute."""

    __tablename__ = "ticket"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), index=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    authenticated_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class MailToken(ControlModel):
    """A link sent by mail, of one of `app.platform.identity.links.LIVES`; valid once."""

    __tablename__ = "mail_token"
    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254), index=True)
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey(Identity.id), index=True)
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey(Tenant.id), index=True)
    user_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class ApiToken(ControlModel):
    """A key for programs, `hanse_<prefix>_<secret>`; acts as a user of one tenant within its scopes."""

    __tablename__ = "api_token"
    id: Mapped[Key]
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    token_hash: Mapped[bytes]
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    user_id: Mapped[UUID]
    name: Mapped[Name]
    scopes: Mapped[list[str]]
    """Permission patterns; empty means all that the user may do."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
