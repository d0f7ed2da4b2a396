"""What is pruned is gone, what stays gives what it gave, and the least that matters goes first."""

from __future__ import annotations

import pytest
import torch

from classifiers.observations import layout
from schemas.errors import ModelError
from training.lightcurve.model import LightCurveNet, Shape
from training.lightcurve.smaller.pruning import (
    importance,
    slimmed,
    without_head,
    without_least_head,
)


def drawn(heads: int = 4) -> LightCurveNet:
    """A little network whose every weight is drawn, and which is ready to score."""
    torch.manual_seed(3)
    shape = Shape(width=16, heads=heads, inner=12, hidden=20, summaries=2, blocks=2)
    net = LightCurveNet(5, shape)
    net.eval()
    return net


def rows(count: int = 6) -> torch.Tensor:
    """Numbers such as a light curve's row may have, (count, ROW)."""
    return torch.rand((count, layout.ROW), generator=torch.Generator().manual_seed(4)) * 10


def weights(net: LightCurveNet) -> int:
    return sum(one.numel() for one in net.parameters())


@torch.no_grad()
def test_a_head_that_says_nothing_can_go_and_nothing_changes() -> None:
    net = drawn()
    net.blocks[1].out.weight[:, 4:8] = 0
    slim = without_head(net, block=1, head=1)
    torch.testing.assert_close(slim(rows()), net(rows()))
    assert weights(net) - weights(slim) == 4 * 16 * 4 + 3 * 4
    assert [block.heads for block in slim.blocks] == [4, 3]
    assert [block.heads for block in net.blocks] == [4, 4]


@torch.no_grad()
def test_heads_go_one_after_another_the_one_first_that_the_loss_misses_least() -> None:
    net = drawn()
    net.blocks[0].out.weight[:, 8:12] = 0
    before = net(rows())

    def loss(one: LightCurveNet) -> float:
        return float((one(rows()) - before).abs().sum())

    slim = without_least_head(net, loss)
    torch.testing.assert_close(slim(rows()), before)
    slimmer = without_least_head(slim, loss)
    assert sorted(block.heads for block in slimmer.blocks) in ([2, 4], [3, 3])
    assert loss(slimmer) > 0


def test_a_network_of_single_heads_is_refused() -> None:
    with pytest.raises(ModelError, match="one head, which nothing stands in for"):
        without_least_head(drawn(heads=1), lambda net: 0.0)


@torch.no_grad()
def test_channels_that_nobody_reads_can_go_and_nothing_changes() -> None:
    net = drawn()
    for block in net.blocks:
        block.second.weight[:, [0, 3, 11]] = 0
    for reader in (net.summaries, net.head):
        reader.weight[:, [2, 5, 7, 8, 19]] = 0
    slim = slimmed(net, inner=0.75, hidden=0.75)
    torch.testing.assert_close(slim(rows()), net(rows()))
    assert (slim.features.out_features, slim.decide.out_features) == (15, 15)
    assert all(block.first.out_features == 9 for block in slim.blocks)
    assert weights(slim) < 0.85 * weights(net)


@torch.no_grad()
def test_importance_does_not_change_when_a_channel_is_scaled_and_scaled_back() -> None:
    block = drawn().blocks[0]
    before = importance([block.first], block.second)
    block.first.weight[3] *= 8
    block.second.weight[:, 3] /= 8
    torch.testing.assert_close(importance([block.first], block.second), before)


def test_a_pruned_network_can_be_taught_on() -> None:
    slim = slimmed(without_head(drawn(), 0, 0), inner=0.5).train()
    slim(rows()).square().sum().backward()
    assert all(one.grad is not None for one in slim.parameters())


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ModelError, match="of the channels; ask for some in"):
        slimmed(drawn(), inner=share)
