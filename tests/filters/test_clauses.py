"""The questions that filters share: several classifiers as one, and what is unknown."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from filters.alerts import Alerts
from filters.clauses import (
    brightening_mag,
    either,
    galactic_latitude_deg,
    is_on_galaxy,
    is_on_star,
    probability,
)
from filters.handmade import handmade
from filters.selection import Clauses, selection

NAN = np.nan
SCORED = handmade(
    rows=4,
    scores={
        "ours": {"a": [0.5, NAN, NAN, 0.1], "b": [0.25, NAN, NAN, 0.1]},
        "theirs": {"a": [NAN, 0.5, NAN, 0.9]},
    },
)
LABELS = {"ours": ("a", "b"), "theirs": ("a",)}


def test_the_larger_answer_counts_and_a_classifier_that_declined_says_nothing() -> None:
    assert probability(Alerts(SCORED), LABELS) == pytest.approx([0.75, 0.5, NAN, 0.9], nan_ok=True)


def test_only_where_all_declined_a_refused_alert_is_unknown() -> None:
    @selection(topic="t")
    def likely(alerts: Alerts) -> Clauses:
        yield "likely", probability(alerts, LABELS) > 0.95

    decision = likely.judge(SCORED)
    assert decision.unknown.tolist() == [False, False, True, False]


def test_what_a_clause_read_before_stays_noted() -> None:
    alerts = Alerts(handmade(mjd=[NAN] * 4, scores=dict(SCORED_BY_HAND)))
    assert np.isnan(alerts.mjd).all()
    probability(alerts, LABELS)
    assert [one.name for one in alerts.readings] == ["mjd", "probability(ours a + b, theirs a)"]
    assert alerts.unmeasured().all()


SCORED_BY_HAND = {
    "ours": {"a": [0.5] * 4, "b": [0.25] * 4},
    "theirs": {"a": [NAN] * 4},
}


def test_either_is_unknown_only_where_no_question_was_answered() -> None:
    batch = handmade(magnitude=[17, 21, NAN, NAN, 21], age_days=[NAN, NAN, 1, NAN, 9])

    @selection(topic="t")
    def one_of_two(alerts: Alerts) -> Clauses:
        yield (
            "either",
            either(
                alerts,
                bright=lambda asked: asked.magnitude < 18,
                young=lambda asked: asked.age_days < 5,
            ),
        )

    decision = one_of_two.judge(batch)
    assert decision.selected.tolist() == [True, False, True, False, False]
    assert decision.unknown.tolist() == [False, False, False, True, False]


def test_a_source_is_a_star_or_a_galaxy_or_too_far() -> None:
    alerts = Alerts(
        handmade(
            star_distance_arcsec=[0.5, 0.5, 9.0, np.inf, NAN],
            star_galaxy_score=[0.9, 0.1, 0.9, NAN, NAN],
        )
    )
    assert is_on_star(alerts).tolist() == [True, False, False, False, False]
    assert is_on_galaxy(alerts, 1.0).tolist() == [False, True, False, False, False]


def test_doubling_the_template_is_three_quarters_of_a_magnitude() -> None:
    alerts = Alerts(
        handmade(flux_njy=[5.0, -2.5, -9.0, 5.0, 5.0], template_flux_njy=[5.0, 5.0, 5.0, NAN, -1.0])
    )
    assert brightening_mag(alerts) == pytest.approx(
        [0.7526, -0.7526, NAN, NAN, NAN], 1e-3, nan_ok=True
    )


def test_galactic_latitudes_are_those_of_astropy() -> None:
    random = np.random.default_rng(5)
    ra, dec = random.uniform(0, 360, 100), np.degrees(np.arcsin(random.uniform(-1, 1, 100)))
    wanted = SkyCoord(ra * u.deg, dec * u.deg).galactic.b.deg
    found = galactic_latitude_deg(Alerts(handmade(ra_deg=ra.tolist(), dec_deg=dec.tolist())))
    np.testing.assert_allclose(found, wanted, atol=1e-3)
