"""The score of mixtures is the integral that it stands for; answers are kept as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from classifiers.redshift import COMPONENTS, SDSS, photometry_rows
from training.redshift import judging
from training.redshift.fitting import Recipe, calibrate, crps, fitted
from training.redshift.model import RedshiftNet
from training.redshift.samples import Galaxies


def mixture(rows: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draw = np.random.default_rng(0)
    weight = draw.dirichlet(np.ones(COMPONENTS), rows)
    parts = (weight, draw.uniform(0, 1, weight.shape), draw.uniform(0.02, 0.2, weight.shape))
    return (torch.from_numpy(parts[0]), torch.from_numpy(parts[1]), torch.from_numpy(parts[2]))


def test_a_crps_is_the_integral_of_the_squared_distance_of_distributions() -> None:
    weight, mean, sigma = mixture(4)
    truth = torch.tensor([0.1, 0.4, 0.9, 1.5], dtype=torch.float64)
    grid = torch.linspace(-3, 5, 40_001, dtype=torch.float64)
    off = (grid[None, :, None] - mean[:, None]) / sigma[:, None] / 2**0.5
    below = (weight[:, None] * 0.5 * (1 + torch.erf(off))).sum(dim=2)
    step = (grid[None] >= truth[:, None]).double()
    expected = torch.trapezoid((below - step) ** 2, grid)
    torch.testing.assert_close(crps(weight, mean, sigma, truth), expected, atol=2e-4, rtol=1e-3)


def invented(rows: int) -> Galaxies:
    draw = np.random.default_rng(1)
    z = draw.uniform(0.02, 0.4, rows)
    mags = (
        17 + 6 * z[:, None] * np.array([1.5, 1.2, 1.0, 0.9, 0.8]) + draw.normal(0, 0.02, (rows, 5))
    )
    told = photometry_rows(mags, np.full((rows, 5), 0.02), np.full(rows, SDSS))
    return Galaxies(told, z, np.zeros(rows, np.int64), np.zeros(rows, np.bool_))


def test_a_network_learns_a_relation_and_its_intervals_hold_what_they_say() -> None:
    net = fitted(invented(4_000), Recipe(steps=200, batch=128))
    assert isinstance(net, RedshiftNet)
    test = invented(4_000)
    calibrate(net, [(net, test)])
    with torch.inference_mode():
        given = net(torch.from_numpy(test.rows)).numpy()
    weight, mean, _ = np.split(given, 3, axis=1)
    assert np.median(np.abs((weight * mean).sum(axis=1) - test.redshift)) < 0.03


def test_answers_are_kept_to_a_ten_thousandth(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    names = ("redshift", "low", "middle", "high", "crps", "trees", "mag")
    answers: dict[str, np.ndarray] = {name: draw.uniform(0, 2, 40) for name in names}
    answers |= {"sample": np.arange(40) % 4, "outside": np.zeros(40)}
    judging.keep(answers, tmp_path / "answers.parquet")
    found = judging.read(tmp_path / "answers.parquet")
    np.testing.assert_allclose(found["middle"], answers["middle"], atol=6e-5)
    assert len(judging.headlines(tmp_path / "answers.parquet")) == 44
