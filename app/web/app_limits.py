"""How far an app is let in: the inputs for companies and roles, on the consent page and on its own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Invalid
from app.platform.organisation import companies
from app.platform.users import Role
from app.platform.work import Work
from app.web.portal import Visit
from app.web.widgets import Choice, FieldBox

MOST = 200


def limit_boxes(visit: Visit, work: Work, company_ids: Sequence[str], role_ids: Sequence[str]) -> list[FieldBox]:
    """Checkboxes of companies, where there are several, and of roles; none checked means no limit."""
    labels = visit.labels
    found = [(str(company.id), company.name) for company in companies(work)]
    roles = work.session.scalars(select(Role).order_by(Role.name)).all()
    named = [(str(role.id), labels.optional(f"platform.user.roles.{role.code}") or role.name) for role in roles]
    boxes = [
        _box(visit, "company_ids", found, company_ids) if len(found) > 1 else None,
        _box(visit, "role_ids", named, role_ids),
    ]
    return [box for box in boxes if box is not None]


def _box(visit: Visit, name: str, options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> FieldBox:
    labels = visit.labels
    choices = [Choice(key, text, key in chosen) for key, text in options]
    return FieldBox(
        name,
        labels.text(f"web.app.{name}"),
        "choice",
        choices=choices,
        multiple=True,
        help=labels.text(f"web.app.{name}.hint"),
        span=2,
    )


def read_limits(visit: Visit) -> tuple[list[UUID], list[UUID]]:
    """(companies, roles) of the posted form."""
    return _ids(visit, "company_ids"), _ids(visit, "role_ids")


def _ids(visit: Visit, name: str) -> list[UUID]:
    given = [value for key, value in visit.pairs if key == name][:MOST]
    try:
        return [UUID(value) for value in given]
    except ValueError:
        raise Invalid("app.limit_unknown", field=name) from None
