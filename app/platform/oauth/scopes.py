"""What an app may ask for, derived from modules and actions, so that a new action needs no list of its own.

- `sales:read`   every read right of the module
- `sales:write`  every action of the module
- `sales.confirm_order`, `sales.read_order`   one action, one read right

Of the platform itself an app may read companies and departments and use what every signed-in person may (comments,
files, preferences). Users, roles, approvals, apps and the audit log are not offered: an app never administers a tenant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from app.kernel.errors import Invalid
from app.platform.actions import SELF
from app.platform.registry import Registry

PLATFORM_READ = frozenset(("platform.read_company", "platform.read_department"))
MOST_SCOPES = 100
Kind = Literal["read", "write", "action"]


@dataclass(frozen=True)
class Scope:
    """One word of a `scope` parameter and the permissions it stands for."""

    name: str
    module: str
    kind: Kind
    permissions: frozenset[str]


class Catalogue:
    """All scopes of an installation of Hanse."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @cached_property
    def scopes(self) -> Mapping[str, Scope]:
        """By name: wide ones first, in the order of the modules."""
        found: dict[str, Scope] = {}
        offered = {module.name: self._offered(module.name) for module in self._registry.modules}
        for module, permissions in offered.items():
            reads = frozenset(name for name in permissions if _reads(name))
            for kind, those in (("read", reads), ("write", permissions - reads)):
                if those:
                    found[f"{module}:{kind}"] = Scope(f"{module}:{kind}", module, kind, those)  # type: ignore[arg-type]
        for module, permissions in offered.items():
            for name in sorted(permissions - {SELF}):
                found[name] = Scope(name, module, "action", frozenset((name,)))
        return found

    def _offered(self, module: str) -> frozenset[str]:
        if module == "platform":
            return PLATFORM_READ | {SELF}
        return frozenset(name for name in self._registry.permissions if name.startswith(f"{module}."))

    def expand(self, scopes: Iterable[str]) -> frozenset[str]:
        """The permissions behind scope names; a name no longer known stands for nothing."""
        return self._expand(frozenset(scopes))

    @lru_cache(maxsize=2_000)  # noqa: B019  # one catalogue a process
    def _expand(self, scopes: frozenset[str]) -> frozenset[str]:
        known = [self.scopes[name].permissions for name in scopes if name in self.scopes]
        return frozenset().union(*known)

    def covers(self, granted: Iterable[str], asked: Iterable[str]) -> bool:
        """Whether everything asked for lies within what was granted: `sales:write` covers `sales.confirm_order`."""
        wanted = set(asked)
        return wanted <= self.scopes.keys() and self.expand(wanted) <= self.expand(granted)

    def checked(self, names: Iterable[str]) -> list[str]:
        """The names in catalogue order, each once. Invalid `app.scope_unknown` or `app.scopes_none` at `scopes`."""
        wanted = {name for name in names if name}
        if not wanted:
            raise Invalid("app.scopes_none", field="scopes")
        stray = sorted(wanted - self.scopes.keys())
        if stray or len(wanted) > MOST_SCOPES:
            raise Invalid("app.scope_unknown", field="scopes", scope=(stray or ["…"])[0][:60])
        return [name for name in self.scopes if name in wanted]


def _reads(permission: str) -> bool:
    return permission.partition(".")[2].startswith("read_")
