"""What the modules declare, joined: the only thing doors know of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.adapters.db import Model
from app.kernel.errors import Finding
from app.kernel.text import path_of
from app.platform.actions import ACTIONS, Action
from app.platform.permissions import KNOWN_PERMISSIONS, SHOWN_FIELDS, module_of, name_of, read_permission
from app.platform.users import Role, role_rows
from app.platform.views import (
    Contribution,
    DocumentView,
    ImportView,
    ListView,
    Menu,
    OverviewView,
    ReportView,
    View,
    WizardView,
)
from app.platform.work import Work

SeedRows = Sequence[tuple[type[Model], Sequence[Mapping[str, Any]]]]


@dataclass(frozen=True)
class Module:
    """One business module as the doors see it."""

    name: str
    icon: str = "box"
    views: Sequence[View] = ()
    menu: Sequence[Menu] = ()
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Starter role -> permission patterns; roles of the same name are joined over modules."""
    contributes: Sequence[Contribution] = ()
    seeds: Sequence[Callable[[], SeedRows]] = ()
    """Rows every new tenant starts with, the same in all; compiled into the provisioning script."""
    jobs: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """Job name -> function(context, **arguments); asked for through `platform.jobs.request_job`."""
    checks: Sequence[Callable[[Work], list[Finding]]] = ()
    """What must hold in the books of the company at work, read by `hanse verify`; each tells what does not."""
    upkeep: Sequence[Callable[..., None]] = ()
    """(router, gate, system actor) -> background work after facts of a tenant: sealing, settling. Idempotent."""


@dataclass(frozen=True)
class Resource:
    """A noun with its list, its document and its actions: one web path and one REST collection."""

    module: str
    noun: str
    model: type[Model]
    list: ListView | None
    document: DocumentView | None
    actions: Sequence[Action[..., Any]]

    @property
    def name(self) -> str:
        return f"{self.module}.{self.noun}"

    @property
    def path(self) -> str:
        """`/sales/orders`"""
        return f"/{self.module}/{path_of(self.noun)}"

    @property
    def read_permission(self) -> str:
        return read_permission(self.model)


class Registry:
    """Built once by the wire (`app.main`, `app.cli`, `app.worker`) from the modules in order."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = list(modules)
        for view in [*self._views(ListView), *self._views(DocumentView)]:
            SHOWN_FIELDS.setdefault(name_of(view.model), set()).update(view.field_names)
        KNOWN_PERMISSIONS.update(self.permissions)

    @cached_property
    def actions(self) -> dict[str, Action[..., Any]]:
        return dict(ACTIONS)

    def _views(self, kind: type[Any]) -> list[Any]:
        return [view for module in self.modules for view in module.views if isinstance(view, kind)]

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """`sales.order` -> its resource."""
        lists: dict[type[Model], ListView] = {view.model: view for view in self._views(ListView)}
        documents: dict[type[Model], DocumentView] = {view.model: view for view in self._views(DocumentView)}
        found: dict[str, Resource] = {}
        for model in {**lists, **documents}:
            module, noun = module_of(model), str(model.__noun__)
            actions = [a for a in self.actions.values() if a.module == module and a.noun == noun]
            resource = Resource(module, noun, model, lists.get(model), documents.get(model), actions)
            found[resource.name] = resource
        return found

    @cached_property
    def by_path(self) -> dict[str, Resource]:
        """`/sales/orders` -> its resource."""
        return {resource.path: resource for resource in self.resources.values()}

    def resource_of(self, model: type[Model]) -> Resource | None:
        return self.resources.get(f"{module_of(model)}.{model.__noun__}")

    @cached_property
    def reports(self) -> dict[str, ReportView]:
        """`finance.trial_balance` -> its report."""
        return {f"{view.module}.{view.name}": view for view in self._views(ReportView)}

    @cached_property
    def overviews(self) -> list[OverviewView]:
        return self._views(OverviewView)

    @cached_property
    def wizards(self) -> dict[str, WizardView]:
        return {f"{view.module}.{view.name}": view for view in self._views(WizardView)}

    @cached_property
    def imports(self) -> dict[str, ImportView]:
        """`finance.vouchers` -> the sheet it is read from."""
        return {f"{view.module}.{view.name}": view for view in self._views(ImportView)}

    def contributions(self, model: type[Model]) -> list[Contribution]:
        return [c for module in self.modules for c in module.contributes if c.to is model]

    @cached_property
    def permissions(self) -> list[str]:
        """Every permission there is: actions, read rights of resources and reports."""
        names = {a.permission for a in self.actions.values()}
        names |= {resource.read_permission for resource in self.resources.values()}
        names |= {f"{view.module}.read_{view.name}" for view in self.reports.values()}
        return sorted(names)

    @cached_property
    def roles(self) -> dict[str, list[str]]:
        """Starter roles joined over the modules."""
        joined: dict[str, list[str]] = {}
        for module in self.modules:
            for role, patterns in module.roles.items():
                joined.setdefault(role, []).extend(patterns)
        return joined

    def seed_rows(self) -> list[tuple[type[Model], Sequence[Mapping[str, Any]]]]:
        """What every new tenant starts with, in the order of its foreign keys: the roles, then the modules' lists."""
        rows = [(model, found) for module in self.modules for seed in module.seeds for model, found in seed()]
        return [(Role, role_rows(self.roles)), *rows]

    @cached_property
    def checks(self) -> list[Callable[[Work], list[Finding]]]:
        return [check for module in self.modules for check in module.checks]

    @cached_property
    def upkeep(self) -> list[Callable[..., None]]:
        return [run for module in self.modules for run in module.upkeep]

    @cached_property
    def jobs(self) -> dict[str, Callable[..., Any]]:
        return {f"{module.name}.{name}": job for module in self.modules for name, job in module.jobs.items()}
