"""What a packet says, and what is made of it: tables of cases that anybody can extend.

A row is a survey, what is other than in its plain alert (`tests/filters/packets.py`), and what the
alert's columns, and the answers to QUESTIONS, are then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from filters import curves
from filters.builtin.bright_transients import bright_transients
from filters.builtin.infant_supernovae import infant_supernovae
from filters.selection import Selection
from schemas.batch import AlertBatch, LightCurves
from schemas.decode import Decoder
from schemas.learned import Learned
from schemas.limits import DecodeLimits
from tests.filters.packets import (
    JD,
    MJD_TAI,
    decoded,
    packet,
    rubin_point,
    ztf_forced,
    ztf_limit,
    ztf_point,
)

NAN, INF = math.nan, math.inf
Cases = Sequence[tuple[str, dict[str, Any], dict[str, Any]]]


def magnitudes(curve: LightCurves) -> list[float]:
    """Of its points with a flux, to a hundredth."""
    flux = curve.flux_njy[np.isfinite(curve.flux_njy)]
    return [round(31.4 - 2.5 * math.log10(abs(one)), 2) for one in flux.tolist()]


def clause(of: Selection, name: str) -> Callable[[AlertBatch], Any]:
    """Whether one clause of a filter passes, were the alert held for real."""

    def ask(batch: AlertBatch) -> Any:  # noqa: ANN401 - bool
        batch.learned["realbogus"] = Learned.probabilities(
            ("real",), np.ones((len(batch), 1), np.float32)
        )
        return dict(of(batch))[name][0]

    return ask


QUESTIONS: Mapping[str, Callable[[AlertBatch], Any]] = {
    "points": lambda batch: len(batch.light_curve.mjd),
    "forced points": lambda batch: len(batch.forced_photometry.mjd),
    "detected": lambda batch: batch.light_curve.detected.sum(),
    "magnitudes": lambda batch: magnitudes(batch.light_curve),
    "limits": lambda batch: batch.light_curve.limit_mag.tolist(),
    "within 30 days": lambda batch: curves.detections_within(batch, 30)[0],
    "positive fraction": lambda batch: curves.positive_fraction(batch)[0],
    "peak": lambda batch: round(curves.peak_magnitude(batch)[0], 2),
    "days since dark": lambda batch: round(curves.days_since_dark(batch)[0], 3),
    "dark before": clause(infant_supernovae, "dark before"),
    "never fainter": clause(bright_transients, "never fainter"),
}
"""What may be asked beside the columns; anybody may add more."""

TIMES_THAT_ARE_NONE = {
    "ztf": ("jd", [60235.25, 0.0, -1.0, 1e12, 1e20, 1e300, INF, NAN, -999.0, JD + 4e3, 2447800.0]),
    "lsst": ("midpointMjdTai", [2460235.25, 0.0, -1.0, 1e20, 1e300, INF, NAN, 64_000.0, 47800.0]),
}
"""A time in another scale, a placeholder, an overflow, years ahead, before all surveys."""
TIME_CASES = [
    (survey, field, time)
    for survey, (field, times) in TIMES_THAT_ARE_NONE.items()
    for time in times
]

EXPOSURES: Cases = [
    ("ztf", {}, {"points": 1, "within 30 days": 1}),
    # One exposure three times: the first of those with a flux stays.
    (
        "ztf",
        {"prv_candidates": [ztf_point(-4, magpsf=magnitude) for magnitude in (17.0, 19.0, 16.0)]},
        {"within 30 days": 2, "magnitudes": [17.0, 18.0], "peak": 17.0},
    ),
    # A time that differs by what a float rounds away is the same exposure; half a minute is not.
    ("ztf", {"prv_candidates": [ztf_point(-4), ztf_point(-4 + 2e-9)]}, {"within 30 days": 2}),
    ("ztf", {"prv_candidates": [ztf_point(-4), ztf_point(-4 + 4e-4)]}, {"within 30 days": 3}),
    ("ztf", {"prv_candidates": [ztf_point(-4), ztf_point(-4, fid=1)]}, {"within 30 days": 3}),
    ("ztf", {"prv_candidates": [ztf_point(-4), ztf_point(-4, programid=2)]}, {"points": 2}),
    # The alert's own detection, named in its history too.
    ("ztf", {"prv_candidates": [ztf_point(0, magpsf=16.0)]}, {"points": 1, "magnitudes": [18.0]}),
    ("ztf", {"prv_candidates": [ztf_limit(0)]}, {"points": 1, "detected": 1}),
    # A detection says more than a limit, a limit more than nothing.
    ("ztf", {"prv_candidates": [ztf_limit(-4), ztf_point(-4)]}, {"points": 2, "detected": 2}),
    (
        "ztf",
        {"prv_candidates": [ztf_limit(-4, diffmaglim=None), ztf_limit(-4, diffmaglim=20.0)]},
        {"points": 2, "limits": [20.0, 20.5]},
    ),
    ("ztf", {"fp_hists": [ztf_forced(-4), ztf_forced(-4)]}, {"forced points": 1}),
    ("lsst", {"prvDiaSources": [rubin_point(-4)] * 3}, {"within 30 days": 2, "detections": 2}),
    ("lsst", {"prvDiaSources": [rubin_point(0, psfFlux=1.0)]}, {"points": 1, "magnitudes": [18.0]}),
    ("lsst", {"prvDiaForcedSources": [rubin_point(-4)] * 2}, {"forced points": 1}),
]

UNTIMED: Cases = [
    ("ztf", {"prv_candidates": [ztf_point(0, jd=jd)]}, {"points": 1})
    for jd in (None, NAN, 0.0, 1e20, 1e300, 60235.25, JD + 10, -999.0)
] + [
    ("ztf", {"fp_hists": [ztf_forced(0, jd=60235.25), ztf_forced(-1)]}, {"forced points": 1}),
    ("ztf", {"jdstarthist": 0.0}, {"age_days": NAN}),
    ("ztf", {"jdstarthist": 60235.25}, {"age_days": NAN}),
    ("ztf", {"jdstarthist": JD - 3}, {"age_days": 3.0}),
    ("lsst", {"prvDiaSources": [rubin_point(0, midpointMjdTai=1e20)]}, {"points": 1}),
    ("lsst", {"prvDiaForcedSources": [rubin_point(0, midpointMjdTai=0.0)]}, {"forced points": 0}),
    ("lsst", {"diaObject": {"firstDiaSourceMjdTai": 0.0, "nDiaSources": 3}}, {"age_days": 0.0}),
    ("lsst", {"prvDiaSources": [rubin_point(-2)]}, {"age_days": 2.0}),
]

NO_FLUX: Cases = [
    (
        "lsst",
        {
            "prvDiaSources": [
                *(rubin_point(-days) for days in (1, 2, 3)),
                *(rubin_point(-days, psfFlux=flux, psfFluxErr=flux) for days in (4, 5)),
            ]
        },
        {"detected": 4, "within 30 days": 4, "positive fraction": 1.0, "never fainter": True},
    )
    for flux in (NAN, None, INF)
] + [
    ("lsst", {"psfFlux": None}, {"detected": 0, "detections": 1, "points": 1}),
    (
        "lsst",
        {"prvDiaSources": [rubin_point(-2, timeWithdrawnMjdTai=60_990.0), rubin_point(-1)]},
        {"points": 2, "detections": 2, "age_days": 1.0},
    ),
    ("lsst", {"timeWithdrawnMjdTai": 61_000.5}, {"points": 0, "detected": 0}),
    (
        "lsst",
        {"prvDiaForcedSources": [rubin_point(-2, timeWithdrawnMjdTai=60_990.0), rubin_point(-3)]},
        {"forced points": 1},
    ),
    *(
        ("ztf", {"prv_candidates": [ztf_point(-1, **lacking)]}, {"detected": 1, "points": 2})
        for lacking in (
            {"magpsf": None},
            {"magpsf": NAN},
            {"magpsf": -999.0},
            {"isdiffpos": None},
            {"isdiffpos": "?"},
        )
    ),
    *(
        ("ztf", {"isdiffpos": letter}, {"detected": 1, "positive fraction": float(positive)})
        for letter, positive in zip("t1TyYf0FnN", [True] * 5 + [False] * 5, strict=True)
    ),
]

FLAGGED: Cases = [
    (
        "ztf",
        {
            "fp_hists": [ztf_forced(-1.3, procstatus=status)],
            "prv_candidates": [ztf_point(-0.5)],
            "jdstarthist": JD - 0.5,
        },
        {
            "forced points": int(sound),
            "dark before": sound,
            "days since dark": 1.3 if sound else NAN,
        },
    )
    for status, sound in (
        *((status, True) for status in ("0", None)),
        *((status, False) for status in ("55", "56", "57", "61", "63", "255", "56,63", "0,56", "")),
    )
]

PLACES: Cases = [
    (survey, {"ra": ra}, {"ra_deg": expected})
    for survey in ("ztf", "lsst")
    for ra, expected in (
        *((0.0, 0.0), (-0.0, 0.0), (360.0, 0.0), (359.5, 359.5)),
        *((-0.25, 359.75), (360.25, 0.25), (-1e-20, 0.0), (-90.0, 270.0)),
    )
]

ACCESS: Cases = [
    ("ztf", {}, {"programid": 1.0, "programid_max": 1.0}),
    ("ztf", {"programid": 2}, {"programid": 2.0, "programid_max": 2.0}),
    ("ztf", {"programid": None}, {"programid": NAN, "programid_max": NAN}),
    *(
        ("ztf", {name: [point, ztf_point(-2)]}, {"programid": 1.0, "programid_max": highest})
        for name, point, highest in (
            ("prv_candidates", ztf_point(-3, programid=2), 2.0),
            ("prv_candidates", ztf_limit(-3, programid=3), 3.0),
            ("prv_candidates", ztf_point(-2, programid=3), 3.0),
            ("prv_candidates", ztf_point(-3, programid=None), NAN),
            ("prv_candidates", ztf_point(-3, jd=0.0, programid=2), 2.0),
        )
    ),
    ("ztf", {"fp_hists": [ztf_forced(-3, programid=2, procstatus="63")]}, {"programid_max": 2.0}),
    ("lsst", {}, {"programid": 1.0, "programid_max": 1.0}),
]

AGES: Cases = [
    ("ztf", {"jdstarthist": JD - 2000}, {"age_days": 2000.0, "history_age_days": 0.0}),
    (
        "ztf",
        {"jdstarthist": JD - 2000, "prv_candidates": [ztf_limit(-9), ztf_point(-5)]},
        {"age_days": 2000.0, "history_age_days": 5.0},
    ),
    ("ztf", {"magpsf": None, "prv_candidates": [ztf_limit(-9)]}, {"history_age_days": NAN}),
    ("lsst", {"prvDiaSources": [rubin_point(-5)]}, {"history_age_days": 5.0}),
]

MIDDLES: Cases = [
    ("ztf", {"exptime": exptime}, {"mjd_utc_mid": JD - 2_400_000.5 + half_s / 86_400})
    for exptime, half_s in ((30.0, 15.0), (300.0, 150.0), (None, 15.0), (0.0, 15.0), (1e9, 15.0))
] + [("lsst", {}, {"mjd_utc_mid": MJD_TAI - 37 / 86_400})]

CASES = [*EXPOSURES, *UNTIMED, *NO_FLUX, *FLAGGED, *PLACES, *ACCESS, *AGES, *MIDDLES]


@pytest.mark.parametrize(("survey", "changes", "expected"), CASES)
def test_a_changed_packet_has_these_columns_and_answers(
    survey: str, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    batch = decoded(survey, **changes)
    assert batch.rejected == ()
    for name, value in expected.items():
        got = QUESTIONS[name](batch) if name in QUESTIONS else getattr(batch, name)[0]
        np.testing.assert_array_equal(got, value, err_msg=name)


@pytest.mark.parametrize(("survey", "field", "time"), TIME_CASES)
def test_a_time_that_is_none_is_a_reason(survey: str, field: str, time: float) -> None:
    (rejected,) = decoded(survey, **{field: time}).rejected
    assert rejected[1:] == ("not an alert", "the record has no sound time")


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        *(({"ra": ra}, "right ascension") for ra in (-181.0, 362.0, 720.0, 1e10, NAN, INF)),
        *(({"dec": dec}, "declination") for dec in (-90.001, 90.001, 180.0, NAN)),
    ],
)
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_place_that_is_none_is_a_reason(
    survey: str, changes: dict[str, float], lacking: str
) -> None:
    (rejected,) = decoded(survey, **changes).rejected
    assert rejected.detail == f"the record has no sound {lacking}"


def test_an_exposure_may_lie_ahead_of_the_clock_by_a_bound_that_a_setting_moves() -> None:
    day = 86_400.0
    exposed = (JD - 2440587.5) * day
    assert len(decoded("ztf", exposed - 2 * day)) == 1
    assert len(decoded("ztf", exposed - 4 * day)) == 0
    assert len(decoded("ztf", exposed + 9_999 * day)) == 1
    generous = DecodeLimits(ahead_days_max=5)
    (only,) = Decoder(limits=generous, now_s=lambda: exposed - 4 * day).decode([packet("ztf")]).mjd
    assert only == JD - 2_400_000.5
