"""One network fitted to one set of lessons, from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.realbogus.augmentation import turned_at_random
from training.realbogus.labels import REAL
from training.realbogus.model import RealBogusNet

Images = NDArray[np.float16]
SEEN_AT_ONCE = 256


@dataclass(frozen=True)
class Lesson:
    """k images and what each is said to be."""

    images: Images
    """(k, 6, 21, 21), as `RealBogusNet.images` gives them."""
    said: NDArray[np.int64] | NDArray[np.float32]
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
    """The highest of a one-cycle schedule (Smith and Topin 2018, arXiv:1708.07120)."""
    weight_decay: float = 1e-3
    channels: tuple[int, ...] = (16, 32, 64)


def fitted(lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
    """A network ready to score, on the processor. The last step's weights are taken."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        return _stepped(RealBogusNet(recipe.channels), lessons, recipe)


def tuned(net: RealBogusNet, lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
    """The same network after `recipe.steps` steps more."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        return _stepped(net, lessons, recipe)


def _stepped(net: RealBogusNet, lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
    # More threads wait for one another on a busy machine, and these images are small.
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # Channels last: the layout that small convolutions are a quarter faster in.
    net.to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.steps
    )
    draw = _Batches(lessons, recipe)
    for _ in range(recipe.steps):
        images, label, real = (part.to(device) for part in draw.next())
        optimizer.zero_grad()
        _loss(net.logits(images), label, real).backward()
        optimizer.step()
        schedule.step()
    net.to("cpu", memory_format=torch.contiguous_format).eval()
    return net


class _Batches:
    """Batches without end: each lesson has its share, its examples are drawn with replacement."""

    def __init__(self, lessons: Sequence[Lesson], recipe: Recipe) -> None:
        together = sum(lesson.share for lesson in lessons)
        self._counts = [max(round(recipe.batch * one.share / together), 1) for one in lessons]
        self._parts = [_tensors(lesson) for lesson in lessons]
        self._generator = torch.Generator().manual_seed(recipe.seed)

    def next(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Images turned at random, labels (-1: not said), chances of being real."""
        drawn = []
        for parts, count in zip(self._parts, self._counts, strict=True):
            rows = torch.randint(len(parts[0]), (count,), generator=self._generator)
            drawn.append([part[rows] for part in parts])
        images, label, real = (torch.cat(column) for column in zip(*drawn, strict=True))
        turned = turned_at_random(images.float(), self._generator)
        return turned.contiguous(memory_format=torch.channels_last), label, real


def _tensors(lesson: Lesson) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images, labels (-1: not said) and chances of being real."""
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


def seen(net: RealBogusNet, stamps: NDArray[np.float32]) -> Images:
    """What the network makes of stamps (k, 3, 63, 63), (k, 6, 21, 21); the same for all weights."""
    parts = range(0, len(stamps), SEEN_AT_ONCE)
    with torch.inference_mode():
        images = [
            net.images(torch.from_numpy(np.array(stamps[begin : begin + SEEN_AT_ONCE])))
            for begin in parts
        ]
    found: Images = torch.cat(images).half().numpy()
    return found


def logits(net: RealBogusNet, images: Images) -> NDArray[np.float32]:
    """(k, 5) of images, not calibrated."""
    parts = torch.from_numpy(np.asarray(images)).split(SEEN_AT_ONCE)
    with torch.inference_mode():
        found: NDArray[np.float32] = torch.cat([net.logits(part.float()) for part in parts]).numpy()
    return found


def scored(net: RealBogusNet, stamps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Calibrated probabilities (k, 5) of raw stamps (k, 3, 63, 63), as the served file gives."""
    parts = torch.from_numpy(np.asarray(stamps)).split(SEEN_AT_ONCE)
    with torch.inference_mode():
        found: NDArray[np.float32] = torch.cat([net(part) for part in parts]).numpy()
    return found
