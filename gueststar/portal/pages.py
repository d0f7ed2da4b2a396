"""The portal's pages: what a request asks, found and given to a template."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from broker.alerts.counts import AlertCounts
from classifiers.served import BUILT_IN
from gueststar.accounts import conclusion
from gueststar.portal import asked, interface
from gueststar.portal.access.sign_in import sign_in_page
from gueststar.portal.answers import records
from gueststar.portal.backend import Backend
from gueststar.portal.held import measured, packet_fields, verdicts
from gueststar.portal.night import rows_of
from gueststar.portal.openapi import described, parameters_of
from gueststar.portal.outside import links
from gueststar.portal.over_time import of_object
from gueststar.portal.page import Shown, page
from gueststar.portal.reviewing import review_page
from gueststar.portal.routes import ENDPOINTS
from gueststar.portal.search import search
from gueststar.portal.stamps import SCALES, WAYS, oriented
from gueststar.portal.templates import render
from gueststar.portal.writing.lists import lists_page
from gueststar.portal.writing.pages import filter_page, filters_page
from gueststar.status_command import said
from gueststar.upright import why_none
from schemas.batch import PLANES

STREAM_ROWS = 30
ALERTS_SHOWN = 500
"""Of one object."""
LETTERS_SHOWN = 8
PARTS_KEPT_MAX = 16


def tonight(backend: Backend, request: Request) -> Response:
    topic = request.query_params.get("topic", "")
    came = backend.night.newer(0, topic)[-STREAM_ROWS:][::-1]
    return page(
        backend,
        "tonight",
        topic=topic,
        rows=rows_of(came),
        topics=sorted({*backend.night.sums().finds, *([topic] if topic else [])}),
        **_figures(backend),
        **_sky(backend),
        **_dead(backend),
    )


def part(backend: Backend, request: Request) -> Response:
    """What of the night's page is fetched again and again."""
    name = request.path_params["name"]
    if name not in PARTS:
        raise HTTPException(404, "there is no such part of a page")
    return HTMLResponse(_drawn(backend, name, int(time.time())))


@lru_cache(maxsize=PARTS_KEPT_MAX)
def _drawn(backend: Backend, name: str, _second: int) -> str:
    """A part, which is drawn once a second, however many ask for it."""
    return render(f"part_{name}.html", **PARTS[name](backend))


def _figures(backend: Backend) -> dict[str, Any]:
    settings = backend.settings
    return {
        "figures": backend.figures(),
        "enriched": settings.topics.enriched,
        "bootstrap": backend.bootstrap,
    }


def _sky(backend: Backend) -> dict[str, Any]:
    return {"sky": backend.sky()}


def _dead(backend: Backend) -> dict[str, Any]:
    letters = backend.letters
    return {"groups": letters.groups(), "letters": letters.newest(LETTERS_SHOWN)}


PARTS: Mapping[str, Callable[[Backend], dict[str, Any]]] = {
    "figures": _figures,
    "finds": _figures,
    "sky": _sky,
    "dead": _dead,
}


def alert(backend: Backend, request: Request) -> Response:
    held = interface.held_of(backend, request)
    one, look = held.alert, interface.look_of(request)
    planes, compass = oriented(one, look.way)
    judged, more = backend.judges.judge(one)
    who = {"id": one.alert_id, "object": one.object_id}
    return page(
        backend,
        "alert",
        held=held,
        alert=one,
        who=urlencode(who),
        columns=measured(one),
        verdicts=verdicts(held),
        values=one.values,
        judged=judged,
        more=more,
        planes=[(PLANES[n], each.shape) for n, each in enumerate(planes) if each.size],
        why_none=why_none(one),
        compass=compass,
        look=look,
        scales=SCALES,
        ways=WAYS,
        links=links(one),
        fields=packet_fields(one.packet) if held.has_packet else [],
        cards=BUILT_IN,
        likeness=backend.settings.portal.likeness,
    )


def card(backend: Backend, request: Request) -> Response:
    """What is known of a network: its data, figures and limits, as its makers wrote it."""
    name = request.query_params.get("name", "")
    if name not in BUILT_IN:
        raise HTTPException(
            404, f"there is no card of {name!r}; cards are of {', '.join(BUILT_IN)}"
        )
    text = files("classifiers").joinpath(f"{name}.md").read_text(encoding="utf-8")
    return page(backend, "card", network=name, text=text)


def object_(backend: Backend, request: Request) -> Response:
    object_id = asked.text_of(request.query_params, "id")
    rows, times = of_object(backend, object_id)
    if not rows:
        raise HTTPException(
            404, f"no alert of an object {object_id!r} is here; search by place, or look at the id"
        )
    return page(
        backend,
        "object",
        object_id=object_id,
        newest=rows[-1],
        rows=rows[::-1][:ALERTS_SHOWN],
        total=len(rows),
        scores=times,
    )


def ledger(backend: Backend, _: Request) -> Response:
    nights = []
    if backend.door.is_there:
        with backend.door.asked() as lake:
            nights = records(lake.nights())[::-1]
    return page(
        backend,
        "ledger",
        filters=backend.judges.on_duty(),
        nights=nights,
        models=backend.night.models.values(),
        **_workers(backend),
        **_balance(backend),
    )


def _balance(backend: Backend) -> dict[str, Any]:
    found = backend.ledger.audited()
    sums = found.balance
    return {
        "audited": found,
        "sums": sums,
        "counts": AlertCounts.of(sums.counts) if sums else AlertCounts(),
        "conclusion": [*conclusion(sums)] if sums else [],
        "topic": backend.settings.topics.ledger,
    }


def _workers(backend: Backend) -> dict[str, Any]:
    now_unix_s = time.time()
    speaking = backend.workers.speaking(now_unix_s)
    return {
        "workers": backend.workers.all(),
        "speaking": speaking,
        "paused": [*{one.name: one for each in speaking for one in each.paused}.values()],
        "said": partial(said, now_s=now_unix_s),
        "status_topic": backend.settings.topics.status,
    }


PARTS = {**PARTS, "balance": _balance, "workers": _workers}


def help_(backend: Backend, _: Request) -> Response:
    endpoints = [(each, parameters_of(each)) for each in ENDPOINTS]
    limits = backend.settings.portal
    about = described()["info"]["description"]
    return page(backend, "help", endpoints=endpoints, limits=limits, about=about)


PAGES: Mapping[str, Shown] = {
    "/": tonight,
    "/part/{name}": part,
    "/alert": alert,
    "/object": object_,
    "/card": card,
    "/search": search,
    "/filters": filters_page,
    "/filter": filter_page,
    "/lists": lists_page,
    "/review": review_page,
    "/ledger": ledger,
    "/help": help_,
    "/sign-in": sign_in_page,
}
