"""Signing up, in and out, forgotten passwords, invitations, sessions and keys, in two browsers on two hosts."""

import re
import secrets
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from starlette.applications import Starlette

from app.adapters.mail import FolderMailer
from app.web.app import web_middleware, web_routes
from tests.factories.installation import Installation
from tests.web.conftest import HOST, PASSWORD, PORT, Browser, Site, words_of

BARE = f"localhost:{PORT}"
SOMEBODY = "0190a000-0000-7000-8000-000000000001"
NEW = "another harbour with gables"


def mailed_link(site: Site, to: str) -> str:
    """The path of the newest link sent to somebody."""
    mailer = site.portal.mailer
    assert isinstance(mailer, FolderMailer)
    mail = next(mail for mail in mailer.latest() if mail.to == to)
    found = re.search(r"https?://\S+", mail.text)
    assert found is not None
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"


def visitor(site: Site, host: str = HOST) -> Browser:
    """Somebody who has just opened the sign-in page."""
    browser = site.client(host=host)
    assert browser.get("/login").status_code == 200
    return browser


def sign_up(site: Site, **given: str) -> tuple[Browser, dict[str, str]]:
    site.portal.directory.forget()
    browser = visitor(site, BARE)
    form = {
        "company_name": "Harbour Trading",
        "country": "DE",
        "slug": f"h{secrets.token_hex(5)}",
        "name": "Anna Berg",
        "email": f"{secrets.token_hex(5)}@example.com",
        "password": PASSWORD,
    } | given
    return browser, form


@pytest.mark.usefixtures("blank_tenant")
def test_sign_up_leads_into_the_own_portal(site: Site) -> None:
    bare, form = sign_up(site)
    answer = bare.send_form("/signup", form)
    assert answer.status_code == 303, words_of(answer.text)[:1500]
    away = urlsplit(answer.headers["location"])
    assert away.netloc == f"{form['slug']}.localhost:{PORT}"
    portal = site.client(host=away.netloc)
    entered = portal.get(f"{away.path}?{away.query}")
    assert entered.status_code == 303
    assert entered.headers["location"] == "/"
    page = portal.get("/masterdata/parties")
    assert page.status_code == 200
    assert "Harbour Trading" in page.text
    again = site.client(host=away.netloc).get(f"{away.path}?{away.query}")
    assert again.headers["location"] == "/login"
    link = mailed_link(site, form["email"])
    assert portal.get(link).status_code == 200
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert "confirmed" in portal.send_form("/confirm", {"token": token}).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slug": "www"}, "slug"),
        ({"slug": "x"}, "slug"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"company_name": ""}, "company_name"),
        ({"name": ""}, "name"),
        ({"country": "XX"}, "country"),
    ],
)
def test_sign_up_says_what_is_wrong(site: Site, wrong: dict[str, str], said: str) -> None:
    bare, form = sign_up(site, **wrong)
    answer = bare.send_form("/signup", form)
    assert answer.status_code == 422
    assert f'id="e-{said}"' in answer.text
    assert PASSWORD not in answer.text


def test_a_taken_address(site: Site) -> None:
    bare, form = sign_up(site, slug="webtest")
    answer = bare.send_form("/signup", form)
    assert answer.status_code == 422
    assert 'id="e-slug"' in answer.text
    assert "taken" in bare.get("/signup/address?slug=webtest").text
    assert "free" in bare.get("/signup/address?slug=quite-free").text


