"""What a network is taught: which examples, said to be what, and how often."""

from __future__ import annotations

import numpy as np

from training.arrays import Floats, Mask
from training.realbogus.alerts.examples import Examples
from training.realbogus.drawing.pool import Pool
from training.realbogus.fitting import Images, Lesson

KNOWN_REAL = 0.98
"""Said of an alert with evidence: the source is real, its subtraction may yet be bad."""
RB_BOGUS, RB_REAL = 0.3, 0.6
"""Where rb is asked for want of drb: below the first it says bogus, above the second real, and in
between a chance that rises evenly."""
RB_DOUBT = 0.02
SHARE_SCORED, SHARE_UNSCORED, SHARE_DRAWN = 1.0, 1.0, 6.0
"""Of a batch: alerts with drb, alerts without, and what was drawn."""


def lessons(examples: Examples, images: Images, pool: Pool, rows: Mask) -> list[Lesson]:
    """Everything that may be learnt from these rows, and from what was drawn on them."""
    drawn = rows[pool.row]
    return [
        *lesson_of_drb(examples, images, rows),
        *_unscored(examples, images, rows),
        Lesson(pool.images[drawn], pool.label[drawn], SHARE_DRAWN),
    ]


def lesson_of_drb(examples: Examples, images: Images, rows: Mask) -> list[Lesson]:
    """The teacher's score itself is said, so that its doubt is taught as well."""
    some = rows & ~np.isnan(examples.teacher)
    return _lesson(images[some], examples.teacher[some], SHARE_SCORED)


def _unscored(examples: Examples, images: Images, rows: Mask) -> list[Lesson]:
    """Alerts without a drb: what evidence says, else what rb does."""
    chance = real_chance(examples)
    some = rows & np.isnan(examples.teacher) & ~np.isnan(chance)
    return _lesson(images[some], chance[some], SHARE_UNSCORED)


def real_chance(examples: Examples) -> Floats:
    """That each example is real where drb is not asked: by evidence, else rb; NaN without both."""
    rising = (examples.rb - RB_BOGUS) / (RB_REAL - RB_BOGUS)
    by_rb = np.clip(rising, RB_DOUBT, 1 - RB_DOUBT)
    return np.where(examples.known_real, KNOWN_REAL, by_rb)


def _lesson(images: Images, said: Floats, share: float) -> list[Lesson]:
    """One, or none where there is nothing to teach."""
    return [Lesson(images, said.astype(np.float32), share)] if len(said) else []
