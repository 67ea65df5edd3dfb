"""Every declared screen opens in both languages, empty and prefilled, without a missing word."""

from collections.abc import Iterator

import pytest

from app.platform import i18n
from tests.web.conftest import Browser, Site, words_of


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A message id nobody wrote is an error here."""
    i18n.strict(True)
    yield
    i18n.strict(False)


def paths(site: Site) -> list[str]:
    registry = site.portal.registry
    found = ["/", "/settings/profile", "/settings/sessions", "/settings/tokens"]
    found += [f"/{module.name}" for module in registry.modules if module.menu]
    for resource in registry.resources.values():
        if resource.list is not None:
            found.append(resource.path)
            found += [f"{resource.path}?group={attribute.key}" for attribute in resource.list.group_by]
            found += [f"{resource.path}?tab={tab.name}" for tab in resource.list.tabs]
            found.append(f"{resource.path}?sort=-{resource.list.fields[0].key}")
        if resource.document is not None and resource.document.create is not None:
            found += [f"{resource.path}/new", f"/create/{resource.name}?text=x"]
    for sheet in registry.imports.values():
        found.append(f"/{sheet.module}/imports/{sheet.name.replace('_', '-')}")
    for report in registry.reports.values():
        found.append(f"/{report.module}/reports/{report.name.replace('_', '-')}")
    return found


@pytest.mark.parametrize("person", ["owner", "reader"])
def test_every_screen_opens(site: Site, person: str) -> None:
    browser = site.client(getattr(site, person))
    wrong = {}
    for path in paths(site):
        answer = browser.get(path)
        if answer.status_code == 500 or (answer.status_code != 200 and person == "owner"):
            wrong[path] = (answer.status_code, words_of(answer.text)[:200])
    assert wrong == {}


def test_what_is_stored_opens(site: Site, owner: Browser) -> None:
    """The seeded records of every list, read and edited."""
    wrong = {}
    for resource in site.portal.registry.resources.values():
        if resource.list is None or resource.document is None:
            continue
        listed = owner.get(f"{resource.path}?tab=" if resource.list.tabs else resource.path).text
        key = listed.partition(f'href="{resource.path}/')[2][:36]
        if len(key) != 36 or key.count("-") != 4:
            continue
        for path in (f"{resource.path}/{key}", f"{resource.path}/{key}/edit", f"{resource.path}/{key}?panel=audit"):
            answer = owner.get(path)
            if answer.status_code not in (200, 404, 409):
                wrong[path] = answer.status_code
    assert wrong == {}
