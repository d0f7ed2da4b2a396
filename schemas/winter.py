"""WINTER's adapter: what is read from its packets (schemas 0.1 to 0.4), and what it becomes.

WINTER looks at the near infrared from Palomar. Its packets borrow ZTF's words, some with another
meaning. Its fields, and what its pipeline writes into them: github.com/winter-telescope/mirar.

Column            source field
alert_id          candid
object_id         objectid
mjd               candidate.jd - 2400000.5: UTC, the start of the exposure
exposed_unix_s    the same instant
night             the UTC date of candidate.jd, as the pipeline's NIGHTDATE; Palomar's lie in one
mjd_utc_mid       mjd and half of candidate.exptime
ra_deg, dec_deg   candidate.ra, candidate.dec
band              candidate.fid: 1 Y, 2 J, 3 H (Hs), as the pipeline's winter_filters_map has had it
                  always. The words that schema 0.1 has beside it, "0=Y; 1=J; 2=H; 3=K", are not
                  what was written, and were corrected in March 2024; there is no K filter, and 4
                  is a dark
photometric_system "winter" always
programid, programid_max  NaN: programmes are of four kinds, and nothing says which is public
magnitude         candidate.magpsf, AB: the pipeline adds 2MASS's zero points; its error
                  candidate.sigmapsf
flux_njy          from magpsf, negative where candidate.isdiffpos is false
flux_err_njy      |flux| sigmapsf ln(10) / 2.5
limit_mag         candidate.diffmaglim
age_days          candidate.jd - candidate.jdstarthist, where that is a sound time
detections        candidate.ndethist and one: unlike ZTF's, it counts those before this one alone
star_distance     candidate.distpsnr1, arcsec; where that is null and candidate.nmtchps counts no
                  source within 30 arcsec, +inf
star_galaxy_score candidate.sgscore1
asteroid_distance candidate.ssdistnr, arcsec; NaN where that is null, as nothing says who looked
survey_real_score candidate.rb
fwhm_pixels       candidate.fwhm
elongation        candidate.elong
real_version      candidate.rbversion
signal_to_noise   candidate.scorr
light_curve       prv_candidates and candidate: jd, fid, magpsf, sigmapsf, isdiffpos. Earlier points
                  have no limit, and none is an epoch without a detection
forced_photometry none is sent
stamps            cutout_science, cutout_template, cutout_difference: plain bytes. The difference is
                  positive where the detection is: the schema says that where isdiffpos is false
                  the subtraction went the other way round. No header says how they lie on the sky

Points without a sound time and copies of an exposure are left out (`light_curves.packet_curves`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from schemas.ascii_text import ascii_texts
from schemas.batch import PLANES, Floats
from schemas.columns import BANDS
from schemas.light_curves import Points, packet_curves
from schemas.nights import dates
from schemas.photometry import DAY_S, FLUX_ERR_PER_MAG, JD_TO_MJD_DAYS, njy, sound_mjd, unix_s
from schemas.survey import MISSING, Cells, History, Ints, Kind, Leaf, Raw, Survey

OBJECT_ID_LETTERS_MAX = 32

FLOAT, INTEGER = Kind.FLOAT, Kind.INTEGER
DETECTION = (
    Leaf("jd", FLOAT, ("jd",)),
    Leaf("fid", INTEGER, ("fid",)),
    Leaf("magpsf", FLOAT, ("magpsf",)),
    Leaf("sigmapsf", FLOAT, ("sigmapsf",)),
    Leaf("isdiffpos", INTEGER, ("isdiffpos",)),
)
CONTEXT = ("ra", "dec", "exptime", "diffmaglim", "jdstarthist", "distpsnr1")
STATED = (
    Leaf("star_galaxy_score", FLOAT, ("sgscore1",)),
    Leaf("asteroid_distance_arcsec", FLOAT, ("ssdistnr",)),
    Leaf("survey_real_score", FLOAT, ("rb",)),
    Leaf("fwhm_pixels", FLOAT, ("fwhm",)),
    Leaf("elongation", FLOAT, ("elong",)),
    Leaf("survey_real_version", Kind.SPAN, ("rbversion",)),
    Leaf("signal_to_noise", FLOAT, ("scorr",)),
)
"""Columns as they are sent."""
NEEDED = {"jd", "ra", "dec"}
CUTOUTS = ("cutout_science", "cutout_template", "cutout_difference")
LEAVES = (
    Leaf("objectid", Kind.SPAN, ("objectid",), required=True),
    Leaf("candid", INTEGER, ("candid",), required=True),
    *(
        leaf._replace(paths=(f"candidate.{leaf.paths[0]}",), required=leaf.name in NEEDED)
        for leaf in (
            *DETECTION,
            *STATED,
            *(Leaf(name, FLOAT, (name,)) for name in CONTEXT),
            Leaf("ndethist", INTEGER, ("ndethist",)),
            Leaf("nmtchps", INTEGER, ("nmtchps",)),
        )
    ),
    *(
        Leaf(f"{what} {plane}", kind, (name,))
        for what, kind in (("stamp", Kind.SPAN), ("field", Kind.EXTENT))
        for plane, name in zip(PLANES, CUTOUTS, strict=True)
    ),
)
HISTORIES = (History("prv_candidates", "prv_candidates", DETECTION),)
WINTER_BANDS = ("Y", "J", "H")
# By a filter's number, of which WINTER has three; the first and the last are for all others.
FILTERS = np.array([-1, *map(BANDS.index, WINTER_BANDS), -1], np.int8)


def columns(raw: Raw) -> dict[str, Any]:
    """The survey-neutral columns of WINTER's records, as the table above says."""
    alerts, history = raw.alerts, raw.histories["prv_candidates"]
    own = _detections(alerts, np.arange(len(raw)), alerts.floats("diffmaglim"))
    earlier = _detections(history, history.rows, np.full(len(history.rows), np.nan))
    nothing = own.only(np.zeros(len(raw), np.bool_))
    return {
        "alert_id": alerts.ints("candid"),
        "object_id": ascii_texts(raw.buffer, alerts.spans("objectid"), OBJECT_ID_LETTERS_MAX),
        "mjd": own.mjd,
        "exposed_unix_s": unix_s(own.mjd),
        "night": dates(own.mjd),
        "mjd_utc_mid": own.mjd + alerts.floats("exptime") / 2 / DAY_S,
        "ra_deg": alerts.floats("ra"),
        "dec_deg": alerts.floats("dec"),
        "band": own.band,
        "flux_njy": own.flux_njy,
        "flux_err_njy": own.flux_err_njy,
        "magnitude": alerts.floats("magpsf"),
        "magnitude_err": alerts.floats("sigmapsf"),
        "limit_mag": own.limit_mag,
        "age_days": own.mjd - sound_mjd(alerts.floats("jdstarthist") - JD_TO_MJD_DAYS, own.mjd),
        "detections": np.maximum(alerts.ints("ndethist"), 0) + 1,
        "star_distance_arcsec": _star_distances(alerts),
        "light_curve": packet_curves(own.mjd, earlier, own=own),
        "forced_photometry": packet_curves(own.mjd, nothing),
        "difference_reversed": np.zeros(len(raw), np.bool_),
        "rows_southward": np.zeros(len(raw), np.bool_),
    }


