"""Own telescopes' adapter: what is read from packets of `telescope/` (schema 1.1).

Column            source field
alert_id          telescopeDetection.detectionId
object_id         telescopeObjectId
mjd               telescopeDetection.mjd: UTC, the start of the exposure
exposed_unix_s    the same instant
night             the UTC date twelve hours before mjd
mjd_utc_mid       mjd and half of telescopeDetection.exposureS
ra_deg, dec_deg   telescopeDetection.ra, dec
band              telescopeDetection.band, a letter; -1 where it is none of the bands below
photometric_system "telescope" always: no network was taught it, so those of light curves decline
programid         1: who runs a telescope decides by where its packets go
flux_njy          telescopeDetection.flux where zeroPoint is not null, else NaN; error fluxErr
magnitude         AB, of |flux|
limit_mag         telescopeDetection.limitMag
age_days          mjd - firstMjd
detections        detections
template_flux     telescopeDetection.templateFlux, where zeroPoint is not null
survey_real_score telescopeDetection.realProbability, at the prior realPrior
real_version      telescopeDetection.realVersion
signal_to_noise   telescopeDetection.score, without its sign
fwhm_pixels       telescopeDetection.fwhmPixels; elongation likewise
motion_arcsec_hour telescopeDetection.motionArcsecHour
light_curve       earlierDetections and telescopeDetection
forced_photometry none is sent
stamps            stampScience, stampTemplate, stampDifference: plain bytes. The difference is sent
                  positive where the detection is
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ascii_text import ascii_texts
from schemas.batch import PLANES, Floats
from schemas.columns import BANDS
from schemas.light_curves import Points, packet_curves
from schemas.nights import dates
from schemas.photometry import DAY_S, sound_mjd, unix_s
from schemas.survey import Cells, History, Ints, Kind, Leaf, Raw, Survey
from schemas.telescope_schema import STAMPS

OBJECT_ID_LETTERS_MAX = 40
NIGHT_BEGINS_DAYS = 0.5
PUBLIC = 1.0

FLOAT, INTEGER, LETTER = Kind.FLOAT, Kind.INTEGER, Kind.LETTER
POINT = (
    Leaf("time", FLOAT, ("mjd",)),
    Leaf("filter", LETTER, ("band",)),
    Leaf("flux", FLOAT, ("flux",)),
    Leaf("error", FLOAT, ("fluxErr",)),
    Leaf("limit", FLOAT, ("limitMag",)),
)
DETECTION = (
    *POINT,
    Leaf("id", INTEGER, ("detectionId",)),
    Leaf("ra", FLOAT, ("ra",)),
    Leaf("dec", FLOAT, ("dec",)),
    Leaf("exposure", FLOAT, ("exposureS",)),
    Leaf("zero point", FLOAT, ("zeroPoint",)),
    Leaf("template", FLOAT, ("templateFlux",)),
    Leaf("score", FLOAT, ("score",)),
    Leaf("survey_real_score", FLOAT, ("realProbability",)),
    Leaf("survey_real_version", Kind.SPAN, ("realVersion",)),
    Leaf("fwhm_pixels", FLOAT, ("fwhmPixels",)),
    Leaf("elongation", FLOAT, ("elongation",)),
    Leaf("motion_arcsec_hour", FLOAT, ("motionArcsecHour",)),
)
NEEDED = {"time", "id", "ra", "dec"}
LEAVES = (
    Leaf("object", Kind.SPAN, ("telescopeObjectId",), required=True),
    Leaf("count", INTEGER, ("detections",)),
    Leaf("first", FLOAT, ("firstMjd",)),
    *(
        leaf._replace(
            paths=tuple(f"telescopeDetection.{path}" for path in leaf.paths),
            required=leaf.name in NEEDED,
        )
        for leaf in DETECTION
    ),
    *(
        Leaf(f"{what} {plane}", kind, (name,))
        for what, kind in (("stamp", Kind.SPAN), ("field", Kind.EXTENT))
        for plane, name in zip(PLANES, STAMPS, strict=True)
    ),
)
HISTORIES = (History("earlier", "earlierDetections", POINT),)
TELESCOPE_BANDS = tuple(name for name in BANDS if len(name) == 1)
BAND_CODES = np.full(256, -1, np.int8)
BAND_CODES[[ord(name) for name in TELESCOPE_BANDS]] = [
    BANDS.index(name) for name in TELESCOPE_BANDS
]


def columns(raw: Raw) -> dict[str, Any]:
    """The survey-neutral columns of own telescopes' records, as the table above says."""
    alerts, history = raw.alerts, raw.histories["earlier"]
    mjd = alerts.floats("time")
    is_calibrated = np.isfinite(alerts.floats("zero point"))
    own = _points(alerts, np.arange(len(raw)), is_calibrated)
    earlier = _points(history, history.rows, is_calibrated[history.rows])
    nothing = own.only(np.zeros(len(raw), np.bool_))
    return {
        "alert_id": alerts.ints("id"),
        "object_id": ascii_texts(raw.buffer, alerts.spans("object"), OBJECT_ID_LETTERS_MAX),
        "mjd": mjd,
        "exposed_unix_s": unix_s(mjd),
        "night": dates(mjd - NIGHT_BEGINS_DAYS),
        "mjd_utc_mid": mjd + alerts.floats("exposure") / 2 / DAY_S,
        "ra_deg": alerts.floats("ra"),
        "dec_deg": alerts.floats("dec"),
        **dict.fromkeys(("programid", "programid_max"), np.full(len(raw), PUBLIC)),
        **own.measured(),
        "limit_mag": own.limit_mag,
        "age_days": mjd - sound_mjd(alerts.floats("first"), mjd),
        "detections": np.maximum(alerts.ints("count"), 1),
        "template_flux_njy": np.where(is_calibrated, alerts.floats("template"), np.nan),
        "signal_to_noise": np.abs(alerts.floats("score")),
        "light_curve": packet_curves(mjd, earlier, own=own),
        "forced_photometry": packet_curves(mjd, nothing),
        "difference_reversed": np.zeros(len(raw), np.bool_),
        "rows_southward": np.zeros(len(raw), np.bool_),
    }


def _points(cells: Cells, rows: Ints, is_calibrated: NDArray[np.bool_]) -> Points:
    """Points of detections, where their fluxes are in nJy."""
    flux: Floats = np.where(is_calibrated, cells.floats("flux"), np.nan)
    error: Floats = np.where(is_calibrated, cells.floats("error"), np.nan)
    band = BAND_CODES.take(cells.ints("filter") & 0xFF)
    mjd, limit = cells.floats("time"), cells.floats("limit")
    return Points(rows, mjd, band, flux, error, limit, np.isfinite(flux))


LEFT_OUT = {
    "": "telescopeSchema",
    "telescopeDetection": (
        "frame camera site raErrArcsec decErrArcsec x y counts countsErr chi2 sharpness "
        "templateArcsec marks realPrior label quality qualityFlags pixelArcsec noiseSpread "
        "motionAngleDeg motionDetections motionChance trackletId"
    ),
    "earlierDetections": "detectionId exposureS",
}
MARKS = ("telescopeSchema", "telescopeDetection.detectionId")
TELESCOPE = Survey(
    "telescope", MARKS, TELESCOPE_BANDS, "telescope", LEAVES, HISTORIES, STAMPS, columns, LEFT_OUT
)
