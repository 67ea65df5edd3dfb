"""A partner registers an app, an administrator lets it in, it reads orders, and it is turned out again."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.browser.conftest import Desk, Person
from tests.browser.shop import Shop
from tests.browser.test_accessible import wrong_with

NAMES = {"en": "Harbour Link", "zh_CN": "港口直连"}


@dataclass
class Partner:
    """The partner's own site: it notes what browsers bring."""

    url: str
    brought: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def partner() -> Iterator[Partner]:
    made = Partner("")

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/callback"):
                made.brought.append(dict(parse_qsl(urlsplit(self.path).query)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Partner</title><link rel=icon href=data:,><p>Thank you")

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


@dataclass
class Program:
    """What runs on the partner's server."""

    shop: Shop
    client_id: str
    secret: str
    verifier: str = ""

    def link(self, redirect: str) -> str:
        """The address it sends an administrator to."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": "sales:read",
            "state": "s1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.shop.url}/oauth/authorize?{urlencode(asked)}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        parts = urlsplit(self.shop.url)
        headers = {"Host": parts.netloc, **more.pop("headers", {})}
        with httpx.Client(base_url=f"http://127.0.0.1:{parts.port}") as http:
            return http.request(method, path, headers=headers, **more)

    def tokens(self, code: str, redirect: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        answer = self.ask(
            "POST", "/oauth/token", data={**form, "code_verifier": self.verifier}, auth=(self.client_id, self.secret)
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def orders(self, access: str) -> int:
        return self.ask("GET", "/api/v1/sales/orders", headers={"Authorization": f"Bearer {access}"}).status_code


def register(person: Person, shop: Shop, name: str, redirect: str) -> Program:
    """The developer's pages: what is wrong is said at its field; then the secret is shown once."""
    person.open(f"{shop.url}/settings/developer")
    person.page.locator('a[href="/settings/developer/new"]').first.click()
    person.page.wait_for_url("**/settings/developer/new")
    person.fill("name", name)
    person.fill("redirect_uris", "http://evil.example/callback")
    person.save()
    assert person.page.locator("#e-redirect_uris").count() == 1
    person.problems[:] = [said for said in person.problems if "422" not in said]
    person.fill("redirect_uris", redirect)
    person.page.locator('input[name="scopes"][value="sales:read"]').check()
    person.page.locator('input[name="scopes"][value="sales:write"]').check()
    person.save()
    person.page.locator(".secret code").first.wait_for()
    person.shot("secret")
    secret = person.page.locator(".secret code").first.inner_text()
    person.open(f"{shop.url}/settings/developer")
    person.page.locator("main tbody a", has_text=name).first.click()
    person.page.wait_for_url("**/settings/developer/*-*")
    assert secret not in person.text()
    return Program(shop, person.page.url.rsplit("/", 1)[1], secret)


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_from_registration_to_uninstalling(desk: Desk, shop: Shop, partner: Partner, locale: str) -> None:
    person, name, redirect = desk.person(locale), NAMES[locale], f"{partner.url}/callback"
    program = register(person, shop, name, redirect)

    person.open(program.link(redirect))
    assert name in person.text()
    person.page.locator('button[value="deny"]').click()
    person.page.wait_for_url(f"{redirect}**")
    assert partner.brought[-1]["error"] == "access_denied"

    person.open(program.link(redirect))
    person.shot("consent")
    person.page.locator('button[value="allow"]').press("Enter")
    person.page.wait_for_url(f"{redirect}**")
    back = partner.brought[-1]
    assert (back["state"], back["iss"]) == ("s1", shop.url)
    access = program.tokens(back["code"], redirect)["access_token"]
    assert [program.orders(access) for _ in range(2)] == [200, 200]

    person.open(f"{shop.url}/settings/apps")
    assert name in person.page.locator("#mine").inner_text()
    person.page.locator("#installed tbody a", has_text=name).first.click()
    person.page.wait_for_url("**/settings/apps/*-*")
    person.shot("installed")
    assert "sales.list_order" in person.text()
    person.page.locator('[formaction$="/uninstall"], a[href$="/uninstall"], [hx-get$="/uninstall"]').first.click()
    person.answer()
    person.page.wait_for_url("**/settings/apps")
    assert person.page.locator("#installed tbody a", has_text=name).count() == 0
    assert program.orders(access) == 401
    assert person.problems == []


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_its_pages_are_accessible(desk: Desk, shop: Shop, partner: Partner, locale: str) -> None:
    person, redirect = desk.person(locale, reduced_motion="reduce"), f"{partner.url}/callback"
    program = register(person, shop, f"{NAMES[locale]} 2", redirect)
    wrong: dict[str, Any] = {}
    person.open(program.link(redirect))
    wrong["consent"] = list(wrong_with(person.page))
    person.page.set_viewport_size({"width": 1440, "height": 900})
    person.page.locator('button[value="allow"]').click()
    person.page.wait_for_url(f"{redirect}**")
    installation = program.ask(
        "GET",
        "/api/v1/me",
        headers={"Authorization": f"Bearer {program.tokens(partner.brought[-1]['code'], redirect)['access_token']}"},
    )
    assert installation.status_code == 200
    for path in (
        "/settings/apps",
        "/settings/developer",
        "/settings/developer/new",
        f"/settings/developer/{program.client_id}",
    ):
        person.open(f"{shop.url}{path}")
        wrong[path] = list(wrong_with(person.page))
    person.page.set_viewport_size({"width": 1440, "height": 900})
    person.open(f"{shop.url}/settings/apps")
    person.page.locator("#installed tbody a", has_text=NAMES[locale]).first.click()
    person.page.wait_for_url("**/settings/apps/*-*")
    wrong["installed"] = list(wrong_with(person.page))
    assert {name: found for name, found in wrong.items() if found} == {}
