"""Whoever may no longer come in is out within a minute, in every process and by every way in.

Another process is another portal and another REST door over the same databases; what it remembers is brought back
after the change where it would have been shared here, and then the clock is moved instead of waited for.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from app.adapters.objects import DOWNLOAD_SECONDS, object_key
from app.api import tokens as api_tokens
from app.api.context import ApiContext
from app.api.door import Door
from app.kernel.dates import now
from app.platform import users
from app.platform.identity import sessions, tokens
from app.platform.users import update_user
from app.web.app import web_middleware, web_routes
from app.web.portal import Portal
from tenants import resolve
from tenants.models import Identity
from tests.web.conftest import Browser, Site
from tests.web.test_second_factor import Person, anna, people

__all__ = ["anna", "people"]
MINUTE = 60.0
PAGE, API = "/masterdata/parties", "/api/v1/masterdata/parties"


@dataclass
class Elsewhere:
    """Another process: its own caches, warmed before the change."""

    site: Site
    door: Door
    browser: Browser
    token: str
    remembered: dict[Any, Any]

    def page(self) -> int:
        return int(self.browser.get(PAGE).status_code)

    def call(self) -> int:
        scope = {"type": "http", "method": "GET", "path": API, "query_string": b"", "state": {}}
        headers = {"authorization": f"Bearer {self.token}"}
        answer = self.door.answer(scope, headers, b"", "offboarding")
        assert json.loads(answer.content()) is not None
        return int(answer.status)

    def still_remembers(self) -> None:
        """The profiles of this test's one process are those the other had before the change."""
        users._cache.update(self.remembered)


@pytest.fixture
def elsewhere(site: Site, anna: Person) -> Elsewhere:
    original = site.portal
    portal = Portal(**{name: getattr(original, name) for name in original.__dataclass_fields__})
    app = Starlette(routes=web_routes(portal), middleware=web_middleware(portal))
    browser = anna.signed_in()
    there = Browser(replace(site, portal=portal, app=app))
    there.cookies.set("hanse", browser.cookies["hanse"], domain="webtest.localhost")
    door = Door(ApiContext(portal.registry, portal.gate, portal.tokens.actor, calls_per_minute=0))
    made = Elsewhere(site, door, there, site.portal.tokens.create(site.tenant.id, anna.user, "Robot"), {})
    assert (made.page(), made.call()) == (200, 200)
    made.remembered = {key: hit for key, hit in users._cache.items() if key[1] == anna.user}
    assert made.remembered
    return made


@pytest.fixture
def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Moves the clock of every cache and of signed addresses."""

    def move() -> None:
        real, wall = time.monotonic, time.time
        monkeypatch.setattr(time, "monotonic", lambda: real() + MINUTE)
        monkeypatch.setattr(time, "time", lambda: wall() + MINUTE)

    return move


def test_what_is_remembered_adds_up_to_less_than_a_minute() -> None:
    cookie = max(sessions.CACHE_SECONDS, users.CACHE_SECONDS, resolve.CACHE_SECONDS)
    token = users.CACHE_SECONDS + tokens.CACHE_SECONDS + api_tokens.CACHE_SECONDS
    assert max(cookie, token) <= MINUTE / 2
    assert max(sessions.CACHE_SECONDS, users.CACHE_SECONDS) + DOWNLOAD_SECONDS <= MINUTE


def disable_user(site: Site, person: Person) -> None:
    owner = site.client(site.owner)
    assert owner.send_form(f"/platform/users/{person.user}/deactivate").status_code == 303


def disable_identity(site: Site, person: Person) -> None:
    with Session(site.portal.control) as session, session.begin():
        session.execute(update(Identity).where(Identity.id == person.identity).values(disabled_at=now()))


def forget_password(site: Site, person: Person) -> None:
    asked = site.portal.accounts.ask_reset(person.email, address="10.0.0.8")
    assert asked is not None
    visitor = person.browser()
    assert visitor.send_form("/reset", {"token": asked[1], "password": "granary by the river"}).status_code == 200


def cut_roles(site: Site, person: Person) -> None:
    version = site.read(lambda work: work.session.get_one(users.User, person.user).version)
    empty = site.portal.gate.perform(
        site.portal.registry.actions["platform.create_role"], site.actor(),
        code=f"none_{person.user.hex[-8:]}", name="Nothing", patterns=[],
    )  # fmt: skip
    site.portal.gate.perform(
        update_user, site.actor(), user_id=person.user, version=version, roles=[UUID(str(empty.result))]
    )


@pytest.mark.parametrize(
    ("change", "page", "call"),
    [(disable_user, 303, 401), (disable_identity, 303, 401), (forget_password, 303, 401), (cut_roles, 403, 403)],
)
def test_everything_is_dead_a_minute_after(
    site: Site,
    anna: Person,
    elsewhere: Elsewhere,
    a_minute_later: Callable[[], None],
    change: Callable[[Site, Person], None],
    page: int,
    call: int,
) -> None:
    change(site, anna)
    elsewhere.still_remembers()
    a_minute_later()
    assert (elsewhere.page(), elsewhere.call()) == (page, call)


def test_a_signed_address_is_dead_a_minute_after(site: Site, a_minute_later: Callable[[], None]) -> None:
    objects, key = site.portal.objects, object_key(site.tenant.schema, uuid4())
    objects.put(key, BytesIO(b"secret"), content_type="text/plain")
    address = objects.signed_download_url(key, name="a.txt", content_type="text/plain")
    visitor = site.client()
    assert visitor.get(address).status_code == 200
    a_minute_later()
    assert visitor.get(address).status_code == 403
