"""Countries: whether there is one, and what it is called."""

from sqlalchemy import select

from app.kernel.errors import Invalid
from app.modules.masterdata.models.country import Country
from app.platform.work import Work


def country_names(work: Work, locale: str) -> dict[str, str]:
    """The name of every country in the language, by code; read once a transaction."""
    name = Country.name_zh if locale.startswith("zh") else Country.name
    return work.remember(
        ("masterdata.countries", locale),
        lambda: {row[0]: row[1] for row in work.session.execute(select(Country.code, name))},
    )


def require_country(work: Work, code: str, *, field: str = "country") -> str:
    """The code; Invalid `country.unknown` where there is no such country or it is not in use."""
    known = work.remember(
        ("masterdata.country", code),
        lambda: work.session.scalars(select(Country.code).where(Country.code == code, Country.active)).one_or_none(),
    )
    if known is None:
        raise Invalid("country.unknown", field=field, country=code)
    return code
