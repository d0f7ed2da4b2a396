"""Stretched stamps: a star becomes longer, its middle stays, and a void does not travel."""

from __future__ import annotations

import numpy as np
import pytest

from telescope.profiles import moffat
from training.realbogus.own import stretching
from training.realbogus.own.stretching import matrices, stretched

STAR = np.tile(moffat(3.0, (0.0, 0.0), 31).astype(np.float32), (1, 3, 1, 1))


def moments(image: np.ndarray) -> tuple[float, float, float]:
    """Second moments along x, along y, and mixed."""
    y, x = np.mgrid[-31:32, -31:32]
    weight = image * (np.hypot(x, y) < 12) / image[np.hypot(x, y) < 12].sum()
    return (
        float((weight * x * x).sum()),
        float((weight * y * y).sum()),
        float((weight * x * y).sum()),
    )


def test_a_star_becomes_longer_along_one_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretching, "AS_IT_IS", 0.0)
    found = stretched(np.repeat(STAR, 20, axis=0), np.random.default_rng(0))
    before = sum(moments(STAR[0, 0])[:2])
    for one in found:
        across, down, _ = moments(one[0])
        assert across + down > before
        assert np.unravel_index(one[0].argmax(), one[0].shape) == (31, 31)
        assert np.array_equal(one[0], one[2])
    ratios = [np.sqrt(np.divide(*np.sort(np.linalg.eigvalsh([[a, m], [m, b]]))))
              for a, b, m in (moments(one[0]) for one in found)]  # fmt: skip
    assert min(ratios) < 0.7
    assert min(ratios) > stretching.RATIO_MIN


def test_nothing_is_asked_from_far_beyond_a_stamp() -> None:
    maps = matrices(1000, np.random.default_rng(1))[:, :, :2]
    assert np.linalg.svd(maps, compute_uv=False).max() <= 1 + 1e-12


def test_a_stamp_left_alone_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretching, "AS_IT_IS", 1.0)
    spoiled = STAR.copy()
    spoiled[0, 1, 4, 5] = np.nan
    found = stretched(spoiled, np.random.default_rng(2))
    there = np.isfinite(found)
    assert np.allclose(found[there], STAR[there], atol=1e-6)
    rows, columns = np.nonzero(~there[0, 1])
    assert np.abs(rows - 4).max() <= 1
    assert np.abs(columns - 5).max() <= 1
