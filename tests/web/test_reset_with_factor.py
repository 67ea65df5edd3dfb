"""A mailed link gives a new password and nothing more: the second factor is still asked for."""

from tests.web.conftest import Site
from tests.web.test_second_factor import Person, anna, people

__all__ = ["anna", "people"]


def test_a_forgotten_password_does_not_pass_by_the_factor(site: Site, anna: Person) -> None:
    anna.enrol(anna.signed_in())
    asked = site.portal.accounts.ask_reset(anna.email, address="10.0.0.7")
    assert asked is not None
    browser = anna.browser()
    new = "another granary there"
    assert browser.send_form("/reset", {"token": asked[1], "password": new}).status_code == 200
    assert browser.get("/masterdata/parties").headers["location"].startswith("/login")
    answer = browser.send_form("/login", {"email": anna.email, "password": new})
    assert answer.headers["location"] == "/second"
    assert browser.get("/masterdata/parties").status_code == 303
    assert browser.send_form("/second", {"code": anna.code()}).status_code == 303
    assert browser.get("/masterdata/parties").status_code == 200
