"""What a network is taught: which examples, said to be what, and how often."""

from __future__ import annotations

import numpy as np

from training.arrays import Floats, Mask
from training.realbogus.alerts.examples import LOW_SCORE, Examples
from training.realbogus.drawing.pool import Pool
from training.realbogus.fitting import Images, Lesson

KNOWN_REAL = 0.98
"""Said of an alert with evidence: the source is real, its subtraction may yet be bad."""
RB_BOGUS, RB_REAL = 0.3, 0.6
"""Where rb is asked for want of drb: below the first it says bogus, above the second real, and in
between a chance that rises evenly."""
RB_DOUBT = 0.02
SHARE_LOW, SHARE_SCORED, SHARE_UNSCORED, SHARE_DRAWN = 0.06, 0.22, 0.22, 0.5
"""Of a batch: alerts that drb calls bogus, others with drb, those without, and drawn stamps."""


def lessons(examples: Examples, variants: Images, pool: Pool, rows: Mask) -> list[Lesson]:
    """Everything that may be learnt from these rows, and from what was drawn on them.

    `variants` (n, k, 6, 21, 21) are k images of each example.
    """
    said, scored = real_chance(examples), ~np.isnan(examples.teacher)
    low, drawn = scored & (said < LOW_SCORE), rows[pool.row]
    shares = (low, SHARE_LOW), (scored & ~low, SHARE_SCORED), (~scored, SHARE_UNSCORED)
    return [
        *(one for some, share in shares for one in _lesson(variants, said, rows & some, share)),
        Lesson(pool.images[drawn], pool.label[drawn], SHARE_DRAWN),
    ]


def lesson_of_drb(examples: Examples, images: Images, rows: Mask) -> list[Lesson]:
    """What drb alone says, of images (n, 6, 21, 21) as they came: for the network to be beaten."""
    return _lesson(images[:, None], examples.teacher, rows, 1.0)


def real_chance(examples: Examples) -> Floats:
    """That each example is real: by evidence, else drb itself, doubt and all, else rb.

    NaN where there is none of them.
    """
    rising = (examples.rb - RB_BOGUS) / (RB_REAL - RB_BOGUS)
    by_rb = np.clip(rising, RB_DOUBT, 1 - RB_DOUBT)
    by_score = np.where(np.isnan(examples.teacher), by_rb, examples.teacher)
    return np.where(examples.known_real, KNOWN_REAL, by_score)


def _lesson(variants: Images, said: Floats, rows: Mask, share: float) -> list[Lesson]:
    """One of all variants of what something is said of; none where that is nothing."""
    some = variants[rows & ~np.isnan(said)]
    chance = said[rows & ~np.isnan(said)].astype(np.float32)
    images = some.reshape(-1, *some.shape[2:])
    return [Lesson(images, np.repeat(chance, some.shape[1]), share)] if len(some) else []
