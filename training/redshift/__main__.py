"""Makes the network of photometric redshifts: `python -m training.redshift STEP`, or all steps.

serve    fits the network and writes the file that is served
report   asks that file and boosted trees about the tests, keeps answers, writes card and picture
all      one after the other
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from classifiers.redshift import (
    BANDS,
    LABELS,
    PHOTOMETRY,
    QUANTILES,
    SYSTEM_NAMES,
    PhotometricRedshift,
    described,
    shifted,
)
from training.redshift import judging
from training.redshift.card import Beside, card
from training.redshift.fitting import Recipe, crps, fitted
from training.redshift.pictures.curves import drawn, worst_drawn
from training.redshift.samples import Galaxies, read_samples
from training.redshift.trees import guessed
from training.serving import sha256_of, write_served
from training.steps import Data, Docs, Out, Seed, Steps
from training.steps import steps as steps_of
from training.timing import medians_us
from training.workers import CONSOLE

NAME = "redshift"
VERSION = "0.1.1"
"""Raised whenever the weights change."""
OUTSIDE_PER_CENT = (0.1, 99.9)
"""Of what was taught, by system: what lies beyond is called extrapolated."""
REFERENCE_BANDS = np.array([2, 3])
"""In which a galaxy's magnitude is told: r of SDSS, i of Rubin."""

commands = steps_of()


@commands.command()
def serve(
    data: Data, out: Out = Path("classifiers"), seed: Seed = 0, steps: Steps = Recipe.steps
) -> None:
    """Fit the network and write the file."""
    galaxies = read_samples(data)
    taught = galaxies.take(~galaxies.is_test)
    net = fitted(taught, Recipe(seed=seed, steps=steps))
    said = {
        "name": NAME,
        "version": VERSION,
        "labels": json.dumps(LABELS),
        "seed": str(seed),
        "data": sha256_of(galaxies.rows, galaxies.redshift, galaxies.sample, galaxies.is_test),
        "bounds": json.dumps(bounds(taught)),
    }
    write_served(net, PHOTOMETRY, said, out / f"{NAME}.onnx")


@commands.command()
def report(data: Data, out: Out = Path("classifiers"), docs: Docs = Path("docs/redshift")) -> None:
    """Judge the file that is served."""
    galaxies = read_samples(data)
    network = PhotometricRedshift(out / f"{NAME}.onnx")
    trees = guessed(galaxies)
    tests = galaxies.take(galaxies.is_test)
    judging.keep(_answers(network, tests, trees[galaxies.is_test]))
    beside = Beside(
        identity=network.identity,
        taught=np.bincount(galaxies.sample[~galaxies.is_test]).tolist(),
        tests=np.bincount(tests.sample).tolist(),
        kilobytes=(out / f"{NAME}.onnx").stat().st_size / 1e3,
        us=medians_us({NAME: lambda rows: network.posterior(rows).mixture}, tests.rows)[NAME],
        hidden=_hidden(network, tests),
        prior=_prior_shift(network, tests),
        command="make train-redshift",
    )
    (out / f"{NAME}.md").write_text(card(judging.headlines(), beside), encoding="utf-8")
    drawn(judging.read(), docs)
    worst_drawn(judging.read(), tests, network.posterior(tests.rows).mixture, docs)
    CONSOLE.print(judging.headlines())


@commands.command(name="all")
def everything(
    data: Data,
    out: Out = Path("classifiers"),
    docs: Docs = Path("docs/redshift"),
) -> None:
    """Both."""
    serve(data, out)
    report(data, out, docs)


def bounds(taught: Galaxies) -> list[list[list[float]]]:
    """By system, the least and the most of each magnitude and colour; infinite where none is."""
    found = []
    for system in range(len(SYSTEM_NAMES)):
        told = described(taught.rows[taught.rows[:, -1] == system])
        there = ~np.isnan(told).all(axis=0)
        edges = np.array([np.full(told.shape[1], -1e9), np.full(told.shape[1], 1e9)])
        edges[:, there] = np.nanpercentile(told[:, there], OUTSIDE_PER_CENT, axis=0)
        found.append(np.round(edges, 3).tolist())
    return found


def _answers(network: PhotometricRedshift, tests: Galaxies, trees: np.ndarray) -> judging.Answers:
    given = network.posterior(tests.rows)
    low, middle, high = given.quantiles.T
    band = REFERENCE_BANDS[tests.rows[:, -1].astype(int)]
    return {
        "sample": tests.sample,
        "redshift": tests.redshift,
        "mag": np.take_along_axis(tests.rows, band[:, None], axis=1)[:, 0].astype(np.float64),
        "low": low,
        "middle": middle,
        "high": high,
        "crps": _crps(given.mixture, tests.redshift),
        "trees": trees,
        "outside": given.is_extrapolated.astype(np.int64),
    }


def _crps(mixture: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    parts = [torch.from_numpy(one.astype(np.float64)) for one in np.split(mixture, 3, axis=1)]
    return np.asarray(crps(parts[0], parts[1], parts[2], torch.from_numpy(redshift)).numpy())


def _hidden(network: PhotometricRedshift, tests: Galaxies) -> dict[str, dict[str, float]]:
    """NMAD by sample with a band or all errors hidden."""
    found: dict[str, dict[str, float]] = {}
    for place, name in enumerate(judging.NAMES):
        some = tests.take(tests.sample == place)
        found[name] = {}
        for what, columns in _HIDING.items():
            rows = some.rows.copy()
            rows[:, columns] = np.nan
            middle = network.posterior(rows).quantiles[:, 1]
            found[name][what] = judging.nmad(middle, some.redshift)
    return found


_HIDING = {
    "nothing hidden": [],
    **{f"without {band}": [at, len(BANDS) + at] for at, band in enumerate(BANDS[:5])},
    "without errors": list(range(len(BANDS), 2 * len(BANDS))),
}


def _prior_shift(network: PhotometricRedshift, tests: Galaxies) -> tuple[float, float, float]:
    """Median bias of a sample with other redshifts, as it is and told so, and its share."""
    some = tests.take(tests.sample == judging.NAMES.index("DC2"))
    random = np.random.default_rng(0)
    some = some.take(random.random(len(some.redshift)) < np.exp(-2 * some.redshift))
    mixture = network.posterior(some.rows).mixture
    grid = np.linspace(0, 4, 400)
    plain = shifted(mixture, grid, np.ones_like(grid))
    told = shifted(mixture, grid, np.exp(-2 * grid))
    bias = [
        float(np.median((one[:, 1] - some.redshift) / (1 + some.redshift))) for one in (plain, told)
    ]
    assert len(QUANTILES) == plain.shape[1]
    return bias[0], bias[1], float(len(some.redshift))


if __name__ == "__main__":
    commands()
