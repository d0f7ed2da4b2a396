"""A network taught on in few bits is one that a packed file holds as it is."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array, to_array
from onnx.reference import ReferenceEvaluator
from torch import nn

from training.lightcurve.smaller.forms import Rounded, rounded_in_training
from training.packing import few_bits

Weights = NDArray[np.float32]
BITS = 3
GIVEN = torch.rand((64, 24), generator=torch.Generator().manual_seed(6))


def layers() -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 3))


def tuned(net: nn.Sequential) -> nn.Sequential:
    """Some steps towards a sum."""
    learner = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(60):
        learner.zero_grad()
        loss = (net(GIVEN) - GIVEN.sum(1, keepdim=True)).square().mean()
        loss.backward()
        learner.step()
    return net


def test_rounding_keeps_to_its_steps_and_lets_the_gradient_through() -> None:
    weight = torch.randn((5, 40), generator=torch.Generator().manual_seed(7), requires_grad=True)
    rounded = Rounded(4)(weight)
    steps = rounded.detach() / (weight.detach().abs().amax(1, keepdim=True) / 7)
    torch.testing.assert_close(steps, steps.round())
    rounded.sum().backward()
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, torch.ones_like(weight))


def test_a_channel_of_zeros_stays_so() -> None:
    assert Rounded(4)(torch.zeros(2, 3)).abs().sum() == 0


def test_what_was_taught_in_few_bits_is_packed_without_loss_and_better_than_what_was_not() -> None:
    net = tuned(layers())
    before = net[0].weight.detach().clone()
    same, more = rounded_in_training(net, tuned, bits=BITS), tuned(net)
    weight = same[0].weight.detach().numpy()
    np.testing.assert_allclose(packed(weight), weight, rtol=1e-5, atol=1e-7)
    assert not torch.equal(same[0].weight, before)
    with torch.no_grad():
        more[0].weight.copy_(torch.from_numpy(packed(more[0].weight.numpy())))
    assert lost(same) < lost(more)


def lost(net: nn.Sequential) -> float:
    with torch.no_grad():
        return float((net(GIVEN) - GIVEN.sum(1, keepdim=True)).square().mean())


def packed(weight: Weights) -> Weights:
    """A weight (out, in) as a packed file gives it back."""
    out, into = weight.shape
    graph = make_graph(
        [make_node("Gemm", ["rows", "weight"], ["given"], transB=1)],
        "layer",
        [make_tensor_value_info("rows", TensorProto.FLOAT, [into, into])],
        [make_tensor_value_info("given", TensorProto.FLOAT, [into, out])],
        [from_array(weight, "weight")],
    )
    model = few_bits(make_model(graph, opset_imports=[make_opsetid("", 18)]), BITS)
    assert to_array(model.graph.initializer[0]).dtype == np.int64
    (given,) = ReferenceEvaluator(model).run(None, {"rows": np.eye(into, dtype=np.float32)})
    return np.asarray(given, np.float32).T
