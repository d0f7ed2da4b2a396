"""What the network of own telescopes is fitted to: stretched survey stamps, simulated pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Mask, Singles
from training.realbogus.alerts.examples import Examples
from training.realbogus.drawing.clouds import clouds
from training.realbogus.drawing.pool import Pool, pool
from training.realbogus.drawing.variants import variants
from training.realbogus.fitting import Images, Lesson, seen
from training.realbogus.labels import BAD_PIXEL, BAD_SUBTRACTION, COSMIC_RAY, REAL, SATELLITE_TRAIL
from training.realbogus.lessons import lessons
from training.realbogus.model import RealBogusNet
from training.realbogus.own.pairs import Shown, shown
from training.realbogus.own.stretching import stretched
from training.workers import each
from training.workers import shown as with_bar

SHARES = {
    REAL: 0.5, BAD_SUBTRACTION: 0.32, COSMIC_RAY: 0.06, BAD_PIXEL: 0.06, SATELLITE_TRAIL: 0.06,
}  # fmt: skip
"""Of the batch's half that is of pairs; the other half is of surveys."""
STEPS = 3000
FAINT = (-0.6, 0.6)
"""Of images: what is beyond is no noise."""
See = Callable[[Singles], Images]


def sight() -> See:
    """What makes images of stamps; the same for all weights."""
    return partial(seen, RealBogusNet().eval())


def pairs(seeds: Iterable[int], workers: int) -> Shown:
    """The candidates of simulated pairs."""
    wanted = list(seeds)
    found = each(_pair, wanted, workers, "simulating pairs", len(wanted))
    return Shown.joined([one for one in found if one is not None])


def _pair(seed: int) -> Shown | None:
    return shown(seed, sight())


def lessons_of_pairs(some: Shown) -> list[Lesson]:
    """One a label."""
    rows = {label: some.label == label for label in SHARES}
    return [
        Lesson(some.images[rows[label]], some.label[rows[label]], share)
        for label, share in SHARES.items()
        if rows[label].any()
    ]


@dataclass(frozen=True)
class Surveys(Columns):
    """Real alerts and what was drawn on them, each stamp stretched otherwise."""

    examples: Examples
    variants: Images
    """(n, VARIANTS, 6, 21, 21)."""
    pool: Pool

    def save(self, path: Path) -> None:
        """Write all but the native stamps."""
        none: NDArray[Any] = np.empty((len(self.examples), 0))
        held = replace(self, examples=replace(self.examples, native=none))
        super(Surveys, held).save(path)

    def lessons(self, rows: Mask) -> list[Lesson]:
        """What the surveys' network would be taught of some alerts."""
        return lessons(self.examples, self.variants, self.pool, rows)


def oriented(images: Images) -> Images:
    """Images (k, 6, 21, 21), the frames exchanged where the difference is template less science.

    So `telescope.tell` shows what has faded. It is told by the noise that the difference shares
    with either plane: for 0.993 of 672 real alerts it is as their packets say.
    """
    faint = np.clip(images[:, 3:].astype(np.float32).reshape(len(images), 3, -1), *FAINT)
    faint -= np.median(faint, axis=2, keepdims=True)
    science, template, difference = faint.swapaxes(0, 1)
    faded = ((science - template) * difference).mean(axis=1) < 0
    return np.where(faded[:, None, None, None], images[:, [1, 0, 2, 4, 3, 5]], images)


def surveys(examples: Examples, seed: int) -> Surveys:
    """Vary and draw as for the surveys' network, then stretch."""
    random, see = np.random.default_rng([seed, 17]), sight()

    def look(stamps: Singles) -> Images:
        return oriented(see(stretched(stamps, random)))

    rows = with_bar(range(len(examples)), "stretching")
    varied = np.stack([look(variants(examples, row, seed)) for row in rows])
    drawn = Pool.joined([draw(examples, seed, look) for draw in (pool, clouds)])
    return Surveys(examples, varied, drawn)
