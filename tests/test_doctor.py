"""`hanse doctor` names what is wrong and how to mend it, and is content with the embedded stack."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from app.adapters.embedded.stack import Stack
from app.adapters.settings import variables
from app.doctor import Finding, bootstrap_script, findings, run, settings_table


@pytest.fixture
def environ(stack: Stack, tmp_path: Path) -> dict[str, str]:
    """The test stack as an installation of its own home folder."""
    return replace(stack.settings, home=tmp_path, objects_url=f"folder://{tmp_path}/objects").environment(owner=True)


def found(environ: dict[str, str], subject: str) -> list[Finding]:
    return [finding for finding in findings(environ) if finding.subject == subject]


def test_a_wrong_setting_is_named_and_ends_the_checks() -> None:
    last = list(findings({"HANSE_PORT": "x"}))[-1]
    assert (last.state, last.subject) == ("wrong", "Settings")
    assert "HANSE_PORT" in last.detail


def test_nothing_set_and_nothing_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"HANSE_HOME": str(tmp_path)}) == 1
    said = capsys.readouterr().out
    assert "none set, none running" in said
    assert "run `hanse up`" in said


def test_the_embedded_stack_is_sound(environ: dict[str, str]) -> None:
    for subject in ("Tenant barrier", "Control database", "Queue database", "Redis", "Documents", "Mail"):
        assert [finding.state for finding in found(environ, subject)] == ["ok"], subject


def test_a_master_key_others_may_read_is_wrong(environ: dict[str, str], tmp_path: Path) -> None:
    assert [finding.state for finding in found(environ, "Master key")] == ["ok"]
    (tmp_path / "master.key").chmod(0o644)
    (wrong,) = found(environ, "Master key")
    assert (wrong.state, wrong.remedy) == ("wrong", f"chmod 600 {tmp_path}/master.key")
    (tmp_path / "master.key").write_text("short")
    assert found(environ, "Master key")[0].state == "wrong"


def test_misspelt_variables_are_reported(environ: dict[str, str]) -> None:
    assert any("HANSE_PROT" in finding.detail for finding in found({**environ, "HANSE_PROT": "1"}, "Settings"))


@pytest.fixture
def careless_cell(stack: Stack) -> Iterator[None]:
    """A cell on which somebody undid the revokes."""
    assert stack.postgres is not None
    undo = (
        "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean) TO hanse_login",
        "GRANT USAGE ON LANGUAGE plpgsql TO hanse_login",
        "GRANT TEMP ON DATABASE hanse_cell TO hanse_login",
    )
    with psycopg.connect(stack.postgres.urls.superuser, dbname="hanse_cell") as connection:
        for statement in undo:
            connection.execute(statement.encode())
    yield
    with psycopg.connect(stack.postgres.urls.superuser, dbname="hanse_cell") as connection:
        for statement in undo:
            connection.execute(statement.replace("GRANT", "REVOKE").replace(" TO ", " FROM ").encode())


@pytest.mark.usefixtures("careless_cell")
def test_missing_revokes_are_found(environ: dict[str, str]) -> None:
    wrong = found(environ, "Tenant barrier")
    assert {finding.state for finding in wrong} == {"wrong"}
    assert len(wrong) == 3
    assert all(finding.remedy.startswith("REVOKE") for finding in wrong)


def test_owner_and_login_must_differ(environ: dict[str, str]) -> None:
    same = {**environ, "HANSE_OWNER_DATABASE_URL": environ["HANSE_TENANT_DATABASE_URL"]}
    assert any("same user" in finding.detail for finding in findings(same))
    assert any("cannot make tenant roles" in finding.detail for finding in findings(same))


def test_unreachable_services_are_named(environ: dict[str, str]) -> None:
    gone = {
        **environ,
        "HANSE_DATABASE_URL": "postgresql://u@127.0.0.1:1/d",
        "HANSE_REDIS_URL": "unix:///nowhere",
        "HANSE_OBJECTS_URL": "folder:///proc/nowhere",
        "HANSE_SMTP_URL": "smtp://127.0.0.1:1",
    }
    remedies = {finding.remedy for finding in findings(gone) if finding.state != "ok"}
    for variable in ("HANSE_DATABASE_URL", "HANSE_REDIS_URL", "HANSE_OBJECTS_URL", "HANSE_SMTP_URL"):
        assert any(variable in remedy for remedy in remedies), variable


def test_the_settings_table_has_every_variable() -> None:
    table = settings_table()
    assert all(f"| `{variable.name}` |" in table for variable in variables())


def test_the_bootstrap_script_holds_no_password_and_all_revokes() -> None:
    script = bootstrap_script()
    assert script.count("PASSWORD 'CHANGE ME'") == 5
    assert "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config" in script
    assert "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC" in script
