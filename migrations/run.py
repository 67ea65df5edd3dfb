"""Upgrades the control schema, the queue and every tenant; `python -m migrations.run` or `hanse migrate`.

Run by the owner before the new release serves. Safe to run again at any time, and beside a running release.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from alembic import command
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.adapters.db import control_engine
from app.adapters.settings import Settings
from migrations.history import config, guards, head
from migrations.models import load_models
from migrations.queue import migrate_queue
from migrations.revise import write_revision
from migrations.rolling import Report, Rolling
from tenants.cells import Cells
from tenants.models import Tenant, TenantState
from tenants.provision import register_cell
from tenants.script import Blueprint, SeedRows

LOCK = 724_118_002
Progress = Callable[[int, int], None]


@dataclass
class Migrated:
    """The outcome of one run: the control revision, the queue files that ran, and a report per cell."""

    control: str
    queue: list[str]
    cells: dict[str, Report] = field(default_factory=dict)
    blank: int = 0
    """Tenants that wait to be claimed."""

    @property
    def failed(self) -> dict[str, str]:
        """Schema -> reason, over all cells."""
        return {schema: reason for report in self.cells.values() for schema, reason in report.failed.items()}


def migrate(settings: Settings, progress: Progress = lambda _done, _of: None) -> Migrated:
    """Bring all three histories to their heads. Tenants that fail are reported, not raised."""
    settings.require("database_url", "queue_database_url", "owner_database_url")
    migrate_control(settings.database_url)
    migrated = Migrated(head("control"), migrate_queue(settings.queue_database_url))
    load_models()
    cells = Cells.of(settings)
    control = control_engine(settings.database_url)
    try:
        for key in cells.urls:
            register_cell(control, key)
            with Session(control) as session:
                left_out = (TenantState.MAKING, TenantState.DELETED)
                schemas = session.scalars(
                    select(Tenant.schema).where(Tenant.cell == key, Tenant.state.not_in(left_out)).order_by(Tenant.id)
                ).all()
            migrated.cells[key] = Rolling(cells, key).run(schemas, progress)
        with Session(control) as session:
            migrated.blank = session.scalar(select(func.count()).where(Tenant.state == TenantState.BLANK)) or 0
    finally:
        control.dispose()
    return migrated


def migrate_control(url: str) -> None:
    """Bring the control schema to its head, in one transaction, one run at a time."""
    engine = control_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS platform"))
            made = config("control")
            made.attributes["connection"] = connection
            command.upgrade(made, "head")
    finally:
        engine.dispose()


def blueprint(*, roles: bool = True, seeds: SeedRows = ()) -> Blueprint:
    """How new tenants are made: the models as they are, stamped with the head of the tenant history."""
    load_models()
    return Blueprint.of_models(head=head("tenant"), guards=guards() if roles else "", seeds=seeds)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this file; `hanse migrate` calls `migrate` itself."""
    parser = argparse.ArgumentParser(prog="python -m migrations.run", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    new = commands.add_parser("new", help="start a revision with what the models say and the history does not yet")
    new.add_argument("history", choices=["control", "tenant"])
    new.add_argument("message", help="what changes and why; the docstring of the file")
    new.add_argument("--slug", default="", help="the words of the file's name, where the message is long")
    chosen = parser.parse_args(arguments)
    if chosen.command == "new":
        slug = re.sub(r"[^a-z0-9]+", "_", chosen.slug or chosen.message.lower()).strip("_")
        try:
            sys.stdout.write(f"{write_revision(chosen.history, chosen.message, slug)}\n")
        except ValueError as nothing:
            sys.stderr.write(f"{nothing}\n")
            return 1
        return 0
    migrated = migrate(Settings.load(os.environ))
    for schema, reason in migrated.failed.items():
        sys.stderr.write(f"{schema}: {reason}\n")
    return 1 if migrated.failed else 0


if __name__ == "__main__":
    sys.exit(main())
