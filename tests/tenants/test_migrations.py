"""The compiled script leaves what the migrations leave; migrations over many tenants resume and never stop at one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import app.platform
from migrations.history import config, head, tenant_sql
from migrations.initial import write_initial
from migrations.models import PLATFORM, load_models
from migrations.queue import migrate_queue
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
    """Both first revisions, written from the models as they are now."""
    load_models()
    write_initial(control=tmp_path / "control", tenant=tmp_path / "tenant")
    return tmp_path / "tenant"


def emptied(owner: psycopg.Connection, tenant: TenantRef) -> TenantRef:
    """The tenant's schema with nothing in it, as before any migration."""
    owner.execute(f"DROP SCHEMA {tenant.schema} CASCADE; CREATE SCHEMA {tenant.schema}".encode())
    return tenant


def test_script_equals_upgrade_from_empty(
    installation: Installation, owner: psycopg.Connection, versions: Path, tenant: TenantRef
) -> None:
    other = emptied(owner, installation.new_tenant())
    report = Rolling(installation.cells, "main", versions).run([other.schema])
    assert report.upgraded == [other.schema]
    assert list(described(owner, other.schema)) == list(described(owner, tenant.schema))


def test_committed_history_equals_the_models(
    installation: Installation, owner: psycopg.Connection, tenant: TenantRef
) -> None:
    other = emptied(owner, installation.new_tenant())
    assert Rolling(installation.cells, "main").run([other.schema]).failed == {}
    found, expected = list(described(owner, other.schema)), list(described(owner, tenant.schema))
    assert found == expected, (
        "models and migrations differ: `python -m migrations.run new tenant MESSAGE`, "
        "or before the first release `python -m migrations.run regenerate-initial`"
    )


def test_control_history_equals_the_models(tmp_path: Path) -> None:
    write_initial(control=tmp_path / "control", tenant=tmp_path / "tenant")
    committed = Path(config("control").get_main_option("script_location") or "") / "versions" / "0001_initial.py"
    assert committed.read_text() == (tmp_path / "control" / "0001_initial.py").read_text()


def test_every_file_with_tables_is_imported() -> None:
    folder = Path(app.platform.__path__[0])
    found = {
        path.stem
        for path in folder.glob("*.py")
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
    (versions / "0002_extra.py").write_text(NEXT.format(revision="0002", before="0001", change=add))
    owner.execute(f"ALTER TABLE {schemas[2]}.outbox_event ADD extra int".encode())

    first = Rolling(installation.cells, "main", versions).run(schemas)
    assert list(first.failed) == [schemas[2]]
    assert "already exists" in first.failed[schemas[2]]
    assert first.upgraded == [schema for schema in schemas if schema != schemas[2]]

    owner.execute(f"ALTER TABLE {schemas[2]}.outbox_event DROP extra".encode())
    again = Rolling(installation.cells, "main", versions).run(schemas)
    assert (again.upgraded, len(again.current), again.failed) == ([schemas[2]], 4, {})

    (versions / "0002_extra.py").unlink()
    older_release = Rolling(installation.cells, "main", versions).run(schemas)
    assert (older_release.ahead, older_release.failed) == (schemas, {})


def test_a_locked_tenant_is_left_in_time(
    installation: Installation, owner: psycopg.Connection, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrations.rolling.LOCK_TIMEOUT", "50ms")
    busy, free = installation.new_tenant(), installation.new_tenant()
    add = "op.add_column('outbox_event', sa.Column('extra', sa.Text()))"
    (versions / "0002_extra.py").write_text(NEXT.format(revision="0002", before="0001", change=add))
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
