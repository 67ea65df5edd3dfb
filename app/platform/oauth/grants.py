"""Consents with their codes and tokens: issued, redeemed, refreshed, revoked, found.

Tokens are opaque and only their SHA-256 is kept. A signed token would spare one indexed read every few seconds and
process, but would live on after a revocation, and its claims would be read by whoever holds it; here one row says
whether a grant lives, so that ending it ends every code and token of the family at once.

What can be used once (a code, a refresh token) is used up by one conditional UPDATE: of two at the same time one wins.
A second use is taken for theft (RFC 9700, 4.2.4 and 4.14.2) and ends the grant, with the tokens of the first use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.ids import new_id
from app.platform.identity.secrets import digest, new_secret
from tenants.apps import App, AppCode, AppGrant, AppToken
from tenants.models import Identity, Membership
from tenants.resolve import Remembered

CODE_LIFE = timedelta(seconds=60)
ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=30)
"""A refresh token not used for so long is dead."""
GRANT_LIFE = timedelta(days=180)
"""The absolute end of a consent; then the person is asked again."""
CACHE_SECONDS = 10.0
CACHE_ENTRIES = 20_000
CODE, ACCESS, REFRESH = "hac_", "hat_", "hrt_"
LONGEST = 100


@dataclass(frozen=True)
class Consent:
    """Who let which app do what, where. `user_id` None: the app acts for itself."""

    app_id: UUID
    tenant_id: UUID
    installation_id: UUID
    user_id: UUID | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class CodeFacts:
    """A code just used up, and what it was bound to."""

    grant_id: UUID
    consent: Consent
    redirect_uri: str
    challenge: str


@dataclass(frozen=True)
class TokenFacts:
    """A token as it stands; `expires_at` is never later than the grant's."""

    grant_id: UUID
    kind: str
    consent: Consent
    created_at: datetime
    expires_at: datetime
    dead: bool
    """Revoked, used up, of a revoked grant, a disabled app or a disabled person."""

    @property
    def live(self) -> bool:
        """Whether it opens something now."""
        return not self.dead and self.expires_at > now()


@dataclass(frozen=True)
class GrantFacts:
    """A consent as a person sees it."""

    id: UUID
    app_id: UUID
    app_name: str
    user_id: UUID | None
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None


