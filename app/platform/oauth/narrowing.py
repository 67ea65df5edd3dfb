"""Two narrowings at once: what a person's roles leave, and what the roles an installation is limited to leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from app.adapters.db import Model
from app.platform.actions import Action
from app.platform.permissions import Narrowing
from app.platform.work import Work


@dataclass(frozen=True)
class Both:
    """Rows that both show, fields that neither hides, calls that both admit."""

    first: Narrowing
    second: Narrowing

    def rows(self, work: Work, model: type[Model]) -> ColumnElement[bool] | None:
        """The rows both show; None where neither narrows."""
        parts = [part for part in (self.first.rows(work, model), self.second.rows(work, model)) if part is not None]
        return and_(*parts) if parts else None

    def hidden(self, model: type[Model]) -> frozenset[str]:
        """What either hides."""
        return self.first.hidden(model) | self.second.hidden(model)

    def fixed(self, model: type[Model]) -> frozenset[str]:
        """What either keeps from being written."""
        return self.first.fixed(model) | self.second.fixed(model)

    def admit(self, work: Work, act: Action[..., Any], arguments: Mapping[str, Any]) -> None:
        """Refused by either."""
        self.first.admit(work, act, arguments)
        self.second.admit(work, act, arguments)

    def admit_records(self, work: Work, act: Action[..., Any], arguments: Mapping[str, Any]) -> None:
        """Refused by either."""
        self.first.admit_records(work, act, arguments)
        self.second.admit_records(work, act, arguments)

    def emptied(self, model: type[Model]) -> Mapping[str, Any]:
        """Empty by either."""
        return {**self.first.emptied(model), **self.second.emptied(model)}

    def veil(self, session: Session) -> None:
        """Veiled by both."""
        self.first.veil(session)
        self.second.veil(session)

    def keep(self, work: Work, act: Action[..., Any], arguments: Mapping[str, Any], result: Any) -> None:
        """Refused by either."""
        self.first.keep(work, act, arguments, result)
        self.second.keep(work, act, arguments, result)


def both(first: Narrowing | None, second: Narrowing | None) -> Narrowing | None:
    """The two together; the other one where there is only one."""
    if first is None or second is None:
        return first or second
    return Both(first, second)
