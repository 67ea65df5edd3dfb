"""Registrations of partner apps: what they are called, where they may be led back to, and their secrets.

Every app has a secret: partner apps run on servers, so a client that cannot keep one (a page, a phone) is not
registered, and there is no token endpoint method `none`.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from app.adapters.sealing import Sealing
from app.kernel.dates import now
from app.kernel.errors import Conflict, Finding, Invalid, Missing
from app.kernel.ids import new_id
from app.platform.identity.secrets import digest, new_secret
from tenants.apps import App, AppSecret, SecretKind
from tenants.resolve import Remembered

CACHE_SECONDS = 10.0
OVERLAP = timedelta(days=7)
"""How long the former secret still counts after a rotation."""
MOST_LIVE = 2
MOST_REDIRECTS = 10
LONGEST_URL = 500
LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])")
"""Nothing that could end a source in a content security policy."""
PREFIXES = {SecretKind.CLIENT: "hcs_", SecretKind.WEBHOOK: "whsec_"}
PLAIN_URL = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
"""Printable ASCII without spaces, quotes, backslash and what no URL holds unescaped."""
LOGO_BYTES = 100_000
LOGO_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""First bytes -> type. No SVG: it is a program."""


@dataclass(frozen=True)
class AppFacts:
    """A registration, without its secrets."""

    id: UUID
    owner_tenant_id: UUID
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    homepage: str = ""
    webhook_url: str | None = None
    logo_type: str | None = None
    created_at: datetime = field(default_factory=now)
    disabled_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether its tokens open anything."""
        return self.disabled_at is None


@dataclass(frozen=True)
class SecretFacts:
    """A live secret, without its value."""

    id: UUID
    kind: str
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Apps:
    """Registers apps, finds them, keeps their secrets."""

    def __init__(self, control: Engine, sealing: Sealing) -> None:
        self._control = control
        self._sealing = sealing
        self._cache = Remembered(CACHE_SECONDS, 5_000)

    def find(self, app_id: UUID) -> AppFacts | None:
        """The app with that id, disabled ones included; remembered for seconds."""
        return self._cache.get(app_id, lambda: self._read(app_id))

    def of_owner(self, tenant_id: UUID, app_id: UUID) -> AppFacts:
        """One of a tenant's own apps as it is now; Missing for another's."""
        found = self._read(app_id)
        if found is None or found.owner_tenant_id != tenant_id:
            raise Missing("app.missing")
        return found

    def of_tenant(self, tenant_id: UUID) -> list[AppFacts]:
        """The apps a tenant registered, by name."""
        with Session(self._control) as session:
            rows = session.scalars(select(App).where(App.owner_tenant_id == tenant_id).order_by(App.name, App.id))
            return [_facts(row) for row in rows]

    def save(self, app: AppFacts) -> None:
        """Write a registration that was checked; a new one gets no secret by it. The logo stays."""
        values = {
            "name": app.name,
            "homepage": app.homepage,
            "redirect_uris": list(app.redirect_uris),
            "scopes": list(app.scopes),
            "webhook_url": app.webhook_url,
            "disabled_at": app.disabled_at,
        }
        with Session(self._control) as session, session.begin():
            row = session.get(App, app.id)
            if row is None:
                session.add(App(id=app.id, owner_tenant_id=app.owner_tenant_id, created_at=app.created_at, **values))
            else:
                for name, value in values.items():
                    setattr(row, name, value)
        self._cache.forget(app.id)

    def set_logo(self, app_id: UUID, content: bytes) -> None:
        """Keep a picture that `checked_logo` let through."""
        values = {"logo": content, "logo_type": checked_logo(content)}
        with Session(self._control) as session, session.begin():
            session.execute(update(App).where(App.id == app_id).values(**values))
        self._cache.forget(app_id)

    def logo(self, app_id: UUID) -> tuple[bytes, str] | None:
        """(content, type) of an app's logo, if it has one."""
        with Session(self._control) as session:
            row = session.execute(select(App.logo, App.logo_type).where(App.id == app_id)).one_or_none()
        return (row.logo, row.logo_type) if row is not None and row.logo is not None else None

    # -- secrets ---------------------------------------------------------------------------------------

    def secrets(self, app_id: UUID, kind: SecretKind) -> list[SecretFacts]:
        """The live secrets of a kind, the newest first."""
        with Session(self._control) as session:
            return [
                SecretFacts(row.id, row.kind, row.hint, row.created_at, row.expires_at, row.last_used_at)
                for row in self._live(session, app_id, kind)
            ]

    def rotate(self, app_id: UUID, kind: SecretKind) -> str:
        """A new secret, shown once. The one before it counts for OVERLAP more; an older one ends now."""
        secret, at = f"{PREFIXES[kind]}{new_secret()}", now()
        row = AppSecret(id=new_id(), app_id=app_id, kind=kind.value, hint=secret[-4:], created_at=at)
        if kind is SecretKind.CLIENT:
            row.secret_hash = digest(secret)
        else:
            row.sealed = self._sealing.seal(secret.encode(), f"app_secret:{row.id}")
        with Session(self._control) as session, session.begin():
            session.execute(select(App.id).where(App.id == app_id).with_for_update())
            for place, older in enumerate(self._live(session, app_id, kind), start=1):
                end = at + OVERLAP if place < MOST_LIVE else at
                older.expires_at = min(end, older.expires_at or end)
            session.add(row)
        return secret

    def end_secret(self, app_id: UUID, secret_id: UUID) -> None:
        """End a secret at once; Conflict `app.last_secret` for the only one of its kind."""
        with Session(self._control) as session, session.begin():
            row = session.get(AppSecret, secret_id)
            if row is None or row.app_id != app_id:
                raise Missing("app.missing")
            if len(self._live(session, app_id, SecretKind(row.kind))) < MOST_LIVE:
                raise Conflict("app.last_secret")
            row.expires_at = now()

    def proves(self, app_id: UUID, secret: str) -> bool:
        """Whether it is one of the app's live client secrets; read anew each time, so that an ended one is dead."""
        given, at = digest(secret), now()
        with Session(self._control) as session, session.begin():
            live = self._live(session, app_id, SecretKind.CLIENT)
            found = [row for row in live if row.secret_hash and hmac.compare_digest(row.secret_hash, given)]
            for row in found:
                row.last_used_at = at
        return bool(found)

    def webhook_secrets(self, app_id: UUID) -> list[str]:
        """The live webhook secrets, the newest first; what is sent is signed with each."""
        with Session(self._control) as session:
            rows = self._live(session, app_id, SecretKind.WEBHOOK)
            return [self._sealing.unseal(row.sealed or b"", f"app_secret:{row.id}").decode() for row in rows]

    def _live(self, session: Session, app_id: UUID, kind: SecretKind) -> list[AppSecret]:
        statement = select(AppSecret).where(AppSecret.app_id == app_id, AppSecret.kind == kind.value)
        alive = AppSecret.expires_at.is_(None) | (AppSecret.expires_at > now())
        return list(session.scalars(statement.where(alive).order_by(AppSecret.created_at.desc())))

    def _read(self, app_id: UUID) -> AppFacts | None:
        with Session(self._control) as session:
            row = session.get(App, app_id)
            return _facts(row) if row is not None else None


