"""Company single sign-on: the identity providers of a tenant, and what became of each sign-in through them.

A provider vouches for people of the domains it is allowed; its groups may stand for roles, never for the owner's.
Several providers may be connected; if any active one is enforced, passwords open nothing but an owner's emergency
sign-in. The protocol is `identity.oidc`, who is who `identity.sign_ons`.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import Key, Model, Name, Versioned
from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.kernel.ids import new_id
from app.platform.actions import action
from app.platform.users import OWNER, Role, assign_roles
from app.platform.work import Work
from tenants.resolve import Remembered

CACHE_SECONDS = 10.0
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
SCOPES = "openid email profile"
SIGNED_IN = "sso.signed_in"

Issuer = Annotated[str, Limit(min_length=8, max_length=500)]
Text = Annotated[str, Limit(min_length=1, max_length=200)]


class IdentityProvider(Versioned, Model):
    """A connected provider, as its administrator registered Hanse there."""

    __tablename__ = "platform_identity_provider"
    __noun__ = "identity_provider"
    __label__ = "name"
    id: Mapped[Key]
    name: Mapped[Name]
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    scopes: Mapped[str] = mapped_column(String(500))
    domains: Mapped[list[str]]
    """E-mail domains whose people it may vouch for; subdomains are domains of their own."""
    admits_new: Mapped[bool] = mapped_column(default=False)
    """Whether somebody unknown becomes a user at the first sign-in."""
    default_roles: Mapped[list[str]]
    """Codes of the roles a new user gets."""
    role_claim: Mapped[str] = mapped_column(String(200), default="")
    """The claim that lists groups or roles; dots lead into objects (`realm_access.roles`)."""
    role_rules: Mapped[list[str]]
    """`value = role code`; roles named here follow the claim at each sign-in, others stay as given by hand."""
    enforced: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)


class IdentityProviderSecret(Model):
    """The client secret, sealed; beside the provider so that no change of it is written to the audit log."""

    __tablename__ = "platform_provider_secret"
    __audited__ = False
    provider_id: Mapped[UUID] = mapped_column(ForeignKey(IdentityProvider.id), primary_key=True)
    sealed: Mapped[bytes]


class SignOnAttempt(Model):
    """A sign-in that came back from a provider: `code` is `sso.signed_in` or the code it was refused with."""

    __tablename__ = "platform_sign_on_attempt"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    provider_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(300))
    """What the machine said, for administrators: an error of the provider, a wrong issuer."""
    email: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(45))
    request_id: Mapped[str] = mapped_column(String(60))


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as doors need it; without its secret."""

    id: UUID
    version: int
    name: str
    issuer: str
    client_id: str
    scopes: str
    domains: tuple[str, ...]
    admits_new: bool
    default_roles: tuple[str, ...]
    role_claim: str
    role_rules: tuple[tuple[str, str], ...]
    enforced: bool
    active: bool


_cache = Remembered(CACHE_SECONDS, 10_000)


def providers_of(session: Session, schema: str) -> Sequence[Provider]:
    """The tenant's providers by name; remembered for seconds per process."""

    def read() -> list[Provider]:
        rows = session.scalars(select(IdentityProvider).order_by(IdentityProvider.name, IdentityProvider.id))
        return [_facts(row) for row in rows]

    return _cache.get(schema, read)


def enforced(providers: Sequence[Provider]) -> bool:
    """Whether people of this tenant have to come through a provider."""
    return any(one.active and one.enforced for one in providers)


def admits(providers: Sequence[Provider], provider_id: UUID | None, *, owner: bool) -> bool:
    """Whether a session opens the tenant: one of an active provider, or one without where none is enforced.

    Owners keep their own means of signing in: the way in while the provider is broken.
    """
    if provider_id is not None:
        return any(one.active and one.id == provider_id for one in providers)
    return owner or not enforced(providers)


def provider_secret(work: Work, provider_id: UUID) -> bytes | None:
    """The sealed client secret."""
    return work.session.scalar(
        select(IdentityProviderSecret.sealed).where(IdentityProviderSecret.provider_id == provider_id)
    )


