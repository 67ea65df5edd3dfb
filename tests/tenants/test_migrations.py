"""The compiled script leaves what the migrations leave; migrations over many tenants resume and never stop at one."""

import ast
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import psycopg
import pytest

import app.platform
from app.adapters.db import ControlModel, control_engine
from migrations.history import config, head, tenant_sql
from migrations.models import PLATFORM
from migrations.queue import migrate_queue
from migrations.revise import write_revision
from migrations.rolling import Rolling
from migrations.run import migrate
from tenants.resolve import TenantRef
from tests.factories.catalog import described
from tests.factories.installation import Installation

NEXT = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = '{revision}', '{before}'
branch_labels = depends_on = None
def upgrade() -> None:
    {change}
"""


@pytest.fixture
def owner(installation: Installation) -> Iterator[psycopg.Connection]:
    with psycopg.connect(installation.cells.owner_url("main"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A copy of the tenant history that a test may continue."""
    committed = Path(config("tenant").get_main_option("script_location") or "") / "versions"
    return Path(copytree(committed, tmp_path / "tenant", ignore=ignore_patterns("__pycache__")))


def continued(versions: Path, change: str) -> Path:
    """The history with one more revision at its end."""
    before = head("tenant", versions)
    revision = f"{int(before) + 1:04d}"
    path = versions / f"{revision}_extra.py"
    path.write_text(NEXT.format(revision=revision, before=before, change=change))
    return path


def emptied(owner: psycopg.Connection, tenant: TenantRef) -> TenantRef:
    """The tenant's schema with nothing in it, as before any migration."""
    owner.execute(f"DROP SCHEMA {tenant.schema} CASCADE; CREATE SCHEMA {tenant.schema}".encode())
    return tenant


def test_script_equals_upgrade_from_empty(
    installation: Installation, owner: psycopg.Connection, tenant: TenantRef
) -> None:
    other = emptied(owner, installation.new_tenant())
    report = Rolling(installation.cells, "main").run([other.schema])
    assert (report.upgraded, report.failed) == ([other.schema], {})
    found, expected = list(described(owner, other.schema)), list(described(owner, tenant.schema))
    assert found == expected, "models and history differ: `python -m migrations.run new tenant MESSAGE`"


def test_control_history_equals_the_models(installation: Installation) -> None:
    """`migrate_control` made the tables of the installation; the models, in a schema beside it, must give the same."""
    made = ControlModel.metadata
    with psycopg.connect(installation.settings.database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS beside CASCADE; CREATE SCHEMA beside")
        connection.execute("CREATE TABLE beside.alembic_version AS TABLE platform.alembic_version")
    engine = control_engine(installation.settings.database_url)
    try:
        with engine.connect().execution_options(schema_translate_map={"platform": "beside"}) as connected:
            made.create_all(connected)
            connected.commit()
    finally:
        engine.dispose()
    with psycopg.connect(installation.settings.database_url, autocommit=True) as connection:
        parts = ("columns", "constraints", "indexes")
        found = [fact for fact in described(connection, "platform") if fact[0] in parts]
        expected = [fact for fact in described(connection, "beside") if fact[0] in parts]
    there = {fact for fact in found if "alembic_version" not in str(fact)}
    assert there == {fact for fact in expected if "alembic_version" not in str(fact)}, (
        "models and history differ: `python -m migrations.run new control MESSAGE`"
    )


def test_a_revision_is_started_from_the_models(versions: Path) -> None:
    """Where models and history agree there is nothing to write; the comparison itself runs on a scratch database."""
    for history in ("tenant", "control"):
        with pytest.raises(ValueError, match="agree"):
            write_revision(history, "Nothing", "nothing")


def test_every_file_with_tables_is_imported() -> None:
    folder = Path(app.platform.__path__[0])
    found = {
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Model" for base in node.bases)
    }
    assert found == set(PLATFORM)


def test_a_failing_tenant_stays_behind_alone_and_is_resumed(
    installation: Installation, owner: psycopg.Connection, versions: Path
) -> None:
    tenants = [installation.new_tenant() for _ in range(5)]
    schemas = [tenant.schema for tenant in tenants]
    add = "op.add_column('outbox_event', sa.Column('extra', sa.Text()))"
    extra = continued(versions, add)
    owner.execute(f"ALTER TABLE {schemas[2]}.outbox_event ADD extra int".encode())

    first = Rolling(installation.cells, "main", versions).run(schemas)
    assert list(first.failed) == [schemas[2]]
    assert "already exists" in first.failed[schemas[2]]
    assert first.upgraded == [schema for schema in schemas if schema != schemas[2]]

    owner.execute(f"ALTER TABLE {schemas[2]}.outbox_event DROP extra".encode())
    again = Rolling(installation.cells, "main", versions).run(schemas)
    assert (again.upgraded, len(again.current), again.failed) == ([schemas[2]], 4, {})

    extra.unlink()
    older_release = Rolling(installation.cells, "main", versions).run(schemas)
    assert (older_release.ahead, older_release.failed) == (schemas, {})


def test_a_locked_tenant_is_left_in_time(
    installation: Installation, owner: psycopg.Connection, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrations.rolling.LOCK_TIMEOUT", "50ms")
    busy, free = installation.new_tenant(), installation.new_tenant()
    add = "op.add_column('outbox_event', sa.Column('extra', sa.Text()))"
    continued(versions, add)
    with psycopg.connect(installation.cells.owner_url("main")) as holder:
        holder.execute(f"LOCK TABLE {busy.schema}.outbox_event".encode())
        report = Rolling(installation.cells, "main", versions).run([busy.schema, free.schema])
    assert report.upgraded == [free.schema]
    assert "lock timeout" in report.failed[busy.schema]


def test_the_whole_run_is_repeatable(installation: Installation, tenant: TenantRef) -> None:
    migrated = migrate(installation.settings)
    assert migrated.control == head("control")
    assert migrated.queue == []
    assert tenant.schema in migrated.cells["main"].current


def test_the_queue_remembers_what_ran(installation: Installation) -> None:
    url = installation.settings.queue_database_url
    assert migrate_queue(url) == []
    with psycopg.connect(url) as connection:
        count = connection.execute("SELECT count(*) FROM hanse_queue_migration").fetchone()
        connection.execute("SELECT id FROM procrastinate_jobs")
    assert count is not None
    assert count[0] > 20


def test_rendered_sql_names_no_schema() -> None:
    sql = tenant_sql(None)
    assert "SET search_path" not in sql
    assert "{{tenant}}" in sql
