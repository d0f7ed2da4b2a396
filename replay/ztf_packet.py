"""An invented sighting as ZTF would write it: the record, with all its fields, and its bytes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.exposures_invented import (
    QUADRANT_COLUMNS,
    QUADRANT_ROWS,
    Exposure,
    Visits,
    image_id,
)
from replay.kinds import Kind
from replay.scenes_invented import Target
from replay.stamps_invented import CENTRE, PIXELS, Photometry, Planes
from replay.ztf_fields import (
    Fields,
    calendar_year,
    catalogue_fields,
    image_fields,
    measured_fields,
    quality_fields,
    reference_fields,
    reference_id,
    shape_fields,
    solar_system_fields,
)
from replay.ztf_schema import SCHEMA_VERSION, ZTF_SCHEMA, blank
from schemas.photometry import DETECTION_SIGMA
from schemas.writing import container, gzipped_fits

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAMES = len(_LETTERS) ** 7
_STRIDE = 4_093_082_899
"""Neither even nor a multiple of 13: numbers in a row get names far apart, no two the same."""

_BLANK_CANDIDATE = blank("candidate")
_BLANK_PRV_CANDIDATE = blank("prv_candidate")
_BLANK_FP_HIST = blank("fp_hist")


class Sighting(NamedTuple):
    """All that was drawn for one alert."""

    number: int
    kind: Kind
    seen: Exposure
    quadrant: int
    row: int
    """Of the quadrant's table of detections in this exposure: no two are the same."""
    target: Target
    planes: Planes
    measured: Photometry
    earlier: Visits
    earlier_flux_dn: NDArray[np.float64]
    """The true difference flux at each earlier visit."""


class Epochs(NamedTuple):
    """What was measured at each earlier visit, DN; detected where beyond DETECTION_SIGMA."""

    flux_dn: NDArray[np.float64]
    flux_err_dn: NDArray[np.float64]
    detected: NDArray[np.bool_]


def packet(sighting: Sighting, rng: np.random.Generator) -> tuple[int, str, bytes]:
    """The alert's id, its object's id and its packet's bytes."""
    candid, name, whole = record(sighting, rng)
    return candid, name, container(ZTF_SCHEMA, whole)


def record(sighting: Sighting, rng: np.random.Generator) -> tuple[int, str, Fields]:
    """The alert's id, its object's id and its record."""
    candid = _candid(sighting.seen.jd, sighting)
    name = object_name(sighting)
    place = place_of(sighting, rng)
    epochs = measured_epochs(sighting, rng)
    whole: Fields = {
        "schemavsn": SCHEMA_VERSION,
        "publisher": "gueststar invention",
        "objectId": name,
        "candid": candid,
        "candidate": _candidate(sighting, place, epochs, rng),
        "prv_candidates": _prv_candidates(sighting, place, epochs, rng) or None,
        "fp_hists": _fp_hists(sighting, place, epochs) or None,
        **_cutouts(sighting, candid),
    }
    return candid, name, whole


def object_name(sighting: Sighting) -> str:
    """ZTF, the year of the first detection in two digits, seven letters; unique in a night."""
    return name_of(sighting.kind, sighting.seen.jd, sighting.number)


def name_of(kind: Kind, jd: float, number: int) -> str:
    """Of an object seen at that time; of numbers up to eight thousand million no two share one."""
    old = kind in (Kind.VARIABLE_STAR, Kind.ACTIVE_GALAXY)
    rest, letters = (number * _STRIDE + 7) % _NAMES, ""
    for _ in range(7):
        rest, place = divmod(rest, len(_LETTERS))
        letters = _LETTERS[place] + letters
    return f"ZTF{18 if old else calendar_year(jd) % 100}{letters}"


def _candid(jd: float, sighting: Sighting) -> int:
    return image_id(jd, sighting.quadrant) * 1_000_000 + 10_000 + sighting.row


def place_of(sighting: Sighting, rng: np.random.Generator) -> Fields:
    """Where the detection lies, on the sky and on the detector."""
    seen, missing = sighting.seen, _missing_columns(sighting.planes)
    x, y = rng.uniform(40, QUADRANT_COLUMNS - 40), rng.uniform(40, QUADRANT_ROWS - 40)
    if missing:
        x = QUADRANT_COLUMNS - (CENTRE - missing) - 0.5
    ra = seen.ra_deg + rng.uniform(-3.6, 3.6) / math.cos(math.radians(seen.dec_deg))
    return {
        "ra": ra % 360.0,
        "dec": seen.dec_deg + rng.uniform(-3.6, 3.6),
        "xpos": x,
        "ypos": y,
        "mindtoedge": min(x, y, QUADRANT_COLUMNS - x, QUADRANT_ROWS - y),
    }


def _missing_columns(planes: Planes) -> int:
    cut: int = PIXELS - planes.science.shape[1]
    return cut + int(np.count_nonzero(np.isnan(planes.science[0])))


def measured_epochs(sighting: Sighting, rng: np.random.Generator) -> Epochs:
    limits, zero_point = sighting.earlier.limit_mag, sighting.seen.zero_point_mag
    error = 10 ** (0.4 * (zero_point - limits)) / DETECTION_SIGMA
    flux = sighting.earlier_flux_dn + error * rng.standard_normal(len(error))
    return Epochs(flux, error, np.abs(flux) > DETECTION_SIGMA * error)


