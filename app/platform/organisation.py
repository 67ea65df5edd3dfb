"""Companies and departments of a tenant: permissions, numbering and business dates need them, so they live here.

A tenant may hold several companies; "switch company" means choosing which of them one works in.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Choice, Code, Currency, Key, Memo, Model, Name, Versioned
from app.adapters.sealed import Sealed
from app.kernel.errors import Conflict, Invalid
from app.platform.actions import action
from app.platform.events import Event
from app.platform.permissions import narrowed
from app.platform.reference import facts_of
from app.platform.step_up import require_fresh
from app.platform.work import Work

CODE_LENGTH = 40
CostRecognition = Literal["invoice", "delivery"]
CostingMethod = Literal["fifo", "average"]

# What a new company starts with, by country; everything can be changed while nothing is posted.
DEFAULTS: dict[str, tuple[str, str, str, str]] = {
    # country: (currency, zone, chart template, cost recognition)
    "CN": ("CNY", "Asia/Shanghai", "cn_cas", "invoice"),
    "HK": ("HKD", "Asia/Hong_Kong", "ifrs", "delivery"),
    "DE": ("EUR", "Europe/Berlin", "ifrs", "delivery"),
    "FR": ("EUR", "Europe/Paris", "ifrs", "delivery"),
    "NL": ("EUR", "Europe/Amsterdam", "ifrs", "delivery"),
    "GB": ("GBP", "Europe/London", "ifrs", "delivery"),
    "US": ("USD", "America/New_York", "ifrs", "delivery"),
    "SG": ("SGD", "Asia/Singapore", "ifrs", "delivery"),
    "JP": ("JPY", "Asia/Tokyo", "ifrs", "delivery"),
}


class Company(Versioned, Model):
    """A legal entity with its own books, numbers, time zone and base currency."""

    __tablename__ = "platform_company"
    __reference__ = True
    __noun__ = "company"
    __label__ = "name"
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    country: Mapped[str] = mapped_column(String(2), info={"kind": "code"})
    currency: Mapped[Currency]
    zone: Mapped[str] = mapped_column(String(64), info={"kind": "code"})
    fiscal_start_month: Mapped[int] = mapped_column(Integer, default=1)
    chart: Mapped[Choice]
    cost_recognition: Mapped[Choice]
    costing_method: Mapped[Choice] = mapped_column(default="average")
    tax_number: Mapped[str] = mapped_column(String(40), default="", info={"kind": "code"})
    address: Mapped[Memo] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(String(40), default="", info={"kind": "phone"})
    email: Mapped[str] = mapped_column(String(254), default="", info={"kind": "email"})
    bank_name: Mapped[str] = mapped_column(String(200), default="")
    bank_account: Mapped[str] = mapped_column(
        Sealed("platform_company.bank_account"), default="", info={"kind": "code"}
    )
    ready: Mapped[bool] = mapped_column(default=False)
    """Whether its books have been set up."""
    __table_args__ = (
        CheckConstraint("fiscal_start_month BETWEEN 1 AND 12", name="fiscal_start_month"),
        CheckConstraint("cost_recognition IN ('invoice', 'delivery')", name="cost_recognition"),
        CheckConstraint("costing_method IN ('fifo', 'average')", name="costing_method"),
    )


class Department(Versioned, Model):
    """A node of a company's department tree."""

    __tablename__ = "platform_department"
    __noun__ = "department"
    __label__ = "name"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("platform_department.id"))
    code: Mapped[Code]
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (UniqueConstraint("company_id", "code"),)


@dataclass(frozen=True, slots=True)
class DepartmentMoved(Event):
    """A department was made or now lies under another one: what is read from the tree is read anew."""

    department_id: UUID


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """A company as documents rest on it."""

    id: UUID
    code: str
    name: str
    country: str
    currency: str
    zone: str
    fiscal_start_month: int
    chart: str
    cost_recognition: str
    costing_method: str
    tax_number: str
    address: str
    phone: str
    email: str
    bank_name: str
    bank_account: str
    ready: bool
    version: int


def company_at_work(work: Work) -> CompanyFacts:
    """The company the actor works in."""
    return facts_of(work, CompanyFacts, Company, [work.company_id])[work.company_id]


def companies(work: Work) -> list[Company]:
    """The companies of the tenant that the actor may know, by code."""
    return list(work.session.scalars(narrowed(select(Company), work, Company).order_by(Company.code)))


