"""Where the two Alembic histories lie, their heads, and the SQL between two revisions."""

from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).resolve().parent
GUARDS = FOLDER / "tenant" / "guards.sql"


def config(history: str, versions: Path | None = None, output: StringIO | None = None) -> Config:
    """Alembic's configuration of `control` or `tenant`; tests may give other `versions`."""
    made = Config(output_buffer=output)
    made.set_main_option("script_location", str(FOLDER / history))
    made.set_main_option("path_separator", "os")
    if versions is not None:
        made.set_main_option("version_locations", str(versions))
    return made


def head(history: str, versions: Path | None = None) -> str:
    """The newest revision; an error where there is none or more than one."""
    found = ScriptDirectory.from_config(config(history, versions)).get_current_head()
    if found is None:
        raise RuntimeError(f"the {history} history has no revision")
    return found


def revisions(history: str, versions: Path | None = None) -> list[str]:
    """Every revision of a history, newest first."""
    scripts = ScriptDirectory.from_config(config(history, versions))
    return [script.revision for script in scripts.walk_revisions()]


def tenant_sql(start: str | None, versions: Path | None = None, *, guarded: bool = True) -> str:
    """The tenant history from a revision (None: from nothing) to the head, as one script with placeholders.

    Guards belong to the head, not to a revision: where a revision on the way says `guards = True`,
    `guards.sql` is applied as it stands now, after everything else (not under Citus: `guarded=False`).
    """
    output = StringIO()
    made = config("tenant", versions, output)
    command.upgrade(made, f"{start}:head" if start else "head", sql=True)
    scripts = ScriptDirectory.from_config(made)
    on_the_way = list(scripts.iterate_revisions("head", start or "base"))
    sql = output.getvalue().strip()
    if guarded and any(getattr(script.module, "guards", False) for script in on_the_way):
        sql += f"\n{guards()}"
    return sql


def guards() -> str:
    """The triggers that only refuse: the ones `docs/architecture.md` allows."""
    return GUARDS.read_text() if GUARDS.exists() else ""
