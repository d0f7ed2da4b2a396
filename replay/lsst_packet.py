"""An invented sighting as Rubin would write it: schema 11.1, stamps not compressed."""

from __future__ import annotations

import math

import numpy as np

from replay.exposures_invented import Exposure
from replay.kinds import Kind
from replay.ztf_fields import Fields
from replay.ztf_packet import Sighting, measured_epochs, place_of
from schemas.lsst import TAI_MINUS_UTC_S
from schemas.lsst_schema import BANDS, blank
from schemas.photometry import AB_ZERO_MAG_NJY, DAY_S
from schemas.writing import plain_fits

FIRST_ID = 1 << 56
"""From here up to 2**62 ids have nine bytes on the wire, so that one can be put for another."""
MJD_OF_JD = TAI_MINUS_UTC_S / DAY_S - 2_400_000.5
"""Added to a Julian date in UTC: the modified one in TAI, which Rubin sends."""
VISIT_PARTS_A_DAY = 100_000

_BLANK_SOURCE = blank("diaSource")
_BLANK_FORCED = blank("diaForcedSource")
_BLANK_OBJECT = blank("diaObject")
_COUNTS = tuple(f"{band}_psfFluxNdata" for band in BANDS)
_NOTHING_FITTED = dict.fromkeys(("psfNdata", "trailNdata", "dipoleNdata", "bboxSize"), 0)


def record(sighting: Sighting, rng: np.random.Generator) -> tuple[int, str, Fields]:
    """The alert's id, its object's id and its record. Ids begin anew with each sighting."""
    place, epochs = place_of(sighting, rng), measured_epochs(sighting, rng)
    unit = 10 ** (0.4 * (AB_ZERO_MAG_NJY - sighting.seen.zero_point_mag))
    mjds = sighting.earlier.jd + MJD_OF_JD
    shared = {"diaObjectId": FIRST_ID, "ra": place["ra"], "dec": place["dec"], "detector": 7}
    bands = [_band(fid) for fid in sighting.earlier.fid.tolist()]
    history: list[Fields] = [
        {**shared, **_measured(mjd, band, flux * unit, error * unit)}
        for mjd, band, flux, error in zip(
            mjds.tolist(), bands, epochs.flux_dn.tolist(), epochs.flux_err_dn.tolist(), strict=True
        )
    ]
    now = _now(sighting, place, unit, rng) | shared
    detected = np.flatnonzero(epochs.detected).tolist()
    sources = [{**_source(history[i]), "diaSourceId": FIRST_ID + 1 + i} for i in detected]
    whole: Fields = {
        "diaSourceId": FIRST_ID,
        "observation_reason": None,
        "target_name": None,
        "diaSource": now,
        "prvDiaSources": sources or None,
        "prvDiaForcedSources": _forced(history) if sources else None,
        "diaObject": _object(now, sources, shared),
        "ssSource": None,
        "mpc_orbits": None,
        **_cutouts(sighting),
    }
    return FIRST_ID, str(FIRST_ID), whole


def _band(fid: int) -> str:
    """ZTF's filter numbers, of which an exposure has one: 1 g, 2 r."""
    return "gr"[fid - 1]


def _measured(mjd: float, band: str, flux_njy: float, error_njy: float) -> Fields:
    return {
        "visit": round(mjd * VISIT_PARTS_A_DAY),
        "midpointMjdTai": mjd,
        "timeProcessedMjdTai": mjd,
        "band": band,
        "psfFlux": flux_njy,
        "psfFluxErr": error_njy,
    }


def _source(measured: Fields) -> Fields:
    flux, error = measured["psfFlux"], measured["psfFluxErr"]
    assert isinstance(flux, float) and isinstance(error, float)
    return {
        **_BLANK_SOURCE,
        **_NOTHING_FITTED,
        "x": 2036.0,
        "y": 2000.0,
        "snr": abs(flux) / error,
        "isNegative": flux < 0,
        **measured,
    }


def _now(sighting: Sighting, place: Fields, unit: float, rng: np.random.Generator) -> Fields:
    seen, measured = sighting.seen, sighting.measured
    fluxes = measured.flux_dn * unit, measured.flux_err_dn * unit
    found = _source(_measured(seen.jd + MJD_OF_JD, _band(seen.fid), *fluxes))
    reliability = rng.beta(18, 0.25) if sighting.kind.is_real else rng.beta(0.4, 6)
    return {
        **found,
        "diaSourceId": FIRST_ID,
        "exposureTime": 30.0,
        "x": place["xpos"],
        "y": place["ypos"],
        "reliability": reliability,
        "reliabilityVersion": "invented",
        "templateFlux": _template_njy(sighting, seen),
        "isDipole": sighting.kind is Kind.BAD_SUBTRACTION,
    }


def _template_njy(sighting: Sighting, seen: Exposure) -> float | None:
    magnitude = sighting.target.magnitude
    known = magnitude > 0 and math.isfinite(magnitude) and seen.zero_point_mag > 0
    return 10 ** (0.4 * (AB_ZERO_MAG_NJY - magnitude)) if known else None


def _forced(history: list[Fields]) -> list[Fields]:
    """At every earlier visit, for what had been detected before."""
    return [
        {**_BLANK_FORCED, **measured, "diaForcedSourceId": FIRST_ID + 1 + i}
        for i, measured in enumerate(history)
    ]


def _object(now: Fields, sources: list[Fields], shared: Fields) -> Fields:
    bands = [one["band"] for one in (*sources, now)]
    counts = {f"{band}_psfFluxNdata": bands.count(band) for band in BANDS}
    first = sources[0] if sources else now
    where = {name: shared[name] for name in ("diaObjectId", "ra", "dec")}
    return {
        **_BLANK_OBJECT,
        **dict.fromkeys(_COUNTS, 0),
        **counts,
        **where,
        "validityStartMjdTai": now["midpointMjdTai"],
        "firstDiaSourceMjdTai": first["midpointMjdTai"],
        "lastDiaSourceMjdTai": now["midpointMjdTai"],
        "nDiaSources": len(bands),
    }


def _cutouts(sighting: Sighting) -> Fields:
    """The three stamps; Rubin's difference is science less template, whatever its sign."""
    planes = sighting.planes
    return {
        "cutoutDifference": plain_fits(planes.difference),
        "cutoutScience": plain_fits(planes.science),
        "cutoutTemplate": plain_fits(planes.template),
    }
