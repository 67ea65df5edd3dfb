"""Alembic's entry for the tenant history: it only renders SQL, which `migrations.rolling` applies to each tenant.

A revision must therefore be SQL alone (no reading of rows in Python), names no schema, and grants to
`{{tenant}}` and `{{sealer}}`. It follows expand, migrate, contract: the running release keeps working.
"""

from alembic import context

from app.adapters.db import Model

if not context.is_offline_mode():
    raise SystemExit("tenant migrations are rendered, not run: use `hanse migrate`")
context.configure(
    dialect_name="postgresql",
    dialect_opts={"paramstyle": "named"},
    target_metadata=Model.metadata,
    transactional_ddl=False,  # the runner brings its own transaction
    literal_binds=True,
)
context.run_migrations()
