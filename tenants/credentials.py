"""The control tables of second factors and of guessing: what proves a person beside the password, and how often one tried.

TOTP secrets are sealed (`app.adapters.sealing`), recovery codes are Argon2id hashes, of passkeys only the public half
is here.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import ControlModel, Key, Name
from tenants.models import Identity, Tenant


class PasswordHistory(ControlModel):
    """A password a person had before, for policies that forbid to take it again."""

    __tablename__ = "password_history"
    id: Mapped[Key]
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), index=True)
    password_hash: Mapped[str]
    replaced_at: Mapped[datetime]


class LoginTries(ControlModel):
    """The latest tries at one account, known or not, so that a lock outlives Redis and counts over all processes."""

    __tablename__ = "login_tries"
    account_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of what was tried and at which account."""
    tries: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    last_at: Mapped[datetime] = mapped_column(index=True)


class Totp(ControlModel):
    """A person's authenticator app (RFC 6238); it is here only once a first code has proved it."""

    __tablename__ = "totp"
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), primary_key=True)
    sealed: Mapped[bytes]
    last_step: Mapped[int]
    """The latest time step whose code was taken; no code of it or an earlier one is taken again."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class RecoveryCode(ControlModel):
    """One of the codes that stand in for a lost factor, good once. A set shares its salt, so one hash finds the code."""

    __tablename__ = "recovery_code"
    id: Mapped[Key]
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), index=True)
    salt: Mapped[bytes]
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None]


class Passkey(ControlModel):
    """A WebAuthn credential. It belongs to the host it was made on (`rp_id`) and is of no use on another."""

    __tablename__ = "passkey"
    id: Mapped[Key]
    identity_id: Mapped[UUID] = mapped_column(ForeignKey(Identity.id), index=True)
    rp_id: Mapped[str] = mapped_column(String(253))
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]]
    backed_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the authenticator says that it is synchronised to other devices."""
    name: Mapped[Name]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class Challenge(ControlModel):
    """A question put to one browser, answered at most once: a sign-in half done, a ceremony of WebAuthn or TOTP."""

    __tablename__ = "challenge"
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), index=True)
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey(Identity.id), index=True)
    content: Mapped[bytes] = mapped_column(server_default=text("''::bytea"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
