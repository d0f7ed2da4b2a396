"""The schema of packets of own telescopes, `gueststar.telescope.alert`, and its version."""

from __future__ import annotations

import json
from typing import Any

from schemas.schema_words import record

NAMESPACE = "gueststar.telescope"
VERSION = "1.1"
"""The first number rises where a field goes or changes its meaning, the second where one comes."""

MEASURED = (
    "detectionId:long mjd:double exposureS:double band:string flux:double fluxErr:double "
    "limitMag:double?"
)
DETECTION = (
    "frame:string camera:string site:string detectionId:long mjd:double exposureS:double "
    "band:string ra:double dec:double raErrArcsec:double decErrArcsec:double x:double y:double "
    "flux:double fluxErr:double counts:double countsErr:double zeroPoint:double? limitMag:double? "
    "score:double chi2:double? sharpness:double? fwhmPixels:double elongation:double? "
    "templateFlux:double? templateArcsec:double? marks:string "
    "realProbability:double? realVersion:string? realPrior:double label:string? "
    "quality:double? qualityFlags:string pixelArcsec:double noiseSpread:double "
    "motionArcsecHour:double? motionAngleDeg:double? motionDetections:int? motionChance:double? "
    "trackletId:long?"
)
"""flux and fluxErr are nJy, signed, or counts of the reference where `zeroPoint` is null."""


def alert_schema() -> dict[str, Any]:
    """The record of a packet."""
    stamps = [{"name": name, "type": "bytes"} for name in STAMPS]
    history = {
        "type": "array",
        "items": record("earlier", NAMESPACE, MEASURED),
    }
    return {
        "type": "record",
        "name": "alert",
        "namespace": NAMESPACE,
        "doc": f"A candidate on a frame of an own telescope, version {VERSION}.",
        "fields": [
            {"name": "telescopeSchema", "type": "string"},
            {"name": "telescopeObjectId", "type": "string"},
            {"name": "detections", "type": "int"},
            {"name": "firstMjd", "type": "double"},
            {"name": "telescopeDetection", "type": record("detection", NAMESPACE, DETECTION)},
            {"name": "earlierDetections", "type": ["null", history], "default": None},
            *stamps,
        ],
    }


STAMPS = ("stampScience", "stampTemplate", "stampDifference")
SCHEMA = json.dumps(alert_schema())
"""As JSON text, for `schemas.writing.container`."""
