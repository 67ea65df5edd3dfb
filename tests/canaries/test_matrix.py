"""Every route of both doors x every starter role x near, far and foreign records: no canary comes out.

The routes are taken from the doors themselves, the roles, screens, buttons and actions from the registry, so what is
added tomorrow is walked tomorrow. The owner walks first: what they find shows that the canaries are alive. Foreign
records are walked whole by the owner, who may do most; each role opens them by their address.
"""

import json
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.api.call import Endpoint
from app.api.context import ApiContext
from app.api.door import Door
from app.main import build_app
from app.platform.identity.sessions import Sessions
from app.platform.identity.tokens import Tokens
from app.platform.registry import Resource
from app.web import csrf
from app.web.app import RECORD
from app.web.documents import segment_of
from app.wiring import Wiring, build_registry
from tests.canaries.world import (
    CANARIES,
    FIELD,
    FOREIGN,
    HIDDEN,
    NOBODY,
    ROW,
    Plant,
    World,
    build,
    canaries_in,
    readable,
)

with warnings.catch_warnings():  # starlette would rather have httpx2, which is not among our packages
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
KEPT = sorted({*build_registry().roles} - {"owner"})
"""Every starter role but the owner's."""
ANYBODY = re.compile(
    r"^/(\.well-known|preferences|palette|settings/(profile|sessions|tokens|password|security|email|deputies|apps$|apps/grants)|factors|enrol|verify)"
    r"|^/$|/views(/|$)"
)
"""Pages of one's own things, open to everybody who is signed in."""
OWN_CALLS = frozenset(("platform.read_me", "platform.update_preferences", "platform.create_saved_view"))


@dataclass(frozen=True)
class Asked:
    """One request: where, how, and whether it names a record that must not be known."""

    method: str
    path: str
    route: str
    beyond: bool = False
    data: Any = None


@dataclass
class Answered:
    status: int
    text: str


@pytest.fixture(scope="module")
def world(wiring: Wiring) -> World:
    return build(wiring)


@pytest.fixture(scope="module")
def app(world: World) -> Starlette:
    return build_app(world.wiring)


@pytest.fixture(scope="module")
def door(world: World) -> Door:
    wiring = world.wiring
    tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
    context = ApiContext(
        wiring.registry, wiring.gate, tokens.actor, wiring.objects, calls_per_minute=0, failures_per_minute=0
    )
    return Door(context)


class Walker:
    """One person at both doors."""

    def __init__(self, world: World, app: Starlette, door: Door, role: str) -> None:
        self.world, self.door, self.role = world, door, role
        wiring, tenant = world.wiring, world.own.ref
        user, identity = world.people[role], world.identities[role]
        secret = Sessions(wiring.control).open(identity, tenant.id, user, address="127.0.0.1", device="pytest")
        self.host = f"{tenant.slug}.localhost:8000"
        self.browser = TestClient(app, base_url=f"http://{self.host}", follow_redirects=False)
        self.browser.cookies.set("hanse", secret, domain=f"{tenant.slug}.localhost")
        self.csrf = csrf.token_for(wiring.settings.secret_key(), secret)
        tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
        self.bearer = tokens.create(tenant.id, user, "canaries")

    def web(self, asked: Asked) -> Answered:
        headers = {"x-csrf-token": self.csrf, "origin": f"http://{self.host}"} if asked.method == "POST" else {}
        answer = self.browser.request(asked.method, asked.path, data=asked.data, headers=headers)
        shown = readable(answer.content, answer.headers.get("content-type", ""))
        return Answered(answer.status_code, "\n".join((shown, *answer.headers.values())))

    def rest(self, asked: Asked) -> Answered:
        path, _, query = asked.path.partition("?")
        scope = {
            "type": "http",
            "method": asked.method,
            "path": path,
            "query_string": query.encode(),
            "state": {},
            "headers": [],
        }
        headers = {"authorization": f"Bearer {self.bearer}", "content-type": "application/json"}
        body = json.dumps(asked.data).encode() if asked.data is not None else b""
        answer = self.door.answer(scope, headers, body, "canaries")
        return Answered(answer.status, "\n".join((answer.content().decode(), *answer.headers.values())))


# What there is to ask


