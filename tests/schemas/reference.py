"""The adapters again, as plain as can be: one record at a time, from fastavro's dictionaries.

Written from the tables in the docstrings of `ztf.py`, `lsst.py`, `winter.py` and `telescope.py`,
and from nothing else of theirs, so that a slip in one shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from schemas.columns import BANDS, SYSTEMS
from schemas.distances import distance_modulus
from tests.schemas.made_here import made_here, ten_to, within_a_turn

Record = dict[str, Any]
Point = tuple[float, int, float, float, float, bool]
"""mjd, band, flux_njy, flux_err_njy, limit_mag, detected."""
NAN, INF = math.nan, math.inf


def columns(record: Record) -> Record:
    """What an alert's columns are to be."""
    if "telescopeSchema" in record:
        made = _telescope
    else:
        made = _winter if "objectid" in record else _ztf if "candidate" in record else _rubin
    found = made(record)
    found["ra_deg"] = within_a_turn(found["ra_deg"])
    return found | made_here(found)


def _night(jd: float) -> int:
    """The date on which a Julian date lies, by the calendar of the standard library."""
    return int(date.fromordinal(math.floor(jd - 1721424.5)).strftime("%Y%m%d"))


def _ztf(record: Record) -> Record:
    candidate = record["candidate"]
    own = _ztf_point(candidate)
    mjd = candidate["jd"] - 2400000.5
    detections = candidate.get("ndethist")
    candid = record.get("candid")
    return {
        "survey": "ztf",
        "seen_before": 0,
        "alert_id": candidate["candid"] if candid is None else candid,
        "object_id": record["objectId"],
        "mjd": mjd,
        "exposed_unix_s": (mjd - 40587.0) * 86400.0,
        "night": _night(2400000.5 + mjd),
        "visit": max(candidate.get("pid") or 0, 0),
        "mjd_utc_mid": mjd + _exposure_s(candidate) / 2 / 86400,
        "ra_deg": candidate["ra"],
        "dec_deg": candidate["dec"],
        "band": own[1],
        "photometric_system": SYSTEMS.index("ztf"),
        "programid": _value(candidate, "programid"),
        "programid_max": _programid_max(record),
        "flux_njy": own[2],
        "flux_err_njy": own[3],
        "magnitude": _value(candidate, "magpsf"),
        "magnitude_err": _value(candidate, "sigmapsf"),
        "limit_mag": own[4],
        "age_days": mjd - _sound(_value(candidate, "jdstarthist") - 2400000.5, mjd),
        "detections": max(detections or 0, 0),
        **_ztf_surroundings(candidate),
        "light_curve": _exposures(mjd, map(_ztf_point, _items(record, "prv_candidates")), own),
        "forced_photometry": _exposures(
            mjd,
            [
                _ztf_forced(item)
                for item in _items(record, "fp_hists")
                if item.get("procstatus") in {None, "0"}
            ],
        ),
        "stamps": [
            (record.get(name) or {}).get("stampData")
            for name in ("cutoutScience", "cutoutTemplate", "cutoutDifference")
        ],
        "difference_reversed": False,
    }


def _exposure_s(candidate: Record) -> float:
    stated = _value(candidate, "exptime")
    return stated if 0 < stated <= 3600 else 30.0


def _programid_max(record: Record) -> float:
    items = [*_items(record, "prv_candidates"), *_items(record, "fp_hists")]
    # One that has neither is no exposure.
    seen = [
        each
        for each in items
        if not np.isnan([_value(each, name) for name in ("jd", "programid")]).all()
    ]
    points = [*seen, record["candidate"]]
    return float(np.max([_value(point, "programid") for point in points]))


def _ztf_surroundings(candidate: Record) -> Record:
    drb = _value(candidate, "drb")
    return {
        "survey_real_score": NAN if drb == 0 and not candidate.get("drbversion") else drb,
        "survey_real_version": _text(candidate, "drbversion"),
        "signal_to_noise": _value(candidate, "scorr"),
        "fwhm_pixels": _value(candidate, "fwhm"),
        "elongation": _value(candidate, "elong"),
        "star_distance_arcsec": _value(candidate, "distpsnr1", none_found=INF),
        "star_galaxy_score": _value(candidate, "sgscore1"),
        "asteroid_distance_arcsec": _value(candidate, "ssdistnr", none_found=INF),
        "template_flux_njy": _template_flux(candidate),
        "host_photoz": NAN,
        "host_photoz_err": NAN,
        "distance_modulus": NAN,
    }


