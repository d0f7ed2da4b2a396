"""Young supernovae: what a survey does not send is not held against an alert."""

from __future__ import annotations

from filters.builtin.young_supernovae import young_supernovae
from tests.filters.builtin.making import NAN, batch_of


def test_a_supernova_in_the_core_of_its_galaxy_is_selected() -> None:
    in_the_core = batch_of({"star_distance_arcsec": 0.4, "star_galaxy_score": 0.02})
    assert young_supernovae.judge(in_the_core).selected.all()


def test_a_survey_without_a_star_catalogue_or_asteroids_is_served_too() -> None:
    names = ("star_distance_arcsec", "star_galaxy_score", "asteroid_distance_arcsec")
    assert young_supernovae.judge(batch_of(dict.fromkeys(names, NAN))).selected.all()


def test_an_age_that_no_second_detection_supports_is_none() -> None:
    decision = young_supernovae.judge(batch_of({"age_days": 3.0, "detections": 1}))
    assert decision.refused_by["seen again"] == 1
