"""Imports every file that declares tables, so that the metadata is whole."""

from importlib import import_module
from pkgutil import iter_modules

from app.modules import NAMES

PLATFORM = (
    "access_policy",
    "access_review",
    "access_rules",
    "app_installations",
    "audit_records",
    "comments",
    "delegations",
    "documents",
    "duties",
    "jobs",
    "numbering",
    "organisation",
    "positions",
    "preferences",
    "records",
    "reference",
    "sign_in_policy",
    "sign_on",
    "users",
    "webhooks.delivery",
    "webhooks.subscription",
    "workflow",
)
"""Files of `app.platform` with tables; `tests/tenants/test_migrations.py` misses none."""


def load_models() -> None:
    """Import all models of platform and modules; idempotent."""
    for name in PLATFORM:
        import_module(f"app.platform.{name}")
    for name in NAMES:
        try:
            package = import_module(f"app.modules.{name}.models")
        except ModuleNotFoundError as error:
            if error.name in (f"app.modules.{name}.models", f"app.modules.{name}"):
                continue  # a module without tables
            raise
        for found in iter_modules(package.__path__):
            import_module(f"{package.__name__}.{found.name}")
