"""Notices made by hand."""

from __future__ import annotations

import json


def said(
    event: str = "S240422ed",
    *,
    kind: str = "INITIAL",
    minute: int = 0,
    time: str = "2024-04-22T21:35:13.417Z",
    significant: bool = True,
) -> bytes:
    """A notice of LVK's without a map, made so many minutes after ten."""
    body = {"time": time, "significant": significant}
    return json.dumps(
        {
            "alert_type": kind,
            "superevent_id": event,
            "time_created": f"2024-04-22T22:{minute:02d}:00Z",
            "event": None if kind == "RETRACTION" else body,
        }
    ).encode()


def burst(
    number: int = 745121685, *, ra: float = 10.0, minute: int = 0, kind: str = "initial"
) -> bytes:
    """A notice in GCN's schema, with a circle of 5 degrees (90 %) at declination 20."""
    return json.dumps(
        {
            "instrument": "GBM",
            "id": [str(number)],
            "alert_type": kind,
            "alert_datetime": f"2023-02-25T01:{minute:02d}:00",
            "trigger_time": "2023-02-25T00:00:00",
            "ra": ra,
            "dec": 20.0,
            "ra_dec_error": 5.0,
        }
    ).encode()
