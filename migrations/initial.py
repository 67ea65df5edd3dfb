"""Writes both `0001_initial.py` from the models, as plain `op.*` calls, while nothing has been released.

From the first release on these two files never change again; every change of a model is a new revision.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.schema import sort_tables_and_constraints

import tenants.models  # noqa: F401  declares the control tables
from app.adapters.db import ControlModel, Model
from migrations.history import FOLDER
from tenants.grants import grant_statements, table_grants
from tenants.script import SCHEMA, SEALER

HEADER = '''"""{title}"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
{more}

def upgrade() -> None:
{body}
'''


def write_initial(
    control: Path = FOLDER / "control" / "versions", tenant: Path = FOLDER / "tenant" / "versions"
) -> None:
    """Write both files; the models must have been imported."""
    for folder, source in ((control, control_source()), (tenant, tenant_source())):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "0001_initial.py"
        path.write_text(source)
        # The formatter of the test tools; whoever regenerates has them.
        subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)  # noqa: S603


def control_source() -> str:
    """The first revision of the control schema."""
    return _source("The control schema as first released.", _tables(ControlModel.metadata))


def tenant_source() -> str:
    """The first revision of a tenant's schema, with the grants of its two roles."""
    grants = [f"    op.execute({statement!r})" for statement in grant_statements(table_grants(), SCHEMA, SEALER)]
    body = "\n".join([_tables(Model.metadata), *grants])
    return _source("A tenant's schema as first released.", body, more="guards = True  # applies tenant/guards.sql\n")


def _source(title: str, body: str, more: str = "") -> str:
    source = HEADER.format(title=title, more=more, body=body)
    return source if "postgresql." in body else source.replace("from sqlalchemy.dialects import postgresql\n", "")


def _tables(metadata: MetaData) -> str:
    context = MigrationContext.configure(dialect_name="postgresql")
    upgrade = ops.UpgradeOps(list(_operations(metadata)))
    code = render_python_code(upgrade, migration_context=context)
    return "\n".join(
        f"    {line.lstrip()}" if line.startswith("op.") else line
        for line in code.splitlines()
        if not line.lstrip().startswith("# ###")
    )


def _operations(metadata: MetaData) -> Iterator[ops.MigrateOperation]:
    """Tables in an order that works, each followed by its indexes; at the end the foreign keys of cycles."""
    late: list[ForeignKeyConstraint] = []
    ordered = list(sort_tables_and_constraints(metadata.tables.values()))  # type: ignore[no-untyped-call]
    for table, keys in ordered:
        if table is None:
            late += list(keys)
    for table, _ in ordered:
        if table is None:
            continue
        create = ops.CreateTableOp.from_table(table)
        create.columns = [item for item in create.columns if item not in late]
        yield create
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield ops.CreateIndexOp.from_index(index)
    for key in late:
        yield ops.AddConstraintOp.from_constraint(key)
