"""Tenants as the floor below the modules knows them: a reference, and a schema without seeds."""

import pytest

from tenants.resolve import TenantRef
from tests.factories.installation import Installation


@pytest.fixture
def tenant(installation: Installation) -> TenantRef:
    """A fresh, empty, active tenant; `installation.router.session(tenant.schema)` reaches its tables."""
    return installation.new_tenant()
