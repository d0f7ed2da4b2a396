"""The five labels on what is not simulated: Rubin's own flags, as they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.arrays import Mask
from training.bootstrap import Measured
from training.realbogus.judging.contest import Contest, measured_mean
from training.realbogus.judging.outcome import Scored
from training.realbogus.judging.simulated import called
from training.realbogus.labels import REAL

RUBIN = "lsst"


@dataclass(frozen=True)
class FlagLine:
    """Rubin's alerts with one flag, or of one kind, and what the networks call them."""

    flag: str
    count: int
    called: tuple[float, ...]
    """Share called each of LABELS, mean over networks; NaN where there is no alert."""
    probability: tuple[float, ...]
    """Mean probability of each of LABELS."""
    real: Measured
    """Mean P(real)."""


@dataclass(frozen=True)
class Flags:
    """All of Rubin's alerts that the networks scored."""

    alerts: int
    declined: int
    lines: tuple[FlagLine, ...]
    asteroids: int
    flagged: int
    auc: Measured
    """Of known asteroids without a flag against all that are flagged."""


def flags(scored: Scored, seed: int) -> Flags:
    """What the networks say of each flag; `seed` is of the draws."""
    rubin = scored.survey == RUBIN
    known = rubin & ~np.isnan(scored.ours).any(axis=(0, 2))
    some = flagged(scored)
    kinds = {
        "isDipole": scored.dipole,
        "cosmic ray": scored.cosmic_ray,
        "streak": scored.streak,
        "known asteroid, no flag": scored.asteroid & ~some,
        "all others": ~scored.asteroid & ~some,
    }
    return Flags(
        alerts=int(rubin.sum()),
        declined=int((rubin & ~known).sum()),
        lines=tuple(_line(scored, name, mask & known, seed) for name, mask in kinds.items()),
        asteroids=int((known & scored.asteroid & ~some).sum()),
        flagged=int((known & some).sum()),
        auc=_against(scored, known & scored.asteroid & ~some, known & some, seed),
    )


def flagged(scored: Scored) -> Mask:
    """Alerts that Rubin's pipeline took for one of the artefacts."""
    mask: Mask = scored.dipole | scored.cosmic_ray | scored.streak
    return mask


def _line(scored: Scored, name: str, rows: Mask, seed: int) -> FlagLine:
    ours = scored.ours[:, rows]
    if not rows.any():
        nothing = (np.nan,) * ours.shape[-1]
        return FlagLine(name, 0, nothing, nothing, Measured(np.nan))
    return FlagLine(
        flag=name,
        count=int(rows.sum()),
        called=tuple(called(ours).mean(axis=0).tolist()),
        probability=tuple(ours.mean(axis=(0, 1)).tolist()),
        real=measured_mean(ours[:, :, REAL], scored.field_night[rows], seed),
    )


def _against(scored: Scored, asteroid: Mask, flagged: Mask, seed: int) -> Measured:
    rows = asteroid | flagged
    if not asteroid.any() or not flagged.any():
        return Measured(np.nan)
    contest = Contest.of(flagged[rows], scored.field_night[rows], seed)
    return contest.measured(scored.ours[:, rows, REAL])
