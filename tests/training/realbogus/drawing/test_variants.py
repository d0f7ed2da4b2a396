"""Variants of a real alert: noisier and moved alike in all planes, none else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.training.realbogus.invented import examples
from training.arrays import Singles
from training.realbogus.alerts.examples import Examples
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, TEMPLATE
from training.realbogus.drawing.variants import NOISE_MAX, VARIANTS, variants

SOME = replace(examples(6), negative=np.arange(6) % 2 == 1)


def test_the_first_is_the_alert_itself_and_the_others_are_not() -> None:
    found = variants(SOME, 3, seed=1)
    assert found.shape == (VARIANTS, *SOME.stamps.shape[1:]) and found.dtype == np.float32
    np.testing.assert_array_equal(found[0], SOME.stamps[3])
    assert len({one.tobytes() for one in found}) == VARIANTS


def test_they_depend_on_the_seed_and_on_the_alert_alone() -> None:
    alone = variants(SOME.take(np.array([3])), 0, seed=1)
    np.testing.assert_array_equal(alone, variants(SOME, 3, seed=1))
    assert not np.array_equal(alone, variants(SOME, 3, seed=2))


def test_what_science_gains_the_difference_gains_with_its_sign() -> None:
    for row, sign in ((0, 1), (1, -1)):
        flat = replace(SOME, stamps=SOME.stamps.copy())
        flat.stamps[:, [TEMPLATE, DIFFERENCE]] = 0
        for science, template, difference in variants(flat, row, seed=1)[1:]:
            assert not template.any()
            moved = [np.abs(science - sign * difference - one).max() for one in shifts(flat, row)]
            assert min(moved) < 1e-3


def shifts(some: Examples, row: int) -> list[Singles]:
    """The science stamp moved by a pixel or none along each axis."""
    plane = np.pad(some.stamps[row, SCIENCE], 1, mode="reflect")
    return [plane[down : down + 63, right : right + 63] for down in range(3) for right in range(3)]


def test_noise_is_added_within_its_bound_and_holes_stay_holes() -> None:
    holed = replace(SOME, stamps=SOME.stamps.copy())
    holed.stamps[2, :, 20:30, 40] = np.nan
    holed.stamps[4, TEMPLATE] = np.nan
    before = np.nanstd(holed.stamps[2, SCIENCE])
    for one in variants(holed, 2, seed=1):
        assert np.isnan(one).sum() == 30
        assert np.nanstd(one[SCIENCE]) < 1.1 * np.hypot(1, NOISE_MAX) * before
    assert np.isnan(variants(holed, 4, seed=1)[:, TEMPLATE]).all()
    assert np.isfinite(variants(holed, 4, seed=1)[:, DIFFERENCE]).all()
