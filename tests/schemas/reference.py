"""The adapters again, as plain as can be: one record at a time, from fastavro's dictionaries.

Written from the tables in the docstrings of `ztf.py`, `lsst.py`, `winter.py` and `telescope.py`,
and from nothing else of theirs, so that a slip in one shows.
"""

from __future__ import annotations

import math

import numpy as np

from schemas.columns import BANDS, SYSTEMS
from schemas.distances import distance_modulus
from tests.schemas.made_here import made_here, ten_to, within_a_turn
from tests.schemas.reference_parts import (
    INF,
    NAN,
    Point,
    Record,
    exposures,
    items_of,
    night,
    sound,
    text_of,
    value_of,
)
from tests.schemas.reference_telescope import telescope


def columns(record: Record) -> Record:
    """What an alert's columns are to be."""
    if "telescopeSchema" in record:
        made = telescope
    else:
        made = _winter if "objectid" in record else _ztf if "candidate" in record else _rubin
    found = made(record)
    found["ra_deg"] = within_a_turn(found["ra_deg"])
    return found | made_here(found)


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
        "night": night(2400000.5 + mjd),
        "visit": max(candidate.get("pid") or 0, 0),
        "mjd_utc_mid": mjd + _exposure_s(candidate) / 2 / 86400,
        "ra_deg": candidate["ra"],
        "dec_deg": candidate["dec"],
        "band": own[1],
        "photometric_system": SYSTEMS.index("ztf"),
        "programid": value_of(candidate, "programid"),
        "programid_max": _programid_max(record),
        "flux_njy": own[2],
        "flux_err_njy": own[3],
        "magnitude": value_of(candidate, "magpsf"),
        "magnitude_err": value_of(candidate, "sigmapsf"),
        "limit_mag": own[4],
        "age_days": mjd - sound(value_of(candidate, "jdstarthist") - 2400000.5, mjd),
        "detections": max(detections or 0, 0),
        **_ztf_surroundings(candidate),
        "light_curve": exposures(mjd, map(_ztf_point, items_of(record, "prv_candidates")), own),
        "forced_photometry": exposures(
            mjd,
            [
                _ztf_forced(item)
                for item in items_of(record, "fp_hists")
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
    stated = value_of(candidate, "exptime")
    return stated if 0 < stated <= 3600 else 30.0


def _programid_max(record: Record) -> float:
    items = [*items_of(record, "prv_candidates"), *items_of(record, "fp_hists")]
    # One that has neither is no exposure.
    seen = [
        each
        for each in items
        if not np.isnan([value_of(each, name) for name in ("jd", "programid")]).all()
    ]
    points = [*seen, record["candidate"]]
    return float(np.max([value_of(point, "programid") for point in points]))


def _ztf_surroundings(candidate: Record) -> Record:
    drb = value_of(candidate, "drb")
    return {
        "survey_real_score": NAN if drb == 0 and not candidate.get("drbversion") else drb,
        "survey_real_version": text_of(candidate, "drbversion"),
        "signal_to_noise": value_of(candidate, "scorr"),
        "fwhm_pixels": value_of(candidate, "fwhm"),
        "elongation": value_of(candidate, "elong"),
        "star_distance_arcsec": value_of(candidate, "distpsnr1", none_found=INF),
        "star_galaxy_score": value_of(candidate, "sgscore1"),
        "asteroid_distance_arcsec": value_of(candidate, "ssdistnr", none_found=INF),
        "template_flux_njy": _template_flux(candidate),
        "motion_arcsec_hour": NAN,
        "host_photoz": NAN,
        "host_photoz_err": NAN,
        "distance_modulus": NAN,
    }


def _template_flux(candidate: Record) -> float:
    near = value_of(candidate, "distnr") <= 1.5
    return ten_to((31.4 - value_of(candidate, "magnr")) / 2.5) if near else NAN


def _ztf_band(record: Record) -> int:
    name = {1: "g", 2: "r", 3: "i"}.get(record["fid"], "")
    return BANDS.index(name) if name else -1


def _ztf_point(source: Record) -> Point:
    spelling = source["isdiffpos"] or "unknown"
    sign = 1.0 if spelling in "tTyY1" else -1.0 if spelling in "fFnN0" else NAN
    flux = sign * ten_to((31.4 - value_of(source, "magpsf")) / 2.5)
    error = abs(flux) * value_of(source, "sigmapsf") * math.log(10) / 2.5
    limit = value_of(source, "diffmaglim")
    mjd = value_of(source, "jd") - 2400000.5
    return mjd, _ztf_band(source), flux, error, limit, math.isfinite(flux)


def _ztf_forced(point: Record) -> Point:
    scale = ten_to((31.4 - value_of(point, "magzpsci")) / 2.5)
    flux = value_of(point, "forcediffimflux") * scale
    error = value_of(point, "forcediffimfluxunc") * scale
    limit = value_of(point, "diffmaglim")
    return point["jd"] - 2400000.5, _ztf_band(point), flux, error, limit, abs(flux) >= 5 * error


def _winter(record: Record) -> Record:
    candidate = record["candidate"]
    own = _winter_point(candidate)
    star = value_of(candidate, "distpsnr1")
    return {
        "survey": "winter",
        "seen_before": 0,
        "alert_id": record["candid"],
        "object_id": record["objectid"],
        "mjd": own[0],
        "exposed_unix_s": (own[0] - 40587.0) * 86400.0,
        "night": night(2400000.5 + own[0]),
        "visit": 0,
        "mjd_utc_mid": own[0] + value_of(candidate, "exptime") / 2 / 86400,
        "ra_deg": candidate["ra"],
        "dec_deg": candidate["dec"],
        "band": own[1],
        "photometric_system": SYSTEMS.index("winter"),
        **dict.fromkeys(("programid", "programid_max", "template_flux_njy"), NAN),
        "flux_njy": own[2],
        "flux_err_njy": own[3],
        "magnitude": value_of(candidate, "magpsf"),
        "magnitude_err": value_of(candidate, "sigmapsf"),
        "limit_mag": value_of(candidate, "diffmaglim"),
        "age_days": own[0] - sound(value_of(candidate, "jdstarthist") - 2400000.5, own[0]),
        "detections": 1 + max(candidate.get("ndethist") or 0, 0),
        "star_distance_arcsec": INF if math.isnan(star) and candidate.get("nmtchps") == 0 else star,
        "star_galaxy_score": value_of(candidate, "sgscore1"),
        "asteroid_distance_arcsec": value_of(candidate, "ssdistnr"),
        "survey_real_score": value_of(candidate, "rb"),
        "survey_real_version": text_of(candidate, "rbversion"),
        "signal_to_noise": value_of(candidate, "scorr"),
        "fwhm_pixels": value_of(candidate, "fwhm"),
        "elongation": value_of(candidate, "elong"),
        **dict.fromkeys(("host_photoz", "host_photoz_err", "distance_modulus"), NAN),
        "motion_arcsec_hour": NAN,
        "light_curve": exposures(
            own[0],
            map(_winter_point, items_of(record, "prv_candidates")),
            (*own[:4], value_of(candidate, "diffmaglim"), own[5]),
        ),
        "forced_photometry": [],
        "stamps": [record.get(f"cutout_{name}") for name in ("science", "template", "difference")],
        "difference_reversed": False,
    }


def _winter_point(source: Record) -> Point:
    band = {1: "Y", 2: "J", 3: "H"}.get(source.get("fid") or 0, "")
    positive = source.get("isdiffpos")
    sign = NAN if positive is None else 1.0 if positive else -1.0
    flux = sign * ten_to((31.4 - value_of(source, "magpsf")) / 2.5)
    error = abs(flux) * value_of(source, "sigmapsf") * math.log(10) / 2.5
    place = BANDS.index(band) if band else -1
    mjd = value_of(source, "jd") - 2400000.5
    return mjd, place, flux, error, NAN, math.isfinite(flux)


RUBIN_SENDS_NOT = (
    "star_distance_arcsec",
    "star_galaxy_score",
    "fwhm_pixels",
    "elongation",
    "motion_arcsec_hour",
)


def _rubin(record: Record) -> Record:
    source, whole = record["diaSource"], record.get("diaObject") or {}
    own = _rubin_point(source)
    earlier = [_rubin_point(item) for item in _sources(record, "prvDiaSources")]
    first = sound(value_of(whole, "firstDiaSourceMjdTai"), own[0])
    count = whole.get("nDiaSources")
    limits = [
        (*_epoch(item), NAN, NAN, NAN, False)
        for item in items_of(record, "prvDiaNondetectionLimits")
    ]
    forced = [_rubin_forced(item) for item in _sources(record, "prvDiaForcedSources")]
    is_withdrawn = (source.get("timeWithdrawnMjdTai") or 0) > 0
    curve = exposures(own[0], [*limits, *earlier], None if is_withdrawn else own)
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
        "night": night(2400000.5 + own[0] - 0.5),
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
        "survey_real_score": value_of(source, "reliability"),
        "survey_real_version": text_of(source, "reliabilityVersion"),
        "signal_to_noise": value_of(source, "snr"),
        **_host(whole),
        **dict.fromkeys(RUBIN_SENDS_NOT, NAN),
        "template_flux_njy": value_of(source, "templateFlux"),
        "light_curve": curve,
        "forced_photometry": exposures(own[0], forced),
        "stamps": [record.get(f"cutout{one}") for one in ("Science", "Template", "Difference")],
        "difference_reversed": flux < 0 if stated is None else stated,
    }


def _host(whole: Record) -> Record:
    photoz, error = value_of(whole, "hostgal_zphot"), value_of(whole, "hostgal_zphot_err")
    if not (photoz > 0 and error > 0):
        return dict.fromkeys(("host_photoz", "host_photoz_err", "distance_modulus"), NAN)
    modulus = _modulus(photoz)
    return {"host_photoz": photoz, "host_photoz_err": error, "distance_modulus": modulus}


def _asteroid_distance(source: Record, match: Record) -> float:
    if not source.get("ssObjectId") and not match.get("ssObjectId"):
        return INF
    offset = value_of(match, "ephOffset")
    if not math.isnan(offset):
        return offset if offset >= 0 else NAN
    declination: float = source["dec"] if "dec" in source else source["decl"]
    residual_ra = value_of(match, "residualRa") * math.cos(math.radians(declination))
    return 3600 * math.hypot(residual_ra, value_of(match, "residualDec"))


def _modulus(redshift: float) -> float:
    return float(distance_modulus(np.array([redshift]))[0])


def _epoch(item: Record) -> tuple[float, int]:
    band = item.get("band", item.get("filterName"))
    mjd = item.get("midpointMjdTai", item.get("midPointTai"))
    return (NAN if mjd is None else mjd), BANDS.index(band) if band in BANDS else -1


def _rubin_point(source: Record) -> Point:
    flux = value_of(source, "psfFlux" if "psfFlux" in source else "psFlux")
    error = value_of(source, "psfFluxErr" if "psfFluxErr" in source else "psFluxErr")
    return *_epoch(source), flux, error, NAN, math.isfinite(flux)


def _sources(record: Record, name: str) -> list[Record]:
    return [one for one in items_of(record, name) if not (one.get("timeWithdrawnMjdTai") or 0) > 0]


def _rubin_forced(item: Record) -> Point:
    mjd, band, flux, error, limit, _ = _rubin_point(item)
    return mjd, band, flux, error, limit, abs(flux) >= 5 * error
