"""The built-in filters on real alerts: do they select something sensible, and keep the law?

The survey's own real/bogus score stands in for our network's, so that these figures do not move
with it. The folder was picked to fire filters: its pass rates are not a survey's.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from filters.conformance import violations
from filters.loading import builtin_names, load_builtin
from schemas.batch import AlertBatch
from schemas.decode import Decoder

pytestmark = pytest.mark.data


def packets(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive) as members:
        for member in members:
            file = members.extractfile(member)
            if file is not None and member.name.endswith(".avro"):
                yield from Decoder().split(file.read())


@pytest.fixture(scope="module")
def alerts(data_folder: Path) -> AlertBatch:
    return scored(data_folder / "ztf" / "astrolabsoftware+fink-broker" / "alerts.tar.xz")


def scored(archive: Path) -> AlertBatch:
    """An archive's alerts, the survey's score standing in for ours."""
    batch = Decoder().decode(list(packets(archive)))
    real = batch.survey_real_score.astype(np.float32)
    batch.scores["realbogus"] = np.stack([1 - real, real], axis=1)
    batch.score_labels["realbogus"] = ("bogus", "real")
    return batch


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


def test_fast_risers_are_a_few(alerts: AlertBatch) -> None:
    verdict = load_builtin("fast_risers").judge(alerts)
    assert 10 < verdict.selected.sum() < 0.1 * len(alerts)
    assert verdict.unknown_by["rising fast"] > 100


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
        verdict = load_builtin(name).evaluate(rubin)
        assert (verdict.faults, verdict.unknown_by["no star"]) == ((), 0)
    assert load_builtin("solar_system").judge(rubin).selected.sum() >= 3
