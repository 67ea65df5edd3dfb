"""`hanse doctor`: what is wrong with an installation, and how to mend it.

Each check answers with findings; nothing is changed except one object and one folder written and removed.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

import psycopg
from psycopg import sql
from rich.console import Console

from app.adapters.assets import up_to_date
from app.adapters.embedded import bootstrap
from app.adapters.mail import MailFailed, SmtpMailer
from app.adapters.objects import object_key, open_store
from app.adapters.redis import connect
from app.adapters.sealing import SealingError, master_key_path, open_sealing
from app.adapters.settings import Settings, SettingsError, unknown_variables, variables
from app.kernel.ids import new_id
from migrations.history import head

OLDEST_POSTGRES: Final = 160000
LEAST_FREE_BYTES: Final = 2 << 30
SIGNS: Final = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}


@dataclass(frozen=True)
class Finding:
    """What one check found; `remedy` says what to do, and is empty when all is well."""

    state: Literal["ok", "warning", "wrong"]
    subject: str
    detail: str
    remedy: str = ""


def run(environ: Mapping[str, str]) -> int:
    """Print every finding; 1 when anything is wrong, else 0."""
    console = Console(soft_wrap=True)
    found = list(findings(environ))
    for finding in found:
        console.print(f"{SIGNS[finding.state]} [bold]{finding.subject}[/]: {finding.detail}", highlight=False)
        if finding.remedy:
            console.print(f"    → {finding.remedy}", highlight=False, markup=False)
    wrong = sum(finding.state == "wrong" for finding in found)
    console.print(f"\n{wrong or 'Nothing'} wrong, {len(found)} checks.", highlight=False)
    return 1 if wrong else 0


def findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """All checks in order; later ones are left out when they could not mean anything."""
    yield _python()
    try:
        settings = Settings.load(environ)
        settings.secret_key()
    except (SettingsError, OSError) as error:
        yield Finding("wrong", "Settings", str(error), "`hanse doctor --settings` lists what each may be")
        return
    yield Finding("ok", "Settings", f"{settings.mode}, {settings.public_url}")
    for name in unknown_variables(environ):
        yield Finding("warning", "Settings", f"{name} is not a setting of Hanse", "a misspelling? see --settings")
    yield _disk(settings)
    yield _master_key(settings)
    yield _assets()
    yield from _databases(settings)
    yield _redis(settings)
    yield _objects(settings)
    yield _mail(settings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.flags.optimize:
        return Finding("wrong", "Python", f"{version} with -O", "run without -O: assertions guard the books")
    return Finding("ok", "Python", version)


def _disk(settings: Settings) -> Finding:
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / (1 << 30):.1f} GiB free at {settings.home}"
    if free >= LEAST_FREE_BYTES:
        return Finding("ok", "Disk", detail)
    return Finding("wrong", "Disk", detail, "free some space, or set HANSE_HOME to a larger disk")


def _master_key(settings: Settings) -> Finding:
    """Whether secrets can be sealed and opened, and whether anybody else may read the key."""
    context, path = "doctor", master_key_path(settings)
    try:
        sealing = open_sealing(settings)
        opened = sealing.unseal(sealing.seal(b"written by hanse doctor", context), context)
    except (SealingError, OSError, UnicodeDecodeError) as error:
        return Finding("wrong", "Master key", str(error), "restore it, or check HANSE_MASTER_KEY and HANSE_KMS_KEY")
    assert opened == b"written by hanse doctor", "authenticated encryption gives back what it took"
    if settings.kms_key:
        return Finding("ok", "Master key", "the key management service seals and opens")
    if settings.master_key_value:
        return Finding("ok", "Master key", "HANSE_MASTER_KEY seals and opens")
    if path.stat().st_mode & 0o077:
        return Finding("wrong", "Master key", f"{path} can be read by others", f"chmod 600 {path}")
    if not settings.development:
        return Finding(
            "warning",
            "Master key",
            f"{path} seals and opens, on this machine",
            "with several machines set HANSE_MASTER_KEY or HANSE_KMS_KEY; keep a copy apart from the backups",
        )
    return Finding("ok", "Master key", f"{path} seals and opens")


def _assets() -> Finding:
    if up_to_date():
        return Finding("ok", "Front end", "built")
    return Finding("wrong", "Front end", "not built, or its sources have changed", "run `make assets` or `hanse up`")


def _databases(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        yield Finding("wrong", "Databases", "none set, none running", "run `hanse up`, or set HANSE_DATABASE_URL")
        return
    checks: list[tuple[str, str, str, Callable[[psycopg.Connection], Iterator[Finding]] | None]] = [
        ("Control database", "HANSE_DATABASE_URL", settings.database_url, None),
        ("Queue database", "HANSE_QUEUE_DATABASE_URL", settings.queue_database_url, None),
        ("Cell, login", "HANSE_TENANT_DATABASE_URL", settings.tenant_database_url, _login if settings.tenant_roles else None),
    ]  # fmt: skip
    if settings.owner_database_url:
        checks.append(("Cell, owner", "HANSE_OWNER_DATABASE_URL", settings.owner_database_url, _owner))
    reached = True
    for subject, variable, url, further in checks:
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                yield _version(subject, connection)
                if further is not None:
                    yield from further(connection)
        except psycopg.Error as error:
            reached = False
            yield Finding("wrong", subject, f"{error}".strip(), f"check {variable}; is the server running?")
    if reached and settings.tenant_roles and _same_user(settings):
        yield Finding(
            "wrong",
            "Cell",
            "owner and login are the same user, so tenant roles are no barrier",
            "make separate logins: `hanse doctor --bootstrap` prints the SQL",
        )
    if reached:
        yield _migrations(settings)


def _version(subject: str, connection: psycopg.Connection) -> Finding:
    server = connection.info.server_version
    encoding = connection.info.parameter_status("server_encoding")
    detail = f"PostgreSQL {server // 10000}.{server % 10000} as {connection.info.user}"
    if server < OLDEST_POSTGRES:
        return Finding("wrong", subject, detail, "PostgreSQL 16 or later is needed")
    if encoding != "UTF8":
        return Finding("wrong", subject, f"{detail}, encoding {encoding}", "create the database with ENCODING 'UTF8'")
    return Finding("ok", subject, detail)


_LOGIN_QUESTIONS: Final = (
    ("rolsuper OR rolbypassrls OR rolcreaterole", "may do more than a login", "ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE"),
    ("rolinherit", "inherits the rights of its tenant roles", "ALTER ROLE … NOINHERIT"),
    (
        "has_function_privilege('pg_catalog.set_config(text,text,boolean)', 'EXECUTE')",
        "may call set_config, which can change role and schema inside a statement",
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean) FROM PUBLIC",
    ),
    ("has_language_privilege('plpgsql', 'USAGE')", "may run PL/pgSQL", "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC"),
    ("has_database_privilege(current_database(), 'TEMP')", "may make temporary tables", "REVOKE TEMP ON DATABASE … FROM PUBLIC"),
    ("has_database_privilege(current_database(), 'CREATE')", "may make schemas", "REVOKE CREATE ON DATABASE … FROM PUBLIC"),
    ("has_schema_privilege('public', 'CREATE')", "may make objects in schema public", "REVOKE ALL ON SCHEMA public FROM PUBLIC"),
)  # fmt: skip


def _login(connection: psycopg.Connection) -> Iterator[Finding]:
    columns = sql.SQL(", ").join(sql.SQL(question) for question, _, _ in _LOGIN_QUESTIONS)
    query = sql.SQL("SELECT {} FROM pg_catalog.pg_roles WHERE rolname = current_user").format(columns)
    answers = connection.execute(query).fetchone()
    assert answers is not None, "the current user has a row in pg_roles"
    wrong = [row for row, answer in zip(_LOGIN_QUESTIONS, answers, strict=True) if answer]
    for _, meaning, remedy in wrong:
        yield Finding("wrong", "Tenant barrier", f"the cell's login {meaning}", remedy)
    if not wrong:
        yield Finding("ok", "Tenant barrier", f"{len(_LOGIN_QUESTIONS)} restrictions of the cell's login are in force")


def _owner(connection: psycopg.Connection) -> Iterator[Finding]:
    answer = connection.execute(
        "SELECT rolcreaterole OR rolsuper, has_database_privilege(current_database(), 'CREATE')"
        " FROM pg_catalog.pg_roles WHERE rolname = current_user"
    ).fetchone()
    makes_roles, makes_schemas = answer or (False, False)
    if not makes_roles:
        yield Finding("wrong", "Cell, owner", "cannot make tenant roles", "ALTER ROLE … CREATEROLE")
    if not makes_schemas:
        yield Finding("wrong", "Cell, owner", "cannot make schemas", "GRANT CREATE ON DATABASE … TO the owner")


def _same_user(settings: Settings) -> bool:
    if not settings.owner_database_url:
        return False
    users = [
        psycopg.conninfo.conninfo_to_dict(url).get("user")
        for url in (settings.owner_database_url, settings.tenant_database_url)
    ]
    return users[0] == users[1]


def _migrations(settings: Settings) -> Finding:
    """Compare the three histories with the databases; tenants only where the owner's address is known."""
    waiting = []
    try:
        with psycopg.connect(settings.database_url) as control:
            if _revisions(control, ["platform"]) != {head("control")}:
                waiting.append("control")
            schemas = [] if waiting else _tenant_schemas(control)
        with psycopg.connect(settings.queue_database_url) as queue:
            done = {name for (name,) in queue.execute("SELECT name FROM hanse_queue_migration")}
            if not done.issuperset(_queue_files()):
                waiting.append("queue")
        if settings.owner_database_url and schemas:
            with psycopg.connect(settings.owner_database_url) as cell:
                if _revisions(cell, schemas) != {head("tenant")}:
                    waiting.append("tenants")
    except psycopg.Error as error:
        return Finding("wrong", "Migrations", f"{error}".strip(), "run `hanse migrate`")
    if waiting:
        return Finding("wrong", "Migrations", f"not at this release: {', '.join(waiting)}", "run `hanse migrate`")
    return Finding("ok", "Migrations", f"at this release, {len(schemas)} tenants")


