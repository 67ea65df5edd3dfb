"""`hanse`: every process and every operator's task, on the command line.

Commands import what they need when they run, so that `hanse --help` answers at once and `serve` never loads
what only `worker` uses. Exit codes: 0 done, 1 something is wrong with the installation or the request,
2 the command line itself is wrong.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.adapters.settings import Settings

app = typer.Typer(
    name="hanse",
    help="A multi-tenant ERP: `hanse up` runs all of it on this machine.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,  # a log wants a plain traceback
)


def load_settings() -> Settings:
    """This installation's settings."""
    from app.adapters.settings import Settings

    return Settings.load(os.environ)


def entry(name: str) -> Any:
    """`module:function`, imported now."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


@app.command()
def up() -> None:
    """Run everything on this machine: database, cache, web, worker. Ctrl-C stops it; data is kept in HANSE_HOME."""
    from rich.console import Console

    from app.up import run

    raise typer.Exit(run(load_settings(), Console(soft_wrap=True)))


@app.command()
def serve() -> None:
    """Serve the web tier (HANSE_WEB_WORKERS processes on HANSE_PORT)."""
    from app.adapters.shared_metrics import prepare_metrics_folder

    settings = load_settings()
    prepare_metrics_folder(settings.home)  # before anything imports the metrics
    entry("app.serve:run")(settings)


@app.command()
def worker() -> None:
    """Run jobs, the outbox relay and the sealers."""
    entry("app.worker:main")(load_settings())


@app.command()
def migrate() -> None:
    """Bring the control, queue and tenant databases to this release's schema."""
    from rich.console import Console
    from rich.progress import Progress

    run = entry("migrations.run:migrate")
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Tenants", total=None)
        migrated = run(load_settings(), lambda done, of: bar.update(task, completed=done, total=of))
    typer.echo(f"control {migrated.control}, queue {len(migrated.queue)} new, {len(migrated.failed)} tenants failed")
    for schema, reason in migrated.failed.items():
        typer.echo(f"{schema}: {reason}", err=True)
    if migrated.failed:
        raise typer.Exit(1)
    if migrated.blank == 0:
        entry("app.tenancy:refill")(load_settings(), 1)  # the first visitor of a new installation need not wait


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; all when none is named.")] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list of {name, value, unit, target, floor}.")
    ] = False,
) -> None:
    """Measure speed and size against the targets, on a stack of its own (needs a checkout)."""
    try:
        run = import_module("bench.run")
    except ModuleNotFoundError as error:
        if error.name not in ("bench", "bench.run"):
            raise
        typer.echo("The benches are not installed; run this from a checkout.", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(run.as_json(run.measure(names or ())))
    else:
        run.measure(names or (), lambda figure: typer.echo(run.line(figure)))


@app.command()
def doctor(
    *,
    settings: Annotated[bool, typer.Option("--settings", help="Print the table of all settings and stop.")] = False,
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Print the SQL that prepares a PostgreSQL server, and stop.")
    ] = False,
) -> None:
    """Say what is wrong with this installation, and how to mend it."""
    from app import doctor as checks

    if settings:
        typer.echo(checks.settings_table())
    elif bootstrap:
        typer.echo(checks.bootstrap_script())
    else:
        raise typer.Exit(checks.run(os.environ))


@app.command()
def do(
    action: Annotated[str, typer.Argument(help="The action's name, `sales.confirm_order`.")],
    pairs: Annotated[list[str] | None, typer.Argument(help="`key=value`, or `key:='[…]'` for JSON.")] = None,
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")] = "",
    company: Annotated[str, typer.Option("--company", help="Code of the company to work in; else the first.")] = "",
    user: Annotated[str, typer.Option("--as", help="E-mail of the user to act as; else the system itself.")] = "",
    key: Annotated[str, typer.Option("--key", help="Idempotency key.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the effects, change nothing.")] = False,
    locale: Annotated[str, typer.Option("--locale", help="Language of refusals: en or zh_CN.")] = "en",
    describe: Annotated[bool, typer.Option("--describe", help="Print the action's arguments and stop.")] = False,
) -> None:
    """Perform one action; prints its result as JSON.

    Exit codes: 0 done, 2 wrong input, 3 forbidden, 4 no such record, 5 in conflict, 6 waiting for approval.
    """
    from app import do as command

    if describe:
        typer.echo(command.describe(load_settings(), action))
        return
    if not tenant:
        raise typer.BadParameter("say which tenant", param_hint="--tenant")
    request = command.DoRequest(action, pairs or [], tenant, company, user, key, dry_run, locale)
    raise typer.Exit(command.run(load_settings(), request))


tenants_app = typer.Typer(help="Open tenants and list them.", no_args_is_help=True)
app.add_typer(tenants_app, name="tenant")


