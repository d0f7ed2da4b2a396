"""Smaller forms of a network: what is kept, what stays float, and what the table says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from classifiers.realbogus import STAMP_PIXELS, WEIGHTS, RealBogus
from schemas.errors import ModelError
from tests.classifiers.stamped import invented_stamps
from training.quantisation import dynamic
from training.realbogus.smaller.compression import (
    SCALING,
    Judged,
    Making,
    Row,
    made,
    markdown,
    quantised,
    study,
    weights,
)
from training.realbogus.smaller.pruning import importance, slimmed

Stamps = NDArray[np.float32]
DYNAMIC, STATIC, INSIDE = range(3)
EIGHT_BITS = re.compile("uantizeLinear|Integer")


class Toy(nn.Module):
    """A chain like the served network's, over means of pixels, bounded."""

    def __init__(self, channels: Sequence[int] = (8, 6)) -> None:
        super().__init__()
        first, second = channels
        self.features = nn.Sequential(
            nn.Conv2d(3, first, 3, stride=2, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
        )
        self.head = nn.Conv2d(second, 2, 4)
        self.register_buffer("temperature", torch.tensor(2.0))
        self.register_buffer("pool", torch.eye(3)[:, :, None, None].repeat(1, 1, 3, 3) / 900)

    def forward(self, stamps: torch.Tensor) -> torch.Tensor:
        means = nn.functional.conv2d(stamps, self.pool, stride=3)
        images = torch.where(torch.isnan(means), 0.0, means)
        logits: torch.Tensor = self.head(self.features(images)).flatten(1)
        return torch.softmax(logits / self.temperature, dim=1)


def toy(channels: Sequence[int] = (8, 6)) -> Toy:
    """A toy whose every weight is drawn, and which is ready to score."""
    random = torch.Generator().manual_seed(3)
    net = Toy(channels)
    for name, value in net.state_dict().items():
        if value.dim() and name != "pool":
            drawn = torch.rand(value.shape, generator=random)
            value.copy_(drawn + 0.5 if "running" in name else drawn - 0.4)
    net.eval()
    return net


def test_a_pruned_network_without_dead_channels_gives_what_the_whole_one_gave() -> None:
    net = toy()
    with torch.no_grad():
        for norm, reader, dead in (
            (net.features[1], net.features[3], [1, 4]),
            (net.features[4], net.head, [0]),
        ):
            norm.weight[dead] = 0
            reader.weight[:, dead] = 0
        slim = slimmed(net, Toy((6, 5)))
        stamps = torch.from_numpy(invented_stamps(4, seed=1, amplitude=50))
        torch.testing.assert_close(slim(stamps), net(stamps))
    assert not slim.training
    assert float(slim.temperature) == 2


def test_a_channel_that_nobody_reads_is_worth_nothing() -> None:
    net = toy()
    with torch.no_grad():
        net.features[3].weight[:, 2] = 0
    worth = importance(net.features[1], net.features[3])
    assert worth.shape == (8,)
    assert int(worth.argmin()) == 2
    assert float(worth[2]) == 0


@pytest.mark.parametrize(
    ("slim", "said"),
    [
        (Toy((9, 6)), "9 channels is not slimmer than one of 8"),
        (nn.Sequential(nn.Conv2d(3, 2, 1)), "1 layers cannot take over from 3"),
        (nn.Sequential(nn.Conv2d(3, 2, 1), nn.Conv2d(2, 2, 1)), "are no chain"),
    ],
)
def test_what_cannot_take_over_is_refused_by_name(slim: nn.Module, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        slimmed(toy(), slim)


def served(folder: Path) -> list[Path]:
    """The served network in its 8-bit forms."""
    copy = folder / "served.onnx"
    copy.write_bytes(WEIGHTS.read_bytes())
    return list(quantised("float", copy, invented_stamps(64, seed=5, amplitude=30)).values())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return served(tmp_path_factory.mktemp("int8"))


def test_eight_bit_files_are_served_under_their_own_name_and_have_all_weights(
    small: list[Path],
) -> None:
    for path in small:
        assert RealBogus(path).identity.name == RealBogus().identity.name
        assert weights(path) == weights(WEIGHTS)
        assert path.stat().st_size < 0.6 * WEIGHTS.stat().st_size


def test_what_scales_the_stamps_stays_float_a_mean_by_convolution_too(
    small: list[Path], tmp_path: Path
) -> None:
    write(toy(), tmp_path / "toy.onnx")
    toys = quantised("float", tmp_path / "toy.onnx", stamps(32)).values()
    for path in (*small, *toys):
        nodes = list(onnx.load(path).graph.node)
        last = max(n for n, one in enumerate(nodes) if one.op_type == "Where")
        eight = [n for n, one in enumerate(nodes) if EIGHT_BITS.search(one.op_type)]
        scaled = {name for one in nodes[: last + 1] for name in one.input}
        assert eight
        assert not scaled & {name for n in eight for name in nodes[n].output}


def test_static_scales_let_no_row_reach_its_neighbours_and_dynamic_ones_do(
    small: list[Path],
) -> None:
    stamps = invented_stamps(16, seed=6, amplitude=30)
    stamps[8:] *= np.linspace(1, 50, 8, dtype=np.float32)[:, None, None, None]

    def reached(path: Path) -> float:
        network = RealBogus(path)
        alone = np.concatenate([network.score_stamps(one[None]) for one in stamps])
        return float(np.abs(alone - network.score_stamps(stamps)).max())

    assert reached(small[STATIC]) < 1e-5
    assert reached(small[INSIDE]) < 1e-5
    assert reached(small[DYNAMIC]) > 1e-5


def test_a_file_without_layers_is_refused_by_name(tmp_path: Path) -> None:
    model = onnx.load(WEIGHTS)
    inlet, outlet = model.graph.input[0].name, model.graph.output[0].name
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.append(onnx.helper.make_node("Relu", [inlet], [outlet]))
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    onnx.save(model, tmp_path / "bare.onnx")
    with pytest.raises(ModelError, match=r"bare\.onnx: has none of Conv"):
        dynamic(tmp_path / "bare.onnx", tmp_path / "out.onnx", scaling=SCALING)


def test_a_study_has_every_form_of_every_network_and_the_float_one_costs_nothing(
    tmp_path: Path,
) -> None:
    tuned: list[nn.Module] = []

    def fine_tune(net: nn.Module) -> nn.Module:
        tuned.append(net)
        return net.eval()

    files = made(toy(), Making(Toy, fine_tune, write), [(4, 4)], stamps(32), tmp_path)
    judged = Judged(stamps(40), np.arange(40) % 3 == 0)
    rows = study(files, judged, rounds=1)
    assert len(tuned) == 1
    assert [row.step for row in rows[:2]] == ["float", "pruned to 4-4"]
    assert len(rows) == 8
    assert (rows[0].change_max, rows[0].change_mean) == (0, 0)
    assert rows[0].weights == 3 * 3 * 9 + 3 * 8 * 9 + 8 * 6 * 9 + 6 * 2 * 16
    assert all(row.change_max >= row.change_mean >= 0 for row in rows)
    assert markdown(rows).count("\n") == 2 + len(rows)


def test_a_row_is_a_line_of_the_table() -> None:
    row = Row(
        "float", 107_268, {1: 215.4, 32: 116.0, 256: 109.1}, 0.25, 0.01, 1.23e-5, 24_816, 0.98765
    )
    last = markdown([row]).splitlines()[-1]
    assert last == ("| float | 107 | 24,816 | 215 | 116 | 109 | 0.988 | 0.25 | 0.01 | 1.2e-05 |")


def stamps(count: int) -> Stamps:
    """Every third with a source."""
    made_up = invented_stamps(count, seed=7)
    made_up[::3] = invented_stamps(count, seed=7, amplitude=60)[::3]
    return made_up


def write(net: nn.Module, path: Path) -> None:
    """A toy as the product's loader wants it."""
    rows = torch.zeros(2, 3, STAMP_PIXELS, STAMP_PIXELS)
    program = torch.onnx.export(
        net,
        (rows,),
        input_names=["stamps"],
        dynamic_shapes={"stamps": {0: torch.export.Dim("alerts")}},
        opset_version=18,
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    said = {"name": "toy", "version": "0", "labels": '["real", "bogus"]'}
    onnx.helper.set_model_props(model, said)
    onnx.save(model, path)