class Walk:
    """The requests that a world's routes come to."""

    def __init__(self, world: World) -> None:
        self.world, self.registry = world, world.registry
        self.plants = {"near": world.near, "far": world.far, "foreign": world.foreign}

    @cached_property
    def hidden_words(self) -> list[str]:
        return [name.lower() for name in (ROW, FIELD)]

    def rest(self, endpoints: Sequence[Endpoint]) -> Iterator[Asked]:
        for endpoint in endpoints:
            if not endpoint.parameters:
                yield from self._rest_collection(endpoint)
                continue
            for name, plant in self.plants.items():
                path = self._filled(endpoint, plant)
                beyond = name != "near" and endpoint.resource is not None and endpoint.resource.name in plant.records
                if endpoint.method == "GET":
                    yield Asked("GET", path, endpoint.template, beyond)
                    if endpoint.fields:
                        yield Asked("GET", f"{path}?expand=*", endpoint.template, beyond)
                elif name == "near":
                    yield Asked(endpoint.method, f"{path}?dry_run=1", endpoint.template, data={"version": 1})
                else:
                    data = {"version": 1} if endpoint.method == "PATCH" else {}
                    yield Asked(endpoint.method, path, endpoint.template, beyond, data)

    def _rest_collection(self, endpoint: Endpoint) -> Iterator[Asked]:
        path = endpoint.template
        if endpoint.method != "GET":
            yield Asked(endpoint.method, f"{path}?dry_run=1", path, data={})
            return
        yield Asked("GET", path, path)
        view = endpoint.resource.list if endpoint.resource is not None and endpoint.fields else None
        if view is None:
            return
        yield Asked("GET", f"{path}?expand=*&size=500", path)
        yield from (Asked("GET", f"{path}?q={word}", path) for word in self.hidden_words)
        hidden = [name for name in endpoint.fields if name in HIDDEN]
        for name in hidden:
            yield Asked("GET", f"{path}?sort={name}&size=500", path)
            yield Asked("GET", f"{path}?fields={name}", path)
            yield Asked("GET", f"{path}?{name}.contains=canary", path)
        yield from (Asked("GET", f"{path}?group={a.key}", path) for a in view.group_by)
        yield from (Asked("GET", f"{path}?tab={tab.name}&size=500", path) for tab in view.tabs)

    def _filled(self, endpoint: Endpoint, plant: Plant) -> str:
        resource = endpoint.resource.name if endpoint.resource is not None else ""
        path = endpoint.template
        for name in endpoint.parameters:
            known = plant.files if name == "attachment_id" else plant.records
            path = path.replace(f"{{{name}}}", str(known.get(resource) or uuid4()))
        return path

    def web(self, routes: Sequence[Route]) -> Iterator[Asked]:
        for route in routes:
            methods = sorted((route.methods or set()) - {"HEAD"})
            for method in methods:
                yield from self._web_route(method, route.path)

    def _web_route(self, method: str, path: str) -> Iterator[Asked]:
        if "{path:path}" in path:
            return
        if not path.startswith("/{module}/{collection}"):
            yield from self._fixed(method, path)
            return
        for resource in self.registry.resources.values():
            base = path.replace("/{module}/{collection}", resource.path)
            if "{id:uuid}" not in path:
                yield from self._web_collection(method, base, path, resource)
                continue
            for name, plant in self.plants.items():
                if name != "near" or method == "GET":
                    yield from self._web_record(method, base, path, resource, plant, name != "near")

    def _web_collection(self, method: str, base: str, route: str, resource: Resource) -> Iterator[Asked]:
        view = resource.list
        for address in self._choices(base, resource, self.world.near):
            if method == "POST":
                ids = [
                    str(plant.records[resource.name])
                    for plant in (self.world.far, self.world.foreign)
                    if resource.name in plant.records
                ]
                yield Asked("POST", address, route, data={"id": ids} if "/bulk/" in address else {})
                continue
            yield Asked("GET", address, route)
            if view is None or address not in (resource.path, f"{resource.path}/export.csv"):
                continue
            yield Asked("GET", f"{address}?tab=&size=200", route)
            yield from (Asked("GET", f"{address}?tab=&q={word}", route) for word in self.hidden_words)
            yield from (
                Asked("GET", f"{address}?tab=&sort={shown.key}", route) for shown in view.fields if shown.hidden
            )
            yield from (
                Asked("GET", f"{address}?tab=&{a.key}={self._some(plant)}", route)
                for a in view.group_by[:2]
                for plant in (self.world.far, self.world.foreign)
            )

    def _some(self, plant: Plant) -> UUID:
        return plant.records["masterdata.party"]

    def _web_record(
        self, method: str, base: str, route: str, resource: Resource, plant: Plant, beyond: bool
    ) -> Iterator[Asked]:
        key = plant.records.get(resource.name)
        if key is None:
            return
        for address in self._choices(base.replace("{id:uuid}", str(key)), resource, plant):
            yield Asked(method, address, route, beyond, {"version": "1"} if method == "POST" else None)
            if address == f"{resource.path}/{key}" and method == "GET":
                yield from (Asked("GET", f"{address}?panel={tab}", route, beyond) for tab in ("audit", "files"))

    def _choices(self, path: str, resource: Resource, plant: Plant) -> list[str]:
        """The addresses a route's remaining parameters come to for one resource."""
        view = resource.document
        buttons = [
            *(view.buttons if view else ()),
            *(b for c in self.registry.contributions(resource.model) for b in c.buttons),
        ]
        values: dict[str, list[str]] = {
            "format": ["csv", "xlsx"],
            "print": [item.view.name.rpartition(".")[2].replace("_", "-") for item in (view.prints if view else ())],
            "verb": [act.run.__name__ for act in (resource.list.bulk if resource.list else ())]
            if "/bulk/" in path
            else [segment_of(button.action, resource) for button in buttons],
            "file": [str(plant.files.get(resource.name) or uuid4())],
        }
        return _expanded(path, values)

    def _fixed(self, method: str, path: str) -> Iterator[Asked]:
        registry = self.registry
        found: dict[str, list[str]] = {
            "format": ["csv", "xlsx"],
            "module": [module.name for module in registry.modules],
        }
        if path.startswith(("/lookup", "/create")):
            found["name"] = list(registry.resources)
        if "/reports/" in path:
            for view in registry.reports.values():
                own = {**found, "module": [view.module], "name": [view.name.replace("_", "-")]}
                yield from (Asked(method, address, path) for address in _expanded(path, own))
            return
        for address in _expanded(path, found):
            yield Asked(method, address, path, data={} if method == "POST" else None)
            if method == "GET" and path in ("/palette", "/lookup/{name}"):
                yield from (Asked("GET", f"{address}?q={word}", path) for word in (*self.hidden_words, "plain"))