def test_sign_in_and_out(site: Site) -> None:
    browser = visitor(site)
    wrong = browser.send_form("/login", {"email": "owner@acme.example", "password": "not this one at all"})
    unknown = browser.send_form("/login", {"email": "nobody@acme.example", "password": "not this one at all"})
    assert wrong.status_code == unknown.status_code == 422
    assert words_of(wrong.text) == words_of(unknown.text)
    data = {"email": "Owner@acme.example", "password": PASSWORD, "next": "/masterdata/parties?q=x"}
    answer = browser.send_form("/login", data)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/masterdata/parties?q=x"
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("hanse="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Domain" not in cookie
    assert browser.get("/masterdata/parties").status_code == 200
    assert browser.get("/login").status_code == 303
    out = browser.send_form("/logout")
    assert out.status_code == 303
    browser.cookies.set("hanse", cookie.partition("=")[2].partition(";")[0])
    assert browser.get("/masterdata/parties").status_code == 303


def test_next_never_leads_away(site: Site) -> None:
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        browser = visitor(site)
        data = {"email": "owner@acme.example", "password": PASSWORD, "next": evil}
        assert browser.send_form("/login", data).headers["location"] == "/"


def test_guesses_are_slowed(site: Site) -> None:
    browser = visitor(site)
    email = f"{secrets.token_hex(4)}@acme.example"
    answers = [browser.send_form("/login", {"email": email, "password": f"guess {n} guess"}) for n in range(7)]
    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_bare_domain_finds_ones_portal(site: Site) -> None:
    browser = visitor(site, BARE)
    answer = browser.send_form("/login", {"email": "reader@acme.example", "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"http://{HOST}/enter?ticket=")


def test_a_session_is_of_one_host(site: Site, installation: Installation) -> None:
    other = installation.new_tenant()
    stranger = site.client(site.owner)
    secret = stranger.cookies.get("hanse")
    elsewhere = site.client(host=f"{other.slug}.localhost:{PORT}")
    elsewhere.cookies.set("hanse", str(secret))
    assert elsewhere.get("/masterdata/parties").status_code == 303
    assert site.client(host=f"nobody.localhost:{PORT}").get("/").status_code == 404


@pytest.mark.usefixtures("blank_tenant")
def test_forgotten_password(site: Site) -> None:
    bare, form = sign_up(site)
    portal_url = urlsplit(bare.send_form("/signup", form).headers["location"])
    portal = site.client(host=portal_url.netloc)
    portal.get(f"{portal_url.path}?{portal_url.query}")
    browser = visitor(site, portal_url.netloc)
    known = browser.send_form("/forgot", {"email": form["email"]})
    unknown = browser.send_form("/forgot", {"email": "nobody@nowhere.example"})
    assert words_of(known.text) == words_of(unknown.text)
    link = mailed_link(site, form["email"])
    assert "/reset?" in link
    assert browser.get(link).status_code == 200
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert browser.send_form("/reset", {"token": token, "password": "short"}).status_code == 422
    assert browser.send_form("/reset", {"token": token, "password": NEW}).status_code == 200
    assert browser.send_form("/reset", {"token": token, "password": NEW}).status_code == 410
    assert portal.get("/masterdata/parties").status_code == 303
    assert browser.send_form("/login", {"email": form["email"], "password": NEW}).status_code == 303


def test_invite_a_colleague(site: Site, owner: Browser) -> None:
    form = owner.get("/platform/users/new")
    role = re.search(r'name="roles" value="([0-9a-f-]{36})"[^>]*><span>[Rr]eader', form.text)
    assert role is not None, words_of(form.text)[:1500]
    email = f"{secrets.token_hex(4)}@acme.example"
    data = {"name": "New colleague", "email": email, "roles": role[1], "locale": "en"}
    made = owner.send_form("/platform/users", data)
    assert made.status_code == 303, words_of(made.text)[:1500]
    link = mailed_link(site, email)
    browser = visitor(site)
    assert email in browser.get(link).text
    token = parse_qs(urlsplit(link).query)["token"][0]
    joined = browser.send_form("/invite", {"token": token, "name": "New colleague", "password": NEW})
    assert joined.status_code == 303, words_of(joined.text)[:800]
    assert browser.get("/masterdata/parties").status_code == 200
    assert browser.get("/masterdata/parties/new").status_code == 403
    assert visitor(site).get(link).status_code == 410
    assert owner.send_form(f"{made.headers['location']}/deactivate").status_code == 303
    assert browser.get("/masterdata/parties").status_code == 303


def test_invite_again_and_take_keys_away(site: Site, owner: Browser) -> None:
    form = owner.get("/platform/users/new")
    role = re.search(r'name="roles" value="([0-9a-f-]{36})"[^>]*><span>[Rr]eader', form.text)
    assert role is not None
    email = f"{secrets.token_hex(4)}@acme.example"
    path = owner.send_form(
        "/platform/users", {"name": "Late", "email": email, "roles": role[1], "locale": "en"}
    ).headers["location"]
    first = mailed_link(site, email)
    page = owner.get(path)
    assert "Reader" in words_of(page.text)
    assert "Resend invitation" in words_of(page.text)
    assert f'value="{role[1]}" checked' in owner.get(f"{path}/edit").text
    assert owner.send_form(f"{path}/invite").status_code == 303
    second = mailed_link(site, email)
    assert second != first
    browser = visitor(site)
    token = parse_qs(urlsplit(second).query)["token"][0]
    assert browser.send_form("/invite", {"token": token, "name": "Late", "password": NEW}).status_code == 303
    assert owner.send_form(f"{path}/invite").status_code == 409
    user_id = UUID(path.rpartition("/")[2])
    key = site.portal.tokens.create(site.tenant.id, user_id, "Robot")
    assert site.portal.tokens.actor(key, "127.0.0.1") is not None
    assert browser.send_form(f"{path}/revoke-user-tokens").status_code == 404
    segment = re.search(rf'{path}/([\w.-]*revoke[\w.-]*)"', owner.get(path).text)
    assert segment is not None
    assert browser.send_form(f"{path}/{segment[1]}").status_code == 403
    assert owner.send_form(f"{path}/{segment[1]}").status_code == 303
    assert site.portal.tokens.actor(key, "127.0.0.1") is None


def test_forms_never_bind_credentials(owner: Browser) -> None:
    data = {"name": "x", "email": "x@acme.example", "identity_id": SOMEBODY}
    assert owner.send_form("/platform/users", data).status_code == 422
    assert 'name="identity_id"' not in owner.get(f"/platform/users/new?identity_id={SOMEBODY}").text


def test_sessions_and_password(site: Site) -> None:
    here, there = site.client(site.reader), site.client(site.reader)
    page = here.get("/settings/sessions")
    assert page.status_code == 200
    ends = re.findall(r"/settings/sessions/[0-9a-f-]{36}/end", page.text)
    assert ends
    for end in ends:
        assert here.send_form(end).status_code == 303
    assert there.get("/masterdata/parties").status_code == 303
    wrong = here.send_form("/settings/password", {"current_password": "wrong", "password": NEW})
    assert wrong.status_code == 422
    assert here.get("/masterdata/parties").status_code == 200


def test_api_tokens_are_shown_once(site: Site, owner: Browser) -> None:
    assert owner.get("/settings/tokens").status_code == 200
    page = owner.get("/settings/tokens").text
    day = re.search(r'name="expires_on"[^>]*|value="(\d{4}-\d\d-\d\d)"[^>]*name="expires_on"', page)
    assert day is not None
    until = re.search(r"\d{4}-\d\d-\d\d", page[day.start() - 200 : day.end() + 200])
    assert until is not None
    data = {"name": "Robot", "expires_on": until[0], "scopes": "masterdata.*"}
    made = owner.send_form("/settings/tokens", data)
    assert made.status_code == 200
    secret = re.search(r"hanse_[a-z0-9]{10}_[A-Za-z0-9_-]{43}", made.text)
    assert secret is not None
    actor = site.portal.tokens.actor(secret[0], "127.0.0.1")
    assert actor is not None
    assert actor.may("masterdata.create_party")
    assert not actor.may("platform.create_user")
    again = owner.get("/settings/tokens").text
    assert secret[0] not in again
    bad = owner.send_form("/settings/tokens", data | {"scopes": "nothing.here"})
    assert bad.status_code == 422
    assert owner.send_form("/settings/tokens", data | {"expires_on": "2000-01-01"}).status_code == 422
    revoke = re.search(r"/settings/tokens/[0-9a-f-]{36}/revoke", again)
    assert revoke is not None
    assert owner.send_form(revoke[0]).status_code == 303
    assert site.portal.tokens.actor(secret[0], "127.0.0.1") is None


def test_development_mail_is_readable(site: Site) -> None:
    page = site.client(host=BARE).get("/dev/mail")
    assert page.status_code == 200


def test_sent_mail_is_shown_to_developers_only(site: Site) -> None:
    settings = replace(site.portal.settings, mode="production")
    portal = replace(site.portal, settings=settings)
    app = Starlette(routes=web_routes(portal), middleware=web_middleware(portal))
    for path in ("/dev/mail", "/dev/mail/1"):
        assert Browser(replace(site, portal=portal, app=app), None, BARE).get(path).status_code == 404
