"""What stands before every route: who asks, whether they may, and whether a page of ours asks."""

from __future__ import annotations

import logging
import math
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.errors import SettingsError
from broker.portal_settings import PortalSection
from gueststar.portal.access.rates import Rates
from gueststar.portal.access.sessions import Session, Sessions
from gueststar.portal.access.tokens import Tokens, Who
from gueststar.portal.answers import Json

COOKIE = "gueststar"
SIGN_IN = "/sign-in"
OPEN = ("/assets/", "/healthz")
"""What everybody may ask, uncounted."""
SIGN_INS_PER_MINUTE = 20
"""Tries of an address."""
BEARER = "bearer "
UNREADABLE = "the portal's tokens cannot be read now; its operator's log says why"
LOG = logging.getLogger("gueststar.portal")


@dataclass(frozen=True)
class Visitor:
    """Who asks now, and how they showed it."""

    who: Who | None = None
    session: Session | None = None
    can_sign_in: bool = False

    @property
    def is_author(self) -> bool:
        return self.who is not None and self.who.is_author

    @property
    def csrf(self) -> str:
        return self.session.csrf if self.session else ""


NOBODY = Visitor()
VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)
"""Of the request that is being answered; pages say who is signed in."""


@dataclass(frozen=True, eq=False)
class Access:
    """All that is asked of a request before it is answered."""

    settings: PortalSection
    tokens: Tokens
    sessions: Sessions
    rates: Rates

    @classmethod
    def of(cls, settings: PortalSection) -> Access:
        """As the settings have it. Raises SettingsError where the tokens cannot be read."""
        return cls(settings, Tokens(settings.tokens), Sessions(), Rates())

    def visitor(self, request: Request) -> Visitor | Response:
        """Who asks; or a refusal, where they showed a token that is none."""
        shown = request.headers.get("authorization", "")
        if shown.lower().startswith(BEARER):
            who = self.tokens.find(shown[len(BEARER) :].strip())
            return Visitor(who) if who else _unknown("this token is none, or no longer")
        session = self.sessions.find(request.cookies.get(COOKIE, ""))
        who = self.tokens.of_hash(session.token_sha256) if session else None
        return Visitor(who, session if who else None, can_sign_in=self.tokens.is_there)

    def refusal(self, request: Request, visitor: Visitor) -> Response | None:
        """Why a request is not answered; None where it is."""
        who, path = visitor.who, request.url.path
        name = f"token {who.name}" if who else f"address {_address(request)}"
        most = (who.requests_a_minute_max if who else None) or self.settings.requests_a_minute_max
        wait_s = self.rates.wait_s(name, most)
        if wait_s == 0 and request.method == "POST" and path == SIGN_IN:
            wait_s = self.rates.wait_s(f"sign-in {_address(request)}", SIGN_INS_PER_MINUTE)
        if wait_s:
            return _too_often(wait_s)
        if not is_from_here(request):
            return Json({"error": "this request came from another site's page"}, status_code=403)
        if who is None and not self.settings.anonymous and path != SIGN_IN:
            if path.startswith(("/api/", "/scs")):
                return _unknown("this portal is read with a token: Authorization: Bearer TOKEN")
            return RedirectResponse(f"{SIGN_IN}?next={quote(_target(request), safe='')}", 303)
        return None


class Guard:
    """An application behind an Access."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            visitor = self._access.visitor(request)
        except SettingsError as error:
            LOG.error("nobody is let in by a token: %s", error)
            visitor = Json({"error": UNREADABLE}, status_code=503)
        if isinstance(visitor, Response):
            await visitor(scope, receive, send)
            return
        VISITOR.set(visitor)
        answer = self._access.refusal(request, visitor) or self._app
        await answer(scope, receive, send)


def is_from_here(request: Request) -> bool:
    """Whether something that changes anything was asked by a page of ours, or by no page at all."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return True
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _target(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _unknown(said: str) -> Response:
    return Json({"error": said}, status_code=401, headers={"WWW-Authenticate": "Bearer"})


def _too_often(wait_s: float) -> Response:
    seconds = math.ceil(wait_s)
    said = f"too many requests; ask again in {seconds} s, or have the operator raise your rate"
    return Json({"error": said}, status_code=429, headers={"Retry-After": str(seconds)})
