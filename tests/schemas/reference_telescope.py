"""Own telescopes' adapter again, as `reference` has those of the surveys."""

from __future__ import annotations

import math

from schemas.columns import BANDS, SYSTEMS
from tests.schemas.reference_parts import (
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


def telescope(record: Record) -> Record:
    """What the columns of an own telescope's alert are to be."""
    source = record["telescopeDetection"]
    is_calibrated = math.isfinite(value_of(source, "zeroPoint"))
    own = _telescope_point(source, is_calibrated)
    flux, mjd, score = own[2], own[0], value_of(source, "score")
    return {
        "survey": "telescope",
        "seen_before": 0,
        "alert_id": source["detectionId"],
        "object_id": record["telescopeObjectId"],
        "mjd": mjd,
        "exposed_unix_s": (mjd - 40587.0) * 86400.0,
        "night": night(2400000.5 + mjd - 0.5),
        "visit": 0,
        "mjd_utc_mid": mjd + value_of(source, "exposureS") / 2 / 86400,
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
        "age_days": mjd - sound(value_of(record, "firstMjd"), mjd),
        "detections": max(record.get("detections") or 0, 1),
        **dict.fromkeys(("star_distance_arcsec", "star_galaxy_score"), NAN),
        "asteroid_distance_arcsec": NAN,
        "survey_real_score": value_of(source, "realProbability"),
        "survey_real_version": text_of(source, "realVersion"),
        "signal_to_noise": abs(score),
        "fwhm_pixels": value_of(source, "fwhmPixels"),
        "elongation": value_of(source, "elongation"),
        "motion_arcsec_hour": value_of(source, "motionArcsecHour"),
        "template_flux_njy": value_of(source, "templateFlux") if is_calibrated else NAN,
        **dict.fromkeys(("host_photoz", "host_photoz_err", "distance_modulus"), NAN),
        "light_curve": exposures(
            mjd,
            [_telescope_point(one, is_calibrated) for one in items_of(record, "earlierDetections")],
            own,
        ),
        "forced_photometry": [],
        "stamps": [record.get(f"stamp{name}") for name in ("Science", "Template", "Difference")],
        "difference_reversed": False,
    }


def _telescope_point(source: Record, is_calibrated: bool) -> Point:
    letter = source.get("band") or ""
    band = BANDS.index(letter) if len(letter) == 1 and letter in BANDS else -1
    flux = value_of(source, "flux") if is_calibrated else NAN
    error = value_of(source, "fluxErr") if is_calibrated else NAN
    limit = value_of(source, "limitMag")
    return value_of(source, "mjd"), band, flux, error, limit, math.isfinite(flux)
