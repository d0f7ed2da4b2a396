"""The portal as a web application: its routes, its errors, and what every answer is sent with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gueststar.portal import openapi, pages
from gueststar.portal.access.guard import Guard
from gueststar.portal.acts import answered
from gueststar.portal.answers import Json
from gueststar.portal.backend import Backend
from gueststar.portal.live import stream
from gueststar.portal.page import error_page
from gueststar.portal.routes import ENDPOINTS
from gueststar.portal.sent import ACTS
from schemas.errors import GueststarError

LOG = logging.getLogger("gueststar.portal")

ASSETS = Path(__file__).with_name("assets")
GONE_LOOK_S = 0.25
"""Between two looks at whether a client is still there."""
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
KEPT_S = 31_536_000
"""So long a browser may keep an asset: its address has its hash."""

SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""No script stands within a page, nothing is fetched from elsewhere, no other page frames us."""
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
"""A browser that came by https comes by nothing else for a year."""


def application(backend: Backend) -> Starlette:
    """The portal over what there is."""
    app = Starlette(
        routes=[*_routes()],
        middleware=[Middleware(SafeHeaders), Middleware(Guard, access=backend.access)],
        exception_handlers={
            GueststarError: _refused,
            HTTPException: _http_error,
            Exception: _fault,
        },
        lifespan=_lifespan,
    )
    app.state.backend = backend
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Viewers are told what comes for as long as the portal runs."""
    task = asyncio.create_task(app.state.backend.viewers.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _routes() -> list[Route]:
    interface = [Route(each.path, partial(_answer, each.answer)) for each in ENDPOINTS]
    shown = [Route(path, partial(_answer, page)) for path, page in pages.PAGES.items()]
    return [
        *shown,
        *interface,
        *(Route(each.path, partial(answered, each), methods=["POST"]) for each in ACTS),
        Route("/api/v1/stream", stream),
        Route("/api/v1/openapi.json", _openapi),
        Route("/assets/{name}", _asset),
        Route("/healthz", _health),
    ]


async def _answer(answer: Callable[[Backend, Request], Response], request: Request) -> Response:
    """Beside the loop; `request.state.gone` is set where the client goes meanwhile."""
    request.state.gone = Event()
    watch = asyncio.create_task(_watched(request))
    try:
        return await run_in_threadpool(answer, request.app.state.backend, request)
    finally:
        watch.cancel()


async def _watched(request: Request) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(GONE_LOOK_S)
    request.state.gone.set()


def _openapi(_: Request) -> Response:
    return Json(openapi.described())


def _health(_: Request) -> Response:
    return Json({"status": "up"})


def _asset(request: Request) -> Response:
    path = ASSETS / request.path_params["name"]
    if path.suffix not in MEDIA_TYPES or path.parent != ASSETS or not path.is_file():
        raise HTTPException(404, "there is no such asset")
    headers = {"Cache-Control": f"public, max-age={KEPT_S}, immutable"}
    return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix], headers=headers)


def _refused(request: Request, error: Exception) -> Response:
    return _said(request, 400, " ".join(str(error).split()))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = error.detail
    if error.status_code == 404 and said == "Not Found":
        said = "there is no such page; begin at the start"
    return _said(request, error.status_code, said)


def _fault(request: Request, error: Exception) -> Response:
    LOG.error("a fault of ours at %s", request.url.path, exc_info=error)
    return _said(request, 500, "a fault of ours; the portal's log says where")


def _said(request: Request, status: int, said: str) -> Response:
    if request.url.path.startswith(("/api/", "/scs")):
        return Json({"error": said}, status_code=status)
    return error_page(request, status, said)


class SafeHeaders:
    """Has every answer carry SAFE_HEADERS, and over TLS, ours or a proxy's, OVER_TLS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = SAFE_HEADERS | (OVER_TLS if scope.get("scheme") == "https" else {})

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)
