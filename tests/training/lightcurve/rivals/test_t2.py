"""The rival t2 is the published network, learns by the published recipe, and is scored fairly."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from classifiers.observations.layout import BANDS
from schemas.batch import LightCurves
from schemas.errors import ModelError
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.splits import FOLDS, six_band_folds
from training.lightcurve.rivals import t2, t2_crossing
from training.lightcurve.rivals.resampled import STEPS, Grid
from training.lightcurve.rivals.t2 import (
    REDSHIFT_STEPS,
    T2,
    Fit,
    Labels,
    Recipe,
    Sequences,
    fitted,
    probabilities,
    sequences,
)
from training.lightcurve.rivals.t2_crossing import (
    GRIDS,
    MARKS,
    OBJECTS,
    OUTCOME,
    T2Outcome,
    crossed,
    grids_of,
)

PUBLISHED_PARAMETERS = 13_390
CLASSES = len(SIX_BAND)
WITH_REDSHIFT = STEPS + REDSHIFT_STEPS
EACH = 10
"""Invented objects of a class."""
FEW = 8
"""Steps, where their number makes no difference: time grows with its square."""
QUICK = Recipe(epochs_max=2, batch=32, learning_rate=5e-3)
Mask = NDArray[np.bool_]


def material(each: int = EACH, steps: int = FEW) -> tuple[Grid, Labels]:
    """Grids that are told apart at a glance: each class has its own level and slope."""
    rng = np.random.default_rng(3)
    label = np.repeat(np.arange(CLASSES), each)
    level, slope = np.divmod(label, 4)
    along = np.linspace(-1, 1, steps)
    flux = 1e3 * level[:, None] + 2e3 * (slope[:, None] - 1.5) * along
    noise = rng.normal(0, 50, (len(label), steps, len(BANDS)))
    return (flux[..., None] + noise).astype(np.float32), label


def tenth(label: Labels) -> Mask:
    """Some of every class."""
    some: Mask = np.arange(len(label)) % EACH == 0
    return some


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder of invented objects that are resampled already."""
    grids, label = material(each=15, steps=STEPS)
    n, empty = len(label), np.empty(0)
    curves = LightCurves(
        np.zeros(n + 1, np.int64), empty, np.empty(0, np.int8), empty, empty, empty, empty == 0
    )
    redshift = np.stack([label / 10, label / 100, np.full(n, 40.0)], axis=1)
    Objects(np.arange(n).astype(str), label, curves, redshift).save(tmp_path / OBJECTS)
    np.savez(tmp_path / GRIDS, name=np.arange(n).astype(str), grids=grids)
    return tmp_path


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequences, Labels, Mask]]:
    """What each network of a crossing is taught; none learns, which would take long."""
    calls: list[tuple[Sequences, Labels, Mask]] = []

    def noted(known: Sequences, told: Labels, apart: Mask, recipe: Recipe) -> Fit:
        calls.append((known, told, apart))
        torch.manual_seed(recipe.seed + len(calls))
        return Fit(T2(known.shape[1]).eval(), 7, 5, 0.5)

    monkeypatch.setattr(t2_crossing, "fitted", noted)
    return calls


@pytest.mark.parametrize("steps", [STEPS, WITH_REDSHIFT])
def test_it_has_as_many_parameters_as_published(steps: int) -> None:
    count = sum(one.numel() for one in T2(steps).parameters())
    assert count == PUBLISHED_PARAMETERS


def test_positions_are_those_of_the_transformer() -> None:
    position = T2(STEPS).position.numpy()
    assert position.shape == (STEPS, 32)
    np.testing.assert_allclose(position[7, 0], np.sin(7), atol=1e-6)
    np.testing.assert_allclose(position[7, 5], np.cos(7 / 10_000 ** (4 / 32)), atol=1e-6)


def test_attention_is_the_softmax_of_the_products_in_each_head() -> None:
    torch.manual_seed(0)
    net, x = T2(4), torch.randn(2, 4, 32)
    with torch.inference_mode():
        query, key, value = net.query_key_value(x).split(32, dim=2)
        got = net._attention(x)
    for head in range(16):
        part = slice(2 * head, 2 * head + 2)
        weights = torch.softmax(query[..., part] @ key[..., part].mT / 2**0.5, dim=-1)
        torch.testing.assert_close(got[..., part], weights @ value[..., part])


def test_photo_z_and_its_error_are_two_steps_more() -> None:
    grids, _ = material(1, STEPS)
    redshift = np.tile([0.5, 0.1, 40.0], (len(grids), 1))
    told = sequences(grids, redshift)
    assert told.shape == (CLASSES, *(WITH_REDSHIFT, len(BANDS))) and told.dtype == np.float32
    np.testing.assert_array_equal(told[:, :STEPS], grids)
    np.testing.assert_allclose(told[0, STEPS:], [[0.5, 0.1] * 3] * 2)
    assert sequences(grids, None) is grids


def test_an_unknown_redshift_is_refused() -> None:
    with pytest.raises(ModelError, match="redshift is unknown"):
        sequences(material(1)[0], np.full((CLASSES, 3), np.nan))


def test_it_learns_what_is_plain_to_see() -> None:
    grids, label = material()
    apart = tenth(label)
    fit = fitted(grids, label, apart, replace(QUICK, epochs_max=40, batch=16))
    assert (probabilities(fit.net, grids[apart]).argmax(axis=1) == label[apart]).mean() > 0.9
    assert fit.loss_apart < 0.8 < np.log(CLASSES)


