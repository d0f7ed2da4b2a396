"""Superphot+'s curve and its trees: what is fitted is found again, and no fold sees its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from schemas.batch import LightCurves
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.ztf import SUPERNOVA, Material
from training.lightcurve.rivals import superphot
from training.lightcurve.rivals.superphot import LOGGED, MEAN, PARAMETERS, Fitting, curve, fitted
from training.lightcurve.rivals.superphot_trees import balanced_draws, kept, trained

POINTS = 60
RISES = (2.0, 5.0)
"""Days."""
FITTING = Fitting(steps=200)


def plain(rise_days: float) -> torch.Tensor:
    """The prior's mean in r, with a rise of its own."""
    told = torch.tensor(MEAN[:7])
    found = torch.tensor([10**one if k in LOGGED else one for k, one in enumerate(told.tolist())])
    found[4] = rise_days
    return found


def objects(many: int = 2) -> Objects:
    """Of every second object the rise is slow; three points in four are of r, the rest of g."""
    days = np.linspace(-30.0, 60.0, POINTS)
    fluxes = [
        curve(plain(RISES[one % 2]).expand(POINTS, 7), torch.from_numpy(days.astype(np.float32)))
        for one in range(many)
    ]
    band = np.where(np.arange(POINTS) % 4, superphot.R, superphot.G).astype(np.int8)
    curves = LightCurves(
        np.arange(many + 1) * POINTS,
        np.tile(60_000.0 + days, many),
        np.tile(band, many),
        5_000.0 * np.concatenate([one.numpy() for one in fluxes]).astype(np.float64),
        np.full(many * POINTS, 50.0),
        np.full(many * POINTS, np.nan),
        np.full(many * POINTS, True),
    )
    label = np.arange(many) % len(SUPERNOVAE)
    return Objects(
        np.array([f"ZTF{one:03d}" for one in range(many)]),
        label,
        curves,
        np.full((many, 3), np.nan),
    )


def test_a_rise_is_found_again_within_what_the_posterior_says() -> None:
    found = fitted(objects(), FITTING)
    number = PARAMETERS.index("tau_rise, r")
    apart = found.mean[:, number] - np.log10(RISES)
    assert (np.abs(apart) < 0.1).all()
    assert (found.spread[:, number] < superphot.SPREAD[number]).all()


def test_an_object_without_detections_keeps_the_prior() -> None:
    some = objects()
    some.curves.detected[POINTS:] = False
    found = fitted(some, FITTING)
    assert np.allclose(found.mean[1], MEAN, atol=np.array(superphot.SPREAD) * 0.5)
    assert (np.abs(found.spread[1] / superphot.SPREAD - 1) < 0.5).all()


def test_the_curve_is_continuous_where_its_plateau_ends() -> None:
    one = plain(3.0)
    end = float(one[3] + one[2])
    before, after = curve(one.expand(2, 7), torch.tensor([end - 1e-3, end + 1e-3])).tolist()
    assert abs(before - after) < 1e-3 * before


def test_rarer_types_are_drawn_more_often() -> None:
    label = np.repeat([0, 1, 2, 3, 4], [100, 50, 20, 10, 5])
    often = balanced_draws(label)
    assert len({often[label == one].sum() for one in range(5)}) == 1


def test_trees_answer_about_each_object_where_it_is_asked(tmp_path: Path) -> None:
    some = objects(40)
    rows = np.arange(40)
    material = Material(
        some,
        np.full(40, SUPERNOVA),
        np.full((40, 2), np.nan),
        fold=(rows // 5) % 2,
        held_out=rows < 4,
    )
    trained(tmp_path, material, Fitting(steps=5), rounds=2)
    windows, until, whole = kept(tmp_path)
    for found in (windows, until):
        assert found.present[1:].all()
        assert not found.present[WINDOWS.index("third detection")].any()
    assert whole.present.sum() == 40
    assert np.allclose(until.types[1:].sum(axis=-1), 1.0, atol=1e-5)
