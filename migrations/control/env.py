"""Alembic's entry for the control schema: runs on the connection `migrations.run` hands over."""

from alembic import context

import tenants.credentials  # noqa: F401  declares the tables, with those of `tenants.models`
from app.adapters.db import ControlModel

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ControlModel.metadata,
    version_table_schema="platform",
    include_schemas=True,
)
context.run_migrations()
