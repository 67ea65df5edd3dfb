"""A tenant made by the operator: `hanse tenant create`, on-premise first steps, tests and benches."""

from dataclasses import dataclass
from uuid import UUID

from app.adapters.settings import Settings
from app.platform.identity.accounts import Accounts, FirstUser, SignUp
from app.platform.identity.secrets import new_secret
from app.platform.identity.tokens import Tokens


@dataclass(frozen=True)
class Founded:
    """What `--json` prints. The password is temporary, and empty where the owner had an identity before."""

    tenant_id: UUID
    url: str
    slug: str
    email: str
    password: str
    token: str


def found(
    settings: Settings,
    accounts: Accounts,
    tokens: Tokens,
    first_user: FirstUser,
    *,
    slug: str,
    company: str,
    country: str,
    email: str,
    locale: str = "",
    name: str = "",
) -> Founded:
    """Make a tenant with its owner and an API token that may do all the owner may."""
    password = new_secret(12)
    language = locale or ("zh_CN" if country in ("CN", "TW", "HK", "MO") else "en")
    form = SignUp(company, slug, country, email, password, name, language)
    opened = accounts.open_for_operator(form, first_user)
    token = tokens.create(opened.tenant.id, opened.user_id, "hanse tenant create")
    return Founded(
        opened.tenant.id,
        settings.tenant_url(opened.tenant.slug),
        opened.tenant.slug,
        email.strip().lower(),
        "" if opened.known else password,
        token,
    )
