"""The HTTP interface: the same answers as the pages', for programs."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from io import BytesIO
from threading import Event, Lock

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from broker.alerts.counts import AlertCounts
from gueststar.answer import Answer
from gueststar.portal import asked
from gueststar.portal.answers import Json, respond
from gueststar.portal.backend import Backend
from gueststar.portal.held import Held, described, find
from gueststar.portal.stamps import SCALES, WAYS, Look, plane_number, png
from gueststar.portal.workers import speaks
from gueststar.tables import light_curve_columns
from lake.likeness.search import Neighbour
from lake.saving import arrow_table
from schemas.errors import QuestionError

UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
PICTURE_DPI = 150
DRAWING = Lock()
"""Matplotlib's settings are everybody's, so that two pictures are drawn one after another."""
STAMP_KEPT_S = 300
"""So long a browser may keep a stamp; an alert never changes."""

SIMILAR = 20
"""Objects that are told of as like one."""
CONE_COLUMNS = (
    *("object_id", "survey", "alert_id", "ra_deg", "dec_deg", "mjd", "band"),
    *("magnitude", "magnitude_err", "detections"),
)


def tonight(backend: Backend, _: Request) -> Response:
    return Json(backend.figures())


def nights(backend: Backend, request: Request) -> Response:
    with backend.door.asked() as lake:
        return _table(backend, request, lake.nights(), "nights")


def alert(backend: Backend, request: Request) -> Response:
    held = held_of(backend, request)
    judged, more = backend.judges.judge(held.alert)
    now = {
        each.name: {
            "selects": each.selects,
            "clauses": [
                {"clause": one.clause, "said": one.said, "read": list(one.read)}
                for one in each.clauses
            ],
        }
        for each in judged
    }
    return Json(described(held) | {"filters_now": now, "filters_not_asked": more})


def packet(backend: Backend, request: Request) -> Response:
    held = held_of(backend, request)
    if not held.has_packet:
        raise HTTPException(404, "this alert's packet was not kept; see [lake] packets")
    return _download(held.alert.packet, "application/avro", f"{held.alert.alert_id}.avro")


def picture(backend: Backend, request: Request) -> Response:
    from gueststar.pictures.alert import draw  # noqa: PLC0415 - matplotlib takes a second

    held, file = held_of(backend, request), BytesIO()
    with DRAWING:
        draw(held.alert).savefig(file, format="png", dpi=PICTURE_DPI)
    return _download(file.getvalue(), "image/png", f"{held.alert.alert_id}.png")


def stamp(backend: Backend, request: Request) -> Response:
    plane = plane_number(request.query_params.get("plane", "science"))
    if plane is None:
        raise QuestionError("plane is one of science, template, difference")
    data = png(held_of(backend, request).alert, plane, look_of(request))
    if data is None:
        raise HTTPException(404, "this alert has no such stamp")
    kept = {"Cache-Control": f"private, max-age={STAMP_KEPT_S}"}
    return Response(data, media_type="image/png", headers=kept)


def look_of(request: Request) -> Look:
    """How stamps are to be drawn; what is no choice is the default."""
    query = request.query_params
    scale, way = query.get("scale", ""), query.get("way", "")
    return Look(
        scale=next((each for each in SCALES if each == scale), SCALES[0]),
        way=next((each for each in WAYS if each == way), WAYS[0]),
        inverted=query.get("inverted", "") == "1",
    )


def object_(backend: Backend, request: Request) -> Response:
    object_id = asked.text_of(request.query_params, "id")
    with backend.door.asked() as lake:
        found = lake.object(object_id, columns=asked.columns_of(request.query_params))
    return _table(backend, request, found, _file_name(object_id))


def light_curve(backend: Backend, request: Request) -> Response:
    object_id = asked.text_of(request.query_params, "object")
    found = light_curve_of(backend, object_id)
    return _table(backend, request, found, f"{_file_name(object_id)}-light-curve")


def light_curve_of(backend: Backend, object_id: str) -> Answer:
    """An object's points: of all its alerts in the lake, else of the stream's newest.

    Raises QuestionError.
    """
    if backend.door.is_there:
        with backend.door.asked() as lake:
            if len(found := lake.object(object_id)):
                return found.light_curve()
    came = backend.night.of_object(object_id)
    if not came:
        raise QuestionError(f"no alert of an object {object_id!r} is here")
    newest = came[-1].alert
    columns = light_curve_columns(newest.light_curve, newest.forced_photometry)
    return Answer(arrow_table(columns))


def cone(backend: Backend, request: Request) -> Response:
    query = request.query_params
    with backend.door.asked() as lake:
        found = lake.cone(
            asked.number_of(query, "ra"),
            asked.number_of(query, "dec"),
            asked.text_of(query, "radius"),
            columns=asked.columns_of(query),
            found_max=backend.settings.portal.found_max,
        )
    return _table(backend, request, found, "cone")


def similar(backend: Backend, request: Request) -> Response:
    asked_for = asked.text_of(request.query_params, "id")
    found = similar_to(backend, asked_for)
    return _table(backend, request, found, f"like-{_file_name(asked_for)}")


def similar_to(backend: Backend, asked_for: str) -> Answer:
    """The objects of the lake that are most like an object or an alert, likest first.

    Raises QuestionError.
    """
    index = backend.settings.portal.likeness
    if index is None:
        raise QuestionError(
            "no index of likeness is here: name the one that `gueststar likeness` keeps in"
            " CONFIG.toml, [portal] likeness"
        )
    with backend.door.asked() as lake:
        found = lake.similar(asked_for, index=index, count=SIMILAR)
    columns = {name: np.array([getattr(one, name) for one in found]) for name in Neighbour._fields}
    return Answer(arrow_table(columns))


def sql(backend: Backend, request: Request) -> Response:
    text = asked.text_of(request.query_params, "q", most=20_000)
    return _table(backend, request, backend.door.sql(text, gone_of(request)), "sql")


def gone_of(request: Request) -> Event:
    """Set once the client of a request has gone."""
    gone: Event = request.state.gone
    return gone


def filters(backend: Backend, _: Request) -> Response:
    return Json(
        [
            {
                "name": each.name,
                "origin": each.origin,
                "sha256": each.sha256,
                "description": each.description,
                "clauses": dict(each.clauses),
            }
            for each in backend.judges.on_duty()
        ]
    )


def ledger(backend: Backend, _: Request) -> Response:
    found = backend.ledger.audited()
    sums = found.balance
    counts = AlertCounts.of(sums.counts) if sums else AlertCounts()
    return Json(
        {
            "audited_unix_s": found.unix_s or None,
            "is_running": found.is_running,
            "fault": found.fault or None,
            "balances": None if sums is None else not sums.imbalances,
            "consumed": sums.consumed if sums else None,
            "published": sums.published if sums else None,
            "dead": dict(sums.counts.dead) if sums else None,
            "selected": dict(counts.selected),
            "imbalances": [str(each) for each in sums.imbalances] if sums else [],
        }
    )


def workers(backend: Backend, _: Request) -> Response:
    now_unix_s = time.time()
    return Json(
        [
            {**asdict(each), "behind": each.behind, "speaks": speaks(each, now_unix_s)}
            for each in backend.workers.all()
        ]
    )


def held_of(backend: Backend, request: Request) -> Held:
    """The alert that `id` and `object` name. Raises QuestionError, HTTPException."""
    alert_id, object_id = asked.alert_of(request.query_params)
    try:
        return find(backend.door, backend.night, alert_id, object_id)
    except QuestionError as error:
        raise HTTPException(404, str(error)) from error


def _table(backend: Backend, request: Request, answer: Answer, name: str) -> Response:
    query = request.query_params
    page = asked.page_of(query, backend.settings.portal.rows_max)
    return respond(answer, asked.form_of(query), page, name)


def _download(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)


def _file_name(text: str) -> str:
    """An id as part of a file's name: what could mean something else there becomes a line."""
    return UNSAFE_IN_NAMES.sub("_", text)[:60]
