"""The exported file against torch: the same scores, its own name inside, nothing of the machine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from classifiers.session import Session
from schemas.errors import ModelError
from tests.training.realbogus.invented import odd_stamps
from tests.training.realbogus.read_back import loaded
from training.realbogus.export import exported
from training.realbogus.labels import LABELS
from training.realbogus.model import STRETCH_SIGMA, RealBogusNet

ROW = (3, 63, 63)
SAID = {"name": "toy", "version": "0", "seed": "1"}
BYTES_MAX = 150_000
"""That a model file may have, in the repository and in a worker's memory."""


@pytest.fixture(scope="module")
def net() -> RealBogusNet:
    """A calibrated network whose batch statistics are not the ones it was born with."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = RealBogusNet()
        made.logits(made.images(torch.from_numpy(odd_stamps())))
    made.eval()
    made.calibrate(1.4, -0.7)
    return made


@pytest.fixture(scope="module")
def file(net: RealBogusNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "toy.onnx"
    exported(net, path, SAID)
    return path


def test_the_exported_file_gives_what_torch_gives(net: RealBogusNet, file: Path) -> None:
    with torch.inference_mode():
        ours = net(torch.from_numpy(odd_stamps())).numpy()
    np.testing.assert_allclose(Session(file, ROW).run(odd_stamps()), ours, atol=1e-5)


def test_a_row_of_the_exported_file_does_not_depend_on_its_neighbours(file: Path) -> None:
    session = Session(file, ROW)
    together = session.run(odd_stamps())
    alone = np.concatenate([session.run(one[None]) for one in odd_stamps()])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    np.testing.assert_array_equal(session.run(odd_stamps()[::-1].copy()), together[::-1])


def test_the_exported_file_says_what_it_is(file: Path) -> None:
    session = Session(file, ROW)
    assert (session.identity.name, session.identity.version) == ("toy", "0")
    assert session.labels == LABELS
    said = {one.key: one.value for one in onnx.load(file).metadata_props}
    assert said["seed"] == "1"


def test_the_exported_file_is_small(file: Path) -> None:
    assert file.stat().st_size <= BYTES_MAX


def test_each_stretch_is_one_pass(file: Path) -> None:
    kinds = Counter(node.op_type for node in onnx.load(file).graph.node)
    levels = 1  # how exact a plane's level is goes by its size; that is a number a plane
    assert (kinds["Softsign"], kinds["Abs"]) == (len(STRETCH_SIGMA), levels)


def test_the_exported_file_tells_nothing_of_the_machine(file: Path) -> None:
    content = file.read_bytes()
    assert b".py" not in content
    assert b"torch" not in content.replace(b"pytorch", b"")


def test_the_same_network_gives_the_same_bytes(
    net: RealBogusNet, file: Path, tmp_path: Path
) -> None:
    sha256 = exported(net, tmp_path / "again.onnx", SAID)
    assert (tmp_path / "again.onnx").read_bytes() == file.read_bytes()
    assert Session(file, ROW).identity.sha256 == sha256


def test_a_file_is_read_back_as_the_network_it_was(net: RealBogusNet, file: Path) -> None:
    again = loaded(file)
    with torch.inference_mode():
        ours, theirs = (one(torch.from_numpy(odd_stamps())).numpy() for one in (net, again))
    np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert (again.channels, again.training) == (net.channels, False)


def test_a_file_of_another_network_is_not_read_back(file: Path, tmp_path: Path) -> None:
    model = onnx.load(file)
    last = next(node for node in reversed(model.graph.node) if node.op_type == "Conv")
    model.graph.node.remove(last)
    onnx.save(model, tmp_path / "headless.onnx")
    with pytest.raises(ModelError, match=r"headless\.onnx: is no file of this network"):
        loaded(tmp_path / "headless.onnx")


def test_a_file_for_one_size_of_batch_is_not_served(file: Path, tmp_path: Path) -> None:
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
    onnx.save(model, tmp_path / "four.onnx")
    with pytest.raises(ModelError, match="cannot score 1 rows"):
        Session(tmp_path / "four.onnx", ROW)
