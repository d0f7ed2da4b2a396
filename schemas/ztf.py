"""ZTF's adapter: what is read from its packets (schemas 1.7 to 4.02), and what it becomes.

Column            source field
alert_id          candid; candidate.candid where that is absent or null
object_id         objectId
mjd               candidate.jd - 2400000.5: UTC, the start of the exposure
exposed_unix_s    the same instant
night             the UTC date of candidate.jd, which candidate.nid counts (1 is 2017-01-02) and
                  ZTF's topics, ztf_YYYYMMDD_programid1, are named by; Palomar's nights lie in one
mjd_utc_mid       mjd and half of candidate.exptime, or of ZTF's 30 s where that is none
visit             candidate.pid, ZTF's number of one quadrant of an exposure
ra_deg, dec_deg   candidate.ra, candidate.dec
band              candidate.fid: 1 g, 2 r, 3 i
photometric_system "ztf" always
programid         candidate.programid
programid_max     the largest programid of candidate, prv_candidates and fp_hists
magnitude         candidate.magpsf; its error candidate.sigmapsf
flux_njy          from magpsf, negative where candidate.isdiffpos is f, n or 0, NaN unless it is
                  those or t, y or 1; decoding reads words, numbers and booleans as one of these
flux_err_njy      |flux| sigmapsf ln(10) / 2.5
limit_mag         candidate.diffmaglim
age_days          candidate.jd - candidate.jdstarthist, where that is a sound time
detections        candidate.ndethist
star_distance     candidate.distpsnr1, arcsec; -999 is none within 30 arcsec: +inf
star_galaxy_score candidate.sgscore1
asteroid_distance candidate.ssdistnr, arcsec; -999 is none within 30 arcsec: +inf
survey_real_score candidate.drb; NaN where it is the placeholder 0 with an empty drbversion
fwhm_pixels       candidate.fwhm
elongation        candidate.elong
real_version      candidate.drbversion
signal_to_noise   candidate.scorr, of the brightest pixel
template_flux     from candidate.magnr, where the template's nearest source is at most 1.5 pixels
                  (1.5 arcsec) away (candidate.distnr); otherwise NaN, as for a negative distance
light_curve       prv_candidates and candidate: jd, fid, magpsf, sigmapsf, isdiffpos, diffmaglim;
                  without magpsf or isdiffpos a point is a limit and no detection
forced_photometry fp_hists: jd, fid, forcediffimflux and its error through magzpsci, diffmaglim;
                  detected from five sigma up. An epoch that ZTF flags is left out: one with a
                  procstatus other than "0" (no warnings). Where none is sent nothing is flagged
stamps            cutoutScience, cutoutTemplate, cutoutDifference: stampData, or the field itself
                  where that is plain bytes. The difference is positive where the detection is
                  as sent: ZTF subtracts the other way round where isdiffpos is f or 0. Their
                  rows run to the south and their columns to the west: candidates' Dec falls with
                  ypos and their RA with xpos, and rows are cut at the edge that ypos says

Points without a sound time and copies of an exposure are left out (`light_curves.packet_curves`).
Sentinels (-999, -99999, null) are NaN, and so is any other negative distance, as the -99 of packets
that borrow ZTF's shape. Schemas: github.com/ZwickyTransientFacility/ztf-avro-alert.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ascii_text import ascii_texts
from schemas.batch import PLANES, Floats, LightCurves
from schemas.columns import BANDS
from schemas.left_out import ZTF_LEFT_OUT
from schemas.light_curves import Points, packet_curves
from schemas.nights import dates
from schemas.photometry import (
    DAY_S,
    DETECTION_SIGMA,
    FLUX_ERR_PER_MAG,
    JD_TO_MJD_DAYS,
    njy,
    sound_mjd,
    unix_s,
)
from schemas.survey import MISSING, Cells, History, Ints, Kind, Leaf, Raw, Survey

OBJECT_ID_LETTERS_MAX = 32
EXPOSURE_S, EXPOSURE_S_MAX = 30.0, 3600.0
"""Of the survey (Bellm et al. 2019, PASP 131, 018002), and what can be one at all."""
PIXEL_ARCSEC = 1.012
"""Of its stamps, whose headers say nothing of the sky (the same)."""
NONE_FOUND = -999.0
TEMPLATE_PIXELS_MAX = 1.5
"""From an alert to the template's source that is its own: three quarters of ZTF's seeing."""
SENTINELS = (NONE_FOUND, -99999.0)
"""ZTF's "nothing here": the second in forced photometry."""