def _value(record: Record, name: str, none_found: float = NAN) -> float:
    value = record.get(name)
    if value is None or value == -99999.0 or ("dist" in name and value < 0 and value != -999.0):
        return NAN
    return none_found if value == -999.0 else float(value)


def _text(record: Record, name: str) -> str:
    text = record.get(name) or ""
    return text if len(text) <= 32 and text.isascii() and text.isprintable() else ""


def _template_flux(candidate: Record) -> float:
    near = _value(candidate, "distnr") <= 1.5
    return ten_to((31.4 - _value(candidate, "magnr")) / 2.5) if near else NAN


def _items(record: Record, name: str) -> list[Record]:
    return [item for item in record.get(name) or [] if item is not None]


def _ztf_band(record: Record) -> int:
    name = {1: "g", 2: "r", 3: "i"}.get(record["fid"], "")
    return BANDS.index(name) if name else -1


def _ztf_point(source: Record) -> Point:
    spelling = source["isdiffpos"] or "unknown"
    sign = 1.0 if spelling in "tTyY1" else -1.0 if spelling in "fFnN0" else NAN
    flux = sign * ten_to((31.4 - _value(source, "magpsf")) / 2.5)
    error = abs(flux) * _value(source, "sigmapsf") * math.log(10) / 2.5
    limit = _value(source, "diffmaglim")
    mjd = _value(source, "jd") - 2400000.5
    return mjd, _ztf_band(source), flux, error, limit, math.isfinite(flux)


def _ztf_forced(point: Record) -> Point:
    scale = ten_to((31.4 - _value(point, "magzpsci")) / 2.5)
    flux = _value(point, "forcediffimflux") * scale
    error = _value(point, "forcediffimfluxunc") * scale
    limit = _value(point, "diffmaglim")
    return point["jd"] - 2400000.5, _ztf_band(point), flux, error, limit, abs(flux) >= 5 * error


def _sound(mjd: float, latest: float) -> float:
    return mjd if 47892 <= mjd <= latest else NAN


def _exposures(alert: float, points: Iterable[Point], own: Point | None = None) -> list[Point]:
    """By time, each exposure once."""
    sound = [one for one in points if 47892 <= one[0] <= alert + 3]
    found = sorted([*sound, *([own] if own else [])], key=lambda one: one[0])
    return [one for place, one in enumerate(found) if not _stands_twice(found, place, own)]


def _stands_twice(found: list[Point], place: int, own: Point | None) -> bool:
    """Whether another point of the same exposure, at most eight places away, is kept instead."""
    one = found[place]
    for there in range(max(0, place - 8), min(len(found), place + 9)):
        other = found[there]
        is_twin = abs(other[0] - one[0]) <= 1e-4 and other[1] == one[1]
        if is_twin and (*_worth(other, own), -there) > (*_worth(one, own), -place):
            return True
    return False


def _worth(point: Point, own: Point | None) -> tuple[bool, bool, bool]:
    return math.isfinite(point[2]), point is own, math.isfinite(point[4])


def _winter(record: Record) -> Record:
    candidate = record["candidate"]
    own = _winter_point(candidate)
    star = _value(candidate, "distpsnr1")
    return {
        "survey": "winter",
        "seen_before": 0,
        "alert_id": record["candid"],
        "object_id": record["objectid"],
        "mjd": own[0],
        "exposed_unix_s": (own[0] - 40587.0) * 86400.0,
        "night": _night(2400000.5 + own[0]),
        "visit": 0,
        "mjd_utc_mid": own[0] + _value(candidate, "exptime") / 2 / 86400,
        "ra_deg": candidate["ra"],
        "dec_deg": candidate["dec"],
        "band": own[1],
        "photometric_system": SYSTEMS.index("winter"),
        **dict.fromkeys(("programid", "programid_max", "template_flux_njy"), NAN),
        "flux_njy": own[2],
        "flux_err_njy": own[3],
        "magnitude": _value(candidate, "magpsf"),
        "magnitude_err": _value(candidate, "sigmapsf"),
        "limit_mag": _value(candidate, "diffmaglim"),
        "age_days": own[0] - _sound(_value(candidate, "jdstarthist") - 2400000.5, own[0]),
        "detections": 1 + max(candidate.get("ndethist") or 0, 0),
        "star_distance_arcsec": INF if math.isnan(star) and candidate.get("nmtchps") == 0 else star,
        "star_galaxy_score": _value(candidate, "sgscore1"),
        "asteroid_distance_arcsec": _value(candidate, "ssdistnr"),
        "survey_real_score": _value(candidate, "rb"),
        "survey_real_version": _text(candidate, "rbversion"),
        "signal_to_noise": _value(candidate, "scorr"),
        "fwhm_pixels": _value(candidate, "fwhm"),
        "elongation": _value(candidate, "elong"),
        **dict.fromkeys(("host_photoz", "host_photoz_err", "distance_modulus"), NAN),
        "light_curve": _exposures(
            own[0],
            map(_winter_point, _items(record, "prv_candidates")),
            (*own[:4], _value(candidate, "diffmaglim"), own[5]),
        ),
        "forced_photometry": [],
        "stamps": [record.get(f"cutout_{name}") for name in ("science", "template", "difference")],
        "difference_reversed": False,
    }