def attempts(work: Work, provider_id: UUID | None = None, limit: int = 50) -> list[SignOnAttempt]:
    """What became of sign-ins, the latest first."""
    statement = select(SignOnAttempt).order_by(SignOnAttempt.id.desc()).limit(limit)
    if provider_id is not None:
        statement = statement.where(SignOnAttempt.provider_id == provider_id)
    return list(work.session.scalars(statement))


def secret_context(tenant_id: UUID, provider_id: UUID) -> str:
    """What a client secret is sealed with: it opens for this provider of this tenant alone."""
    return f"identity_provider:{tenant_id}:{provider_id}"


def as_argument(sealed: bytes) -> str:
    """A sealed secret as an action takes it: plain text never comes near idempotency, approvals and audit."""
    return b64encode(sealed).decode()


@action(fresh=True)
def create_identity_provider(
    work: Work,
    name: Text,
    issuer: Issuer,
    client_id: Text,
    sealed_secret: str,
    domains: list[str],
    scopes: str = SCOPES,
    admits_new: bool = False,
    default_roles: list[str] | None = None,
    role_claim: str = "",
    role_rules: list[str] | None = None,
    enforced: bool = False,
    active: bool = True,
    provider_id: UUID | None = None,
) -> UUID:
    """Connect an identity provider for company single sign-on. `provider_id` lets its addresses be told before it is saved."""
    made = work.add(
        IdentityProvider(
            id=provider_id or new_id(),
            name=name,
            issuer=_issuer(issuer),
            client_id=client_id,
            scopes=_scopes(scopes),
            domains=_domains(domains),
            admits_new=admits_new,
            default_roles=_roles(work, default_roles or [], "default_roles"),
            role_claim=role_claim.strip(),
            role_rules=_rules(work, role_rules or []),
            enforced=enforced,
            active=active,
        )
    )
    _require_granting(work, made)
    work.session.flush()
    work.session.add(IdentityProviderSecret(provider_id=made.id, sealed=_sealed(sealed_secret)))
    _cache.forget(work.actor.schema)
    return made.id


@action(fresh=True)
def update_identity_provider(
    work: Work,
    identity_provider_id: UUID,
    version: int,
    name: Text | None = None,
    issuer: Issuer | None = None,
    client_id: Text | None = None,
    sealed_secret: str | None = None,
    domains: list[str] | None = None,
    scopes: str | None = None,
    admits_new: bool | None = None,
    default_roles: list[str] | None = None,
    role_claim: str | None = None,
    role_rules: list[str] | None = None,
    enforced: bool | None = None,
    active: bool | None = None,
) -> UUID:
    """Change a connected identity provider; a new issuer knows nobody yet."""
    row = work.load(IdentityProvider, identity_provider_id, version=version)
    before = _granting(row)
    changes = {
        "name": name,
        "issuer": None if issuer is None else _issuer(issuer),
        "client_id": client_id,
        "domains": None if domains is None else _domains(domains),
        "scopes": None if scopes is None else _scopes(scopes),
        "admits_new": admits_new,
        "default_roles": None if default_roles is None else _roles(work, default_roles, "default_roles"),
        "role_claim": None if role_claim is None else role_claim.strip(),
        "role_rules": None if role_rules is None else _rules(work, role_rules),
        "enforced": enforced,
        "active": active,
    }
    for key, value in changes.items():
        if value is not None:
            setattr(row, key, value)
    if _granting(row) != before:
        _require_granting(work, row)
    if sealed_secret is not None:
        work.session.get_one(IdentityProviderSecret, row.id).sealed = _sealed(sealed_secret)
    _cache.forget(work.actor.schema)
    return row.id


