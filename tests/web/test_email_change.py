"""Another e-mail address to sign in with: asked for after a fresh proof, taken over from the new mailbox, once."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from app.platform.users import User
from tests.web.conftest import PASSWORD, Site, words_of
from tests.web.test_account import mailed_link
from tests.web.test_second_factor import Person, anna, mailed, people

__all__ = ["anna", "people"]


def ask(site: Site, person: Person, new: str) -> str:
    """The token in the link sent to the new address."""
    browser = person.signed_in()
    answer = browser.send_form("/settings/email", {"email": new})
    assert answer.status_code == 200, words_of(answer.text)
    return parse_qs(urlsplit(mailed_link(site, new.lower())).query)["token"][0]


def test_the_address_changes_everywhere_and_once(site: Site, anna: Person) -> None:
    old, new = anna.email, f"new-{anna.email}"
    still = anna.signed_in()
    token = ask(site, anna, new.upper())
    assert mailed(site, old) == "A new e-mail address was asked for"
    assert anna.password(anna.browser()) == "/"
    visitor = anna.browser()
    assert new in visitor.get(f"/email?token={token}").text
    assert visitor.send_form("/email", {"token": token}).status_code == 200
    assert visitor.send_form("/email", {"token": token}).status_code == 410
    assert mailed(site, old) == "Your e-mail address was changed"
    assert still.get("/masterdata/parties").status_code == 303
    assert visitor.send_form("/login", {"email": old, "password": PASSWORD}).status_code == 422
    assert visitor.send_form("/login", {"email": new, "password": PASSWORD}).status_code == 303
    assert site.read(lambda work: work.session.get_one(User, anna.user).email) == new


def test_a_taken_address_is_answered_alike_and_gets_no_link(site: Site, people: Callable[[str], Person]) -> None:
    one, other = people("reader"), people("reader")
    browser = one.signed_in()
    taken = browser.send_form("/settings/email", {"email": other.email})
    free = browser.send_form("/settings/email", {"email": f"free-{one.email}"})
    assert words_of(taken.text) == words_of(free.text)
    mails = [mail.to for mail in site.portal.mailer.latest()]  # type: ignore[attr-defined]
    assert other.email not in mails


def test_an_address_taken_meanwhile_keeps_both_as_they_were(site: Site, people: Callable[[str], Person]) -> None:
    one, other = people("reader"), people("reader")
    wanted = f"wanted-{one.email}"
    first, second = ask(site, one, wanted), ask(site, other, wanted)
    visitor = one.browser()
    assert visitor.send_form("/email", {"token": second}).status_code == 200
    assert visitor.send_form("/email", {"token": first}).status_code == 410
    assert one.password(one.browser()) == "/"


def test_it_asks_for_a_proof_and_an_address(anna: Person) -> None:
    browser = anna.signed_in()
    for wrong in ("", "nobody", anna.email):
        answer = browser.send_form("/settings/email", {"email": wrong})
        assert answer.status_code == 422
        assert 'id="e-email"' in answer.text
    anna.grows_stale()
    assert browser.get("/settings/email").headers["location"].startswith("/verify?next=/settings/email")
    assert browser.send_form("/settings/email", {"email": "x@example.com"}).status_code == 303


def test_sessions_are_listed_and_ended(anna: Person) -> None:
    here, there = anna.signed_in(), anna.signed_in()
    page = words_of(here.get("/settings/sessions").text)
    assert "Password" in page
    assert "This one" in page
    assert here.send_form("/settings/sessions/end-others").status_code == 303
    assert there.get("/masterdata/parties").status_code == 303
    assert here.get("/masterdata/parties").status_code == 200


def test_a_forgotten_password_closes_keys_a_run_out_one_does_not(site: Site, anna: Person) -> None:
    tokens, accounts = site.portal.tokens, site.portal.accounts
    key = tokens.create(site.tenant.id, anna.user, "Robot")
    renewal = accounts.mail_token("renew", anna.email, identity_id=anna.identity)
    visitor = anna.browser()
    assert visitor.send_form("/reset", {"token": renewal, "password": "granary by the river"}).status_code == 200
    assert tokens.actor(key, "127.0.0.1") is not None
    asked = accounts.ask_reset(anna.email, address="10.0.0.9")
    assert asked is not None
    assert visitor.send_form("/reset", {"token": asked[1], "password": "another granary there"}).status_code == 200
    assert tokens.actor(key, "127.0.0.1") is None
