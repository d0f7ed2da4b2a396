"""The two routes that SkyPortal's `generic` broker plug-in calls: alerts sought, and one alert.

Names within a record are those by which SkyPortal saves a source (`broker_apis/_save.py` there,
November 2026): magnitudes are AB, `jd` is UTC at mid-exposure, bands are the survey's letters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gueststar.alert import Alert
from gueststar.answer import Answer
from gueststar.points import points_of
from gueststar.portal import asked
from gueststar.portal.answers import Json, records
from gueststar.portal.backend import Backend
from gueststar.portal.held import find
from gueststar.portal.night import finite
from schemas.columns import BANDS
from schemas.errors import QuestionError

JD_OF_MJD_0 = 2_400_000.5
RADIUS_MAX_ARCSEC = 3_600.0
UNITS = {"arcsec": 1.0, "arcmin": 60.0, "deg": 3_600.0}
ALERTS_MAX = 500
"""Of an answer; the newest."""
COLUMNS = (
    *("object_id", "survey", "alert_id", "mjd_utc_mid", "ra_deg", "dec_deg", "band", "magnitude"),
    *("magnitude_err", "programid", "flux_njy"),
)


def alerts(backend: Backend, request: Request) -> Response:
    """Alerts of an object, or around a place, the newest first."""
    query = request.query_params
    found: Answer
    with backend.door.asked() as lake:
        if query.get("objectId"):
            found = lake.object(asked.text_of(query, "objectId"), columns=[*COLUMNS])
        elif query.get("candid"):
            candid, _ = asked.alert_of(query.__class__({"id": query["candid"]}))
            objects = lake.objects_of(candid) if 0 <= candid < 2**63 else []
            found = lake.object(objects[0] if objects else "", columns=[*COLUMNS])
            row = _ids(found).index(candid) if objects else 0
            found = Answer(found.table.slice(row, 1))
        else:
            place = asked.number_of(query, "ra"), asked.number_of(query, "dec")
            most = backend.settings.portal.found_max
            found = lake.cone(*place, _radius(request), columns=COLUMNS, found_max=most)
    rows = [*_within(records(found), request)]
    rows.sort(key=lambda each: each["mjd_utc_mid"] or 0.0, reverse=True)
    return Json({"data": [_record(each) for each in rows[:ALERTS_MAX]]})


def _ids(found: Answer) -> list[int]:
    ids: list[int] = found.table.column("alert_id").to_pylist()
    return ids


def _radius(request: Request) -> str:
    query = request.query_params
    unit = query.get("radius_units", "arcsec")
    if unit not in UNITS:
        raise QuestionError(f"radius_units {unit!r:.20} is none of {', '.join(UNITS)}")
    arcsec = asked.number_of(query, "radius") * UNITS[unit]
    if not 0 < arcsec <= RADIUS_MAX_ARCSEC:
        raise QuestionError(f"radius is more than 0 and at most {RADIUS_MAX_ARCSEC:g} arcsec here")
    return f"{arcsec:.9f}arcsec"


def _within(rows: list[dict[str, Any]], request: Request) -> Iterator[dict[str, Any]]:
    """Those between `jd_start` and `jd_end`, where they are given."""
    query = request.query_params
    first = asked.number_of(query, "jd_start") if query.get("jd_start") else -math.inf
    last = asked.number_of(query, "jd_end") if query.get("jd_end") else math.inf
    for row in rows:
        if first <= (row["mjd_utc_mid"] or 0.0) + JD_OF_MJD_0 <= last:
            yield row


def _record(row: dict[str, Any]) -> dict[str, Any]:
    mjd, code = row["mjd_utc_mid"], row["band"]
    band = code if isinstance(code, str) else BANDS[code] if 0 <= code < len(BANDS) else None
    return {
        "objectId": row["object_id"],
        "candid": row["alert_id"],
        "survey": row["survey"].upper(),
        "candidate": {
            "jd": None if mjd is None else mjd + JD_OF_MJD_0,
            "ra": row["ra_deg"],
            "dec": row["dec_deg"],
            "band": band,
            "magpsf": row["magnitude"],
            "sigmapsf": row["magnitude_err"],
            "isdiffpos": None if row["flux_njy"] is None else row["flux_njy"] >= 0,
            "programid": row["programid"],
        },
    }


def alert(backend: Backend, request: Request) -> Response:
    """An alert by its id, or the newest of an object by that: with its light curve."""
    wanted = str(request.path_params["alert_id"])[: asked.TEXT_MAX]
    try:
        held = find(backend.door, backend.night, *_named(backend, wanted))
    except QuestionError as error:
        raise HTTPException(404, str(error)) from error
    one = held.alert
    row = {name: getattr(one, name) for name in COLUMNS}
    plain = {name: finite(each) if isinstance(each, float) else each for name, each in row.items()}
    record = _record({**plain, "alert_id": str(one.alert_id)})
    record["candidate"]["drb"] = finite(one.scores.get("realbogus", {}).get("real", math.nan))
    record["prv_candidates"] = [*_points(one)]
    record["classifications"] = {name: dict(each) for name, each in one.scores.items()}
    record["filters"] = list(held.filters or ())
    return Json({"data": record})


def _named(backend: Backend, wanted: str) -> tuple[int, str | None]:
    """Its id, and its object where that is what was asked for. Raises QuestionError."""
    if wanted.isascii() and wanted.isdecimal() and len(wanted) <= 19:
        return int(wanted), None
    if came := backend.night.of_object(wanted):
        return came[-1].alert.alert_id, wanted
    with backend.door.asked() as lake:
        ids = _ids(lake.object(wanted, columns=["alert_id"]))
    if not ids:
        raise QuestionError(f"no alert of an object {wanted!r} is here")
    return ids[-1], wanted


def _points(one: Alert) -> Iterator[dict[str, Any]]:
    """Detections of its light curve, as magnitudes; forced photometry where nothing else is."""
    found = points_of(one)
    found = found.take(~found.limit)
    for n in range(len(found)):
        yield {
            "jd": float(found.mjd[n]) + JD_OF_MJD_0,
            "band": BANDS[found.band[n]] if found.band[n] >= 0 else None,
            "magpsf": finite(float(found.magnitude[n])),
            "sigmapsf": finite(float(found.magnitude_err[n])),
            "isdiffpos": not found.fading[n],
            "ra": finite(one.ra_deg),
            "dec": finite(one.dec_deg),
            "programid": finite(one.programid),
        }
