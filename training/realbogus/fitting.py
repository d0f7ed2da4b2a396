"""One network fitted to one set of lessons, from one seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.arrays import Ints, Singles
from training.fit import asked, device, seeded, stepped
from training.realbogus.labels import REAL
from training.realbogus.model import RealBogusNet

WAYS = 8
"""The symmetries of the square, numbered: quarter turns, and four more mirrored first."""


def turned(stamps: torch.Tensor, way: int) -> torch.Tensor:
    """Stamps (n, planes, side, side), all planes turned alike."""
    if way >= WAYS // 2:
        stamps = stamps.flip(3)
    return torch.rot90(stamps, way % 4, (2, 3))


def turned_at_random(stamps: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each stamp in a way of its own; the order of the stamps is kept."""
    ways = torch.randint(WAYS, (len(stamps),), generator=generator)
    result = torch.empty_like(stamps)
    for way in range(WAYS):
        result[ways == way] = turned(stamps[ways == way], way)
    return result


Images = NDArray[np.float16]


@dataclass(frozen=True)
class Lesson:
    """k images and what each is said to be."""

    images: Images
    """(k, 6, 21, 21), as `RealBogusNet.images` gives them."""
    said: Ints | NDArray[np.float32]
    """(k,): places in LABELS; or, as floats, the chance that each is real, of whatever label."""
    share: float
    """Of every batch, against the other lessons' shares."""


@dataclass(frozen=True)
class Recipe:
    """Everything besides the lessons that a network depends on."""

    seed: int = 0
    steps: int = 4000
    batch: int = 128
    learning_rate: float = 4e-3
    """The highest of a one-cycle schedule, as `fit.Steps` says."""
    weight_decay: float = 1e-3
    constant: bool = False
    """Adam's steps, all at the highest rate."""
    channels: tuple[int, ...] = (16, 32, 64)


def fitted(lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
    """A network ready to score, on the processor. The last step's weights are taken."""
    with seeded(recipe.seed):
        return _stepped(RealBogusNet(recipe.channels), lessons, recipe)


def tuned(net: RealBogusNet, lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
    """The same network after `recipe.steps` steps more."""
    with seeded(recipe.seed):
        return _stepped(net, lessons, recipe)


def _stepped(net: RealBogusNet, lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
    # Channels last: the layout that small convolutions are a quarter faster in.
    net.to(device(), memory_format=torch.channels_last).train()
    batches = _batches(lessons, recipe)

    def loss() -> torch.Tensor:
        images, label, real = (part.to(device()) for part in next(batches))
        return _loss(net.logits(images), label, real)

    stepped(net, loss, recipe, constant=recipe.constant)
    net.to("cpu", memory_format=torch.contiguous_format).eval()
    return net


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Images, labels (-1: not said), chances of being real."""


def _batches(lessons: Sequence[Lesson], recipe: Recipe) -> Iterator[Batch]:
    """Without end: each lesson has its share, its examples are drawn with replacement."""
    together = sum(lesson.share for lesson in lessons)
    counts = [max(round(recipe.batch * one.share / together), 1) for one in lessons]
    whole = [_tensors(lesson) for lesson in lessons]
    generator = torch.Generator().manual_seed(recipe.seed)
    while True:
        drawn = []
        for parts, count in zip(whole, counts, strict=True):
            rows = torch.randint(len(parts[0]), (count,), generator=generator)
            drawn.append([part[rows] for part in parts])
        images, label, real = (torch.cat(column) for column in zip(*drawn, strict=True))
        turned = turned_at_random(images.float(), generator)
        yield turned.contiguous(memory_format=torch.channels_last), label, real


def _tensors(lesson: Lesson) -> Batch:
    images, said = torch.from_numpy(lesson.images), torch.from_numpy(lesson.said)
    if said.is_floating_point():
        return images, torch.full((len(said),), -1), said
    return images, said, (said == REAL).float()


def _loss(logits: torch.Tensor, label: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Cross-entropy: of the label where one is said, else of real against the sum of the rest."""
    chances = torch.log_softmax(logits, dim=1)
    bogus = torch.logsumexp(chances[:, REAL + 1 :], dim=1)
    either = real * chances[:, REAL] + (1 - real) * bogus
    named = chances.gather(1, label.clamp(min=0).unsqueeze(1)).squeeze(1)
    return -torch.where(label < 0, either, named).mean()


def seen(net: RealBogusNet, stamps: Singles) -> Images:
    """What the network makes of stamps (k, 3, 63, 63), (k, 6, 21, 21); the same for all weights."""
    return asked(net.images, stamps).astype(np.float16)


def logits(net: RealBogusNet, images: Images) -> Singles:
    """(k, 5) of images, not calibrated."""
    return asked(lambda part: net.logits(part.float()), images)