def _checked_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise Invalid("company.zone_unknown", field="zone", zone=zone)
    return zone


@action
def create_company(
    work: Work,
    code: Annotated[str, Limit(min_length=1, max_length=CODE_LENGTH)],
    name: Annotated[str, Limit(min_length=1, max_length=200)],
    country: Annotated[str, Limit(pattern="^[A-Z]{2}$")],
    currency: Annotated[str, Limit(pattern="^[A-Z]{3}$")] | None = None,
    zone: str | None = None,
    chart: str | None = None,
    cost_recognition: CostRecognition | None = None,
    costing_method: CostingMethod = "average",
    tax_number: str = "",
    address: str = "",
) -> UUID:
    """Add a company; what is left empty follows from the country."""
    default = DEFAULTS.get(country, ("EUR", "UTC", "ifrs", "delivery"))
    company = work.add(
        Company(
            code=code,
            name=name,
            country=country,
            currency=currency or default[0],
            zone=_checked_zone(zone or default[1]),
            chart=chart or default[2],
            cost_recognition=cost_recognition or default[3],
            costing_method=costing_method,
            tax_number=tax_number,
            address=address,
        )
    )
    return company.id


@action
def update_company(
    work: Work,
    company_id: UUID,
    version: int,
    name: Annotated[str, Limit(min_length=1, max_length=200)] | None = None,
    country: Annotated[str, Limit(pattern="^[A-Z]{2}$")] | None = None,
    currency: Annotated[str, Limit(pattern="^[A-Z]{3}$")] | None = None,
    zone: str | None = None,
    chart: str | None = None,
    cost_recognition: CostRecognition | None = None,
    costing_method: CostingMethod | None = None,
    tax_number: str | None = None,
    address: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    bank_name: str | None = None,
    bank_account: str | None = None,
) -> UUID:
    """Change a company's data; what its books rest on only until they are set up."""
    company = work.load(Company, company_id, version=version)
    founding = {
        "country": country,
        "currency": currency,
        "chart": chart,
        "cost_recognition": cost_recognition,
        "costing_method": costing_method,
    }
    for attribute, value in founding.items():
        if value is not None and value != getattr(company, attribute):
            if company.ready:
                raise Conflict("company.books_exist", field=attribute)
            setattr(company, attribute, value)
    if zone is not None:
        company.zone = _checked_zone(zone)
    if bank_account is not None and bank_account != company.bank_account and company.ready:
        require_fresh(work.actor)  # it is printed on invoices: whoever changes it turns payments away
    free = {
        "name": name,
        "tax_number": tax_number,
        "address": address,
        "phone": phone,
        "email": email,
        "bank_name": bank_name,
        "bank_account": bank_account,
    }
    for attribute, value in free.items():
        if value is not None:
            setattr(company, attribute, value)
    return company.id


@action
def create_department(
    work: Work,
    code: Annotated[str, Limit(min_length=1, max_length=CODE_LENGTH)],
    name: Annotated[str, Limit(min_length=1, max_length=200)],
    parent_id: UUID | None = None,
) -> UUID:
    """Add a department to the company at work."""
    if parent_id is not None:
        work.load(Department, parent_id, lock=False)
    department = work.add(Department(company_id=work.company_id, code=code, name=name, parent_id=parent_id))
    work.emit(DepartmentMoved(department.id))
    return department.id


@action
def update_department(
    work: Work,
    department_id: UUID,
    version: int,
    name: Annotated[str, Limit(min_length=1, max_length=200)] | None = None,
    parent_id: UUID | MISSING | None = MISSING,
    active: bool | None = None,
) -> UUID:
    """Rename, move or retire a department; a department never becomes its own ancestor."""
    department = work.load(Department, department_id, version=version)
    above = parent_id if isinstance(parent_id, UUID) else None
    while above is not None:
        if above == department_id:
            raise Invalid("department.loop", field="parent_id")
        above = work.load(Department, above, lock=False).parent_id
    if name is not None:
        department.name = name
    if parent_id is None or isinstance(parent_id, UUID):
        department.parent_id = parent_id
        work.emit(DepartmentMoved(department_id))
    if active is not None:
        department.active = active
    return department.id


def fiscal_year_of(company: Company, day: date) -> int:
    """The fiscal year holding a day, named for the calendar year in which it starts."""
    return day.year if day.month >= company.fiscal_start_month else day.year - 1