FLOAT, INTEGER, LETTER = Kind.FLOAT, Kind.INTEGER, Kind.LETTER
EPOCH = (
    Leaf("jd", FLOAT, ("jd",)),
    Leaf("fid", INTEGER, ("fid",)),
    Leaf("diffmaglim", FLOAT, ("diffmaglim",)),
    Leaf("programid", INTEGER, ("programid",)),
)
DETECTION = (
    *EPOCH,
    Leaf("magpsf", FLOAT, ("magpsf",)),
    Leaf("sigmapsf", FLOAT, ("sigmapsf",)),
    Leaf("isdiffpos", LETTER, ("isdiffpos",)),
)
FORCED = (
    *EPOCH,
    Leaf("forcediffimflux", FLOAT, ("forcediffimflux",)),
    Leaf("forcediffimfluxunc", FLOAT, ("forcediffimfluxunc",)),
    Leaf("magzpsci", FLOAT, ("magzpsci",)),
    Leaf("procstatus", Kind.SPAN, ("procstatus",)),
)
CONTEXT = (
    *("ra", "dec", "jdstarthist", "distpsnr1", "ssdistnr", "drb", "magnr", "distnr", "exptime"),
)
STATED = (
    Leaf("visit", INTEGER, ("pid",)),
    Leaf("star_galaxy_score", FLOAT, ("sgscore1",)),
    Leaf("fwhm_pixels", FLOAT, ("fwhm",)),
    Leaf("elongation", FLOAT, ("elong",)),
    Leaf("survey_real_version", Kind.SPAN, ("drbversion",)),
    Leaf("signal_to_noise", FLOAT, ("scorr",)),
)
"""Columns as they are sent."""
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
NEEDED = {"jd", "ra", "dec"}
LEAVES = (
    Leaf("objectId", Kind.SPAN, ("objectId",), required=True),
    Leaf("candid", INTEGER, ("candid",)),
    *(
        leaf._replace(paths=(f"candidate.{leaf.paths[0]}",), required=leaf.name in NEEDED)
        for leaf in (
            *DETECTION,
            *STATED,
            *(Leaf(name, FLOAT, (name,)) for name in CONTEXT),
            Leaf("ndethist", INTEGER, ("ndethist",)),
            Leaf("candidate candid", INTEGER, ("candid",)),
        )
    ),
    *(
        Leaf(f"stamp {plane}", Kind.SPAN, (f"{name}.stampData", name))
        for plane, name in zip(PLANES, CUTOUTS, strict=True)
    ),
    *(
        Leaf(f"field {plane}", Kind.EXTENT, (name,))
        for plane, name in zip(PLANES, CUTOUTS, strict=True)
    ),
)
HISTORIES = (
    History("prv_candidates", "prv_candidates", DETECTION),
    History("fp_hists", "fp_hists", FORCED),
)


ZTF_BANDS = ("g", "r", "i")
# By a filter's number, of which ZTF has three; the first and the last are for all others.
FILTERS = np.array([-1, *map(BANDS.index, ZTF_BANDS), -1], np.int8)
# By a letter's code: +1 where the source brightened, -1 where it faded.
SIGNS = np.full(256, np.nan)
SIGNS[[ord(letter) for letter in "tTyY1"]] = 1.0
SIGNS[[ord(letter) for letter in "fFnN0"]] = -1.0
NO_WARNINGS = ord("0")
"""The one status of a sound forced epoch; a list of several codes is another (kowalski#285)."""


def columns(raw: Raw) -> dict[str, Any]:
    """The survey-neutral columns of ZTF's records, as the table above says."""
    alerts = raw.alerts.without(SENTINELS)
    detection = _detections(alerts, np.arange(len(raw)))
    return {
        "alert_id": _alert_ids(alerts),
        "object_id": ascii_texts(raw.buffer, alerts.spans("objectId"), OBJECT_ID_LETTERS_MAX),
        "mjd": detection.mjd,
        "exposed_unix_s": unix_s(detection.mjd),
        "night": dates(detection.mjd),
        "mjd_utc_mid": detection.mjd + _exposure_s(alerts) / 2 / DAY_S,
        "ra_deg": alerts.floats("ra"),
        "dec_deg": alerts.floats("dec"),
        "band": detection.band,
        "programid_max": _programid_max(raw),
        "flux_njy": detection.flux_njy,
        "flux_err_njy": detection.flux_err_njy,
        "magnitude": alerts.floats("magpsf"),
        "magnitude_err": alerts.floats("sigmapsf"),
        "limit_mag": detection.limit_mag,
        "age_days": detection.mjd - _first_mjd(alerts, detection.mjd),
        "detections": np.maximum(alerts.ints("ndethist"), 0),
        "star_distance_arcsec": _distances(raw, alerts, "distpsnr1"),
        "asteroid_distance_arcsec": _distances(raw, alerts, "ssdistnr"),
        "survey_real_score": _real_scores(alerts),
        "template_flux_njy": _template_flux(alerts),
        "light_curve": _light_curves(raw, detection),
        "forced_photometry": _forced_photometry(raw, detection.mjd),
        "difference_reversed": np.zeros(len(raw), np.bool_),
        "rows_southward": np.ones(len(raw), np.bool_),
        "pixel_arcsec": np.full(len(raw), PIXEL_ARCSEC),
    }