def _queue_files() -> set[str]:
    folder = files("procrastinate") / "sql" / "migrations"
    return {entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")}


def _tenant_schemas(control: psycopg.Connection) -> list[str]:
    rows = control.execute("SELECT schema FROM platform.tenant WHERE state NOT IN ('making', 'deleted')")
    return [schema for (schema,) in rows]


def _revisions(connection: psycopg.Connection, schemas: list[str]) -> set[str | None]:
    """The distinct revisions of these schemas; None stands for a schema without a history."""
    found: set[str | None] = set()
    kept = {
        schema
        for (schema,) in connection.execute(
            "SELECT relnamespace::regnamespace::text FROM pg_catalog.pg_class WHERE relname = 'alembic_version'"
        )
    }
    for schema in schemas:
        if schema not in kept:
            found.add(None)
            continue
        rows = connection.execute(
            sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(schema, "alembic_version"))
        )
        found |= {revision for (revision,) in rows}
    return found


def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("warning", "Redis", "none set, none running", "run `hanse up`, or set HANSE_REDIS_URL")
    client = connect(settings.redis_url)
    try:
        client.ping()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        return Finding("warning", "Redis", f"{error}", "check HANSE_REDIS_URL; until then limits count per process")
    finally:
        client.close()
    return Finding("ok", "Redis", "answers")


