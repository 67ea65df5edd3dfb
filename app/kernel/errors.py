"""How Hanse refuses: five kinds, each with a stable code and the facts a person needs.

The code is the message id in both catalogs (`app/locales`); facts are its placeholders.
Doors turn a kind into an HTTP status; nothing below the doors knows HTTP. Anything that
is not a Refusal is a defect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, ClassVar


class Refusal(Exception):
    """The request cannot be done. `field` names the argument at fault, as `lines.2.quantity` or None."""

    kind: ClassVar[str] = "refusal"

    def __init__(self, code: str, /, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts

    def __str__(self) -> str:
        where = f" at {self.field}" if self.field else ""
        return f"{self.code}{where} {self.facts or ''}".strip()

    @property
    def findings(self) -> Sequence["Finding"]:
        """Every single mistake; one for most refusals, several for `Invalid.of(...)`."""
        return (Finding(self.code, self.field, self.facts),)


@dataclass(frozen=True)
class Finding:
    """One mistake in bulk validation: its code, the place, the facts."""

    code: str
    field: str | None = None
    facts: dict[str, Any] = dataclass_field(default_factory=dict)


class Invalid(Refusal):
    """The input is wrong (422)."""

    kind = "invalid"
    _findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Invalid":
        """One refusal carrying every finding of a bulk validation; never call it with none."""
        first = findings[0]
        refusal = cls(first.code, field=first.field, **first.facts)
        refusal._findings = tuple(findings)
        return refusal

    @property
    def findings(self) -> Sequence[Finding]:
        return self._findings or super().findings


class Forbidden(Refusal):
    """The actor may not do this (403)."""

    kind = "forbidden"


class Missing(Refusal):
    """There is no such record for this actor (404); also said of records the actor may not know."""

    kind = "missing"


class Conflict(Refusal):
    """The state of the world forbids it: stale version, closed period, no stock (409)."""

    kind = "conflict"


class Pending(Refusal):
    """Accepted, waiting for an approval (202); `facts["handle"]` finds the outcome."""

    kind = "pending"