def _expanded(path: str, values: dict[str, list[str]]) -> list[str]:
    found = [path]
    for match in PARAMETER.finditer(path):
        options = values.get(match[1], [str(uuid4())])
        found = [one.replace(match[0], option) for one in found for option in options]
    return found


@pytest.fixture(scope="module")
def walk(world: World) -> Walk:
    return Walk(world)


@pytest.fixture(scope="module")
def web_requests(walk: Walk, app: Starlette) -> list[Asked]:
    skipped = ("/healthz", "/readyz", "/metrics", "/logout", "/favicon.ico", "/settings/sessions/{session:uuid}/end")
    return list(walk.web([r for r in app.routes if isinstance(r, Route) and r.path not in skipped]))


@pytest.fixture(scope="module")
def rest_requests(walk: Walk, door: Door) -> list[Asked]:
    return list(walk.rest(door.table.endpoints))


# The walk


def test_the_owner_finds_the_canaries(world: World, app: Starlette, door: Door, walk: Walk) -> None:
    """In every planted list and record, so that silence elsewhere means something."""
    owner, silent = Walker(world, app, door, "owner"), []
    for name in world.far.records:
        resource = world.registry.resources[name]
        texts = [owner.rest(Asked("GET", f"/api/v1{resource.path}?size=500&expand=*", "")).text]
        keys = [plant.records[name] for plant in (world.near, world.far)]
        texts += [owner.web(Asked("GET", f"{resource.path}/{key}", "")).text for key in keys]
        if not {ROW} <= canaries_in(*texts):
            silent.append(name)
    assert silent == []
    order = owner.rest(Asked("GET", f"/api/v1/sales/orders/{world.near.records['sales.order']}", ""))
    assert canaries_in(order.text) == {FIELD}


