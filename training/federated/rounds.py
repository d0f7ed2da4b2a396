"""A round: each site sends what its own stamps changed in the network, the centre takes the mean.

Every site takes the central weights, fits some steps on its own stamps, and writes the difference
to a file, which goes to the centre by any transport (McMahan et al. 2017, arXiv:1602.05629). There
each site counts alike, however many stamps it has. Layers of normalisation are each site's own, as
cameras differ in what they normalise, and stay there (Li et al. 2021, arXiv:2102.07623). An update
holds no stamp and no label, but is no proof against who would reconstruct them from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.arrays import keep
from training.fit import seeded
from training.realbogus.fitting import Lesson, Recipe, tuned
from training.realbogus.model import RealBogusNet
from training.serving import sha256_of

FROM = "from"
"""Beside the weights of an update: the sha256 of those that it changes."""
Weights = dict[str, NDArray[Any]]


def begun(to: Path, recipe: Recipe) -> None:
    """Write the centre's first weights, of a seed."""
    with seeded(recipe.seed):
        keep(to, _learnt(RealBogusNet(recipe.channels))[0])


def updated(central: Path, lessons: Sequence[Lesson], recipe: Recipe, own: Path, to: Path) -> None:
    """A site's part of a round: the recipe's steps from the centre's weights on its own lessons.

    own: what stays at the site, which this rewrites; of a site's first round it is not there.
    """
    before = read(central)
    after, kept = _learnt(tuned(network(central, own, recipe), lessons, recipe))
    keep(own, kept)
    change = {name: after[name] - before[name] for name in before}
    keep(to, {**change, FROM: np.array(sha256_of(*before.values()))})


def averaged(central: Path, updates: Sequence[Path], to: Path) -> None:
    """The centre's part: the next weights. Raises ModelError for an update of other weights."""
    before = read(central)
    changes = [_change(path, before) for path in updates]
    keep(to, {name: one + np.mean([c[name] for c in changes], 0) for name, one in before.items()})


def in_round(recipe: Recipe, number: int, count: int) -> Recipe:
    """What sites do in one of so many rounds: a part of the steps, ever smaller ones."""
    return replace(
        recipe,
        seed=recipe.seed * 1000 + number,
        steps=max(recipe.steps // count, 1),
        learning_rate=recipe.learning_rate * (1 - number / count),
    )


def rounds(
    sites: Sequence[Sequence[Lesson]], recipe: Recipe, count: int, folder: Path
) -> list[RealBogusNet]:
    """All rounds, of sites that stand in one process here: each one's network in the end.

    folder: gets what they would send, and what they would keep.
    """
    central, places = folder / "central_0.npz", range(len(sites))
    own = [folder / f"own_{place}.npz" for place in places]
    begun(central, recipe)
    for number in range(count):
        sent = [folder / f"update_{number}_{place}.npz" for place in places]
        for lessons, kept, path in zip(sites, own, sent, strict=True):
            updated(central, lessons, in_round(recipe, number, count), kept, path)
        before, central = central, folder / f"central_{number + 1}.npz"
        averaged(before, sent, central)
    return [network(central, one, recipe) for one in own]


def network(central: Path, own: Path, recipe: Recipe) -> RealBogusNet:
    """A site's network, ready to score."""
    net = RealBogusNet(recipe.channels)
    weights = read(central) | (read(own) if own.is_file() else {})
    net.load_state_dict(
        net.state_dict() | {name: torch.from_numpy(one) for name, one in weights.items()}
    )
    net.eval()
    return net


def read(path: Path) -> Weights:
    """The arrays of a file by name."""
    with np.load(path) as found:
        return dict(found)


def _learnt(net: RealBogusNet) -> tuple[Weights, Weights]:
    """What fitting changes: what sites share, and what each keeps."""
    own = {
        f"{layer}.{name}"
        for layer, module in net.named_modules()
        if isinstance(module, torch.nn.BatchNorm2d)
        for name in module.state_dict()
    }
    shared = {name for name, _ in net.named_parameters()} - own
    held = {name: one.detach().numpy().copy() for name, one in net.state_dict().items()}
    return {name: held[name] for name in sorted(shared)}, {name: held[name] for name in sorted(own)}


def _change(path: Path, before: Weights) -> Weights:
    change = read(path)
    changes = str(change.pop(FROM, np.array("")))
    if {name: one.shape for name, one in change.items()} != {n: o.shape for n, o in before.items()}:
        raise ModelError(f"{path}: is an update of another network; have the site update again")
    if changes != sha256_of(*before.values()):
        raise ModelError(f"{path}: changes other weights than these; have the site update again")
    if not all(np.isfinite(one).all() for one in change.values()):
        raise ModelError(f"{path}: holds what is no number; leave the site out of this round")
    return change
