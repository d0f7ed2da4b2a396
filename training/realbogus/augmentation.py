"""The eight ways to turn and mirror a square stamp: the sky has no up."""

from __future__ import annotations

import torch

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