def _detections(cells: Cells, rows: Ints, limit_mag: Floats) -> Points:
    """Points of magnitudes, where there is one and its sign is said."""
    positive = cells.ints("isdiffpos")
    sign = np.where(positive == MISSING, np.nan, np.where(positive != 0, 1.0, -1.0))
    flux = sign * njy(cells.floats("magpsf"))
    error = np.abs(flux) * cells.floats("sigmapsf") * FLUX_ERR_PER_MAG
    mjd = cells.floats("jd") - JD_TO_MJD_DAYS
    band = FILTERS.take(cells.ints("fid"), mode="clip")
    return Points(rows, mjd, band, flux, error, limit_mag, np.isfinite(flux))


def _star_distances(alerts: Cells) -> Floats:
    """To the nearest source of Pan-STARRS: +inf where there is none within 30 arcsec."""
    stated = alerts.floats("distpsnr1")
    return np.where(~(stated >= 0) & (alerts.ints("nmtchps") == 0), np.inf, stated)


LEFT_OUT = {
    "": "publisher schemavsn",
    "candidate": (
        "aimage* bimage* candid chipsf classtar clr* deprecated distnr distpsnr[23] ds* field "
        "jdendhist mag[adfgnz]* mindtoedge n[be]* nmtchtm nneg prog* ps* s[griz]mag? "
        "seeratio sgscore[23] sigmag* sky ssm* ssn* sumrat tm* tooflag xpos ypos zp*"
    ),
    "prv_candidates": "candid dec fieldid fwhm progname ra scorr",
}
MARKS = ("objectid", "candidate.progname", "candidate.jd", "cutout_science")
WINTER = Survey(
    "winter", MARKS, WINTER_BANDS, "winter", LEAVES, HISTORIES, CUTOUTS, columns, LEFT_OUT
)