def test_it_is_scaled_by_what_it_learns_from_alone_and_each_band_by_itself() -> None:
    grids, label = material(5, STEPS)
    grids *= 1 + np.arange(6, dtype=np.float32)
    apart = tenth(label)
    redshift = np.stack([label * 0.1, label * 0.01, label * 0.0], axis=1)
    known = sequences(grids, redshift)
    known[apart] = 1e9
    net = fitted(known, label, apart, replace(QUICK, epochs_max=1)).net
    quartiles = np.quantile(grids[~apart].reshape(-1, 6), (0.25, 0.5, 0.75), axis=0)
    for step in (0, STEPS - 1):
        np.testing.assert_allclose(net.centre[step], quartiles[1], rtol=1e-5)
        np.testing.assert_allclose(net.scale[step], quartiles[2] - quartiles[0], rtol=1e-5)
    middle = np.median(redshift[~apart], axis=0)[:2]
    np.testing.assert_allclose(net.centre[STEPS:], np.tile(middle, (2, 3)), rtol=1e-5)


def test_a_constant_band_is_not_divided_by_nothing() -> None:
    grids, label = material()
    grids[..., 2] = 5.0
    net = fitted(grids, label, tenth(label), QUICK).net
    assert (net.scale[:, 2] == 1).all() and np.isfinite(probabilities(net, grids)).all()


def test_the_same_seed_gives_the_same_network_and_torch_is_left_as_it_was() -> None:
    grids, label = material()
    apart = tenth(label)
    before = torch.random.get_rng_state()
    once, again = (probabilities(fitted(grids, label, apart, QUICK).net, grids) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert torch.equal(before, torch.random.get_rng_state())
    other = fitted(grids, label, apart, replace(QUICK, seed=1)).net
    assert not np.array_equal(probabilities(other, grids), once)


def test_training_ends_when_what_is_set_apart_gains_no_more() -> None:
    grids, label = material()
    apart = tenth(label)
    still = replace(QUICK, epochs_max=30, patience_epochs=3, least_gain=100.0)
    fit = fitted(grids, label, apart, still)
    assert (fit.epochs, fit.best_epoch) == (4, 1)


def test_training_ends_when_the_learning_rate_is_spent() -> None:
    grids, label = material()
    still = replace(QUICK, epochs_max=60, plateau_epochs=1, gradient_norm_max=0.0)
    fit = fitted(grids, label, tenth(label), replace(still, learning_rate_least=1e-4))
    assert 4 <= fit.epochs < 40


def test_a_gradient_that_overflows_is_not_followed() -> None:
    grids, label = material()
    grids[3] = 3e38
    fit = fitted(grids, label, tenth(label), QUICK)
    assert all(bool(one.isfinite().all()) for one in fit.net.parameters())


def test_every_object_is_scored_by_a_network_that_saw_nothing_of_its_fold(
    folder: Path, heard: list[tuple[Sequences, Labels, Mask]]
) -> None:
    grids, label = material(each=15, steps=STEPS)
    fold = six_band_folds(np.arange(len(label)).astype(str))
    outcome = crossed(folder, QUICK, workers=1)
    jobs = product((WITH_REDSHIFT, STEPS), range(FOLDS))
    for (known, told, apart), (steps, number) in zip(heard, jobs, strict=True):
        assert known.shape[1] == steps
        np.testing.assert_array_equal(known[:, :STEPS], grids[fold != number])
        np.testing.assert_array_equal(told, label[fold != number])
        assert len(np.unique(told[apart])) == CLASSES and 0.08 < apart.mean() < 0.15
    for given in (outcome.with_z, outcome.without_z):
        assert given.shape == (len(label), CLASSES) and given.dtype == np.float32
        np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)


def test_an_interrupted_crossing_goes_on_where_it_was(
    folder: Path, heard: list[tuple[Sequences, Labels, Mask]]
) -> None:
    whole = crossed(folder, QUICK, workers=1)
    [lost] = (folder / MARKS).glob("*/no_z-3.npz")
    lost.unlink()
    again = crossed(folder, QUICK, workers=1)
    assert len(heard) == 2 * FOLDS + 1 and heard[-1][0].shape[1] == STEPS
    redone = six_band_folds(np.arange(15 * CLASSES).astype(str)) == 3
    same = (again.without_z == whole.without_z).all(axis=1)
    np.testing.assert_array_equal(same, ~redone)
    kept = T2Outcome.load(folder / OUTCOME)
    np.testing.assert_array_equal(kept.with_z, whole.with_z)
    np.testing.assert_array_equal(kept.without_z, again.without_z)


def test_another_recipe_is_another_crossing(
    folder: Path, heard: list[tuple[Sequences, Labels, Mask]]
) -> None:
    crossed(folder, QUICK, workers=1)
    crossed(folder, replace(QUICK, seed=1), workers=1)
    assert len(heard) == 4 * FOLDS and len(list((folder / MARKS).iterdir())) == 2


def test_grids_of_other_objects_are_not_taken(folder: Path) -> None:
    with np.load(folder / GRIDS) as kept:
        np.savez(folder / GRIDS, name=kept["name"][::-1], grids=kept["grids"])
    with pytest.raises(ModelError, match="object 0: no measured flux"):
        grids_of(folder, workers=1)


def test_denormals_are_numbers_again_once_t2_is_trained() -> None:
    smallest = torch.tensor(1e-42)
    with t2._no_denormals():
        assert not smallest * 1
    assert smallest * 1
