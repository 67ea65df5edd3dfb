"""`hanse tenant`: the operator opens tenants and lists them."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from app.adapters.settings import Settings
from app.platform.identity.accounts import Accounts, SignUp
from app.platform.identity.tokens import Tokens
from app.platform.organisation import create_company
from app.platform.users import create_first_user
from app.platform.work import Actor
from app.wiring import Wiring
from tenants.resolve import TenantRef

FIRST_COMPANY = "1"
TOKEN_NAME = "hanse tenant create"  # noqa: S105  # what the token is called


@dataclass(frozen=True)
class NewTenant:
    """A tenant just opened; password and token are shown this once."""

    tenant_id: UUID
    slug: str
    url: str
    email: str
    password: str | None
    """To be changed at the first sign-in; None where the person was known and keeps their own."""
    token: str
    """An API token of the owner, with all their rights."""


def create(
    settings: Settings, slug: str, company: str, country: str, email: str, name: str = "", locale: str = ""
) -> NewTenant:
    """Open a tenant with its first company and owner; refuses as sign-up does."""
    settings.require("database_url", "tenant_database_url", "owner_database_url")
    wiring = Wiring(settings, pool_size=2)
    try:
        wiring.provisioner.refill(1)
        password = secrets.token_urlsafe(18)
        language = locale or ("zh_CN" if country == "CN" else "en")
        form = SignUp(
            company, slug.strip().lower(), country, email, password, name or email.partition("@")[0], language
        )
        accounts = Accounts(wiring.control, wiring.directory, wiring.limiter)
        opened = accounts.open_for_operator(form, lambda tenant, who, given: _first_user(wiring, tenant, who, given))
        tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
        return NewTenant(
            tenant_id=opened.tenant.id,
            slug=opened.tenant.slug,
            url=settings.tenant_url(opened.tenant.slug),
            email=email.strip().lower(),
            password=None if opened.known else password,
            token=tokens.create(opened.tenant.id, opened.user_id, TOKEN_NAME),
        )
    finally:
        wiring.close()


def _first_user(wiring: Wiring, tenant: TenantRef, identity_id: UUID, form: SignUp) -> UUID:
    """The first company and its owner, through the gate."""
    actor = Actor.system(tenant.id, tenant.schema, door="cli")
    wiring.gate.perform(
        create_company, actor, "sign-up", code=FIRST_COMPANY, name=form.company_name.strip(), country=form.country
    )
    done = wiring.gate.perform(
        create_first_user,
        actor,
        "sign-up",
        name=form.name,
        email=form.email.strip().lower(),
        identity_id=identity_id,
        locale=form.locale,
    )
    return UUID(str(done.result))


def refill(settings: Settings, count: int) -> int:
    """Make blank tenants until `count` are ready; returns how many were made. Nothing on a host for one tenant."""
    settings.require("database_url", "tenant_database_url", "owner_database_url")
    wiring = Wiring(settings, pool_size=1)
    try:
        return 0 if settings.single_tenant else wiring.provisioner.refill(count)
    finally:
        wiring.close()


def active(settings: Settings) -> list[TenantRef]:
    """All usable tenants, oldest first."""
    settings.require("database_url")
    wiring = Wiring(settings, pool_size=1)
    try:
        return wiring.directory.active()
    finally:
        wiring.close()
