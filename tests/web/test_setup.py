"""A wizard over a real action: it leads a fresh company there, keeps mistakes in place, and ends at home."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from app.platform import reference
from app.platform.organisation import Company, company_at_work, update_company
from app.platform.registry import Module, Registry
from app.platform.views import Field, WizardStep, WizardView
from app.web.app import web_middleware, web_routes
from tests.web.conftest import Browser, Site

WIZARD = WizardView(
    "platform",
    "setup",
    [
        WizardStep(
            "company",
            update_company,
            [Field(Company.name, required=True), Field(Company.zone)],
            done=lambda work: company_at_work(work).zone == "Europe/Paris",
        ),
        WizardStep(
            "tax",
            update_company,
            [Field(Company.tax_number)],
            done=lambda work: bool(company_at_work(work).tax_number),
            optional=True,
        ),
    ],
)


@pytest.fixture
def fresh(site: Site) -> Iterator[Browser]:
    """The owner of a company that is not set up, on a portal that has the wizard."""
    others = [
        replace(module, views=[view for view in module.views if not isinstance(view, WizardView)])
        for module in site.portal.registry.modules
    ]
    registry = Registry([*others, Module("wizard", views=[WIZARD])])
    portal = replace(site.portal, registry=registry)
    app = Starlette(routes=web_routes(portal), middleware=web_middleware(portal))
    _ready(site, False)
    yield replace(site, portal=portal, app=app).client(site.owner)
    _ready(site, True)


def _ready(site: Site, value: bool) -> None:
    with site.portal.sessions(site.tenant.schema) as session:
        company = session.get_one(Company, site.company)
        company.ready = value
        company.zone = "Europe/Berlin"
        session.commit()
    reference.memory.forget(site.tenant.schema)  # nobody but this test writes beside the gate


def test_the_wizard_step_by_step(fresh: Browser) -> None:
    assert fresh.get("/").headers["location"] == "/setup"
    first = fresh.get("/setup")
    assert first.status_code == 200
    assert 'value="Acme GmbH"' in first.text
    wrong = fresh.send_form("/setup", {"step": "company", "name": "Acme GmbH", "zone": "Atlantis/Deep"})
    assert wrong.status_code == 422
    assert "Atlantis/Deep" in wrong.text
    stray = fresh.send_form("/setup", {"step": "company", "name": "Acme GmbH", "ready": "1"})
    assert stray.status_code == 422
    done = fresh.send_form("/setup", {"step": "company", "name": "Acme GmbH", "zone": "Europe/Paris"})
    assert done.headers["location"] == "/setup?step=tax"
    assert 'name="tax_number"' in fresh.get("/setup").text
    last = fresh.send_form("/setup", {"step": "tax", "tax_number": "DE123456789"})
    assert last.headers["location"] == "/"
    assert fresh.get("/setup").headers["location"] == "/"
    assert fresh.send_form("/setup", {"step": "none"}).status_code == 404


def test_who_may_not_set_up_is_not_led_there(site: Site, fresh: Browser) -> None:
    reader = replace(site, app=fresh.site.app, portal=fresh.site.portal).client(site.reader)
    assert reader.get("/").status_code == 200
