"""What is served is what was fitted, says what it is, and a study is read as it was written."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from classifiers.lightcurve import LightCurveClassifier
from classifiers.observations.gathering import history_of
from classifiers.observations.rows import with_history
from tests.training.lightcurve.invented import SMALL, objects, rows_of
from training.lightcurve.crossing import Job, opened, seeds_of
from training.lightcurve.export import loaded
from training.lightcurve.fitting import scored
from training.lightcurve.labels import SIX_BAND, ZTF
from training.lightcurve.making import (
    LABELS,
    SIX_BAND_NAME,
    SYSTEMS,
    VERSIONS,
    ZTF_NAME,
    keep_study,
    kept_study,
    said_of,
    served,
    sha256_of,
)
from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.objects.windows import DETECTIONS_MIN
from training.lightcurve.smaller.compression import Row

ROWS = (
    Row("float", 100_000, {1: 50.0, 32: 10.5, 256: 9.5}, 0.0, 0.0, 1e-7, 0.44, 0.61, 0.9921),
    Row("int8 weights", 60_000, {1: 50.25, 32: 10.0}, 0.03, 0.002, 0.0, 1 / 3, 0.61, 0.9921),
)
SLOPE = 1.25


@pytest.fixture(scope="module")
def some() -> Objects:
    return objects(np.arange(30) % 6)


def drawn(classes: int, some: Objects, shape: Shape = SMALL) -> LightCurveNet:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        net = LightCurveNet(classes, shape)
    told = rows_of(some)
    if shape.history:
        told = with_history(told, np.ones((len(told), shape.history)))
    net.scaling.settle(torch.from_numpy(told))
    net.eval()
    return net


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    keep_study(ROWS, tmp_path / "study.json")
    assert kept_study(tmp_path / "study.json") == ROWS


def test_the_same_objects_have_the_same_fingerprint(some: Objects) -> None:
    assert sha256_of(some) == sha256_of(objects(some.label)) and len(sha256_of(some)) == 64
    wider = replace(some, name=some.name.astype("U40"))
    assert sha256_of(wider) == sha256_of(some)


def test_a_file_of_a_network_told_history_is_read_again_with_its_calibration(
    some: Objects, tmp_path: Path
) -> None:
    shape = replace(SMALL, history=2, by_detections=True)
    net, given = (
        drawn(len(ZTF), some, shape),
        np.random.default_rng(3).normal(size=(2, 2, len(ZTF))),
    )
    path = served(net, given, tmp_path, ZTF_NAME, said_of(ZTF_NAME, some, seed=0))
    again = loaded(path)
    np.testing.assert_allclose(again.slope, given[0], rtol=1e-6)
    np.testing.assert_allclose(again.offset, given[1], rtol=1e-6)
    before = np.random.default_rng(4).uniform(1, 500, (len(some), 2))
    live = LightCurveClassifier(path, "ztf", history=True)
    scores = live.score_light_curves(some.curves, some.redshift, before=before)
    told = with_history(rows_of(some), history_of(some.curves, *before.T))
    np.testing.assert_allclose(scores, scored(again, told), atol=1e-5)


@pytest.mark.parametrize("column", ["name", "label", "redshift"])
def test_the_fingerprint_hangs_on_what_is_said_of_objects(some: Objects, column: str) -> None:
    changed = getattr(some, column).copy()
    changed[3] = changed[4]
    assert sha256_of(replace(some, **{column: changed})) != sha256_of(some)


@pytest.mark.parametrize("column", [one.name for one in fields(objects(np.zeros(1, int)).curves)])
def test_the_fingerprint_hangs_on_every_column_of_the_points(some: Objects, column: str) -> None:
    changed = getattr(some.curves, column).copy()
    changed[3] = 0 if changed[3] else 1
    curves = replace(some.curves, **{column: changed})
    assert sha256_of(replace(some, curves=curves)) != sha256_of(some)


@pytest.mark.parametrize(("name", "system"), [(SIX_BAND_NAME, "lsst"), (ZTF_NAME, "ztf")])
def test_a_served_file_opens_as_the_classifier_of_its_system(
    some: Objects, name: str, system: str, tmp_path: Path
) -> None:
    net = drawn(len(LABELS[name]), some)
    path = served(net, SLOPE, tmp_path, name, said_of(name, some, seed=0))
    live = LightCurveClassifier(path, system)
    assert (live.identity.name, live.identity.version) == (name, VERSIONS[name])
    assert live.labels == LABELS[name] and live.detections_min == DETECTIONS_MIN
    assert float(loaded(path).slope) == SLOPE
    scores = live.score_light_curves(some.curves, some.redshift)
    np.testing.assert_allclose(scores, scored(loaded(path), rows_of(some)), atol=1e-5)
    np.testing.assert_allclose(scores, scored(net, rows_of(some)), atol=0.05)


def test_both_networks_have_a_system_and_labels() -> None:
    assert SYSTEMS == {SIX_BAND_NAME: "lsst", ZTF_NAME: "ztf"}
    assert LABELS == {SIX_BAND_NAME: SIX_BAND, ZTF_NAME: ZTF}


@pytest.mark.parametrize("labels", [SIX_BAND, ZTF])
def test_a_fitted_network_is_opened_as_it_was(
    some: Objects, labels: tuple[str, ...], tmp_path: Path
) -> None:
    net = drawn(len(labels), some)
    torch.save(net.state_dict(), tmp_path / "one.pt")
    again = opened(tmp_path / "one.pt", SMALL)
    assert not again.training
    np.testing.assert_array_equal(scored(again, rows_of(some)), scored(net, rows_of(some)))


def test_seeds_are_those_of_which_every_fold_is_fitted(tmp_path: Path) -> None:
    for fold in range(FOLDS):
        for seed in (0, 2):
            (tmp_path / f"{Job(fold, seed).name}.npz").touch()
    (tmp_path / f"{Job(0, 1).name}.npz").touch()
    assert seeds_of(tmp_path, 5) == (0, 2)
    assert seeds_of(tmp_path, 2) == (0,)
