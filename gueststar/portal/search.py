"""The page that searches: by id, place, night, score, filter, in SQL; and the same for programs."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gueststar.answer import Answer
from gueststar.portal import asked, interface
from gueststar.portal.answers import FORMS, records
from gueststar.portal.backend import Backend
from gueststar.portal.narrowed import FIELDS, scores_in, statement
from gueststar.portal.over_time import of_object
from gueststar.portal.page import page
from gueststar.portal.sky_map import Place, counted, sky_map
from schemas.errors import QuestionError

ROWS_SHOWN = 200
"""Of an answer on a page; all of them are a download."""
PLACES_MAX = 300
"""Alerts of an answer that its map marks one by one."""
SQL_EXAMPLE = "SELECT night, count(*) AS alerts FROM alerts GROUP BY night ORDER BY night"
WHOLE = {"alert_id", "object_id"}
"""Columns that a row of alerts has, from which it is linked to."""

TEXTUAL = {"string", "large_string", "bool"}


def search(backend: Backend, request: Request) -> Response:
    query = request.query_params
    kind = query.get("kind", "")
    given = {name: query.get(name, "") for name in ("id", "centre", "radius", "q", *FIELDS)}
    shared = {
        "kind": kind,
        "given": given,
        "sql_example": SQL_EXAMPLE,
        "forms": FORMS,
        "scores": scores_in(_columns(backend)),
        "on_duty": backend.judges.on_duty(),
    }
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
    if not of_object(backend, text)[0]:
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
    if kind == "similar":
        return _similar(backend, asked.text_of(query, "id"))
    if kind == "sql":
        return _sql(backend, asked.text_of(query, "q", most=20_000))
    if kind == "narrowed":
        return _sql(backend, statement(query, _columns(backend)))
    return None


def _columns(backend: Backend) -> list[str]:
    """Of the lake's alerts; none where there is no lake."""
    if not backend.door.is_there:
        return []
    with backend.door.asked() as lake:
        return lake.columns


def _sql(backend: Backend, text: str) -> dict[str, Any]:
    answer = backend.door.sql(text)
    python = f"gueststar.lake({str(backend.door.path)!r}).sql({text!r})"
    return _shown(answer, python, f"/api/v1/sql?{urlencode({'q': text})}")


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


def _similar(backend: Backend, asked_for: str) -> dict[str, Any]:
    answer = interface.similar_to(backend, asked_for)
    index = str(backend.settings.portal.likeness)
    lake = f"gueststar.lake({str(backend.door.path)!r})"
    python = f"{lake}.similar({asked_for!r}, index={index!r}, count={interface.SIMILAR})"
    return _shown(answer, python, f"/api/v1/similar?{urlencode({'id': asked_for})}")


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
        "marks_max": PLACES_MAX,
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
