"""GCN's classic notices, VOEvents in XML, as documents of its unified schema.

One that says no place within an error is refused: it would stand for its event, and take away the
place that an earlier notice gave. So of a trigger's topics those of positions are to be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from schemas.errors import NoticeError

INSTRUMENTS: Final = {"ICECUBE": "IceCube", "GBM": "GBM", "LAT": "LAT", "BAT": "BAT", "XRT": "XRT"}
"""By how a stream's name begins, as their JSON calls them; of others the mission is told."""
CONTAINMENT: Final = {"GBM": 0.68}
"""What an error radius holds where it is not the usual 0.9."""
KINDS: Final = {"retraction": "retraction", "followup": "update", "supersedes": "update"}
"""By what is cited, and how."""
PLACE: Final = ("C1", "C2", "Error2Radius")
IVORN: Final = re.compile(r"ivo://[^/#]+/([^#]+)#([A-Za-z]*)")


def unified(raw: bytes) -> Mapping[str, Any]:
    """What a VOEvent says, in the unified schema's keys. Raises NoticeError for what is none."""
    root = _parsed(raw)
    found = IVORN.match(root.get("ivorn", ""))
    if found is None or root.get("role") not in {"observation", "test"}:
        said = f"{root.get('role')} {root.get('ivorn')}"
        raise NoticeError(f"the XML is no VOEvent of an observation: {said:.120}")
    params = {one.get("name", ""): one.get("value", "") for one in root.iter("Param")}
    instrument = INSTRUMENTS.get(found[2].upper(), found[1])
    return {
        "instrument": instrument,
        "id": _name(params),
        "alert_type": _kind(root, params),
        "alert_tense": "test" if root.get("role") == "test" else "current",
        "alert_datetime": root.findtext("Who/Date"),
        "trigger_time": root.findtext(".//ISOTime"),
        "containment_probability": CONTAINMENT.get(instrument),
        **_place(root),
    }


def _parsed(raw: bytes) -> Element:
    # Entities are all that makes a small text large, and no observatory declares any.
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise NoticeError("the notice is XML that declares entities; no VOEvent does")
    try:
        return ElementTree.fromstring(raw)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise NoticeError(f"the notice is no XML: {error}") from error


def _name(params: Mapping[str, str]) -> str | None:
    if params.get("run_id") and params.get("event_id"):
        return f"{params['run_id']}_{params['event_id']}"
    return params.get("TrigID")


def _kind(root: Element, params: Mapping[str, str]) -> str:
    if params.get("Def_NOT_a_GRB") == "true":
        return "retraction"
    cited = [KINDS.get(one.get("cite", ""), "") for one in root.iter("EventIVORN")]
    return "retraction" if "retraction" in cited else next(filter(None, cited), "initial")


def _place(root: Element) -> Mapping[str, float]:
    """Raises NoticeError."""
    try:
        ra, dec, error = (float(root.findtext(f".//{key}") or "nan") for key in PLACE)
    except ValueError as odd:
        raise NoticeError(f"the VOEvent's place is none: {odd}") from odd
    if not 0 < error <= 180:
        raise NoticeError("the VOEvent says no place within an error; read topics of positions")
    return {"ra": ra, "dec": dec, "ra_dec_error": error}
