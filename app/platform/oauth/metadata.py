"""Where an authorization server stands and what it can do: one server a tenant, by the tenant's own address (RFC 8414)."""

from typing import Any
from urllib.parse import urlsplit

from app.adapters.settings import Settings
from app.platform.i18n import LOCALES
from app.platform.oauth.asked import Place
from app.platform.oauth.clients import METHODS
from app.platform.oauth.keys import ALGORITHM
from app.platform.oauth.scopes import Catalogue
from tenants.resolve import Directory, TenantRef


def place_of(settings: Settings, tenant: TenantRef, host: str) -> Place:
    """The issuer behind a Host header that named this tenant: its portal's address, or its own domain."""
    name = host.strip().lower().partition(":")[0].rstrip(".")
    if settings.single_tenant or name.endswith(f".{settings.domain}"):
        return Place(tenant, settings.tenant_url(tenant.slug))
    return Place(tenant, f"{urlsplit(settings.public_url).scheme}://{name}")


def place_at(settings: Settings, directory: Directory, host: str) -> Place:
    """The same from the Host header alone; refuses as `Directory.tenant_at`."""
    return place_of(settings, directory.tenant_at(host), host)


def metadata(place: Place, catalogue: Catalogue) -> dict[str, Any]:
    """What a client needs to know; the module scopes only, a single action's name is its own scope."""
    issuer = place.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "scopes_supported": [scope.name for scope in catalogue.scopes.values() if scope.kind != "action"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": METHODS,
        "introspection_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/api/v1/reference",
        "ui_locales_supported": [locale.replace("_", "-") for locale in LOCALES],
    }