@action(fresh=True)
def delete_identity_provider(work: Work, identity_provider_id: UUID) -> UUID:
    """Disconnect an identity provider; sessions it vouched for end, people and their records stay."""
    row = work.load(IdentityProvider, identity_provider_id)
    work.session.execute(delete(IdentityProviderSecret).where(IdentityProviderSecret.provider_id == row.id))
    work.session.delete(row)
    _cache.forget(work.actor.schema)
    return identity_provider_id


@action
def record_sign_on(
    work: Work, provider_id: UUID, code: str, detail: str = "", email: str = "", subject: str = ""
) -> UUID:
    """Note what became of a sign-in through a provider, for the administrator."""
    return work.add(
        SignOnAttempt(
            provider_id=provider_id,
            at=now(),
            code=code[:60],
            detail=detail[:300],
            email=email[:254],
            subject=subject[:255],
            address=work.actor.address[:45],
            request_id=work.actor.request_id[:60],
        )
    ).id


def forget_providers(schema: str) -> None:
    """After the commit of a change: what a reader kept meanwhile goes too."""
    _cache.forget(schema)


def _facts(row: IdentityProvider) -> Provider:
    return Provider(
        row.id,
        row.version,
        row.name,
        row.issuer,
        row.client_id,
        row.scopes,
        tuple(row.domains),
        row.admits_new,
        tuple(row.default_roles),
        row.role_claim,
        tuple(_rule(text) for text in row.role_rules),
        row.enforced,
        row.active,
    )


def _issuer(text: str) -> str:
    """Kept as typed: issuers are compared letter by letter, a trailing slash included."""
    text = text.strip()
    if not text.startswith(("https://", "http://")) or any(mark in text for mark in "?# ") or not text.isprintable():
        raise Invalid("sso.issuer_form", field="issuer")
    return text


def _scopes(text: str) -> str:
    wanted = text.split()
    if "openid" not in wanted:
        wanted.insert(0, "openid")
    return " ".join(dict.fromkeys(wanted))


def _domains(given: Sequence[str]) -> list[str]:
    found = [one.strip().lower().removeprefix("@") for one in given if one.strip()]
    if not found:
        raise Invalid("input.required", field="domains")
    for one in found:
        if DOMAIN.fullmatch(one) is None:
            raise Invalid("sso.domain_form", field="domains", domain=one)
    return sorted(set(found))


def _rule(text: str) -> tuple[str, str]:
    value, _, code = text.rpartition("=")
    return value.strip(), code.strip()


def _rules(work: Work, given: Sequence[str]) -> list[str]:
    rules = [_rule(one) for one in given if one.strip()]
    if any(not value or not code for value, code in rules):
        raise Invalid("sso.rule_form", field="role_rules")
    _roles(work, [code for _, code in rules], "role_rules")
    return [f"{value} = {code}" for value, code in dict.fromkeys(rules)]


def _roles(work: Work, codes: Sequence[str], field: str) -> list[str]:
    """Known roles by code; the owner's is given by an owner alone, never by somebody else's directory."""
    wanted = sorted({one.strip() for one in codes if one.strip()})
    if OWNER in wanted:
        raise Invalid("sso.owner_role", field=field)
    known = set(work.session.scalars(select(Role.code).where(Role.code.in_(wanted))))
    for code in wanted:
        if code not in known:
            raise Invalid("sso.role_unknown", field=field, role=code)
    return wanted


def _granting(row: IdentityProvider) -> tuple[object, ...]:
    """What says who gets which roles through a provider."""
    people = (row.issuer, row.client_id, list(row.domains), row.admits_new)
    return *people, list(row.default_roles), row.role_claim, list(row.role_rules)


def _require_granting(work: Work, row: IdentityProvider) -> None:
    """A provider that gives roles grants them: setting that up asks for the right to, as giving them by hand does."""
    if (row.default_roles or row.role_rules) and not work.actor.may(assign_roles.permission):
        at = "default_roles" if row.default_roles else "role_rules"
        raise Forbidden("permission.missing", field=at, permission=assign_roles.permission)


def _sealed(text: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except ValueError:
        found = b""
    if not found:
        raise Conflict("sso.secret_sealed")
    return found