def _winter_point(source: Record) -> Point:
    band = {1: "Y", 2: "J", 3: "H"}.get(source.get("fid") or 0, "")
    positive = source.get("isdiffpos")
    sign = NAN if positive is None else 1.0 if positive else -1.0
    flux = sign * ten_to((31.4 - _value(source, "magpsf")) / 2.5)
    error = abs(flux) * _value(source, "sigmapsf") * math.log(10) / 2.5
    place = BANDS.index(band) if band else -1
    mjd = _value(source, "jd") - 2400000.5
    return mjd, place, flux, error, NAN, math.isfinite(flux)


def _telescope(record: Record) -> Record:
    source = record["telescopeDetection"]
    is_calibrated = math.isfinite(_value(source, "zeroPoint"))
    own = _telescope_point(source, is_calibrated)
    flux, mjd, score = own[2], own[0], _value(source, "score")
    return {
        "survey": "telescope",
        "seen_before": 0,
        "alert_id": source["detectionId"],
        "object_id": record["telescopeObjectId"],
        "mjd": mjd,
        "exposed_unix_s": (mjd - 40587.0) * 86400.0,
        "night": _night(2400000.5 + mjd - 0.5),
        "visit": 0,
        "mjd_utc_mid": mjd + _value(source, "exposureS") / 2 / 86400,
        "ra_deg": source["ra"],
        "dec_deg": source["dec"],
        "band": own[1],
        "photometric_system": SYSTEMS.index("telescope"),
        **dict.fromkeys(("programid", "programid_max"), 1.0),
        "flux_njy": flux,
        "flux_err_njy": own[3],
        "magnitude": NAN if math.isnan(flux) else 31.4 - 2.5 * math.log10(abs(flux)),
        "magnitude_err": own[3] / abs(flux) * 2.5 / math.log(10),
        "limit_mag": own[4],
        "age_days": mjd - _sound(_value(record, "firstMjd"), mjd),
        "detections": max(record.get("detections") or 0, 1),
        **dict.fromkeys(("star_distance_arcsec", "star_galaxy_score"), NAN),
        "asteroid_distance_arcsec": NAN,
        "survey_real_score": _value(source, "realProbability"),
        "survey_real_version": _text(source, "realVersion"),
        "signal_to_noise": abs(score),
        "fwhm_pixels": _value(source, "fwhmPixels"),
        "elongation": _value(source, "elongation"),
        "template_flux_njy": _value(source, "templateFlux") if is_calibrated else NAN,
        **dict.fromkeys(("host_photoz", "host_photoz_err", "distance_modulus"), NAN),
        "light_curve": _exposures(
            mjd,
            [_telescope_point(one, is_calibrated) for one in _items(record, "earlierDetections")],
            own,
        ),
        "forced_photometry": [],
        "stamps": [record.get(f"stamp{name}") for name in ("Science", "Template", "Difference")],
        "difference_reversed": False,
    }


def _telescope_point(source: Record, is_calibrated: bool) -> Point:
    letter = source.get("band") or ""
    band = BANDS.index(letter) if len(letter) == 1 and letter in BANDS else -1
    flux = _value(source, "flux") if is_calibrated else NAN
    error = _value(source, "fluxErr") if is_calibrated else NAN
    limit = _value(source, "limitMag")
    return _value(source, "mjd"), band, flux, error, limit, math.isfinite(flux)


RUBIN_SENDS_NOT = ("star_distance_arcsec", "star_galaxy_score", "fwhm_pixels", "elongation")


