"""The portal's pages: what a request asks, found and given to a template."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from broker.alerts.counts import AlertCounts
from classifiers.served import BUILT_IN
from gueststar.accounts import conclusion
from gueststar.answer import Answer
from gueststar.portal import asked, interface
from gueststar.portal.answers import FORMS, records
from gueststar.portal.backend import Backend
from gueststar.portal.held import measured, packet_fields, verdicts
from gueststar.portal.night import rows_of
from gueststar.portal.openapi import described, parameters_of
from gueststar.portal.outside import links
from gueststar.portal.routes import ENDPOINTS
from gueststar.portal.sky_map import Place, counted, sky_map
from gueststar.portal.stamps import SCALES, WAYS, oriented
from gueststar.portal.templates import render
from gueststar.upright import why_none
from schemas.batch import PLANES
from schemas.errors import QuestionError

STREAM_ROWS = 30
ROWS_SHOWN = 200
"""Of an answer on a page; all of them are a download."""
ALERTS_SHOWN = 500
"""Of one object."""
PLACES_MAX = 300
"""Alerts of an answer that its map marks one by one."""
LETTERS_SHOWN = 8
SQL_EXAMPLE = "SELECT night, count(*) AS alerts FROM alerts GROUP BY night ORDER BY night"
SPARK = 120, 28
"""Of a score over time, in its picture's units."""
WHOLE = {"alert_id", "object_id"}
"""Columns that a row of alerts has, from which it is linked to."""

TEXTUAL = {"string", "large_string", "bool"}

Shown = Callable[[Backend, Request], Response]


def page(backend: Backend, name: str, **given: Any) -> Response:  # noqa: ANN401 - for templates
    """A template as a page."""
    shared = {
        "title": backend.settings.portal.title,
        "page": name,
        "has_lake": backend.door.is_there,
    }
    return HTMLResponse(render(f"{name}.html", **shared, **given))


def error(request: Request, status: int, said: str) -> Response:
    """A page that says what is wrong and what to do."""
    title = request.app.state.backend.settings.portal.title
    given = {"title": title, "page": "error", "status": status, "said": said}
    return HTMLResponse(render("error.html", **given), status_code=status)


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
    return HTMLResponse(render(f"part_{name}.html", **PARTS[name](backend)))


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
    rows, times = _of_object(backend, object_id)
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


def _of_object(backend: Backend, object_id: str) -> tuple[list[dict[str, Any]], list[OverTime]]:
    """Its alerts by time, and each score over time."""
    if backend.door.is_there:
        with backend.door.asked() as lake:
            found = lake.object(object_id)
            rows = records(found)
        if rows:
            names = [name for name in found.columns if name.startswith("score.")]
            return rows, [*filter(None, (_over_time(rows, name) for name in names))]
    return rows_of(backend.night.of_object(object_id)), []


class OverTime(NamedTuple):
    """A score over an object's alerts, drawn."""

    name: str
    newest: float
    points: list[tuple[float, float]]
    path: str


def _over_time(rows: list[dict[str, Any]], name: str) -> OverTime | None:
    """None of a score that no alert has."""
    found = [(row["mjd"], row[name]) for row in rows if None not in (row["mjd"], row[name])]
    if not found:
        return None
    first, last = found[0][0], found[-1][0]
    width, height = SPARK
    points = [
        (round(width * (mjd - first) / ((last - first) or 1), 1), round(height * (1 - value), 1))
        for mjd, value in found
    ]
    path = "M" + "L".join(f"{x},{y}" for x, y in points)
    return OverTime(name.removeprefix("score."), found[-1][1], points, path)


def search(backend: Backend, request: Request) -> Response:
    query = request.query_params
    kind = query.get("kind", "")
    given = {name: query.get(name, "") for name in ("id", "centre", "radius", "q")}
    shared = {"kind": kind, "given": given, "sql_example": SQL_EXAMPLE, "forms": FORMS}
    try:
        if kind == "id":
            return _by_id(backend, asked.text_of(query, "id"))
        found = _found(backend, kind, query)
    except QuestionError as wrong:
        told = {"said": str(wrong), "picture": wrong.picture}
        return page(backend, "search", found=None, **told, **shared)
    if found:
        found["origin"] = str(request.base_url).rstrip("/")
    return page(backend, "search", found=found, said="", picture="", **shared)