def _facts(row: App) -> AppFacts:
    return AppFacts(
        id=row.id,
        owner_tenant_id=row.owner_tenant_id,
        name=row.name,
        redirect_uris=tuple(row.redirect_uris),
        scopes=tuple(row.scopes),
        homepage=row.homepage,
        webhook_url=row.webhook_url,
        logo_type=row.logo_type,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def check_app(app: AppFacts) -> None:
    """Invalid with every field at fault: name, redirect URIs, home page, webhook address. Scopes: `Catalogue.checked`."""
    findings = []
    if not app.name:
        findings.append(Finding("input.required", "name"))
    elif len(app.name) > 100 or not app.name.isprintable():
        findings.append(Finding("app.name_form", "name"))
    if not app.redirect_uris:
        findings.append(Finding("input.required", "redirect_uris"))
    elif len(app.redirect_uris) > MOST_REDIRECTS:
        findings.append(Finding("app.redirects_many", "redirect_uris", {"most": MOST_REDIRECTS}))
    stray = next((uri for uri in app.redirect_uris if not is_address(uri)), None)
    if stray is not None:
        findings.append(Finding("app.address_form", "redirect_uris", {"address": stray[:80]}))
    for name, value in (("homepage", app.homepage), ("webhook_url", app.webhook_url)):
        if value and not is_address(value):
            findings.append(Finding("app.address_form", name, {"address": value[:80]}))
    if findings:
        raise Invalid.of(findings)


def is_address(url: str) -> bool:
    """An absolute https address, or http on a developer's loopback; no user, no fragment, no odd character."""
    if len(url) > LONGEST_URL or PLAIN_URL.fullmatch(url) is None or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.netloc.lower().removesuffix(f":{parts.port}" if parts.port is not None else "")
    if HOST.fullmatch(host) is None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def checked_logo(content: bytes) -> str:
    """The type of a picture by its first bytes; Invalid `app.logo_form` for anything but a small PNG or JPEG."""
    found = next((kind for start, kind in LOGO_TYPES.items() if content.startswith(start)), None)
    if found is None or len(content) > LOGO_BYTES:
        raise Invalid("app.logo_form", field="logo", kilobytes=LOGO_BYTES // 1000)
    return found


def lines_of(text: str) -> tuple[str, ...]:
    """Addresses typed one a line, each once, in order."""
    return tuple(dict.fromkeys(line for part in text.splitlines() if (line := part.strip())))


def origins(uris: Iterable[str]) -> list[str]:
    """Scheme and host of addresses, as a content security policy names them."""
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, uris)})
