"""What the roles of a tenant may do with each table, read from the models' class switches.

The script of a new tenant and the migrations both take their GRANTs from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Table

from app.adapters.db import Model

READ = ("SELECT",)
APPEND = ("SELECT", "INSERT")
DRAIN = ("SELECT", "UPDATE", "DELETE")  # UPDATE only because FOR UPDATE SKIP LOCKED asks for it
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class TableGrants:
    """Privileges of the tenant role and of the sealer role on one table."""

    tenant: tuple[str, ...]
    sealer: tuple[str, ...]


def grants_of(model: type[Model]) -> TableGrants:
    """Privileges by the class switches; TypeError where two of them contradict each other."""
    switches = [name for name in ("__append_only__", "__sealed__", "__drained__") if getattr(model, name)]
    if len(switches) > 1:
        raise TypeError(f"{model.__name__} cannot be {' and '.join(switches)}")
    kind = switches[0] if switches else ""
    tenant = {"__append_only__": APPEND, "__sealed__": READ, "__drained__": APPEND}.get(kind, WRITE)
    sealer = {"__sealed__": WRITE, "__drained__": DRAIN}.get(kind, READ)
    return TableGrants(tenant, (*sealer, *(right for right in model.__sealer_may__ if right not in sealer)))


def table_grants() -> dict[str, TableGrants]:
    """Table name -> privileges, for every mapped table of the tenant schema, in name order."""
    found: dict[str, TableGrants] = {}
    for mapper in Model.registry.mappers:
        table = mapper.local_table
        if isinstance(table, Table) and table.metadata is Model.metadata:
            found[table.name] = grants_of(mapper.class_)
    for table in Model.metadata.tables.values():
        found.setdefault(table.name, TableGrants(WRITE, READ))  # a bare association table
    return dict(sorted(found.items()))


def grant_statements(grants: dict[str, TableGrants], tenant: str, sealer: str) -> Iterator[str]:
    """One GRANT a kind of privilege and role: `tenant` and `sealer` are identifiers or placeholders."""
    yield from _grants({name: grant.tenant for name, grant in grants.items()}, tenant)
    yield from _grants({name: grant.sealer for name, grant in grants.items()}, sealer)


def _grants(rights: dict[str, tuple[str, ...]], role: str) -> Iterator[str]:
    for kind in sorted(set(rights.values())):
        yield f"GRANT {', '.join(kind)} ON {', '.join(name for name, has in rights.items() if has == kind)} TO {role}"