@pytest.mark.parametrize("role", KEPT)
def test_no_canary_comes_out_of_rest(
    world: World, app: Starlette, door: Door, rest_requests: list[Asked], role: str
) -> None:
    walker = Walker(world, app, door, role)
    wrong = _walked(walker.rest, rest_requests)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", KEPT)
def test_no_canary_comes_out_of_the_portal(
    world: World, app: Starlette, door: Door, web_requests: list[Asked], role: str
) -> None:
    walker = Walker(world, app, door, role)
    foreign = {str(key) for key in (*world.foreign.records.values(), *world.foreign.files.values())}
    asked = [one for one in web_requests if one.route == RECORD or not any(key in one.path for key in foreign)]
    wrong = _walked(walker.web, asked)
    assert not wrong, "\n".join(wrong)


def test_the_owner_finds_nothing_of_a_foreign_tenant(
    world: World, app: Starlette, door: Door, web_requests: list[Asked], rest_requests: list[Asked]
) -> None:
    owner = Walker(world, app, door, "owner")
    foreign = {str(key) for key in (*world.foreign.records.values(), *world.foreign.files.values())}
    named = [asked for asked in (*rest_requests, *web_requests) if any(key in asked.path for key in foreign)]
    wrong = []
    for asked in named:
        answered = owner.rest(asked) if asked.path.startswith("/api/") else owner.web(asked)
        if FOREIGN in canaries_in(answered.text) or (asked.beyond and answered.status < 400):
            wrong.append((asked.method, asked.path, answered.status))
    assert wrong == []
    assert len(named) > 100


def _walked(ask: Any, requests: Sequence[Asked]) -> list[str]:
    """What was wrong: canaries in an answer, a defect, or a record beyond the rules that answered at all."""
    wrong: list[str] = []
    refused: set[str] = set()
    for asked in requests:
        address, _, query = asked.path.partition("?")
        if query and asked.method == "GET" and address in refused:
            continue  # whoever gets no page gets none in another order
        answered = ask(asked)
        if asked.method == "GET" and answered.status in (403, 404):
            refused.add(address)
        sung = canaries_in(answered.text.replace(asked.path.partition("?")[2], ""))
        word = {name for name in CANARIES if name in asked.path.upper()}
        if sung - word or answered.status >= 500 or (asked.beyond and answered.status < 400):
            wrong.append(f"{asked.method} {asked.path} answered {answered.status} {sorted(sung - word)}")
    return wrong


def _answered(ask: Any, requests: Sequence[Asked]) -> set[tuple[str, str]]:
    """The routes that answered, the variants of a page with its address alone."""
    plain = {(asked.method, asked.path.partition("?")[0]): asked for asked in reversed(requests)}
    refused = {"GET": 300, "POST": 400, "PATCH": 400, "DELETE": 400}
    return {(asked.method, asked.route) for asked in plain.values() if ask(asked).status < refused[asked.method]}


# Declarations


def test_nobody_gets_an_answer_from_rest(world: World, app: Starlette, door: Door, rest_requests: list[Asked]) -> None:
    """Every operation asks for a permission, but the public ones and those of the caller alone."""
    walker = Walker(world, app, door, NOBODY)
    free = {endpoint.template for endpoint in door.table.endpoints if endpoint.public or endpoint.name in OWN_CALLS}
    refused = [asked for asked in rest_requests if asked.route not in free]
    assert _answered(walker.rest, refused) == set()


def test_nobody_gets_an_answer_from_the_portal(
    world: World, app: Starlette, door: Door, web_requests: list[Asked]
) -> None:
    walker = Walker(world, app, door, NOBODY)
    public = {"/signup", "/signup/address", "/login", "/enter", "/forgot", "/reset", "/confirm", "/invite", "/second"}
    public |= {
        "/oauth/jwks",
        "/sso/signed-out",
        "/objects",
        "/objects/{token}",
        "/dev/mail",
        "/dev/mail/{mail}",
        "/passkey/options",
        "/login/passkey",
    }
    refused = [asked for asked in web_requests if asked.route not in public and not ANYBODY.search(asked.route)]
    assert _answered(walker.web, refused) == set()
