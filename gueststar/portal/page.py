"""A template as an answer, and a page that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gueststar.portal.access.guard import VISITOR
from gueststar.portal.backend import Backend
from gueststar.portal.templates import render

Shown = Callable[[Backend, Request], Response]


def page(backend: Backend, name: str, /, **given: Any) -> Response:  # noqa: ANN401 - for templates
    """A template as a page."""
    shared = {
        "title": backend.settings.portal.title,
        "page": name,
        "has_lake": backend.door.is_there,
        "visitor": VISITOR.get(),
    }
    return HTMLResponse(render(f"{name}.html", **shared, **given))


def error_page(request: Request, status: int, said: str) -> Response:
    """A page that says what is wrong and what to do."""
    answer = page(request.app.state.backend, "error", status=status, said=said)
    answer.status_code = status
    return answer
