"""Rubin's adapter: what is read from its packets (schemas 3.0 to 11.1), and what it becomes.

It reads ELAsTiCC's packets (0.9.1) too, which are Rubin's of a simulated sky.

Column            source field, and the name that older schemas gave it
alert_id          diaSource.diaSourceId
object_id         diaSource.diaObjectId; where it is null or 0, diaSource.ssObjectId; where that
                  is too, diaSourceId, which is what Rubin names a new object after
mjd               diaSource.midpointMjdTai (midPointTai): TAI, the middle of the exposure
exposed_unix_s    the same instant in UTC, TAI - UTC being 37 s since 2017
night             the day of observation, dayObs: the date 12 hours before, in TAI (SITCOMTN-032)
mjd_utc_mid       mjd - 37 s
visit             diaSource.visit; older packets have none
ra_deg, dec_deg   diaSource.ra, diaSource.dec (decl)
band              diaSource.band (filterName)
photometric_system "lsst" always: no packet says which telescope, so images of another camera that
                  went through Rubin's pipeline count as Rubin's
programid, programid_max  1 always: Rubin's alerts are for everybody. The programId of schemas 3.0
                  to 5.0, of which none says what it means, is not read
flux_njy          diaSource.psfFlux (psFlux): already a signed difference
flux_err_njy      diaSource.psfFluxErr (psFluxErr)
magnitude         AB, of |flux|; its error 2.5 / ln(10) * error / |flux|
limit_mag         NaN: Rubin sends none
age_days          mjd - diaObject.firstDiaSourceMjdTai, or from the earliest detection in
                  light_curve where that is no sound time; 0 for a source without a history
detections        diaObject.nDiaSources; where it is null, those of light_curve counted, at least 1
star_distance     NaN: what Rubin matches (nearbyObj1) may be a galaxy as well as a star
star_galaxy_score NaN likewise
asteroid_distance +inf where ssObjectId is null or 0 in diaSource and in ssSource; otherwise
                  ssSource.ephOffset (arcsec), or from residualRa and residualDec (degrees, the
                  first taken as a coordinate difference); NaN where the schema has neither
survey_real_score diaSource.reliability (since 5.0)
real_version      diaSource.reliabilityVersion (since 11.1)
signal_to_noise   diaSource.snr
template_flux     diaSource.templateFlux (since 8.0)
host_photoz, host_photoz_err  diaObject.hostgal_zphot, hostgal_zphot_err, of ELAsTiCC's schemas
                  alone; NaN unless both are above 0, as the -9 or -999 of what has no host is not
distance_modulus  of that redshift
light_curve       prvDiaSources and diaSource: detections, where they have a flux;
                  prvDiaNondetectionLimits: epochs without a flux, and without a limit, for no
                  schema says the unit of diaNoise
forced_photometry prvDiaForcedSources: psfFlux (psFlux), detected from five sigma up. No schema
                  has a flag of theirs
stamps            cutoutScience (since 6.1), cutoutTemplate, cutoutDifference. The difference is
                  sent as science minus template always, so its sign is changed where
                  diaSource.isNegative (is_negative in 7.3 and 7.4) says so; where that is
                  absent or null, where the flux is negative. How they lie on the sky, their own
                  FITS headers say

Points without a sound time and copies of an exposure are left out (`light_curves.packet_curves`),
and so is a source that Rubin has withdrawn: one with a timeWithdrawnMjdTai (since 9.0).
Schemas: github.com/lsst/alert_packet, github.com/LSSTDESC/elasticc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.batch import PLANES, Floats, LightCurves
from schemas.columns import BANDS
from schemas.distances import distance_modulus
from schemas.left_out import LSST_LEFT_OUT
from schemas.light_curves import Points, first_detection_mjd, packet_curves, point_rows
from schemas.nights import dates
from schemas.photometry import (
    DAY_S,
    DETECTION_SIGMA,
    sound_mjd,
    unix_s,
)
from schemas.survey import MISSING, Cells, History, Ints, Kind, Leaf, Raw, Survey

TAI_MINUS_UTC_S = 37.0
"""Since 2017-01-01. Of use for latencies, so that older leap seconds do not matter."""
NIGHT_BEGINS_DAYS = 0.5
"""At noon, TAI."""
ARCSEC_PER_DEG = 3600.0
PUBLIC = 1.0
"""As a programid."""
NO_ID = 0
"""What some of Rubin's packets have for an id instead of null."""

