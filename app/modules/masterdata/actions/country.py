"""Countries: ISO's list is seeded; a tenant chooses which are offered and what they are called."""

from uuid import UUID

from pydantic import MISSING

from app.modules.masterdata.actions.change import NameText, apply, switch
from app.modules.masterdata.models.country import Country
from app.platform.actions import action
from app.platform.work import Work


@action
def update_country(
    work: Work,
    country_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    name_zh: NameText | MISSING = MISSING,
) -> UUID:
    """Change what a country is called."""
    country = work.load(Country, country_id, version=version)
    apply(country, name=name, name_zh=name_zh)
    return country.id


@action
def deactivate_country(work: Work, country_id: UUID) -> UUID:
    """No longer offer a country."""
    return switch(work.load(Country, country_id), False)


@action
def reactivate_country(work: Work, country_id: UUID) -> UUID:
    """Offer a country again."""
    return switch(work.load(Country, country_id), True)