def _candidate(
    sighting: Sighting, place: Fields, epochs: Epochs, rng: np.random.Generator
) -> Fields:
    seen, measured, quadrant = sighting.seen, sighting.measured, sighting.quadrant
    brightness = measured_fields(measured.flux_dn, measured.flux_err_dn, seen, rng)
    return {
        **_BLANK_CANDIDATE,
        **place,
        **image_fields(seen.jd, seen.fid, seen.field, quadrant, seen.limit_mag),
        **brightness,
        **shape_fields(sighting.kind, seen, rng),
        **catalogue_fields(sighting.target, place, rng),
        **solar_system_fields(sighting.kind, brightness["magpsf"], rng),
        **reference_fields(seen, quadrant, rng),
        **quality_fields(sighting.kind, rng),
        **_history_fields(sighting, epochs, rng),
        "candid": _candid(seen.jd, sighting),
        "tblid": sighting.row,
        "sky": measured.sky_dn,
        "nbad": 0,
    }


def _history_fields(sighting: Sighting, epochs: Epochs, rng: np.random.Generator) -> Fields:
    """When the object was detected first and last, and how often it was and could have been."""
    detected = np.flatnonzero(epochs.detected)
    first = sighting.earlier.jd[detected[0]] if len(detected) else sighting.seen.jd
    count, covered = len(detected) + 1, len(epochs.detected) + 1
    if sighting.kind in (Kind.VARIABLE_STAR, Kind.ACTIVE_GALAXY):
        first = sighting.seen.jd - rng.uniform(200, 2600)
        count += int(rng.integers(1, 400))
        covered += count + int(rng.integers(0, 600))
    return {
        "ndethist": count,
        "ncovhist": covered,
        "jdstarthist": float(first),
        "jdendhist": sighting.seen.jd,
    }


def _prv_candidates(
    sighting: Sighting, place: Fields, epochs: Epochs, rng: np.random.Generator
) -> list[Fields]:
    earlier, seen = sighting.earlier, sighting.seen
    history: list[Fields] = []
    for i, jd in enumerate(earlier.jd.tolist()):
        fid, limit = int(earlier.fid[i]), float(earlier.limit_mag[i])
        image = image_fields(jd, fid, seen.field, sighting.quadrant, limit)
        item: Fields = {**_BLANK_PRV_CANDIDATE, **image, "magzpsci": seen.zero_point_mag}
        if epochs.detected[i]:
            flux, error = float(epochs.flux_dn[i]), float(epochs.flux_err_dn[i])
            item |= measured_fields(flux, error, seen, rng) | shape_fields(sighting.kind, seen, rng)
            item |= _scattered(place, rng)
            item |= {"candid": _candid(jd, sighting), "tblid": sighting.row, "rb": rng.beta(8, 2)}
        item["rbversion"] = "invented" if epochs.detected[i] else ""
        history.append(item)
    return history


def _scattered(place: Fields, rng: np.random.Generator) -> Fields:
    """The same place measured another time: a tenth of an arcsecond off."""
    east, north = rng.normal(0, 0.1 / 3600, 2)
    ra, dec = place["ra"], place["dec"]
    assert isinstance(ra, float) and isinstance(dec, float)
    moved = {"ra": ra + east / math.cos(math.radians(dec)), "dec": dec + north}
    return {**moved, "xpos": place["xpos"], "ypos": place["ypos"], "ranr": ra, "decnr": dec}


def _fp_hists(sighting: Sighting, place: Fields, epochs: Epochs) -> list[Fields]:
    """Forced photometry at every earlier visit, for what had been detected before."""
    if not epochs.detected.any():
        return []
    seen, earlier = sighting.seen, sighting.earlier
    shared: Fields = {
        **_BLANK_FP_HIST,
        "field": seen.field,
        "rcid": sighting.quadrant,
        "programid": 1,
        "magzpsci": seen.zero_point_mag,
        "exptime": 30.0,
        "procstatus": "0",
        "ranr": place["ra"],
        "decnr": place["dec"],
        "scibckgnd": seen.sky_dn,
        "sciinpseeing": seen.fwhm_pixels,
    }
    columns = zip(
        earlier.jd.tolist(),
        earlier.fid.tolist(),
        earlier.limit_mag.tolist(),
        epochs.flux_dn.tolist(),
        epochs.flux_err_dn.tolist(),
        strict=True,
    )
    return [
        {
            **shared,
            "jd": jd,
            "fid": fid,
            "pid": image_id(jd, sighting.quadrant),
            "rfid": reference_id(seen.field, fid, sighting.quadrant),
            "diffmaglim": limit,
            "forcediffimflux": flux,
            "forcediffimfluxunc": error,
        }
        for jd, fid, limit, flux, error in columns
    ]


def _cutouts(sighting: Sighting, candid: int) -> Fields:
    """The three stamps; ZTF turns the difference of a negative detection round."""
    planes = sighting.planes
    sign = np.float32(math.copysign(1.0, sighting.measured.flux_dn))
    stamps = {"Science": planes.science, "Template": planes.template}
    stamps["Difference"] = planes.difference * sign
    return {
        f"cutout{name}": {
            "fileName": f"candid{candid}_{name.lower()}.fits.gz",
            "stampData": gzipped_fits(stamp),
        }
        for name, stamp in stamps.items()
    }
