"""What browsers are told with every answer, in production as well: headers, cookies, methods, nothing beside the pages."""

import re
import warnings
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.platform.actions import Gate
from app.web import session
from app.web.headers import SecurityHeaders, policy
from app.web.portal import Portal
from tests.web.conftest import PASSWORD, Browser, Site

with warnings.catch_warnings():  # starlette would rather have httpx2, which is not among our packages
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PAGES = ("/login", "/masterdata/parties", "/nothing/of/the/kind", "/static/none.css", "/objects/forged", "/favicon.ico")
DIRECTIVES = (
    "default-src 'self'",
    "script-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_policy(owner: Browser, path: str) -> None:
    answer = owner.get(path)
    told = answer.headers["content-security-policy"].split("; ")
    assert set(DIRECTIVES) <= set(told)
    assert not re.search(r"unsafe|\*(?!\.localhost)|https?:(?!//[\w*])", answer.headers["content-security-policy"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/static/x.js", "/none"])
def test_production_asks_for_tls_everywhere_for_a_year(path: str) -> None:
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("ok"))],
        middleware=[Middleware(SecurityHeaders, csp=policy(), secure=True)],
    )
    told = TestClient(app).get(path).headers["strict-transport-security"]
    age = re.search(r"max-age=(\d+)", told)
    assert age is not None
    assert int(age[1]) >= 365 * 24 * 3600
    assert "includeSubDomains" in told


@pytest.mark.parametrize(
    "name", [session.SESSION, session.GUEST, session.PENDING, session.FLASH, session.LOCALE, session.LETTERS]
)
def test_cookies_of_production_are_host_only_and_closed_to_scripts(name: str) -> None:
    portal, response = cast("Portal", SimpleNamespace(secure=True)), Response()
    session.set_cookie(portal, response, name, "value", 60)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_every_cookie_a_session_gets_is_closed_to_scripts(site: Site) -> None:
    browser = site.client()
    answers = [browser.get("/login?lang=zh-CN")]
    answers.append(browser.send_form("/login", {"email": "owner@acme.example", "password": PASSWORD}))
    answers.append(browser.send_form("/preferences", {"shortcuts": "off"}))
    cookies = [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} >= {"hanse", "hanse-guest", "hanse-locale"}
    for cookie in cookies:
        assert "httponly" in cookie.lower(), cookie
        assert "samesite=lax" in cookie.lower(), cookie


def test_no_other_origin_is_allowed_to_read(owner: Browser) -> None:
    for path in PAGES:
        answer = owner.get(path, headers={"origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = owner.options("/masterdata/parties", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG", "PUT", "DELETE"])
def test_methods_nobody_offers_are_refused(owner: Browser, method: str) -> None:
    answer = owner.request(method, "/masterdata/parties", headers={"x-secret": "canary"})
    assert answer.status_code == 405
    assert "canary" not in answer.text


def test_reading_addresses_change_nothing(site: Site, owner: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address answers GET or POST, few both; with the gate shut for changes all GET ones still answer."""
    done: list[str] = []

    def shut(_gate: Gate, action: Any, *_given: Any, **_more: Any) -> None:
        done.append(getattr(action, "name", str(action)))
        raise AssertionError

    monkeypatch.setattr(Gate, "perform", shut)
    routes = [route for route in site.app.routes if isinstance(route, Route) and route.methods]
    assert all(route.methods in ({"GET", "HEAD"}, {"POST"}, {"GET", "HEAD", "POST"}) for route in routes)
    plain = [route.path for route in routes if "GET" in (route.methods or ()) and "{" not in route.path]
    lists = [resource.path for resource in site.portal.registry.resources.values() if resource.list]
    assert len(plain) > 20
    assert len(lists) > 10
    for path in [*plain, *lists]:
        assert owner.get(path).status_code < 500, path
    assert done == []


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/static/",
        "/static/../app.py",
        "/static/%2e%2e/headers.py",
        "/static/dist/",
        "/.env",
        "/server-status",
    ],
)
def test_nothing_beside_the_pages_is_served(owner: Browser, path: str) -> None:
    answer = owner.get(path)
    assert answer.status_code == 404
    assert "import " not in answer.text


def test_pages_say_what_they_are(owner: Browser) -> None:
    assert owner.get("/masterdata/parties").headers["content-type"] == "text/html; charset=utf-8"
    assert owner.get("/nothing").headers["content-type"] == "text/html; charset=utf-8"
    assert owner.get("/masterdata/parties/export.csv").headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("path", ["/login", "/settings/security", "/verify"])
def test_password_fields_hide_and_welcome_password_managers(site: Site, owner: Browser, path: str) -> None:
    page = (site.client() if path == "/login" else owner).get(path).text
    fields = [field for field in re.findall(r"<input[^>]*>", page) if re.search(r'name="[a-z_]*password"', field)]
    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert not re.search(r"onpaste|readonly", field)


def test_every_page_of_the_portal_offers_the_way_out(owner: Browser) -> None:
    for path in ("/", "/masterdata/parties", "/settings/security", "/nothing"):
        assert 'action="/logout"' in owner.get(path).text, path


def test_signing_out_clears_what_the_browser_kept(site: Site) -> None:
    browser = site.client(site.reader)
    answer = browser.send_form("/logout")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert re.search(
        r'hanse="?"?; expires=|hanse=""; expires=|Max-Age=0', "; ".join(answer.headers.get_list("set-cookie"))
    )
