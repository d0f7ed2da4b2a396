"""The page on which a browser shows a token, and gets a cookie in its place."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gueststar.portal.access.guard import COOKIE, SIGN_IN
from gueststar.portal.access.sessions import HOUR_S, HOURS
from gueststar.portal.acts import Given
from gueststar.portal.backend import Backend
from gueststar.portal.page import page

MAX_AGE_S = int(HOURS * HOUR_S)


def sign_in_page(backend: Backend, request: Request) -> Response:
    return page(backend, "sign_in", said="", next=next_of(request.query_params.get("next", "")))


def sign_in(backend: Backend, given: Given) -> Response:
    """A cookie for a token; the page again where it is none."""
    access, target = backend.access, next_of(given.text("next"))
    who = access.tokens.find(given.text("token").strip())
    if who is None:
        said = "This token is none, or no longer."
        answer = page(backend, "sign_in", said=said, next=target)
        answer.status_code = 401
        return answer
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        COOKIE,
        access.sessions.begin(who.sha256),
        max_age=MAX_AGE_S,
        httponly=True,
        samesite="strict",
        secure=given.request.url.scheme == "https",
    )
    return answer


def sign_out(backend: Backend, given: Given) -> Response:
    """End the session."""
    backend.access.sessions.end(given.request.cookies.get(COOKIE, ""))
    answer = RedirectResponse(SIGN_IN if not backend.settings.portal.anonymous else "/", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def next_of(target: str) -> str:
    """A path of ours to go on to; the start for anything else."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\", SIGN_IN))
    return target if is_ours and target.isprintable() else "/"
