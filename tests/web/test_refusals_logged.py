"""Whoever is held back by a rule leaves a line in the log; a defect leaves its traceback, and the page none of it."""

import logging

import pytest

from app.web import overviews
from tests.web.conftest import Browser, Site


def test_a_right_one_lacks(site: Site, reader: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "app.web.errors"):
        assert reader.send_form("/masterdata/parties", {"name": "x"}).status_code == 403
    (line,) = [record.getMessage() for record in caplog.records]
    assert "POST '/masterdata/parties'" in line
    assert str(site.reader) in line
    assert "permission.missing" in line


def test_a_forged_request(owner: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "app.web.errors"):
        assert owner.post("/masterdata/parties", data={"name": "x"}).status_code == 403
    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["csrf.token"]


def test_an_address_cannot_begin_a_line_of_its_own(reader: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "app.web.errors"):
        assert reader.post("/masterdata/parties%0Aroot signed in").status_code == 403
    assert caplog.records
    assert not any("\n" in record.getMessage() for record in caplog.records)


def test_a_defect(owner: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_visit: object) -> None:
        raise RuntimeError("internals of the house")

    monkeypatch.setattr(overviews, "home", broken)
    with caplog.at_level(logging.ERROR, "app.web.visits"):
        answer = owner.get("/")
    assert answer.status_code == 500
    assert "internals" not in answer.text
    assert "Traceback" not in answer.text
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "internals of the house" in str(record.exc_info[1])