@tenants_app.command("create")
def tenant_create(
    slug: Annotated[str, typer.Argument(help="First part of its address, `acme`.")],
    *,
    company: Annotated[str, typer.Option("--company", help="Name of its first company.")],
    country: Annotated[str, typer.Option("--country", help="ISO 3166 code: CN, DE, US…")],
    email: Annotated[str, typer.Option("--email", help="Its owner's e-mail.")],
    name: Annotated[str, typer.Option("--name", help="Its owner's name.")] = "",
    locale: Annotated[str, typer.Option("--locale", help="en or zh_CN; else by country.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Open a tenant; prints its address, a one-time password and an API token, this once."""
    from dataclasses import asdict

    from app.api.output import to_json
    from app.kernel.errors import Refusal
    from app.tenancy import create

    try:
        made = create(load_settings(), slug, company, country.upper(), email, name, locale)
    except Refusal as refusal:
        _refused(refusal)
    facts = asdict(made)
    typer.echo(to_json(facts).decode() if as_json else "\n".join(f"{part:10} {facts[part]}" for part in facts))


@tenants_app.command("refill")
def tenant_refill(count: Annotated[int, typer.Argument(help="How many shall be ready.", min=1, max=1000)] = 3) -> None:
    """Make blank tenants, which sign-ups claim; the worker calls this when they run short."""
    from app.tenancy import refill

    typer.echo(f"{refill(load_settings(), count)} made")


@tenants_app.command("list")
def tenant_list(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """All usable tenants, oldest first."""
    from app.api.output import to_json
    from app.tenancy import active

    rows = [
        {
            "slug": found.slug,
            "company": found.company_name,
            "country": found.country,
            "id": found.id,
            "cell": found.cell,
        }
        for found in active(load_settings())
    ]
    if as_json:
        typer.echo(to_json(rows).decode())
        return
    for row in rows:
        typer.echo("\t".join(str(value) for value in row.values()))


@app.command()
def demo(
    slug: Annotated[str, typer.Argument(help="The tenant's slug.")],
    *,
    orders: Annotated[int, typer.Option("--orders", min=1, max=100_000, help="Orders in the year.")] = 2_100,
) -> None:
    """Fill a tenant that has no orders yet with a year of invented trade."""
    from app.demo.command import run
    from app.kernel.errors import Refusal

    try:
        raise typer.Exit(run(load_settings(), slug, orders))
    except Refusal as refusal:
        _refused(refusal)


people_app = typer.Typer(help="What the operator does for or against a person.", no_args_is_help=True)
app.add_typer(people_app, name="person")


@people_app.command("reset-factors")
def person_reset_factors(email: Annotated[str, typer.Argument(help="The e-mail address they sign in with.")]) -> None:
    """Take the second factors of somebody who has lost them and their recovery codes."""
    from app.people import reset_factors

    _of_person(reset_factors, email)


@people_app.command("disable")
def person_disable(email: Annotated[str, typer.Argument(help="The e-mail address they sign in with.")]) -> None:
    """Shut a person out of every company; nothing is deleted."""
    from app.people import disable

    _of_person(disable, email)


@people_app.command("enable")
def person_enable(email: Annotated[str, typer.Argument(help="The e-mail address they sign in with.")]) -> None:
    """Let a disabled person sign in again."""
    from app.people import enable

    _of_person(enable, email)


def _of_person(change: Callable[[Settings, str], object], email: str) -> None:
    from app.kernel.errors import Refusal

    try:
        typer.echo(str(change(load_settings(), email)))
    except Refusal as refusal:
        _refused(refusal)


@app.command()
def verify(
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug; else all.")] = "",
    locale: Annotated[str, typer.Option("--locale", help="Language of what is found: en or zh_CN.")] = "en",
) -> None:
    """Check the audit log against its proof, stock against its moves, ledgers against their lines. Changes nothing."""
    from app.kernel.errors import Refusal
    from app.verify import run

    try:
        raise typer.Exit(run(load_settings(), tenant, locale))
    except Refusal as refusal:
        _refused(refusal)


keys_app = typer.Typer(help="Keys of sealed fields.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")


@keys_app.command("rotate")
def keys_rotate(
    *, tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug; else all.")] = ""
) -> None:
    """Give tenants a new data key and seal their fields again with it, while they work."""
    from app.kernel.errors import Refusal
    from app.keys import rotate

    try:
        raise typer.Exit(rotate(load_settings(), tenant))
    except Refusal as refusal:
        _refused(refusal)


@keys_app.command("reseal")
def keys_reseal(
    *, tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug; else all.")] = ""
) -> None:
    """Seal again what is not sealed with the newest data key: after an upgrade, or a rotation that was stopped."""
    from app.kernel.errors import Refusal
    from app.keys import reseal

    try:
        raise typer.Exit(reseal(load_settings(), tenant))
    except Refusal as refusal:
        _refused(refusal)


@keys_app.command("rewrap")
def keys_rewrap() -> None:
    """Wrap every data key by the master key in use, so that an older one can go."""
    from app.keys import rewrap

    raise typer.Exit(rewrap(load_settings()))


@app.command("ledger-export")
def ledger_export(
    period: Annotated[str, typer.Argument(help="Code of a sealed period: 2026-01.")],
    target: Annotated[Path, typer.Argument(help="File to write.")],
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")],
    company: Annotated[str, typer.Option("--company", help="Code of the company; else the first.")] = "",
) -> None:
    """Write a sealed period as a signed file; `scripts/verify_ledger.py` checks it without Hanse."""
    from app.kernel.errors import Refusal
    from app.ledger_export import run

    try:
        count = run(load_settings(), tenant, company, period, target)
    except Refusal as refusal:
        _refused(refusal)
    typer.echo(f"{target}: {count} lines")


def _refused(refusal: Any) -> NoReturn:
    """A refusal as sentences, and its exit code."""
    from app.do import EXIT, complain

    complain(refusal, "en")
    sys.exit(EXIT[refusal.kind])


def main() -> None:
    """The console script: expected failures are one message, not a traceback."""
    from app.adapters.settings import SettingsError

    try:
        app()
    except SettingsError as error:
        _fail(str(error))
    except Exception as error:
        if type(error).__name__ not in ("UpError", "EmbeddedError", "AssetsError"):
            raise
        _fail(str(error))


def _fail(message: str) -> None:
    typer.secho("✗ ", fg=typer.colors.RED, err=True, nl=False)
    typer.echo(message, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
