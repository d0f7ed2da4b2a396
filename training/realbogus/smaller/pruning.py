"""Hands a network's channels that matter most to a slimmer one: whole channels, so time is saved.

Weights set to zero one by one would still be multiplied. ONNX Runtime's kernels work on blocks of
8 or 16 channels, so a count that is no multiple of 16 saves bytes and no time.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

from schemas.errors import ModelError

Net = TypeVar("Net", bound=nn.Module)
NORM_PARTS = ("weight", "bias", "running_mean", "running_var")
"""What a BatchNorm2d holds for each channel."""


def slimmed(net: nn.Module, slim: Net) -> Net:
    """`slim`, a fresh network of the same kind with fewer channels, with what `net` has learnt.

    Both are chains: each convolution but the last is followed by a BatchNorm2d and read by the
    next one only. Of each layer the channels stay whose share in the next layer's sums varies
    most. Fine-tune it before it is judged. Raises ModelError where the two are no such chains.
    """
    layers, norms = _chain(net)
    slim_layers, _ = _chain(slim)
    if len(layers) != len(slim_layers):
        raise ModelError(f"{len(slim_layers)} layers cannot take over from {len(layers)}")
    state = dict(net.state_dict())
    kept = torch.arange(layers[0][1].in_channels)
    for place, (name, layer) in enumerate(layers):
        _cut(state, name, 1, kept)
        count = slim_layers[place][1].out_channels
        if place < len(norms):
            kept = _largest(importance(norms[place][1], layers[place + 1][1]), count)
        else:
            kept = torch.arange(layer.out_channels)
        _cut(state, name, 0, kept)
        if place < len(norms):
            _cut(state, norms[place][0], 0, kept)
    slim.load_state_dict(state)
    slim.train(net.training)
    return slim


def importance(norm: nn.BatchNorm2d, reader: nn.Conv2d) -> torch.Tensor:
    """How much each channel moves what the next layer sums, (channels,).

    The normalised channel's scale (Liu et al. 2017, arXiv:1708.06519) times the norm of the
    weights that read it: a strong channel that nobody listens to is worth nothing.
    """
    heard: torch.Tensor = reader.weight.detach().square().sum(dim=(0, 2, 3)).sqrt()
    return norm.weight.detach().abs() * heard


def _largest(values: torch.Tensor, count: int) -> torch.Tensor:
    """Places of the largest, in the order that they have."""
    if count > len(values):
        raise ModelError(f"a layer of {count} channels is not slimmer than one of {len(values)}")
    return torch.sort(torch.topk(values, count).indices).values


def _cut(state: dict[str, torch.Tensor], name: str, axis: int, kept: torch.Tensor) -> None:
    """Keep some channels, of those that go out (axis 0) or come in (axis 1)."""
    parts = ("weight",) if axis else NORM_PARTS
    for key in (f"{name}.{part}" for part in parts):
        if key in state:
            state[key] = state[key].index_select(axis, kept)


def _chain(
    net: nn.Module,
) -> tuple[list[tuple[str, nn.Conv2d]], list[tuple[str, nn.BatchNorm2d]]]:
    """Convolutions and normalisations with their names, in order."""
    named = list(net.named_modules())
    layers = [(name, one) for name, one in named if isinstance(one, nn.Conv2d)]
    norms = [(name, one) for name, one in named if isinstance(one, nn.BatchNorm2d)]
    linked = all(
        below.out_channels == norm.num_features == above.in_channels and above.groups == 1
        for (_, below), (_, norm), (_, above) in zip(layers, norms, layers[1:], strict=False)
    )
    if not layers or len(norms) != len(layers) - 1 or not linked:
        raise ModelError(
            f"{type(net).__name__}: {len(layers)} convolutions and {len(norms)} normalisations "
            "are no chain; prune it by hand"
        )
    return layers, norms