def _by_id(backend: Backend, text: str) -> Response:
    """An alert's page, or an object's, whichever has that id."""
    if text.isdecimal() and len(text) <= 19:
        came = backend.night.find(int(text), None)
        if came is not None:
            return _to("/alert", id=text, object=came.alert.object_id)
        if backend.door.is_there:
            with backend.door.asked() as lake:
                objects = lake.objects_of(int(text)) if int(text) < 2**63 else []
            if objects:
                return _to("/alert", id=text, object=objects[0])
    if not _of_object(backend, text)[0]:
        raise QuestionError(
            f"no alert and no object {text!r} is here; look at how it is written (ZTF18abcdefg,"
            " say), or ask by place"
        )
    return _to("/object", id=text)


def _to(path: str, **query: str) -> Response:
    return RedirectResponse(f"{path}?{urlencode(query)}", status_code=303)


def _found(backend: Backend, kind: str, query: QueryParams) -> dict[str, Any] | None:
    """What a question finds, and the same question for programs; None where none is asked."""
    if kind == "cone":
        return _cone(backend, asked.text_of(query, "centre"), asked.text_of(query, "radius"))
    if kind == "sql":
        text = asked.text_of(query, "q", most=20_000)
        answer = backend.door.sql(text)
        python = f"gueststar.lake({str(backend.door.path)!r}).sql({text!r})"
        return _shown(answer, python, f"/api/v1/sql?{urlencode({'q': text})}")
    return None


def _cone(backend: Backend, centre: str, radius: str) -> dict[str, Any]:
    with backend.door.asked() as lake:
        ra, dec = asked.centre_of(centre, lake)
        most = backend.settings.portal.found_max
        wanted = [*interface.CONE_COLUMNS]
        if "score.realbogus.real" in lake.columns:
            wanted.append("score.realbogus.real")
        answer = lake.cone(ra, dec, radius, columns=wanted, found_max=most)
    python = f"gueststar.lake({str(backend.door.path)!r}).cone({ra!r}, {dec!r}, {radius!r})"
    asked_for = urlencode({"ra": ra, "dec": dec, "radius": radius})
    return _shown(answer, python, f"/api/v1/cone?{asked_for}")


def _shown(answer: Answer, python: str, call: str) -> dict[str, Any]:
    rows = Answer(answer.table.slice(0, ROWS_SHOWN), with_units=answer.with_units)
    return {
        "columns": answer.columns,
        "rows": records(rows),
        "numbers": {field.name for field in answer.table.schema if str(field.type) not in TEXTUAL},
        "total": len(answer),
        "cut_short": answer.cut_short,
        "python": python,
        "call": call,
        "linked": {*answer.columns} >= WHOLE,
        "sky": _map_of(answer),
    }


def _map_of(answer: Answer) -> Any:  # noqa: ANN401
    """Where the alerts of an answer are; None where it says no places."""
    if not {"ra_deg", "dec_deg", "object_id"} <= {*answer.columns} or not len(answer):
        return None
    ra, dec = (answer.table.column(name).to_numpy() for name in ("ra_deg", "dec_deg"))
    first = records(Answer(answer.table.slice(0, PLACES_MAX)))
    places = [
        Place(
            math.nan if row["ra_deg"] is None else row["ra_deg"],
            math.nan if row["dec_deg"] is None else row["dec_deg"],
            row["object_id"],
            row.get("alert_id", ""),
            row["object_id"],
        )
        for row in first
    ]
    return sky_map(counted(ra, dec), places)


def ledger(backend: Backend, _: Request) -> Response:
    nights = []
    if backend.door.is_there:
        with backend.door.asked() as lake:
            nights = records(lake.nights())[::-1]
    given = {"nights": nights, "models": backend.night.models.values()}
    return page(backend, "ledger", filters=backend.judges.on_duty(), **given, **_balance(backend))


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


PARTS = {**PARTS, "balance": _balance}


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
    "/ledger": ledger,
    "/help": help_,
}