def _objects(settings: Settings) -> Finding:
    where = settings.objects_url.partition("?")[0]
    try:
        store = open_store(settings.objects_url, settings.secret_key())
        key, content = object_key("doctor", new_id()), b"written by hanse doctor"
        store.put(key, content)
        read = store.get(key)
        store.delete(key)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        return Finding("wrong", "Documents", f"{where}: {error}", "check HANSE_OBJECTS_URL and the credentials")
    if read != content:
        return Finding("wrong", "Documents", f"{where} gives back other bytes than were stored", "replace the store")
    return Finding("ok", "Documents", f"{where} stores and gives back")


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        if settings.development:
            return Finding("ok", "Mail", f"kept in {settings.mailbox}")
        return Finding("warning", "Mail", "no server set: nobody receives mail", "set HANSE_SMTP_URL")
    try:
        SmtpMailer(settings.smtp_url, f"doctor@{settings.domain}").check()
    except MailFailed as error:
        return Finding("wrong", "Mail", f"{error}", "check HANSE_SMTP_URL")
    return Finding("ok", "Mail", "the server answers")


def settings_table() -> str:
    """Every variable as a Markdown table: the body of docs/configuration.md."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for variable in variables():
        default = f"`{variable.default}`" if variable.default else ""
        lines.append(f"| `{variable.name}` | {default} | {variable.meaning} |")
    return "\n".join(lines)


def bootstrap_script() -> str:
    """SQL for a superuser of an external server, for psql; passwords are left to be filled in."""
    lines = ["-- Run with psql as a superuser; replace each password first."]
    lines += [f"{line.as_string()};" for line in bootstrap.role_statements(dict.fromkeys(bootstrap.ROLES, "CHANGE ME"))]
    for name, use in bootstrap.DATABASES.items():
        lines += [f"{bootstrap.database_statement(name).as_string()};", f"\\connect {name}"]
        lines += [f"{line.as_string()};" for line in bootstrap.access_statements(name, use)]
        if name == bootstrap.CELL_DATABASE:
            lines += [f"{line.as_string()};" for line in bootstrap.cell_revokes()]
    return "\n".join(lines)
