"""The wizard a fresh company is led through: who it is, how stock is valued, its books, its first warehouse."""

from sqlalchemy import select

from app.modules.finance.actions.beginning import begin_company, company_has_begun
from app.modules.finance.actions.set_up import books_exist, set_up_books
from app.modules.masterdata.actions.warehouse import create_warehouse
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform.organisation import Company, company_at_work, update_company
from app.platform.views import Field, WizardStep, WizardView
from app.platform.work import Work

COUNTRIES = (
    "CN", "HK", "TW", "SG", "JP", "KR", "IN", "AU", "US", "CA", "GB", "CH", "NO", "AT", "BE", "CZ", "DE", "DK", "ES",
    "FI", "FR", "IE", "IT", "LU", "NL", "PL", "PT", "SE",
)  # fmt: skip
CURRENCIES = (
    "CNY", "HKD", "TWD", "SGD", "JPY", "KRW", "INR", "AUD", "USD", "CAD", "GBP", "CHF", "NOK", "EUR", "CZK", "DKK",
    "PLN", "SEK",
)  # fmt: skip
ZONES = (
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Asia/Kolkata",
    "Australia/Sydney", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Toronto", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Zurich", "Europe/Oslo",
    "Europe/Vienna", "Europe/Brussels", "Europe/Prague", "Europe/Berlin", "Europe/Copenhagen", "Europe/Madrid",
    "Europe/Helsinki", "Europe/Paris", "Europe/Rome", "Europe/Luxembourg", "Europe/Amsterdam", "Europe/Warsaw",
    "Europe/Stockholm", "UTC",
)  # fmt: skip
MONTHS = tuple(str(month) for month in range(1, 13))


def _described(work: Work) -> bool:
    """Whether the company's data has been confirmed once; sign-up alone leaves its first version."""
    return company_at_work(work).ready or company_at_work(work).version > 1


def _has_warehouse(work: Work) -> bool:
    mine = select(Warehouse.id).where(Warehouse.company_id == work.company_id)
    return work.session.execute(mine.limit(1)).first() is not None


def _chinese(work: Work) -> bool:
    return company_at_work(work).chart.startswith("cn_")


SETUP = WizardView(
    "finance",
    "setup",
    [
        WizardStep(
            "company",
            update_company,
            [
                Field(Company.name, required=True),
                Field(Company.country, choices=COUNTRIES, required=True),
                Field(Company.currency, choices=CURRENCIES, required=True, label="finance.setup.currency"),
                Field(Company.zone, choices=ZONES, required=True),
                Field(Company.tax_number),
                Field(Company.phone),
                Field(Company.email),
                Field(Company.address, kind="memo", wide=True),
            ],
            done=_described,
        ),
        WizardStep(
            "valuation",
            update_company,
            [
                Field(Company.costing_method, required=True, help="finance.setup.costing_method.hint"),
                Field(Company.cost_recognition, required=True, help="finance.setup.cost_recognition.hint"),
            ],
            done=_described,
        ),
        WizardStep(
            "books",
            set_up_books,
            [
                Field(
                    name="chart",
                    kind="choice",
                    required=True,
                    help="finance.setup.chart.hint",
                    default=lambda work: company_at_work(work).chart,
                ),
                Field(
                    name="fiscal_start_month",
                    kind="choice",
                    choices=MONTHS,
                    required=True,
                    default=lambda work: company_at_work(work).fiscal_start_month,
                ),
                Field(
                    name="first_year",
                    kind="number",
                    required=True,
                    help="finance.setup.first_year.hint",
                    default=lambda work: work.today().year - 1,
                ),
            ],
            done=books_exist,
            once=True,
        ),
        WizardStep(
            "warehouse",
            create_warehouse,
            [
                Field(Warehouse.code, required=True, default=lambda work: "WH1"),
                Field(
                    Warehouse.name,
                    required=True,
                    default=lambda work: "主仓库" if _chinese(work) else "Main warehouse",
                ),
                Field(Warehouse.address, kind="memo", wide=True, default=lambda work: company_at_work(work).address),
            ],
            done=_has_warehouse,
            once=True,
        ),
        WizardStep(
            "content",
            begin_company,
            [Field(name="content", kind="choice", required=True, default=lambda work: "clean")],
            done=company_has_begun,
        ),
    ],
)
