"""Splits that share no night (or no night of a field) and no object, made before any augmentation.

Alerts of one night share sky, seeing, satellites and mistakes of subtraction, and an object's
alerts share its host: either on both sides would be measured as skill.
"""

from __future__ import annotations

import hashlib

import numpy as np

from training.arrays import Ints, Mask
from training.realbogus.alerts.examples import Examples

DEVELOPMENT_NIGHT = 60235
"""The night with most scored alerts, MJD: recipes were chosen on it, so it stays by itself."""
SALT = "realbogus"
"""The network's name; before any network was fitted it was seen that under it the three other
nights that are rich in low scores come into three folds."""
HASH_BYTES = 8


def field_nights(examples: Examples) -> Ints:
    """The number of each row's (night, field), int64 (n,)."""
    pairs = np.stack([examples.night, examples.field], axis=1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def night_folds(examples: Examples, count: int) -> Ints:
    """A fold for each row, int64 (n,) in [0, count), nights whole.

    Fold 0 is DEVELOPMENT_NIGHT. Any other night has its fold from its own number alone, so that
    more alerts, of this night or of others, move none. An object may be in several folds: see
    `training_rows`.
    """
    nights, of_row = np.unique(examples.night, return_inverse=True)
    dealt = np.array([_fold(night, count) for night in nights.tolist()], np.int64)
    return dealt[of_row.ravel()]


def _fold(night: int, count: int) -> int:
    if night == DEVELOPMENT_NIGHT or count == 1:
        return 0
    digest = hashlib.sha256(f"{SALT} {night}".encode()).digest()
    return 1 + int.from_bytes(digest[:HASH_BYTES], "big") % (count - 1)


def training_rows(examples: Examples, fold: Ints, which: int) -> Mask:
    """What a network that is scored on fold `which` may learn from, bool (n,).

    The rows of other folds, those of objects that are in this one too left out.
    """
    held_out = fold == which
    rows: Mask = ~held_out & ~np.isin(examples.object_id, examples.object_id[held_out])
    return rows


def inner_split(examples: Examples, rows: Mask, share: float, seed: int) -> tuple[Mask, Mask]:
    """Of `rows`, what to fit on and what is set apart for calibration, both bool (n,).

    Whole field-nights are set apart in an order drawn from the seed, until they hold `share` of
    the rows; those with low scores and those without are drawn apart, so that both sides see
    both. Rows of objects that were set apart are left out of the fit.
    """
    random, group = np.random.default_rng(seed), field_nights(examples)
    with_low = np.isin(group, group[rows & examples.low])
    apart = np.zeros(len(rows), np.bool_)
    for some in (rows & with_low, rows & ~with_low):
        drawn = random.permutation(np.unique(group[some]))
        held = np.cumsum(np.bincount(group[some], minlength=group.max() + 1)[drawn])
        enough = int(np.searchsorted(held, share * some.sum()))
        apart |= some & np.isin(group, drawn[: enough + 1])
    return rows & ~apart & ~np.isin(examples.object_id, examples.object_id[apart]), apart