def _rubin(record: Record) -> Record:
    source, whole = record["diaSource"], record.get("diaObject") or {}
    own = _rubin_point(source)
    earlier = [_rubin_point(item) for item in _sources(record, "prvDiaSources")]
    first = _sound(_value(whole, "firstDiaSourceMjdTai"), own[0])
    count = whole.get("nDiaSources")
    limits = [
        (*_epoch(item), NAN, NAN, NAN, False) for item in _items(record, "prvDiaNondetectionLimits")
    ]
    forced = [_rubin_forced(item) for item in _sources(record, "prvDiaForcedSources")]
    is_withdrawn = (source.get("timeWithdrawnMjdTai") or 0) > 0
    curve = _exposures(own[0], [*limits, *earlier], None if is_withdrawn else own)
    seen = [one[0] for one in curve if one[5]]
    flux, error = own[2], own[3]
    stated = source.get("isNegative", source.get("is_negative"))
    return {
        "survey": "lsst",
        "seen_before": 0,
        "alert_id": source["diaSourceId"],
        "object_id": str(source["diaObjectId"] or source["ssObjectId"] or source["diaSourceId"]),
        "mjd": own[0],
        "exposed_unix_s": (own[0] - 40587.0) * 86400.0 - 37.0,
        "night": _night(2400000.5 + own[0] - 0.5),
        "visit": max(source.get("visit") or 0, 0),
        "mjd_utc_mid": own[0] - 37 / 86400,
        "ra_deg": source["ra"],
        "dec_deg": source.get("dec", source.get("decl")),
        "band": own[1],
        "photometric_system": SYSTEMS.index("lsst"),
        **dict.fromkeys(("programid", "programid_max"), 1.0),
        "flux_njy": flux,
        "flux_err_njy": error,
        "magnitude": 31.4 - 2.5 * math.log10(abs(flux)) if flux else INF,
        "magnitude_err": error / abs(flux) * 2.5 / math.log(10) if flux else INF,
        "limit_mag": NAN,
        "age_days": own[0] - (min([own[0], *seen]) if math.isnan(first) else first),
        "detections": max(len(seen), 1) if count is None else count,
        "asteroid_distance_arcsec": _asteroid_distance(source, record.get("ssSource") or {}),
        "survey_real_score": _value(source, "reliability"),
        "survey_real_version": _text(source, "reliabilityVersion"),
        "signal_to_noise": _value(source, "snr"),
        **_host(whole),
        **dict.fromkeys(RUBIN_SENDS_NOT, NAN),
        "template_flux_njy": _value(source, "templateFlux"),
        "light_curve": curve,
        "forced_photometry": _exposures(own[0], forced),
        "stamps": [record.get(f"cutout{one}") for one in ("Science", "Template", "Difference")],
        "difference_reversed": flux < 0 if stated is None else stated,
    }


def _host(whole: Record) -> Record:
    photoz, error = _value(whole, "hostgal_zphot"), _value(whole, "hostgal_zphot_err")
    if not (photoz > 0 and error > 0):
        return dict.fromkeys(("host_photoz", "host_photoz_err", "distance_modulus"), NAN)
    modulus = _modulus(photoz)
    return {"host_photoz": photoz, "host_photoz_err": error, "distance_modulus": modulus}


def _asteroid_distance(source: Record, match: Record) -> float:
    if not source.get("ssObjectId") and not match.get("ssObjectId"):
        return INF
    offset = _value(match, "ephOffset")
    if not math.isnan(offset):
        return offset if offset >= 0 else NAN
    declination: float = source["dec"] if "dec" in source else source["decl"]
    residual_ra = _value(match, "residualRa") * math.cos(math.radians(declination))
    return 3600 * math.hypot(residual_ra, _value(match, "residualDec"))


def _modulus(redshift: float) -> float:
    return float(distance_modulus(np.array([redshift]))[0])


def _epoch(item: Record) -> tuple[float, int]:
    band = item.get("band", item.get("filterName"))
    mjd = item.get("midpointMjdTai", item.get("midPointTai"))
    return (NAN if mjd is None else mjd), BANDS.index(band) if band in BANDS else -1


def _rubin_point(source: Record) -> Point:
    flux = _value(source, "psfFlux" if "psfFlux" in source else "psFlux")
    error = _value(source, "psfFluxErr" if "psfFluxErr" in source else "psFluxErr")
    return *_epoch(source), flux, error, NAN, math.isfinite(flux)


def _sources(record: Record, name: str) -> list[Record]:
    return [one for one in _items(record, name) if not (one.get("timeWithdrawnMjdTai") or 0) > 0]


def _rubin_forced(item: Record) -> Point:
    mjd, band, flux, error, limit, _ = _rubin_point(item)
    return mjd, band, flux, error, limit, abs(flux) >= 5 * error
