"""Our own notices: candidates of an event, in GCN's schema of optical alerts.

They are made as text and sent by nobody: who means to tell the world does so by hand.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from schemas.errors import QuestionError
from services.messengers.search import Candidates
from sky.messengers.notices import DAY_S, UNIX_MJD, Notice

SCHEMA: Final = "https://gcn.nasa.gov/schema/main/gcn/notices/boom/alert.schema.json"
"""Of optical alerts near events; the only one of its kind that GCN has."""

MISSION: Final = "gueststar"

TARGETS_MAX: Final = 100
"""A longer list is no notice."""

KINDS: Final = {"LVK": "GW", "IceCube": "neutrino", "icecube": "neutrino"}
"""What an event is called by who said so; bursts otherwise."""

POSITION_ERROR_DEG: Final = 0.5 / 3600.0
"""Of an optical survey's position, rounded up."""


def notice_of(found: Candidates, event: Notice, *, now_unix_s: float, test: bool = True) -> bytes:
    """A notice of candidates, each object once; marked as a test unless that is denied.

    Raises QuestionError where there are none, or too many.
    """
    objects = [*dict.fromkeys(found.columns["object_id"].tolist())]
    if not objects:
        raise QuestionError(f"there are no candidates of {event.event} to tell of")
    if len(objects) > TARGETS_MAX:
        raise QuestionError(
            f"{len(objects):,} candidates of {event.event} are too many for a notice, which has at"
            f" most {TARGETS_MAX}; ask for a smaller region, or by a filter"
        )
    document = {
        "$schema": SCHEMA,
        "mission": MISSION,
        "messenger": "EM",
        "alert_datetime": _time(now_unix_s),
        "alert_tense": "test" if test else "current",
        "alert_type": "initial",
        "data": {
            "targets": [_target(found, name, event) for name in objects],
            "photometry": [_photometry(found, row) for row in _measured(found)],
        },
    }
    return json.dumps(document, allow_nan=False, indent=1).encode()


def _target(found: Candidates, name: str, event: Notice) -> dict[str, Any]:
    row = int(np.flatnonzero(found.columns["object_id"] == name)[0])
    reference = {
        "ref_type": KINDS.get(event.source, "GRB"),
        "ref_instrument": event.source,
        "ref_ID": event.event,
    }
    return {
        "event_name": name,
        "ra": float(found.columns["ra_deg"][row]),
        "dec": float(found.columns["dec_deg"][row]),
        "ra_dec_error": POSITION_ERROR_DEG,
        "classification_scores": _scores(found, row),
        "gcn_crossmatch": [reference],
    }


def _scores(found: Candidates, row: int) -> dict[str, float]:
    level = float(found.columns["credible_level"][row])
    return {"inside_credible_level": round(level, 6)}


def _measured(found: Candidates) -> list[int]:
    rows: list[int] = np.flatnonzero(np.isfinite(found.columns["magnitude"])).tolist()
    return rows


def _photometry(found: Candidates, row: int) -> dict[str, Any]:
    columns = found.columns
    error = float(columns["magnitude_err"][row])
    return {
        "event_name": str(columns["object_id"][row]),
        "instrument": str(columns["survey"][row]),
        "observation_start": _time((float(columns["mjd"][row]) - UNIX_MJD) * DAY_S),
        "filter": str(columns["band"][row]),
        "mag": round(float(columns["magnitude"][row]), 3),
        **({"mag_error": round(error, 3)} if np.isfinite(error) else {}),
        "mag_system": "AB",
    }


def _time(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
