"""Keys for programs: `hanse_<prefix>_<secret>`, hashed, scoped, expiring, acting as a user of one tenant."""

import hmac
import re
import secrets as random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, exists, select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Missing
from app.platform.identity.secrets import digest, new_secret
from app.platform.users import profile_generation, profile_of
from app.platform.work import Actor
from tenants.models import ApiToken, Identity, Membership
from tenants.resolve import Directory, Remembered

CACHE_SECONDS = 10.0
FORM = re.compile(r"hanse_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
PREFIX_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A stored token, without its secret."""

    id: UUID
    prefix: str
    tenant_id: UUID
    user_id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class Tokens:
    """Makes, checks and revokes API tokens."""

    def __init__(self, control: Engine, directory: Directory, sessions: Callable[[str], Session]) -> None:
        self._control = control
        self._directory = directory
        self._sessions = sessions
        self._cache = Remembered(CACHE_SECONDS, 20_000)

    def create(
        self, tenant_id: UUID, user_id: UUID, name: str, scopes: Sequence[str] = (), expires_at: datetime | None = None
    ) -> str:
        """A new token; the returned text is shown once and cannot be read again."""
        prefix = "".join(random.choice(PREFIX_LETTERS) for _ in range(10))
        secret = new_secret()
        with Session(self._control) as session, session.begin():
            session.add(
                ApiToken(
                    prefix=prefix,
                    token_hash=digest(secret),
                    tenant_id=tenant_id,
                    user_id=user_id,
                    name=name,
                    scopes=list(scopes),
                    created_at=now(),
                    expires_at=expires_at,
                )
            )
        return f"hanse_{prefix}_{secret}"

    def actor(self, token: str, address: str) -> Actor | None:
        """Who a token acts for, with the user's rights narrowed to its scopes; None for a token that opens nothing."""
        matched = FORM.fullmatch(token)
        if matched is None:
            return None
        found: tuple[bytes, Actor | None, datetime | None] | None = self._cache.get(
            (matched[1], profile_generation()), lambda: self._read(matched[1])
        )
        if found is None or not hmac.compare_digest(found[0], digest(matched[2])):
            return None
        if found[1] is None or (found[2] is not None and found[2] <= now()):
            return None
        return replace(found[1], address=address)

    def of_user(self, tenant_id: UUID, user_id: UUID) -> list[TokenFacts]:
        """A user's tokens that are not revoked, the newest first."""
        statement = (
            select(ApiToken)
            .where(ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.created_at.desc())
        )
        with Session(self._control) as session:
            return [_facts(row) for row in session.scalars(statement)]

    def revoke(self, tenant_id: UUID, user_id: UUID, token_id: UUID) -> None:
        """Close one of the user's tokens; Missing for somebody else's."""
        with Session(self._control) as session, session.begin():
            done = session.execute(
                update(ApiToken)
                .where(ApiToken.id == token_id, ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id)
                .values(revoked_at=now())
                .returning(ApiToken.id)
            ).one_or_none()
        if done is None:
            raise Missing("token.missing")
        self._cache.clear()

    def revoke_all(self, tenant_id: UUID, user_id: UUID) -> None:
        """Close every token of a user in one tenant, as an administrator may."""
        statement = update(ApiToken).where(ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id)
        with Session(self._control) as session, session.begin():
            session.execute(statement.where(ApiToken.revoked_at.is_(None)).values(revoked_at=now()))
        self._cache.clear()

    def revoke_of_identity(self, identity_id: UUID) -> None:
        """Close every token that acts as this person, in all tenants, as after a forgotten password."""
        theirs = exists().where(
            Membership.identity_id == identity_id,
            Membership.tenant_id == ApiToken.tenant_id,
            Membership.user_id == ApiToken.user_id,
        )
        statement = update(ApiToken).where(theirs, ApiToken.revoked_at.is_(None)).values(revoked_at=now())
        with Session(self._control) as session, session.begin():
            session.execute(statement)
        self._cache.clear()

    def _read(self, prefix: str) -> tuple[bytes, Actor | None, datetime | None] | None:
        with Session(self._control) as session:
            row = session.scalars(
                select(ApiToken).where(ApiToken.prefix == prefix, ApiToken.revoked_at.is_(None), ~_DISABLED)
            ).one_or_none()
            if row is None:
                return None
            facts = _facts(row)
            secret_hash = row.token_hash
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(last_used_at=now()))
            session.commit()
        tenant = self._directory.find(facts.tenant_id)
        if tenant is None or not tenant.usable:
            return secret_hash, None, facts.expires_at
        with self._sessions(tenant.schema) as session:
            profile = profile_of(session, tenant.schema, facts.user_id)
            session.rollback()
        if profile is None:
            return secret_hash, None, facts.expires_at
        actor = profile.actor(tenant.id, tenant.schema, "api", modules=tenant.modules)
        return secret_hash, replace(actor, grants=actor.grants.within(frozenset(facts.scopes))), facts.expires_at


_DISABLED = (
    select(Membership.user_id)
    .join(Identity, Identity.id == Membership.identity_id)
    .where(
        Membership.tenant_id == ApiToken.tenant_id,
        Membership.user_id == ApiToken.user_id,
        Identity.disabled_at.is_not(None),
    )
    .exists()
)
"""The person a token acts as may not sign in anywhere."""


def _facts(row: ApiToken) -> TokenFacts:
    return TokenFacts(
        row.id,
        row.prefix,
        row.tenant_id,
        row.user_id,
        row.name,
        tuple(row.scopes),
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )
