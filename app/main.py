"""The web process: portal and REST in one ASGI application, plus health, readiness and metrics.

`create_app` is the factory gunicorn calls after the fork; nothing is connected before it.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.adapters.observed import Observed
from app.adapters.settings import Settings
from app.adapters.telemetry import configure_logging, configure_sentry, metrics
from app.api.context import ApiContext
from app.api.door import Door
from app.api.oauth import OAuthDoor
from app.platform.oauth.grants import ACCESS
from app.platform.oauth.metadata import place_at
from app.platform.work import Actor
from app.web.app import web_middleware, web_routes
from app.web.portal import Portal
from app.web.render import assets
from app.wiring import Wiring

THREADS = 8
"""Threads that run requests; equal to the database pool, so nobody waits for a connection inside a thread."""


def create_app(settings: Settings | None = None) -> Starlette:
    """The application of one web process."""
    settings = settings or Settings.load(os.environ)
    configure_logging(settings.log)
    configure_sentry(settings.sentry_dsn, settings.mode)
    wiring = Wiring(settings, pool_size=THREADS)
    return build_app(wiring)


def build_app(wiring: Wiring) -> Starlette:
    """Join the doors over given objects; tests bring their own wiring."""
    portal = Portal(
        settings=wiring.settings,
        registry=wiring.registry,
        gate=wiring.gate,
        sessions=wiring.router.session,
        directory=wiring.directory,
        control=wiring.control,
        objects=wiring.objects,
        mailer=wiring.mailer,
        redis=wiring.redis,
        sealing=wiring.sealing,
        outgoing=wiring.outgoing,
        shared_partners=wiring.partners,
    )
    door = Door(api_context(wiring))
    oauth = OAuthDoor(wiring.partners, lambda host: place_at(wiring.settings, wiring.directory, host), wiring.limiter)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        door.warm()
        yield
        wiring.partners.usage.write()
        wiring.close()

    routes: list[BaseRoute] = [
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", _ready(wiring), methods=["GET"]),
        Route("/metrics", _metrics, methods=["GET"]),
        Mount("/api", app=_whole_path(door)),
        *oauth.routes(),
        *web_routes(portal),
    ]
    templates = {route.endpoint: route.path for route in routes if isinstance(route, Route)}
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Observed, template=templates.get), *web_middleware(portal)],
        lifespan=lifespan,
    )
    app.state.wiring = wiring
    return app


def _whole_path(door: Door) -> Callable[..., Any]:
    """The REST door reads the path as the client sent it, not what a mount leaves of it."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        await door({**scope, "root_path": ""}, receive, send)

    return serve


def api_context(wiring: Wiring) -> ApiContext:
    """What the REST door is given."""
    from app.platform.identity.tokens import Tokens

    tokens = Tokens(wiring.control, wiring.directory, wiring.router.session)
    bearers, usage = wiring.partners.bearers, wiring.partners.usage

    def authenticate(token: str, address: str) -> Actor | None:
        return bearers.actor(token, address) if token.startswith(ACCESS) else tokens.actor(token, address)

    return ApiContext(
        registry=wiring.registry,
        gate=wiring.gate,
        authenticate=authenticate,
        objects=wiring.objects,
        tenant_at=lambda host: wiring.directory.tenant_at(host).id,
        limiter=wiring.limiter,
        styles=assets().styles,
        used=lambda actor, app, operation, refused: usage.count(actor.tenant_id, app.id, operation, refused=refused),
    )


async def _alive(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _ready(wiring: Wiring) -> Callable[[Request], Any]:
    """Ready when the control database and a cell answer; a draining process is taken out by its server."""

    def check() -> dict[str, str]:
        with wiring.control.connect() as connection:
            connection.execute(text("SELECT 1"))
        return {"status": "ready"}

    async def ready(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(check))
        except Exception as error:  # noqa: BLE001  # whatever it is, this process cannot serve
            return JSONResponse({"status": "unavailable", "reason": type(error).__name__}, 503)

    return ready


async def _metrics(request: Request) -> Response:
    body, kind = metrics()
    return Response(body, media_type=kind)
