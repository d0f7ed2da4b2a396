"""Turning and mirroring: eight ways, all planes alike, and the scaling does not notice."""

from __future__ import annotations

import torch

from tests.classifiers.stamped import invented_stamps
from tests.training.realbogus.invented import odd_stamps
from training.realbogus.fitting import WAYS, turned, turned_at_random
from training.realbogus.model import RealBogusNet


def stamps(count: int = 2) -> torch.Tensor:
    return torch.from_numpy(invented_stamps(count, seed=1, amplitude=9))


def test_the_eight_ways_differ_and_the_first_changes_nothing() -> None:
    ways = [turned(stamps(), way) for way in range(WAYS)]
    assert torch.equal(ways[0], stamps())
    assert all(not torch.equal(ways[i], ways[j]) for i in range(WAYS) for j in range(i))


def test_the_centre_stays_and_planes_turn_alike() -> None:
    for way in range(WAYS):
        after = turned(stamps(), way)
        assert torch.equal(after[:, :, 31, 31], stamps()[:, :, 31, 31])
        assert torch.equal(after[:, 1:2], turned(stamps()[:, 1:2], way))


def test_a_turned_stamp_has_the_turned_images() -> None:
    images = RealBogusNet().images
    for before in (stamps(8), torch.from_numpy(odd_stamps())):
        for way in range(WAYS):
            # Sums over nine pixels are rounded in another order.
            torch.testing.assert_close(
                images(turned(before, way)), turned(images(before), way), rtol=0, atol=3e-4
            )


def test_each_stamp_is_turned_for_itself_and_stays_in_its_place() -> None:
    before = stamps(40)
    after = turned_at_random(before, torch.Generator().manual_seed(1))
    ways = [
        [way for way in range(WAYS) if torch.equal(one, turned(start[None], way)[0])]
        for one, start in zip(after, before, strict=True)
    ]
    assert all(len(way) == 1 for way in ways)
    assert len({way[0] for way in ways}) == WAYS
    assert torch.equal(after, turned_at_random(before, torch.Generator().manual_seed(1)))