class Grants:
    """The one place that writes grants, codes and tokens."""

    def __init__(self, control: Engine) -> None:
        self._control = control
        self._cache = Remembered(CACHE_SECONDS, CACHE_ENTRIES)

    # -- issuing ---------------------------------------------------------------------------------------

    def issue_code(self, consent: Consent, redirect_uri: str, challenge: str) -> str:
        """A consent given on a tenant's page; the code that stands for it goes to the app through the browser."""
        code, at, grant_id = f"{CODE}{new_secret()}", now(), new_id()
        with Session(self._control) as session, session.begin():
            session.add(_grant(grant_id, consent, at))
            session.flush()
            session.add(
                AppCode(
                    code_hash=digest(code),
                    grant_id=grant_id,
                    redirect_uri=redirect_uri,
                    challenge=challenge,
                    expires_at=at + CODE_LIFE,
                )
            )
        return code

    def open(self, consent: Consent) -> UUID:
        """The grant on which the app acts for itself (client credentials): the one there is, or a new one."""
        at = now()
        alive = (AppGrant.revoked_at.is_(None), AppGrant.expires_at > at + ACCESS_LIFE, AppGrant.user_id.is_(None))
        statement = select(AppGrant).where(
            AppGrant.tenant_id == consent.tenant_id, AppGrant.installation_id == consent.installation_id, *alive
        )
        with Session(self._control) as session, session.begin():
            known = session.scalars(statement.order_by(AppGrant.id).limit(1)).one_or_none()
            if known is None:
                known = _grant(new_id(), consent, at)
                session.add(known)
            known.scopes = list(consent.scopes)
            return known.id

    def issue_tokens(
        self, grant_id: UUID, scopes: Sequence[str], refresh_scopes: Sequence[str] | None
    ) -> tuple[str, str, int]:
        """(access token, refresh token or empty, seconds the access token lives); none outlives the grant.

        A refresh token keeps all scopes of the one before it, whatever this access token asked for (RFC 6749, 6).
        """
        access, at = f"{ACCESS}{new_secret()}", now()
        following = f"{REFRESH}{new_secret()}" if refresh_scopes is not None else ""
        with Session(self._control) as session, session.begin():
            end = session.get_one(AppGrant, grant_id).expires_at
            session.add(_token(access, "access", grant_id, scopes, at, min(at + ACCESS_LIFE, end)))
            if refresh_scopes is not None:
                session.add(_token(following, "refresh", grant_id, refresh_scopes, at, min(at + REFRESH_LIFE, end)))
        return access, following, int((min(at + ACCESS_LIFE, end) - at).total_seconds())

    # -- using up --------------------------------------------------------------------------------------

    def redeem_code(self, code: str, app_id: UUID, tenant_id: UUID) -> CodeFacts | None:
        """What a code stands for, and it is used up. None for an unknown, foreign, expired or used one.

        Another app's try does not use it up; a second use by the app itself ends the grant.
        """
        mark, at = digest(code), now()
        with Session(self._control) as session, session.begin():
            grant = session.scalars(
                select(AppGrant).join(AppCode, AppCode.grant_id == AppGrant.id).where(AppCode.code_hash == mark)
            ).one_or_none()
            if grant is None or grant.app_id != app_id or grant.tenant_id != tenant_id:
                return None
            used = session.execute(
                update(AppCode)
                .where(AppCode.code_hash == mark, AppCode.used_at.is_(None))
                .values(used_at=at)
                .returning(AppCode.redirect_uri, AppCode.challenge, AppCode.expires_at)
            ).one_or_none()
            if used is None:
                self._end(session, AppGrant.id == grant.id, "code_replayed")
            elif used.expires_at > at and grant.revoked_at is None:
                return CodeFacts(grant.id, _consent(grant, grant.scopes), used.redirect_uri, used.challenge)
        self._cache.clear()
        return None

    def use_refresh(self, token: str) -> bool:
        """Use up a refresh token. False for one used before, and the whole grant ends."""
        mark, at = digest(token), now()
        with Session(self._control) as session, session.begin():
            won = session.execute(
                update(AppToken)
                .where(AppToken.token_hash == mark, AppToken.used_at.is_(None), AppToken.revoked_at.is_(None))
                .values(used_at=at)
                .returning(AppToken.grant_id)
            ).one_or_none()
            if won is not None:
                return True
            self._end(session, AppGrant.id == _grant_of(mark), "refresh_replayed")
        self._cache.clear()
        return False

    # -- finding ---------------------------------------------------------------------------------------

    def find(self, token: str) -> TokenFacts | None:
        """A token as it stands now."""
        if not token.startswith((ACCESS, REFRESH)) or len(token) > LONGEST:
            return None
        with Session(self._control) as session:
            row = session.execute(_TOKENS.where(AppToken.token_hash == digest(token))).one_or_none()
        return _token_facts(row.AppToken, row.AppGrant, row.closed) if row is not None else None

    def access(self, token: str) -> TokenFacts | None:
        """The live access token of a call, remembered for seconds; the grant's last use is noted as often."""
        if not token.startswith(ACCESS) or len(token) > LONGEST:
            return None
        found = self._cache.get(digest(token), lambda: self._used(token))
        return found if found is not None and found.live else None

    def _used(self, token: str) -> TokenFacts | None:
        found = self.find(token)
        if found is None or found.kind != "access" or not found.live:
            return None
        with Session(self._control) as session, session.begin():
            session.execute(update(AppGrant).where(AppGrant.id == found.grant_id).values(last_used_at=now()))
        return found

    def of_user(self, tenant_id: UUID, user_id: UUID) -> list[GrantFacts]:
        """The consents a person gave that still live, the latest first."""
        return self._listed(AppGrant.tenant_id == tenant_id, AppGrant.user_id == user_id)

    def of_installation(self, tenant_id: UUID, installation_id: UUID) -> list[GrantFacts]:
        """The live consents behind an installation, the app's own included."""
        return self._listed(AppGrant.tenant_id == tenant_id, AppGrant.installation_id == installation_id)

    def last_used(self, tenant_id: UUID) -> dict[UUID, datetime]:
        """Installation -> when a token of it was last used, whatever became of the token."""
        statement = (
            select(AppGrant.installation_id, func.max(AppGrant.last_used_at))
            .where(AppGrant.tenant_id == tenant_id, AppGrant.last_used_at.is_not(None))
            .group_by(AppGrant.installation_id)
        )
        with Session(self._control) as session:
            return {installation: at for installation, at in session.execute(statement) if at is not None}

    def _listed(self, *where: ColumnElement[bool]) -> list[GrantFacts]:
        statement = (
            select(AppGrant, App.name)
            .join(App, App.id == AppGrant.app_id)
            .where(*where, AppGrant.revoked_at.is_(None), AppGrant.expires_at > now(), _HAS_TOKEN)
            .order_by(AppGrant.created_at.desc())
            .limit(200)
        )
        with Session(self._control) as session:
            return [
                GrantFacts(row.id, row.app_id, name, row.user_id, tuple(row.scopes), row.created_at, row.last_used_at)
                for row, name in session.execute(statement)
            ]

    # -- ending ----------------------------------------------------------------------------------------

    def revoke_token(self, token: str) -> None:
        """End one access token, or with a refresh token the whole grant (RFC 7009, 2.1)."""
        mark = digest(token)
        with Session(self._control) as session, session.begin():
            if token.startswith(REFRESH):
                self._end(session, AppGrant.id == _grant_of(mark), "client")
            else:
                session.execute(update(AppToken).where(AppToken.token_hash == mark).values(revoked_at=now()))
        self._cache.clear()

    def revoke(self, tenant_id: UUID, user_id: UUID, grant_id: UUID) -> None:
        """A person takes their own consent back; nothing happens to anybody else's."""
        self._end_where("user", AppGrant.id == grant_id, AppGrant.tenant_id == tenant_id, AppGrant.user_id == user_id)

    def end_user(self, tenant_id: UUID, user_id: UUID) -> None:
        """End all consents of a person, as after deactivation."""
        self._end_where("user", AppGrant.tenant_id == tenant_id, AppGrant.user_id == user_id)

    def end_identity(self, identity_id: UUID) -> None:
        """End all consents of a person, in all tenants, as after a forgotten password."""
        theirs = select(Membership.user_id).where(
            Membership.identity_id == identity_id,
            Membership.tenant_id == AppGrant.tenant_id,
            Membership.user_id == AppGrant.user_id,
        )
        self._end_where("user", theirs.exists())

    def end_installation(self, tenant_id: UUID, installation_id: UUID) -> None:
        """End everything an installation was given."""
        self._end_where("uninstalled", AppGrant.tenant_id == tenant_id, AppGrant.installation_id == installation_id)

    def forget(self) -> None:
        """Drop what this process remembers, after an app was disabled."""
        self._cache.clear()

    def _end_where(self, reason: str, *where: ColumnElement[bool]) -> None:
        with Session(self._control) as session, session.begin():
            self._end(session, and_(*where), reason)
        self._cache.clear()

    def _end(self, session: Session, where: ColumnElement[bool], reason: str) -> None:
        session.execute(
            update(AppGrant).where(where, AppGrant.revoked_at.is_(None)).values(revoked_at=now(), revoked_for=reason)
        )


