"""Hostile HTTP requests to the portal: any route, method, header, parameter and body.

They go to the application itself, past the HTTP server, so that what no client would send comes
in, too. Each must be answered, and none with a fault of ours (5xx but for 503).
"""

from __future__ import annotations

import asyncio
import atexit
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from numpy.random import Generator, default_rng

from gueststar.portal.application import application
from gueststar.portal.pages import PAGES
from gueststar.portal.routes import ENDPOINTS
from gueststar.portal.sent import ACTS
from replay.invention import invent
from tests.fuzzing.enduring import RESULT, Kind
from tests.fuzzing.strikes import struck
from tests.gueststar.portal.conftest import backend_over, lake_of
from tests.gueststar.portal.desk import MemoryDesk, tokens_in

ANSWER_S_MAX: Final = 60.0
BUSY: Final = 503
"""What the portal says where it has too much to do, which is no fault."""
TEXTS: Final = (
    *("", "SN1", "1", "-1", "9" * 400, "nan", "inf", "1e400", "0x1", "é", "\0", "\r\nX: y", "a\nb"),
    *(
        "../../etc/passwd",
        "%00",
        "%",
        "x" * 5_000,
        "<script>",
        "'--",
        "{{7*7}}",
        "\u202e",
        "٣",
        " ",
    ),
    *("5arcsec", "1deg", "-1arcsec", "99999deg", "nandeg", "magnitude < 18", "a: magnitude < 18"),
    *("(" * 500, "true", "[]", "{}", "null", "SN1,SN1", "alert_id,x", "asinh", "north-up", "360"),
)
VALUES: Final[tuple[Any, ...]] = (
    *TEXTS[:20],
    None,
    True,
    10**400,
    -1,
    1.5,
    [],
    {},
    [[]],
    {"a": {"b": []}},
)
HEADERS: Final = (
    *("Accept", "Authorization", "Cookie", "X-CSRF", "Origin", "Range", "If-None-Match"),
    *("Content-Type", "Content-Length", "Sec-Fetch-Site", "Last-Event-ID", "X-Forwarded-For"),
)
METHODS: Final = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "TRACE", "get", "")
COSTLY: Final = ("/api/v1/sql", "/api/v1/picture")
"""Which start processes or draw: each is asked for once in so many cases."""
COSTLY_SHARE: Final = 0.002


class Sent(NamedTuple):
    """One request."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Portal:
    """An application over a small lake, an author's token, and the loop that it runs in."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        atexit.register(self._folder.cleanup)
        folder = Path(self._folder.name)
        lake = lake_of(folder / "lake", [one.packet for one in invent(6, seed=7)])
        path, tokens = tokens_in(folder, ada="author")
        self.token = tokens["ada"]
        backend = backend_over(lake, desk=MemoryDesk(), tokens=path, requests_a_minute_max=10**9)
        self._app: Any = application(backend)
        self._loop = asyncio.new_event_loop()

    def status(self, sent: Sent) -> int:
        """Of the answer. Raises what the application raises."""
        return self._loop.run_until_complete(asyncio.wait_for(self._asked(sent), ANSWER_S_MAX))

    async def _asked(self, sent: Sent) -> int:
        answers: list[int] = []
        body = [{"type": "http.request", "body": sent.body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return body.pop() if body else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            answers.extend([message["status"]] if "status" in message else [])

        await self._app(self._scope(sent), receive, send)
        return answers[0] if answers else 0

    def _scope(self, sent: Sent) -> dict[str, Any]:
        headers = [(name.lower().encode(), text.encode()) for name, text in sent.headers]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": sent.method,
            "scheme": "http",
            "path": sent.path,
            "raw_path": quote(sent.path).encode(),
            "root_path": "",
            "query_string": sent.query.encode(),
            "headers": [(b"host", b"portal"), *headers],
            "client": ("127.0.0.1", 1),
            "server": ("portal", 80),
        }


@cache
def portal() -> Portal:
    """The one that all cases ask."""
    return Portal()


ROUTES: Final = (*(each.path for each in ENDPOINTS), *PAGES, "/assets/{name}", "/healthz", "/x")
POSTED: Final = tuple(act.path for act in ACTS)
NAMES: Final = sorted(
    {one.name for each in ENDPOINTS for one in each.parameters if not one.is_of_path}
    | {"name", "text", "next", "page", "token", "csrf", "entries"}
)


PARAMETERS: Final = {each.path: each.parameters for each in ENDPOINTS}


def _query(draw: random.Random, route: str) -> str:
    """The route's own parameters, most of them, half of them sound; and others of any name."""
    own = [
        (one.name, one.example if draw.random() < 0.5 else draw.choice(TEXTS))
        for one in PARAMETERS.get(route, ())
        if draw.random() < 0.8
    ]
    others = [(draw.choice(NAMES), draw.choice(TEXTS)) for _ in range(draw.choice((0, 0, 0, 1, 8)))]
    return "&".join(
        f"{name}={quote(text) if draw.random() < 0.9 else text}" for name, text in own + others
    )


def _headers(draw: random.Random) -> tuple[tuple[str, str], ...]:
    token = portal().token if draw.random() < 0.7 else draw.choice(TEXTS)
    drawn_ones = (
        (draw.choice(HEADERS), draw.choice(TEXTS)) for _ in range(draw.choice((0, 0, 1, 3)))
    )
    return (("Authorization", f"Bearer {token}"), *drawn_ones)


def drawn(cases: int, seed: int) -> Iterator[tuple[str, Sent]]:
    """So many requests."""
    draw, rng = random.Random(seed), default_rng(seed)
    for _ in range(cases):
        yield _posted(draw, rng) if draw.random() < 0.4 else _asked(draw)


def _asked(draw: random.Random) -> tuple[str, Sent]:
    route = draw.choice(ROUTES)
    if route in COSTLY and draw.random() > COSTLY_SHARE * len(ROUTES):
        route = "/healthz"
    path = route.partition("{")[0] + draw.choice(TEXTS) if "{" in route else route
    return _sent(draw, "GET", path, _query(draw, route), b"")


def _posted(draw: random.Random, rng: Generator) -> tuple[str, Sent]:
    said = {key: draw.choice(VALUES) for key in draw.sample(NAMES, draw.randint(0, 6))}
    body = json.dumps(said).encode()
    if draw.random() < 0.2:
        body = struck(body, rng)[1]
    return _sent(draw, "POST", draw.choice(POSTED), "", body)


def _sent(draw: random.Random, method: str, path: str, query: str, body: bytes) -> tuple[str, Sent]:
    chance = draw.random()
    if chance < 0.05:
        odd = path + draw.choice(TEXTS)
        return "an odd path", Sent(method, odd, query, _headers(draw), body)
    if chance < 0.1:
        return "an odd method", Sent(draw.choice(METHODS), path, query, _headers(draw), body)
    named = "posted" if method == "POST" else "asked"
    return named, Sent(method, path, query, _headers(draw), body)


def _end(_: str, sent: Sent) -> str:
    status = portal().status(sent)
    if status >= 500 and status != BUSY:
        return f"harm: {status}"
    return RESULT if status < 400 else f"refused, {status}"


REQUESTS: Final = Kind(drawn, _end, cpu_ms_max=2_000, growth_mb_max=80)
"""What is asked of a lake runs in threads, of which this counts nothing."""
