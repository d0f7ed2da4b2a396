"""The built-in filters on real alerts: do they select something sensible, and keep the law?

The survey's own real/bogus score stands in for our network's, and for the light-curve networks one
answer for all, so that these figures do not move with them. The folder was picked to fire filters:
its pass rates are not a survey's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from filters.conformance import violations
from filters.sources import builtin_names, load_builtin
from lake.archives import Archive
from schemas.batch import AlertBatch
from schemas.columns import SYSTEMS
from schemas.decode import Decoder
from schemas.learned import Learned
from tests.filters.builtin.making import LABELS

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def alerts(data_folder: Path) -> AlertBatch:
    return scored(data_folder / "ztf" / "astrolabsoftware+fink-broker" / "alerts.tar.xz")


def scored(archive: Path) -> AlertBatch:
    """An archive's alerts, the survey's score standing in for ours."""
    batch = Decoder().decode([one.data for one in Archive(archive)])
    real = batch.survey_real_score.astype(np.float32)
    stand_in(batch, "realbogus", LABELS["realbogus"], [real, 1 - real])
    systems = {"supernova": SYSTEMS.index("ztf"), "lightcurve": SYSTEMS.index("lsst")}
    for name, system in systems.items():
        likely = np.where(batch.photometric_system == system, 0.6, np.nan)
        stand_in(batch, name, LABELS[name], [likely])
    return batch


def stand_in(
    batch: AlertBatch, name: str, labels: tuple[str, ...], first: list[NDArray[np.floating]]
) -> None:
    """Give the first labels these probabilities, and the others none."""
    scores = np.zeros((len(batch), len(labels)), np.float32)
    scores[:, : len(first)] = np.stack(first, axis=1)
    batch.learned[name] = Learned.probabilities(labels, scores)


def test_young_supernovae_are_young_real_and_off_the_stars(alerts: AlertBatch) -> None:
    selected = load_builtin("young_supernovae").judge(alerts).selected
    assert 100 < selected.sum() < 0.35 * len(alerts)
    assert alerts.age_days[selected].max() < 20
    assert np.nanmin(alerts.asteroid_distance_arcsec[selected]) >= 5


def test_solar_system_objects_are_the_ones_that_ztf_knows(alerts: AlertBatch) -> None:
    selected = load_builtin("solar_system").judge(alerts).selected
    assert 150 < selected.sum() < 0.25 * len(alerts)
    assert np.median(alerts.asteroid_distance_arcsec[selected]) < 0.5
    # A moving object is new wherever it is seen.
    assert (alerts.detections[selected] <= 2).mean() > 0.8


def test_all_filters_but_one_select_a_few_of_one_archive(alerts: AlertBatch) -> None:
    counts = {name: load_builtin(name).judge(alerts).selected.sum() for name in builtin_names()}
    assert sorted(counts.values())[1] > 0, counts
    assert max(counts.values()) < 0.35 * len(alerts), counts


@pytest.mark.parametrize("name", builtin_names())
def test_the_cut_of_the_stream_does_not_show(alerts: AlertBatch, name: str) -> None:
    rows = np.random.default_rng(3).choice(len(alerts), 40, replace=False)
    assert violations(load_builtin(name), alerts.take(rows)) == []


def test_rubin_is_served_though_it_sends_no_star_catalogue(data_folder: Path) -> None:
    rubin = scored(
        data_folder / "lsst" / "lsstcam" / "astrolabsoftware+fink-broker" / "alerts.tar.xz"
    )
    assert np.isnan(rubin.star_distance_arcsec).all()
    for name in builtin_names():
        decision = load_builtin(name).evaluate(rubin)
        assert (decision.faults, decision.unknown_by.get("no star", 0)) == ((), 0)
    assert load_builtin("solar_system").judge(rubin).selected.sum() >= 3
