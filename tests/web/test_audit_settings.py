"""The audit administrator's page: retention, proof, and dropping older months with a tick."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from app.platform.audit_records import AuditRetention
from app.platform.audit_retention import earlier, retention_of
from app.platform.work import Work
from tests.web.conftest import Browser, Site, words_of

HERE = "/settings/audit"


@pytest.fixture(autouse=True)
def unset(site: Site) -> Iterator[None]:
    yield
    with site.portal.sessions(site.tenant.schema) as session:
        session.execute(delete(AuditRetention))
        session.commit()


def kept(site: Site) -> tuple[int, str] | None:
    def read(work: Work) -> tuple[int, str] | None:
        found = retention_of(work)
        return (found.months, str(found.drop_before)) if found is not None else None

    answer: tuple[int, str] | None = site.read(read)
    return answer


def test_set_and_drop(site: Site, owner: Browser) -> None:
    page = owner.get(HERE)
    assert page.status_code == 200
    assert f'action="{HERE}/drop"' not in page.text
    assert f'href="{HERE}"' in page.text
    for wrong in ("", "5", "x", "1000"):
        answer = owner.send_form(HERE, {"months": wrong})
        assert answer.status_code == 422, wrong
        assert "at least" in words_of(answer.text)
    assert owner.send_form(HERE, {"months": "12"}).status_code == 303
    assert kept(site) == (12, "None")
    assert f'action="{HERE}/drop"' in owner.get(HERE).text
    latest = earlier(datetime.now(UTC).date(), 12)
    unsure = owner.send_form(f"{HERE}/drop", {"before": latest.isoformat()})
    assert unsure.status_code == 422
    assert "Tick the box" in words_of(unsure.text)
    recent = owner.send_form(f"{HERE}/drop", {"before": datetime.now(UTC).date().isoformat(), "sure": "1"})
    assert recent.status_code == 422
    assert "12 months are kept" in words_of(recent.text)
    assert owner.send_form(f"{HERE}/drop", {"before": latest.isoformat(), "sure": "1"}).status_code == 303
    assert kept(site) == (12, str(latest))


def test_not_for_everybody(site: Site, reader: Browser) -> None:
    assert reader.get(HERE).status_code == 403
    assert reader.send_form(HERE, {"months": "12"}).status_code == 403
    assert f'href="{HERE}"' not in reader.get("/settings/profile").text
    assert kept(site) is None
