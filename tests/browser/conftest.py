"""The whole application over real HTTP, and people who drive it in Chromium."""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from app.main import build_app
from app.wiring import Wiring
from migrations.run import migrate
from tests.browser.shop import PASSWORD, PEOPLE, Shop, open_shop
from tests.factories.installation import Installation

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 15_000
SHOTS = os.environ.get("HANSE_SHOTS")
"""A folder for screenshots of every step, for people to look at."""


@dataclass
class Portal:
    """A served application."""

    wiring: Wiring
    port: int
    url: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture(scope="session")
def portal(installation: Installation) -> Iterator[Portal]:
    port = free_port()
    settings = replace(
        installation.settings, port=port, public_url=f"http://localhost:{port}", outgoing_allow=("127.0.0.1",)
    )
    migrate(settings)
    wiring = Wiring(settings, pool_size=12)
    app = build_app(wiring)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="on", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.05)
    yield Portal(wiring, port, settings.public_url)
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is needed: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody at a screen. Fields are found by name, so the same steps work in every language."""

    page: Page
    portal: Portal
    name: str = "person"
    problems: list[str] = field(default_factory=list)
    shots: int = 0

    def open(self, path: str) -> None:
        """Go to a path of the current host, or to a whole address."""
        base = path if path.startswith("http") else self._origin() + path
        answer = self.page.goto(base)
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}\n{self.page.inner_text('body')[:800]}"

    def _origin(self) -> str:
        matched = re.match(r"https?://[^/]+", self.page.url)
        assert matched
        return matched[0]

    def fill(self, name: str, value: str) -> None:
        """Type into the input of that name."""
        self._input(name).fill(value)

    def choose(self, name: str, value: str) -> None:
        """Select an option by its value."""
        self.page.locator(f'main select[name="{name}"]').select_option(value)

    def tick(self, name: str) -> None:
        """Check a box."""
        self._input(name).check()

    def pick(self, name: str, words: str) -> None:
        """Find a record in the picker of a reference and take the first that fits."""
        box = self.page.locator(f'[name="_text.{name}"]').first
        box.click()
        box.fill(words)
        option = self.page.locator("ul.pick:popover-open [role=option]:not(.new)").filter(has_text=words).first
        option.click()
        expect(self.page.locator(f'input[type=hidden][name="{name}"]').first).not_to_have_value("")

    def _input(self, name: str) -> Locator:
        return self.page.locator(f'main [name="{name}"]:not([type=hidden]), dialog[open] [name="{name}"]').first

    def press(self, verb: str) -> None:
        """Press the button of an action (`confirm`), wherever it stands: head, split menu or dialog."""
        target = self.page.locator(
            f'[formaction$="/{verb}"]:visible, [data-verb="{verb}"]:visible, a[href$="/{verb}"]:visible'
        )
        if target.count() == 0 and self.page.locator('[popovertarget="more"]:visible').count():
            self.page.locator('[popovertarget="more"]:visible').first.click()
        target.first.click()

    def answer(self) -> None:
        """Send the open dialog."""
        self.page.locator("dialog[open] button[type=submit]").first.click()

    def save(self) -> None:
        """Send the form of the page and wait for the saved record."""
        self.page.locator("[data-save]:visible, main form button[type=submit]:visible").first.click()
        self.page.wait_for_load_state("networkidle")

    def settled(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_load_state("networkidle")

    def text(self) -> str:
        """The words of the page."""
        return self.page.inner_text("main")

    def shot(self, title: str) -> None:
        """A screenshot for people, when asked for."""
        if SHOTS:
            self.shots += 1
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/{self.name}-{self.shots:02d}-{title}.png")

    def fetch(self, path: str) -> tuple[int, str, bytes]:
        """What the browser gets for a path of this host: status, content type, body."""
        status, kind, body = self.page.evaluate(
            """async path => {
                const answer = await fetch(path)
                const bytes = new Uint8Array(await answer.arrayBuffer())
                return [answer.status, answer.headers.get('content-type'), Array.from(bytes)]
            }""",
            path,
        )
        return status, kind, bytes(body)

    def row(self, words: str) -> Locator:
        """The table row that holds the words."""
        return self.page.locator("main tbody tr").filter(has_text=words).first


def watched(page: Page, problems: list[str]) -> None:
    """Note script errors, CSP violations and failed requests: a page with any of them is broken."""
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: problems.append(f"console: {message.text}") if message.type == "error" else None,
    )
    page.on(
        "response",
        lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
    )


@pytest.fixture
def person(chromium: Browser, portal: Portal, request: pytest.FixtureRequest) -> Iterator[Person]:
    """A person with an empty browser; `indirect` parameter: a mapping of context options with `name`."""
    options: dict[str, Any] = dict(getattr(request, "param", {}))
    name = options.pop("name", "person")
    context: BrowserContext = chromium.new_context(
        viewport=options.pop("viewport", {"width": 1440, "height": 900}), **options
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    made = Person(page, portal, name)
    watched(page, made.problems)
    yield made
    context.close()
    assert made.problems == []


@pytest.fixture(scope="session")
def shop(portal: Portal) -> Shop:
    """A company with some trade, shared by all tests that do not begin at sign-up."""
    return open_shop(portal.wiring, portal.port)


class Desk:
    """Opens browsers that are signed in already; a person signs in by hand once per session."""

    def __init__(self, chromium: Browser, portal: Portal, shop: Shop) -> None:
        self.chromium, self.portal, self.shop = chromium, portal, shop
        self.states: dict[str, Any] = {}
        self.contexts: list[BrowserContext] = []

    def person(self, who: str = "en", name: str = "", **options: Any) -> Person:
        """Somebody at a desk of their own: a key of `shop.PEOPLE`."""
        options.setdefault("viewport", {"width": 1440, "height": 900})
        tag = PEOPLE[who][1].replace("_", "-")
        context = self.chromium.new_context(locale=tag, storage_state=self.states.get(who), **options)
        self.contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        person = Person(page, self.portal, name or tag)
        watched(page, person.problems)
        if who not in self.states:
            page.goto(f"{self.shop.url}/login")
            person.fill("email", self.shop.emails[who])
            person.fill("password", PASSWORD)
            page.locator("main form[action='/login'] button").click()
            page.wait_for_url(f"{self.shop.url}/")
            self.states[who] = context.storage_state()
        else:
            page.goto(f"{self.shop.url}/settings/profile")
        return person

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, portal: Portal, shop: Shop) -> Desk:
    return Desk(chromium, portal, shop)


@pytest.fixture
def desk(signed_in: Desk) -> Iterator[Desk]:
    """Browsers of one test, closed after it."""
    yield signed_in
    signed_in.close()


@pytest.fixture
def mara(desk: Desk) -> Iterator[Person]:
    """The English-speaking colleague; her pages must stay free of errors."""
    person = desk.person("en", "mara")
    yield person
    assert person.problems == []