FLOAT, INTEGER, LETTER = Kind.FLOAT, Kind.INTEGER, Kind.LETTER
TIME = Leaf("mjd", FLOAT, ("midpointMjdTai", "midPointTai"))
BAND = Leaf("filter", LETTER, ("band", "filterName"))
MEASUREMENT = (
    TIME,
    BAND,
    Leaf("flux", FLOAT, ("psfFlux", "psFlux")),
    Leaf("error", FLOAT, ("psfFluxErr", "psFluxErr")),
    Leaf("withdrawn mjd", FLOAT, ("timeWithdrawnMjdTai",)),
)
SOURCE = (
    *MEASUREMENT,
    Leaf("source id", INTEGER, ("diaSourceId",)),
    Leaf("object id", INTEGER, ("diaObjectId",)),
    Leaf("asteroid id", INTEGER, ("ssObjectId",)),
    Leaf("ra", FLOAT, ("ra",)),
    Leaf("dec", FLOAT, ("dec", "decl")),
    Leaf("visit", INTEGER, ("visit",)),
    Leaf("survey_real_score", FLOAT, ("reliability",)),
    Leaf("survey_real_version", Kind.SPAN, ("reliabilityVersion",)),
    Leaf("signal_to_noise", FLOAT, ("snr",)),
    Leaf("template_flux_njy", FLOAT, ("templateFlux",)),
    Leaf("negative", INTEGER, ("isNegative", "is_negative")),
)
NEEDED = {"mjd", "source id", "ra", "dec"}
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
LEAVES = (
    *(
        leaf._replace(
            paths=tuple(f"diaSource.{path}" for path in leaf.paths), required=leaf.name in NEEDED
        )
        for leaf in SOURCE
    ),
    Leaf("first mjd", FLOAT, ("diaObject.firstDiaSourceMjdTai",)),
    Leaf("sources", INTEGER, ("diaObject.nDiaSources",)),
    Leaf("photoz", FLOAT, ("diaObject.hostgal_zphot",)),
    Leaf("photoz error", FLOAT, ("diaObject.hostgal_zphot_err",)),
    Leaf("matched asteroid id", INTEGER, ("ssSource.ssObjectId",)),
    Leaf("offset arcsec", FLOAT, ("ssSource.ephOffset",)),
    Leaf("offset ra deg", FLOAT, ("ssSource.residualRa",)),
    Leaf("offset dec deg", FLOAT, ("ssSource.residualDec",)),
    *(
        Leaf(f"stamp {plane}", Kind.SPAN, (name,))
        for plane, name in zip(PLANES, CUTOUTS, strict=True)
    ),
    *(
        Leaf(f"field {plane}", Kind.EXTENT, (name,))
        for plane, name in zip(PLANES, CUTOUTS, strict=True)
    ),
)
HISTORIES = (
    History("sources", "prvDiaSources", MEASUREMENT),
    History("forced", "prvDiaForcedSources", MEASUREMENT),
    History("limits", "prvDiaNondetectionLimits", (TIME, BAND)),
)
LSST_BANDS = ("u", "g", "r", "i", "z", "y")
BAND_CODES = np.full(256, -1, np.int8)
BAND_CODES[[ord(name) for name in LSST_BANDS]] = [BANDS.index(name) for name in LSST_BANDS]


def columns(raw: Raw) -> dict[str, Any]:
    """The survey-neutral columns of Rubin's records, as the table above says."""
    alerts, history = raw.alerts, raw.histories["sources"]
    own, earlier = _measured(alerts, np.arange(len(raw))), _measured(history, history.rows)
    mjd = alerts.floats("mjd")
    curves = packet_curves(mjd, _limits(raw.histories["limits"]), earlier, own=own)
    host_photoz, host_photoz_err = _host_photoz(alerts)
    return {
        "alert_id": alerts.ints("source id"),
        "object_id": _object_ids(alerts),
        "exposed_unix_s": unix_s(mjd) - TAI_MINUS_UTC_S,
        "night": dates(mjd - NIGHT_BEGINS_DAYS),
        "mjd_utc_mid": mjd - TAI_MINUS_UTC_S / DAY_S,
        "ra_deg": alerts.floats("ra"),
        "dec_deg": alerts.floats("dec"),
        **dict.fromkeys(("programid", "programid_max"), np.full(len(raw), PUBLIC)),
        **own.measured(),
        "age_days": mjd - _first_mjd(alerts, mjd, curves),
        "detections": _detections(alerts, curves),
        "asteroid_distance_arcsec": _asteroid_distance(alerts),
        "host_photoz": host_photoz,
        "host_photoz_err": host_photoz_err,
        "distance_modulus": distance_modulus(host_photoz),
        "light_curve": curves,
        "forced_photometry": packet_curves(mjd, _forced(raw.histories["forced"])),
        "difference_reversed": _negative(alerts, own),
        "rows_southward": np.zeros(len(raw), np.bool_),
    }


