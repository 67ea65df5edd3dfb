"""Starts a revision: what the models say and the history does not yet, found by comparing with a scratch database.

Alembic sees tables, columns, keys and indexes. Changed CHECKs, grants of tables that were there before, and rows to
be filled are added by hand; `tests/tenants/test_migrations.py` tells when something is still missing.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Connection, MetaData, NullPool, create_engine, text

import tenants.credentials  # noqa: F401  declares the control tables
from app.adapters.db import ControlModel, Model
from app.adapters.embedded import stack
from app.adapters.settings import Settings
from migrations.history import FOLDER, config, head, tenant_sql
from migrations.models import load_models
from tenants.grants import grant_statements, table_grants
from tenants.script import SCHEMA, SEALER

SOURCE = '''"""{message}"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
{more}

def upgrade() -> None:
{body}
'''


def write_revision(history: str, message: str, slug: str) -> Path:
    """Write `NNNN_slug.py` of `control` or `tenant` and return its path; ValueError where nothing differs."""
    load_models()
    with TemporaryDirectory(prefix="hanse-revise-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as `nobody` under root and has to walk through
        running = stack.start(Settings.load({"HANSE_HOME": folder}), quick=True)
        try:
            found = _difference(history, running.settings)
        finally:
            running.stop()
    if not found.ops:
        raise ValueError(f"the models and the {history} history agree")
    before = head(history)
    revision = f"{int(before) + 1:04d}"
    path = FOLDER / history / "versions" / f"{revision}_{slug}.py"
    more = "guards = True  # applies tenant/guards.sql as it stands at the head\n" if history == "tenant" else ""
    body = "\n".join([rendered(found), *(_grants(found) if history == "tenant" else ())])
    source = SOURCE.format(message=message, revision=revision, before=before, more=more, body=body)
    path.write_text(source if "postgresql." in body else source.replace(POSTGRESQL_IMPORT, ""))
    # The formatter of the test tools; whoever starts a revision has them.
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)  # noqa: S603
    return path


POSTGRESQL_IMPORT = "from sqlalchemy.dialects import postgresql\n"


def rendered(upgrade: ops.UpgradeOps) -> str:
    """The operations as the lines of an `upgrade` function."""
    context = MigrationContext.configure(dialect_name="postgresql")
    code = render_python_code(upgrade, migration_context=context)
    return "\n".join(
        f"    {line.lstrip()}" if line.startswith("op.") else line
        for line in code.splitlines()
        if not line.lstrip().startswith("# ###")
    )


def _difference(history: str, settings: Settings) -> ops.UpgradeOps:
    """The scratch database brought to the head of the history, compared with the models."""
    url = settings.database_url if history == "control" else settings.owner_database_url
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    schema = "platform" if history == "control" else "scratch"
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
            if history == "control":
                made = config("control")
                made.attributes["connection"] = connection
                command.upgrade(made, "head")
                return _compared(connection, ControlModel.metadata, control=True)
            connection.execute(text(f"SET LOCAL search_path = {schema}"))
            sql = tenant_sql(None, guarded=False).replace(SCHEMA, "CURRENT_USER").replace(SEALER, "CURRENT_USER")
            connection.exec_driver_sql(sql)
            connection.dialect.default_schema_name = schema
            return _compared(connection, Model.metadata, control=False)
    finally:
        engine.dispose()


def _compared(connection: Connection, metadata: MetaData, *, control: bool) -> ops.UpgradeOps:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return not (kind == "table" and name == "alembic_version")

    context = MigrationContext.configure(
        connection,
        opts={
            "include_object": ours,
            "include_schemas": control,
            "include_name": lambda name, kind, _parents: kind != "schema" or name == ("platform" if control else None),
            "compare_type": True,
            "target_metadata": metadata,
        },
    )
    upgrade = produce_migrations(context, metadata).upgrade_ops
    assert upgrade is not None
    return upgrade


def _grants(found: ops.UpgradeOps) -> list[str]:
    made = {step.table_name for step in found.ops if isinstance(step, ops.CreateTableOp)}
    grants = {name: grant for name, grant in table_grants().items() if name in made}
    return (
        [f"    op.execute({statement!r})" for statement in grant_statements(grants, SCHEMA, SEALER)] if grants else []
    )
