"""Takes whole attention heads and channels out of a network, so that bytes and time are saved.

Weights set to zero one by one would still be stored and multiplied.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import nn

from schemas.errors import ModelError
from training.lightcurve.model import LightCurveNet


def without_least_head(net: LightCurveNet, loss: Callable[[LightCurveNet], float]) -> LightCurveNet:
    """A copy without the head whose absence makes `loss` the least.

    Heads are few, so each is tried, where Michel et al. 2019 (arXiv:1905.10650) estimate it by
    gradients. Raises ModelError where no block has two.
    """
    heads = [
        (place, head)
        for place, block in enumerate(net.blocks)
        if block.heads > 1
        for head in range(block.heads)
    ]
    if not heads:
        raise ModelError("each block has one head, which nothing stands in for; prune channels")
    tried = [without_head(net, *one) for one in heads]
    return min(tried, key=loss)


def without_head(net: LightCurveNet, block: int, head: int) -> LightCurveNet:
    """A copy in whose block that head is not there; the others keep their width."""
    slim = copy.deepcopy(net)
    chosen = slim.blocks[block]
    size = chosen.out.in_features // chosen.heads
    kept = torch.arange(chosen.out.in_features).reshape(chosen.heads, size)
    kept = torch.cat([kept[:head], kept[head + 1 :]]).flatten()
    width = chosen.out.in_features
    _keep_outputs(chosen.asked, kept)
    _keep_outputs(chosen.offered, torch.cat([kept, kept + width]))
    _keep_inputs(chosen.out, kept)
    chosen.heads -= 1
    return slim


def slimmed(net: LightCurveNet, inner: float = 1.0, hidden: float = 1.0) -> LightCurveNet:
    """A copy with these shares of each block's inner and of the hidden layers' channels.

    The channels stay that matter most, by `importance`. Fine-tune it before it is judged. Raises
    ModelError for a share that is not in (0, 1].
    """
    if not (0 < inner <= 1 and 0 < hidden <= 1):
        raise ModelError(f"shares {inner} and {hidden} of the channels; ask for some in (0, 1]")
    slim = copy.deepcopy(net)
    for block in slim.blocks:
        _slim([block.first], block.second, inner)
    _slim([slim.features, slim.redshift], slim.summaries, hidden)
    _slim([slim.decide], slim.head, hidden)
    return slim


def importance(writers: Sequence[nn.Linear], reader: nn.Linear) -> torch.Tensor:
    """How much each channel can move what the next layer sums, (channels,).

    The norm of the weights that write it times the norm of those that read it: the product stays
    when a rectified channel is scaled before and scaled back behind.
    """
    with torch.no_grad():
        written = torch.cat([one.weight for one in writers], dim=1).norm(dim=1)
        return written * reader.weight.norm(dim=0)


def _slim(writers: Sequence[nn.Linear], reader: nn.Linear, share: float) -> None:
    count = max(round(share * reader.in_features), 1)
    kept = torch.sort(torch.topk(importance(writers, reader), count).indices).values
    for one in writers:
        _keep_outputs(one, kept)
    _keep_inputs(reader, kept)


def _keep_outputs(layer: nn.Linear, kept: torch.Tensor) -> None:
    layer.weight = nn.Parameter(layer.weight.detach()[kept])
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach()[kept])
    layer.out_features = len(kept)


def _keep_inputs(layer: nn.Linear, kept: torch.Tensor) -> None:
    layer.weight = nn.Parameter(layer.weight.detach()[:, kept])
    layer.in_features = len(kept)