def clear_expired(control: Engine, kept: timedelta) -> int:
    """Delete grants that ended longer ago than `kept`, with their codes and tokens, and tokens as long dead."""
    limit = now() - kept
    gone = 0
    with Session(control) as session, session.begin():
        over = select(AppGrant.id).where((AppGrant.expires_at < limit) | (AppGrant.revoked_at < limit))
        for statement in (
            delete(AppCode).where(AppCode.grant_id.in_(over) | (AppCode.expires_at < limit)),
            delete(AppToken).where(AppToken.grant_id.in_(over) | (AppToken.expires_at < limit)),
            delete(AppGrant).where((AppGrant.expires_at < limit) | (AppGrant.revoked_at < limit)),
        ):
            gone += session.execute(statement).rowcount  # type: ignore[attr-defined]
    return gone


_SHUT_OUT = (
    select(Membership.user_id)
    .join(Identity, Identity.id == Membership.identity_id)
    .where(
        Membership.tenant_id == AppGrant.tenant_id,
        Membership.user_id == AppGrant.user_id,
        Identity.disabled_at.is_not(None),
    )
    .exists()
)
"""The person a grant is for may not sign in anywhere."""
_TOKENS: Select[AppToken, AppGrant, bool] = (
    select(AppToken, AppGrant, (App.disabled_at.is_not(None) | _SHUT_OUT).label("closed"))
    .join(AppGrant, AppGrant.id == AppToken.grant_id)
    .join(App, App.id == AppGrant.app_id)
)
_HAS_TOKEN = (
    select(AppToken.token_hash)
    .where(
        AppToken.grant_id == AppGrant.id,
        AppToken.used_at.is_(None),
        AppToken.revoked_at.is_(None),
        AppToken.expires_at > func.now(),
    )
    .exists()
)


def _grant_of(mark: bytes) -> ColumnElement[UUID]:
    return select(AppToken.grant_id).where(AppToken.token_hash == mark).scalar_subquery()


def _grant(grant_id: UUID, consent: Consent, at: datetime) -> AppGrant:
    return AppGrant(
        id=grant_id,
        app_id=consent.app_id,
        tenant_id=consent.tenant_id,
        installation_id=consent.installation_id,
        user_id=consent.user_id,
        scopes=list(consent.scopes),
        created_at=at,
        expires_at=at + GRANT_LIFE,
    )


def _token(token: str, kind: str, grant_id: UUID, scopes: Sequence[str], at: datetime, end: datetime) -> AppToken:
    return AppToken(
        token_hash=digest(token), kind=kind, grant_id=grant_id, scopes=list(scopes), created_at=at, expires_at=end
    )


def _consent(grant: AppGrant, scopes: Sequence[str]) -> Consent:
    return Consent(grant.app_id, grant.tenant_id, grant.installation_id, grant.user_id, tuple(scopes))


def _token_facts(token: AppToken, grant: AppGrant, closed: bool) -> TokenFacts:
    dead = token.used_at is not None or token.revoked_at is not None
    dead = dead or closed or grant.revoked_at is not None
    return TokenFacts(
        grant.id,
        token.kind,
        _consent(grant, token.scopes),
        token.created_at,
        min(token.expires_at, grant.expires_at),
        dead,
    )
