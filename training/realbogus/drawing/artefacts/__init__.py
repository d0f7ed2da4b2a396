"""The artefacts that the network is taught to refuse, drawn onto real grounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from training.realbogus.drawing.artefacts import hits, pixels, residuals, trails
from training.realbogus.drawing.artefacts.canvas import Stamps, log_uniform, wandered
from training.realbogus.drawing.ground import Ground
from training.realbogus.labels import (
    BAD_PIXEL,
    BAD_SUBTRACTION,
    COSMIC_RAY,
    LABELS,
    SATELLITE_TRAIL,
)

SNR = (5.0, 200.0)
"""Of an artefact in the difference, equally likely in each octave."""

WANDERING_SHARE = 0.5
"""Of the artefacts that fall anywhere, drawn off the ground's centre, so less often on a star."""

Drawer = Callable[[Ground, np.random.Generator, float], Stamps]
"""Ground, randomness, and the S/N of a PSF-matched filter in the difference. At S/N zero no pixel
changes, but for the difference's sign, where the artefact is of the other one."""


@dataclass(frozen=True)
class Artefact:
    """A kind of artefact, and how often it is drawn."""

    name: str
    label: int
    """Place in LABELS."""
    weight: float
    """Share of all that are drawn; they sum to 1."""
    drawer: Drawer
    anywhere: bool
    """Falls on stars and sky alike, and needs no star of its own."""

    def draw(self, ground: Ground, random: np.random.Generator, snr: float | None = None) -> Stamps:
        """Stamps (3, side, side) with one such artefact at the centre, or slightly off it.

        The ground's own source has been removed from its centre before. Without an S/N one is
        drawn from SNR.
        """
        return self.drawer(ground, random, log_uniform(random, *SNR) if snr is None else snr)


def drawn(ground: Ground, random: np.random.Generator) -> tuple[Stamps, int, str]:
    """Stamps with an artefact of a kind drawn by weight, its label and its name."""
    kinds = list(ARTEFACTS.values())
    kind = kinds[int(random.choice(len(kinds), p=[one.weight for one in kinds]))]
    if kind.anywhere and random.uniform() < WANDERING_SHARE:
        ground = wandered(ground, random)
    return kind.draw(ground, random), kind.label, kind.name


LABEL_SHARES: Mapping[int, float] = {
    COSMIC_RAY: 0.22,
    BAD_PIXEL: 0.26,
    BAD_SUBTRACTION: 0.32,
    SATELLITE_TRAIL: 0.20,
}
"""Of the artefacts: near equal, bad subtractions being the most various."""
_KINDS: Mapping[int, Mapping[Drawer, float]] = {
    COSMIC_RAY: {
        hits.spot: 5,
        hits.track: 2,
        hits.worm: 2,
        hits.splash: 1.5,
        hits.template_spot: 0.7,
    },
    BAD_PIXEL: {
        pixels.hot: 1,
        pixels.dead: 4,
        pixels.huge: 1,
        pixels.hot_line: 2,
        pixels.dead_line: 1.5,
        pixels.masked: 2,
        pixels.saturated: 2,
        pixels.edge: 2,
    },
    BAD_SUBTRACTION: {
        residuals.star_residual: 6,
        residuals.field_residual: 3,
        residuals.spike: 2,
        residuals.halo: 1,
        residuals.ghost: 1,
        residuals.background: 1,
        residuals.nothing: 2,
        residuals.noisy_patch: 1,
    },
    SATELLITE_TRAIL: {
        trails.trail: 3,
        trails.streak: 1.5,
        trails.parallel_trails: 1,
        trails.glints: 6,
    },
}
"""By label, the drawers and how often each is taken against the label's others."""


_ON_STARS = {*_KINDS[BAD_SUBTRACTION], pixels.saturated}


def _artefacts() -> dict[str, Artefact]:
    found = {}
    for label, kinds in _KINDS.items():
        share = LABEL_SHARES[label] / sum(kinds.values())
        for drawer, often in kinds.items():
            name = f"{LABELS[label]}: {drawer.__name__.replace('_', ' ')}"
            found[name] = Artefact(
                name, label, often * share, drawer, anywhere=drawer not in _ON_STARS
            )
    return found


ARTEFACTS: Mapping[str, Artefact] = MappingProxyType(_artefacts())
"""Every kind, by its name."""
