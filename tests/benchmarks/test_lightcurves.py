"""The rival t2 is the one that the literature describes, and both are timed on the same curves."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lightcurves import REAL, REAL_EVERY, invented, light_curves, measure
from benchmarks.t2 import STEPS, T2, WAVELENGTH_ANGSTROM, resampled
from schemas.batch import LightCurves
from tests.classifiers.row_network import network_file
from training.timing import BATCHES


def test_both_are_timed_on_light_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUESTSTAR_DATA", raising=False)
    ours, theirs, origin = measure(network_file(tmp_path / "net.onnx"), count=8, rounds=1)
    assert origin.startswith("8 light curves invented, seed 1, of 1")
    for one in (ours, theirs):
        assert tuple(one.whole_us) == tuple(one.network_us) == BATCHES
        assert min(*one.whole_us.values(), *one.network_us.values(), one.before_us) > 0
    assert theirs.whole_us[1] == theirs.network_us[1] + theirs.before_us
    assert 4 * 13_390 < theirs.size_bytes < 6 * 13_390


def test_t2_has_its_published_size_and_scores_rows_alone_as_together() -> None:
    rival = T2()
    assert rival.parameters == 13_390
    steps = np.random.default_rng(1).normal(size=(5, *rival.shape)).astype(np.float32)
    together = rival.score(steps)
    assert together.shape == (5, 14)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(rival.score(steps[3:4]), together[3:4], atol=1e-5)


def test_the_process_goes_through_points_of_no_error() -> None:
    days = np.linspace(0, 99, STEPS)
    flux = 1000 * np.exp(-(((days - 40) / 15) ** 2))
    nothing = np.full(STEPS, np.nan)
    band, error = np.full(STEPS, 2, np.int8), np.full(STEPS, 1e-3)
    curves = LightCurves(np.array([0, STEPS]), 60000 + days, band, flux, error, nothing, flux > 100)
    steps = resampled(curves)
    assert steps.shape == (1, STEPS, len(WAVELENGTH_ANGSTROM))
    np.testing.assert_allclose(steps[0, :, 2], flux, atol=0.1)
    assert bool((steps[0, 40, [1, 3]] > 500).all())


def test_a_point_without_a_flux_tells_the_process_nothing() -> None:
    curves = invented(2)
    one = resampled(curves)
    curves.flux_njy[5] = np.nan
    assert bool(np.isfinite(resampled(curves)).all())
    assert not np.array_equal(resampled(curves)[0], one[0])
    np.testing.assert_array_equal(resampled(curves)[1], one[1])


def test_invented_light_curves_are_as_long_as_plasticc_s_and_in_order() -> None:
    curves = invented(500)
    assert 120 < np.median(np.diff(curves.offsets)) < 160
    inside = np.delete(np.diff(curves.mjd), curves.offsets[1:-1] - 1)
    assert bool((inside >= 0).all())
    seen = np.add.reduceat(curves.detected.astype(int), curves.offsets[:-1])
    assert np.mean(seen >= 3) > 0.9


def test_real_light_curves_are_those_of_every_so_many_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / REAL
    path.parent.mkdir()
    lines = [
        f"{name},{59000 - point}.5, {point % 6}, {point}.0, 0.5, {point % 2}"
        for name in range(2 * REAL_EVERY + 1)
        for point in range(10)
    ]
    text = "\n".join(["object_id,mjd,passband,flux,flux_err,detected_bool", *lines])
    path.write_bytes(gzip.compress(text.encode()))
    monkeypatch.setenv("GUESTSTAR_DATA", str(tmp_path))
    curves, origin = light_curves(4, detections_min=5)
    assert origin == "3 light curves of PLAsTiCC's training set, of 10 points on the median"
    assert np.diff(curves.offsets).tolist() == [10] * 4
    assert curves.mjd[0] == 58991.5
    assert curves.flux_njy[0] == pytest.approx(9 * 36.3, rel=1e-3)
