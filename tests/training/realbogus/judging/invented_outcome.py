"""An invented outcome: scores that lean the right way, over nights, fields and two surveys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.realbogus.judging.outcome import Exam, Outcome, Scored
from training.realbogus.labels import LABELS, REAL

Floats = NDArray[np.float64]
ZTF, RUBIN, SEEDS = 900, 120, 3
NIGHTS = (60235, 60235, 60235, 58729, 58312)
"""The last has no drb, as the asteroids that drb did not choose."""


def outcome(seed: int = 0, skill: float = 2.0) -> Outcome:
    """Seeded; `skill` is by how many of its spreads a real one's logit lies above the others'."""
    random = np.random.default_rng(seed)
    return Outcome(scored(random, skill), exam(random, skill))


def scored(random: np.random.Generator, skill: float) -> Scored:
    """ZTF's alerts first, then Rubin's."""
    count = ZTF + RUBIN
    ztf = np.arange(count) < ZTF
    real = random.uniform(size=count) < 0.7
    night = np.where(ztf, random.choice(NIGHTS, size=count), 61000)
    drb = np.where(real, random.uniform(0.45, 1, count), random.uniform(0, 0.14, count))
    kind = random.integers(3, size=count)
    bogus = ~real & ~ztf
    negative = random.uniform(size=count) < 0.3
    ours = probabilities(np.where(real, REAL, 1 + kind), random, skill)
    return Scored(
        ours=ours,
        taught_by_drb=probabilities(np.where(real, REAL, 1), random, skill / 2)[:, :, REAL],
        scalars=np.where(ztf, random.uniform(size=count), np.nan),
        survey=np.where(ztf, "ztf", "lsst"),
        alert_id=np.arange(count),
        night=night,
        fold=np.unique(night, return_inverse=True)[1],
        field_night=night % 100 * 20 + random.integers(20, size=count),
        drb=np.where(ztf & (night != 58312), drb, np.nan),
        rb=np.where(ztf, random.normal(size=count) + real, np.nan),
        magnitude=random.uniform(16, 21, count),
        snr=random.uniform(3, 40, count),
        sky=random.normal(300, 50, count),
        negative=negative,
        asteroid=real & ~negative & (random.uniform(size=count) < 0.5),
        spectroscopic=np.where(real & (random.uniform(size=count) < 0.2), "SN Ia", ""),
        simbad=np.where(random.uniform(size=count) < 0.2, "QSO", ""),
        dipole=bogus & (kind == 0),
        cosmic_ray=bogus & (kind == 1),
        streak=bogus & (kind == 2),
    )


def exam(random: np.random.Generator, skill: float, count: int = 600) -> Exam:
    """Half of it sources, the rest of the four other labels."""
    label = np.where(np.arange(count) % 2, REAL, random.integers(1, len(LABELS), size=count))
    return Exam(
        ours=probabilities(label, random, skill),
        label=label,
        snr=random.uniform(2, 50, count),
        negative=random.uniform(size=count) < 0.5,
        survey=np.where(random.uniform(size=count) < 0.7, "ztf", "lsst"),
        field_night=random.integers(30, size=count),
    )


def probabilities(label: NDArray[np.int64], random: np.random.Generator, skill: float) -> Floats:
    """(SEEDS, n, 5): logits of unit spread, the true label's raised by `skill`."""
    logits = random.normal(size=(SEEDS, len(label), len(LABELS)))
    logits[:, np.arange(len(label)), label] += skill
    powers = np.exp(logits)
    share: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return share