def _given(ids: Ints) -> NDArray[np.bool_]:
    given: NDArray[np.bool_] = (ids != MISSING) & (ids != NO_ID)
    return given


def _object_ids(alerts: Cells) -> NDArray[np.str_]:
    source, asteroid = alerts.ints("source id"), alerts.ints("asteroid id")
    object_id = alerts.ints("object id")
    without_object = np.where(_given(asteroid), asteroid, source)
    return np.where(_given(object_id), object_id, without_object).astype("U20")


def _bands(cells: Cells) -> NDArray[np.int8]:
    return BAND_CODES.take(cells.ints("filter") & 0xFF)


def _measured(cells: Cells, rows: Ints) -> Points:
    """Points of sources, detected where they have a flux; of withdrawn ones none."""
    flux = cells.floats("flux")
    nothing, detected = np.full(len(flux), np.nan), np.isfinite(flux)
    mjd, error = cells.floats("mjd"), cells.floats("error")
    points = Points(rows, mjd, _bands(cells), flux, error, nothing, detected)
    return points.only(~(cells.floats("withdrawn mjd") > 0))


def _forced(cells: Cells) -> Points:
    """Points measured where the object is, seen or not."""
    points = _measured(cells, cells.rows)
    detected = np.abs(points.flux_njy) >= DETECTION_SIGMA * points.flux_err_njy
    return points._replace(detected=detected)


def _limits(cells: Cells) -> Points:
    """Epochs at which nothing was detected."""
    nothing = np.full(len(cells.rows), np.nan)
    unseen = np.zeros(len(nothing), np.bool_)
    return Points(cells.rows, cells.floats("mjd"), _bands(cells), nothing, nothing, nothing, unseen)


def _first_mjd(alerts: Cells, mjd: Floats, curves: LightCurves) -> Floats:
    stated = sound_mjd(alerts.floats("first mjd"), mjd)
    return np.where(np.isfinite(stated), stated, np.fmin(first_detection_mjd(curves), mjd))


def _detections(alerts: Cells, curves: LightCurves) -> Ints:
    stated = alerts.ints("sources")
    counted = np.bincount(point_rows(curves)[curves.detected], minlength=len(stated))
    return np.where(stated == MISSING, np.maximum(counted, 1), stated)


def _negative(alerts: Cells, own: Points) -> NDArray[np.bool_]:
    """Where the detection is one of lacking light. A dipole, of both signs, is not."""
    stated = alerts.ints("negative")
    return np.where(stated == MISSING, own.flux_njy < 0, stated != 0)


def _host_photoz(alerts: Cells) -> tuple[Floats, Floats]:
    """The host's photometric redshift and its error; both NaN where one is no such thing."""
    photoz, error = alerts.floats("photoz"), alerts.floats("photoz error")
    known = (photoz > 0) & (error > 0) & np.isfinite(photoz + error)
    return np.where(known, photoz, np.nan), np.where(known, error, np.nan)


def _asteroid_distance(alerts: Cells) -> Floats:
    found = _given(alerts.ints("asteroid id")) | _given(alerts.ints("matched asteroid id"))
    offset_ra_deg = alerts.floats("offset ra deg") * np.cos(np.radians(alerts.floats("dec")))
    residual = ARCSEC_PER_DEG * np.hypot(offset_ra_deg, alerts.floats("offset dec deg"))
    stated = alerts.floats("offset arcsec")
    return np.where(found, np.where(np.isnan(stated), residual, stated), np.inf)


MARKS = ("diaSource.diaSourceId",)
LSST = Survey("lsst", MARKS, LSST_BANDS, "lsst", LEAVES, HISTORIES, CUTOUTS, columns, LSST_LEFT_OUT)