def _exposure_s(alerts: Cells) -> Floats:
    stated = alerts.floats("exptime")
    return np.where((stated > 0) & (stated <= EXPOSURE_S_MAX), stated, EXPOSURE_S)


def _programids(cells: Cells) -> Floats:
    ids = cells.ints("programid")
    return np.where(ids == MISSING, np.nan, ids)


def _programid_max(raw: Raw) -> Floats:
    largest = _programids(raw.alerts)
    for history in raw.histories.values():
        # An item that is null has neither a time nor a programid, and is no exposure.
        given = ~(np.isnan(history.floats("jd")) & (history.ints("programid") == MISSING))
        np.maximum.at(largest, history.rows[given], _programids(history)[given])
    return largest


def _first_mjd(alerts: Cells, mjd: Floats) -> Floats:
    return sound_mjd(alerts.floats("jdstarthist") - JD_TO_MJD_DAYS, mjd)


def _distances(raw: Raw, alerts: Cells, name: str) -> Floats:
    """A match's distance: +inf where it was looked for and none was found."""
    return np.where(raw.alerts.floats(name) == NONE_FOUND, np.inf, alerts.floats(name))


def _alert_ids(cells: Cells) -> Ints:
    candid = cells.ints("candid")
    return np.where(candid == MISSING, cells.ints("candidate candid"), candid)


def _real_scores(cells: Cells) -> Floats:
    scores = cells.floats("drb")
    begins, ends = cells.spans("survey_real_version").T
    return np.where((scores == 0) & (ends == begins), np.nan, scores)


def _template_flux(cells: Cells) -> Floats:
    pixels = cells.floats("distnr")
    near = (pixels >= 0) & (pixels <= TEMPLATE_PIXELS_MAX)
    return np.where(near, njy(cells.floats("magnr")), np.nan)


def _bands(cells: Cells) -> NDArray[np.int8]:
    return FILTERS.take(cells.ints("fid"), mode="clip")


def _detections(cells: Cells, rows: Ints) -> Points:
    """Points of magnitudes, where there is one."""
    flux = SIGNS[cells.ints("isdiffpos") & 0xFF] * njy(cells.floats("magpsf"))
    return Points(
        rows,
        cells.floats("jd") - JD_TO_MJD_DAYS,
        _bands(cells),
        flux,
        np.abs(flux) * cells.floats("sigmapsf") * FLUX_ERR_PER_MAG,
        cells.floats("diffmaglim"),
        np.isfinite(flux),
    )


def _light_curves(raw: Raw, own: Points) -> LightCurves:
    history = raw.histories["prv_candidates"].without(SENTINELS)
    return packet_curves(own.mjd, _detections(history, history.rows), own=own)


def _forced_photometry(raw: Raw, alert_mjd: Floats) -> LightCurves:
    """Counts DN at a zero point zp are DN * 10**((31.4 - zp) / 2.5) nJy."""
    cells = raw.histories["fp_hists"].without(SENTINELS)
    njy_per_count = njy(cells.floats("magzpsci"))
    flux = cells.floats("forcediffimflux") * njy_per_count
    error = cells.floats("forcediffimfluxunc") * njy_per_count
    detected = np.abs(flux) >= DETECTION_SIGMA * error
    mjd = cells.floats("jd") - JD_TO_MJD_DAYS
    limit = cells.floats("diffmaglim")
    points = Points(cells.rows, mjd, _bands(cells), flux, error, limit, detected)
    return packet_curves(alert_mjd, points.only(_unflagged(raw, cells)))


def _unflagged(raw: Raw, cells: Cells) -> NDArray[np.bool_]:
    """Which forced epochs have the one status of sound ones, or none at all."""
    begins, ends = cells.spans("procstatus").T
    unflagged: NDArray[np.bool_] = begins == MISSING
    one = np.flatnonzero(ends - begins == 1)
    unflagged[one] |= raw.buffer[begins[one]] == NO_WARNINGS
    return unflagged


MARKS = ("candidate.fid", "candidate.pid", "candidate.jd", "objectId")
"""Other surveys have all but pid, the number of ZTF's own processing, or have no fid."""
ZTF = Survey(
    "ztf", MARKS, ZTF_BANDS, "ztf", LEAVES, HISTORIES, CUTOUTS, columns, ZTF_LEFT_OUT, SENTINELS
)
