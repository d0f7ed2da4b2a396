"""The scaling inside the network, against float64 NumPy, and the exported file against torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from classifiers.session import Session
from classifiers.training.export import exported
from classifiers.training.model import (
    CROP_PIXELS,
    LABELS,
    NOISE_MIN,
    SIGMA_PER_MAD,
    STRETCH_SIGMA,
    RealBogusNet,
    stretched,
)
from schemas.errors import ModelError
from tests.classifiers.stamped import invented_stamps

ROW = (3, 63, 63)
SAID = {"name": "toy", "version": "0", "seed": "1"}


@pytest.fixture(scope="module")
def net() -> RealBogusNet:
    """A network whose batch statistics are not the ones it was born with."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = RealBogusNet()
        made.logits(stretched(torch.from_numpy(odd_stamps())))
    made.eval()
    return made


@pytest.fixture(scope="module")
def file(net: RealBogusNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "toy.onnx"
    exported(net, path, SAID)
    return path


def odd_stamps() -> NDArray[np.float32]:
    """Stamps with sources, holes, edges, flat planes and pixels of all sizes."""
    stamps = invented_stamps(12, seed=4, amplitude=50)
    stamps[1, 0, :20] = np.nan
    stamps[2] = np.nan
    stamps[3, 1] = 7.0
    stamps[4, 2, 30, 30:33] = 1e6, 3.4e38, np.inf
    stamps[5, :, 3::8, 3::8] = np.nan
    stamps[6] *= 1e4
    return stamps


def plainly_stretched(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """One plane's scaling, as its docstring tells it."""
    grid = np.sort(plane[3::8, 3::8].ravel().astype(np.float64))
    grid = grid[~np.isnan(grid)]
    level = grid[(len(grid) - 1) // 2]
    deviation = np.sort(np.abs(grid - level))[(len(grid) - 1) // 2]
    edge = (63 - CROP_PIXELS) // 2
    x = (plane[edge:-edge, edge:-edge] - level) / (SIGMA_PER_MAD * deviation + NOISE_MIN)
    total = sum(x / sigma / (1 + np.abs(x / sigma)) for sigma in STRETCH_SIGMA)
    return np.where(np.isnan(total), 0, total)


@pytest.mark.parametrize("row", [0, 1, 3, 6])
def test_scaling_is_what_its_docstring_says(row: int) -> None:
    images = stretched(torch.from_numpy(odd_stamps()))[row].numpy()
    for plane, stamp in zip(images, odd_stamps()[row], strict=True):
        np.testing.assert_allclose(plane, plainly_stretched(stamp), atol=2e-4)


def test_images_are_bounded_whatever_the_pixels() -> None:
    images = stretched(torch.from_numpy(odd_stamps()))
    assert images.shape == (12, 3, CROP_PIXELS, CROP_PIXELS)
    assert bool((images.abs() <= len(STRETCH_SIGMA)).all())


def test_a_batch_in_one_scale_does_not_reach_its_neighbours() -> None:
    stamps = torch.from_numpy(odd_stamps())
    assert torch.equal(stretched(stamps[:1]), stretched(stamps)[:1])


def test_the_exported_file_gives_what_torch_gives(net: RealBogusNet, file: Path) -> None:
    with torch.inference_mode():
        ours = net(torch.from_numpy(odd_stamps())).numpy()
    np.testing.assert_allclose(Session(file, ROW).run(odd_stamps()), ours, atol=1e-5)


def test_the_exported_file_says_what_it_is(file: Path) -> None:
    session = Session(file, ROW)
    assert (session.identity.name, session.identity.version) == ("toy", "0")
    assert session.labels == LABELS


def test_the_exported_file_tells_nothing_of_the_machine(file: Path) -> None:
    content = file.read_bytes()
    assert b".py" not in content
    assert b"torch" not in content.replace(b"pytorch", b"")


def test_the_same_network_gives_the_same_bytes(
    net: RealBogusNet, file: Path, tmp_path: Path
) -> None:
    exported(net, tmp_path / "again.onnx", SAID)
    assert (tmp_path / "again.onnx").read_bytes() == file.read_bytes()


def test_a_file_for_one_size_of_batch_is_not_served(file: Path, tmp_path: Path) -> None:
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
    onnx.save(model, tmp_path / "four.onnx")
    with pytest.raises(ModelError, match="cannot score 1 rows"):
        Session(tmp_path / "four.onnx", ROW)
