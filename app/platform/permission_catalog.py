"""All permissions in the order people think of them: by module, then by what they are about, then by verb.

A row is a noun with its reading, creating and changing and its further verbs; reports stand together in one row
of their module, and so do functions that are about no record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.platform.actions import SELF
from app.platform.permissions import Grants
from app.platform.registry import Registry

INTERNAL = frozenset((SELF, "platform.create_first_user", "platform.link_user"))
"""What every user may anyhow, and what only the system does."""
BASIC = ("read", "create", "update")


@dataclass
class Subject:
    """A row: what a few permissions are about. `name` is `sales.order`, or the module for reports and functions."""

    name: str
    kind: Literal["record", "reports", "functions"] = "record"
    basic: dict[str, str] = field(default_factory=dict)
    """read, create, update -> permission."""
    more: list[str] = field(default_factory=list)

    @property
    def permissions(self) -> list[str]:
        return [*self.basic.values(), *self.more]


def subjects_by_module(registry: Registry) -> dict[str, list[Subject]]:
    """Module -> rows, modules as the menu has them, rows as their module declares them, reports and functions last."""
    found: dict[str, list[Subject]] = {module.name: [] for module in reversed(registry.modules)}
    rows: dict[str, Subject] = {}
    for resource in registry.resources.values():
        rows[resource.name] = Subject(resource.name)
        found.setdefault(resource.module, []).append(rows[resource.name])
    reports = {f"{view.module}.read_{view.name}" for view in registry.reports.values()}
    beside: dict[tuple[str, Literal["reports", "functions"]], Subject] = {}
    for permission in grantable(registry):
        module, _, name = permission.partition(".")
        noun, verb = _split(module, name, rows)
        if permission in reports:
            beside.setdefault((module, "reports"), Subject(module, "reports")).more.append(permission)
        elif not noun:
            beside.setdefault((module, "functions"), Subject(module, "functions")).more.append(permission)
        elif verb in BASIC:
            rows[f"{module}.{noun}"].basic[verb] = permission
        else:
            rows[f"{module}.{noun}"].more.append(permission)
    for (module, _), subject in sorted(beside.items(), reverse=True):
        found.setdefault(module, []).append(subject)
    kept = {module: [subject for subject in subjects if subject.permissions] for module, subjects in found.items()}
    return {module: subjects for module, subjects in kept.items() if subjects}


def _split(module: str, name: str, rows: Iterable[str]) -> tuple[str, str]:
    """(noun, verb): the longest noun of the module that ends the name; two empty texts where none does."""
    nouns = (row.partition(".")[2] for row in rows if row.startswith(f"{module}."))
    noun = max((noun for noun in nouns if name.endswith(f"_{noun}")), key=len, default="")
    return noun, name.removesuffix(f"_{noun}") if noun else ""


def grantable(registry: Registry) -> list[str]:
    """Every permission a role can hold, sorted."""
    return [permission for permission in registry.permissions if permission not in INTERNAL]


def expanded(patterns: Iterable[str], permissions: Iterable[str]) -> set[str]:
    """The permissions that patterns come to today."""
    grants = Grants(frozenset(patterns))
    return {permission for permission in permissions if permission in grants}


def patterns_for(wanted: set[str], kept: Sequence[str], permissions: Sequence[str]) -> list[str]:
    """What a role holds to allow exactly `wanted`: the kept patterns that reach no further, the rest by name.

    A pattern that reaches further dissolves into single permissions, and no longer follows what comes later.
    """
    fitting = [pattern for pattern in kept if expanded([pattern], permissions) <= wanted]
    return sorted({*fitting, *(wanted - expanded(fitting, permissions))})
