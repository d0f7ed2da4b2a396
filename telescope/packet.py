"""A candidate as a packet of our own schema: measured, told, with its history and three stamps."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.photometry import AB_ZERO_MAG_NJY
from schemas.telescope_schema import SCHEMA, STAMPS, VERSION
from schemas.writing import container, gzipped_fits
from telescope.detect import mark_names
from telescope.frame import FrameError
from telescope.pipeline import Report
from telescope.sky_grid import Sky
from telescope.tell import OWN_WEIGHTS

Fields = dict[str, Any]


class Measured(NamedTuple):
    """What one detection is, once it has a place on the sky; of `telescope_schema.DETECTION`."""

    fields: Fields
    stamps: tuple[bytes, ...]


def detections(report: Report, site: str, real_share: float) -> list[Measured]:
    """All candidates of a report, in its order, scores beside them.

    Raises FrameError where the frame has no WCS, no time, or shows nothing to measure by.
    """
    found, told, difference = report.candidates, report.told, report.difference
    assert found is not None and told is not None and difference is not None
    assert report.prepared is not None and report.quality is not None
    frame, quality = report.prepared.frame, report.quality
    if frame.sky is None:
        raise FrameError(f"{report.name} has no WCS, so that its candidates have no place")
    if not math.isfinite(frame.facts.mjd):
        raise FrameError(f"{report.name} has no time; name its keyword in the camera's [keywords]")
    ra, dec = frame.sky.radec(found.x, found.y)
    arcsec = frame.sky.pixel_arcsec
    shared = {
        "frame": report.name, "camera": frame.camera.name, "site": site,
        "mjd": frame.facts.mjd, "exposureS": _finite(frame.facts.exposure_s) or 0.0,
        "band": frame.facts.band, "zeroPoint": _finite(quality.zero_point),
        "limitMag": _finite(quality.limit_mag), "fwhmPixels": quality.fwhm,
        "elongation": _finite(1.0 / (1.0 - quality.ellipticity)), "realPrior": real_share,
        "realVersion": OWN_WEIGHTS.stem, "quality": _finite(quality.score),
        "qualityFlags": " ".join(quality.names), "pixelArcsec": arcsec,
        "noiseSpread": difference.spread,
    }  # fmt: skip
    unit = _njy_a_count(quality.zero_point)
    made = []
    for row in range(len(found)):
        probabilities = told.probabilities[row]
        label = (
            told.labels[int(np.argmax(probabilities))] if np.isfinite(probabilities).all() else None
        )
        own = {
            "detectionId": detection_id(frame.camera.name, report.name, row),
            "ra": float(ra[row]), "dec": float(dec[row]),
            "raErrArcsec": float(found.x_err[row]) * arcsec,
            "decErrArcsec": float(found.y_err[row]) * arcsec,
            "x": float(found.x[row]), "y": float(found.y[row]),
            "flux": float(found.flux[row]) * unit, "fluxErr": float(found.flux_err[row]) * unit,
            "counts": float(found.flux[row]), "countsErr": float(found.flux_err[row]),
            "score": float(found.score[row]), "chi2": _finite(found.chi2[row]),
            "sharpness": _finite(found.sharpness[row]),
            "templateFlux": _scaled(found.template_flux[row], unit),
            "templateArcsec": _finite(found.template_away[row] * arcsec),
            "marks": mark_names(int(found.marks[row])),
            "realProbability": _finite(told.real[row]), "label": label,
        }  # fmt: skip
        made.append(Measured({**shared, **own}, _stamps(told.stamps[row], frame.sky)))
    return made


def _stamps(planes: NDArray[np.float32], sky: Sky) -> tuple[bytes, ...]:
    """Their headers say how the sky lies over them."""
    matrix = tuple(sky.matrix.ravel().tolist())
    return tuple(gzipped_fits(plane, matrix) for plane in planes)


def packet(one: Measured, object_id: str, earlier: Sequence[Mapping[str, Any]]) -> bytes:
    """An alert as an Avro container; `earlier` are the object's other detections, oldest first."""
    first = earlier[0]["mjd"] if earlier else one.fields["mjd"]
    whole = {
        "telescopeSchema": VERSION,
        "telescopeObjectId": object_id,
        "detections": len(earlier) + 1,
        "firstMjd": min(float(first), float(one.fields["mjd"])),
        "telescopeDetection": one.fields,
        "earlierDetections": list(earlier) or None,
        **dict(zip(STAMPS, one.stamps, strict=True)),
    }
    return container(SCHEMA, whole)


def detection_id(camera: str, frame: str, row: int) -> int:
    """The same for the same row of the same frame, whoever works it out: 62 bits."""
    digest = hashlib.sha256(f"{camera}\0{frame}\0{row}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2


def _njy_a_count(zero_point: float) -> float:
    """1 where there is no zero point: fluxes are counts then."""
    unit = 10 ** (0.4 * (AB_ZERO_MAG_NJY - zero_point))
    return unit if math.isfinite(unit) else 1.0


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _scaled(value: float, unit: float) -> float | None:
    return _finite(float(value) * unit)
