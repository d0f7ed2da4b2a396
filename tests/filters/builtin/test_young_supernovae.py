"""Young supernovae: each clause on alerts made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from filters.builtin.young_supernovae import young_supernovae
from filters.conformance import violations
from filters.handmade import handmade
from schemas.batch import AlertBatch

SUPERNOVA: dict[str, float] = {
    "flux_njy": 90_000.0,
    "age_days": 3.0,
    "star_distance_arcsec": 4.0,
    "star_galaxy_score": 0.1,
    "asteroid_distance_arcsec": np.inf,
}


def alerts(real: float = 0.95, **changed: float) -> AlertBatch:
    columns: dict[str, Any] = {name: [value] for name, value in (SUPERNOVA | changed).items()}
    scores = {"realbogus": {"bogus": [1 - real], "real": [real]}}
    return handmade(rows=1, scores=scores, light_curve=None, **columns)


def test_a_young_supernova_in_its_galaxy_is_selected() -> None:
    assert young_supernovae.judge(alerts()).selected.all()
    in_the_core = alerts(star_distance_arcsec=0.4, star_galaxy_score=0.02)
    assert young_supernovae.judge(in_the_core).selected.all()


@pytest.mark.parametrize(
    ("clause", "changed"),
    [
        ("real", {"real": 0.3}),
        ("brighter", {"flux_njy": -90_000.0}),
        ("seen again", {"age_days": 0.0}),
        ("young", {"age_days": 200.0}),
        ("no asteroid", {"asteroid_distance_arcsec": 1.0}),
        ("no star", {"star_distance_arcsec": 0.4, "star_galaxy_score": 0.99}),
    ],
)
def test_each_clause_refuses_what_it_is_for(clause: str, changed: dict[str, float]) -> None:
    verdict = young_supernovae.judge(alerts(**changed))
    assert [name for name, count in verdict.refused_by.items() if count] == [clause]


def test_a_survey_without_a_star_catalogue_or_asteroids_is_served_too() -> None:
    unmeasured = {"star_distance_arcsec": np.nan, "star_galaxy_score": np.nan}
    rubin = alerts(**unmeasured, asteroid_distance_arcsec=np.nan)
    assert young_supernovae.judge(rubin).selected.all()


def test_an_alert_that_the_network_declined_is_unknown() -> None:
    verdict = young_supernovae.judge(alerts(real=np.nan))
    assert verdict.unknown_by["real"] == 1


def test_young_supernovae_keep_the_law_of_the_stream() -> None:
    ages = [*np.linspace(0, 40, 30)]
    columns: dict[str, Any] = {name: [value] * 30 for name, value in SUPERNOVA.items()}
    scores = {"realbogus": {"bogus": [0.1] * 30, "real": [*np.linspace(0, 1, 30)]}}
    assert (
        violations(young_supernovae, handmade(scores=scores, **columns | {"age_days": ages})) == []
    )
