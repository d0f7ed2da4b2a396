"""The files against torch: the same scores, small, the same each time, and readable again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from classifiers.observations.layout import LAYOUT, ROW
from classifiers.observations.rows import rows
from classifiers.session import Session
from schemas.errors import ModelError
from tests.classifiers.observations.curves import Point, curves_of
from tests.classifiers.row_network import network_file
from tests.training.lightcurve.invented import objects, rows_of
from training.lightcurve.export import exported, loaded, packed
from training.lightcurve.fitting import scored
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.model import LightCurveNet

SAID = {
    "name": "lightcurve",
    "version": "0.1.0",
    "system": "lsst",
    "detections_min": "2",
    "seed": "0",
    "data": hashlib.sha256(b"invented").hexdigest(),
}
BYTES_MAX = 60_320
ROUNDED = 0.05
"""A probability's change by weights of eight bits, at most; most change less by far."""


@pytest.fixture(scope="module")
def told() -> np.ndarray:
    """Rows of invented objects, of nothing at all, and of one detection."""
    odd = rows(curves_of([[], [Point(60000.0)]]), np.full((2, 3), np.nan))
    return np.concatenate([rows_of(objects(np.arange(80) % 14)), odd])


@pytest.fixture(scope="module")
def net(told: np.ndarray) -> LightCurveNet:
    """A settled and calibrated one of drawn weights."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = LightCurveNet(len(SIX_BAND))
    made.scaling.settle(torch.from_numpy(told))
    made.slope.fill_(1.4)
    made.offset.copy_(torch.linspace(-0.5, 0.5, len(SIX_BAND)))
    made.eval()
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def file(net: LightCurveNet, folder: Path) -> Path:
    path = folder / "exported.onnx"
    assert exported(net, path, SIX_BAND, SAID) == hashlib.sha256(path.read_bytes()).hexdigest()
    return path


@pytest.fixture(scope="module")
def small(net: LightCurveNet, folder: Path) -> Path:
    path = folder / "packed.onnx"
    assert packed(net, path, SIX_BAND, SAID) == hashlib.sha256(path.read_bytes()).hexdigest()
    return path


def test_the_exported_file_gives_what_torch_gives(
    net: LightCurveNet, file: Path, told: np.ndarray
) -> None:
    np.testing.assert_allclose(Session(file, (ROW,)).run(told), scored(net, told), atol=1e-5)


def test_the_packed_file_gives_what_torch_gives_with_its_weights(
    net: LightCurveNet, small: Path, told: np.ndarray
) -> None:
    found = Session(small, (ROW,)).run(told)
    np.testing.assert_allclose(found, scored(loaded(small), told), atol=1e-5)
    np.testing.assert_allclose(found, scored(net, told), atol=ROUNDED)


def test_an_exported_network_is_read_again_as_it_was(net: LightCurveNet, file: Path) -> None:
    again = loaded(file)
    assert again.shape == net.shape and not again.training
    for name, value in net.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-6, atol=0)


def test_a_packed_networks_every_weight_is_read_again(net: LightCurveNet, small: Path) -> None:
    for name, value in loaded(small).state_dict().items():
        wanted = net.state_dict()[name]
        assert (value - wanted).abs().max() <= 0.01 * wanted.abs().max() + 1e-6, name


def test_a_row_of_the_packed_file_does_not_hang_on_its_neighbours(
    small: Path, told: np.ndarray
) -> None:
    session = Session(small, (ROW,))
    together = session.run(told)
    alone = np.concatenate([session.run(one[None]) for one in told])
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_the_packed_file_is_small(small: Path) -> None:
    assert small.stat().st_size <= BYTES_MAX


def test_the_same_network_gives_the_same_bytes(
    net: LightCurveNet, small: Path, tmp_path: Path
) -> None:
    packed(net, tmp_path / "again.onnx", SIX_BAND, SAID)
    assert (tmp_path / "again.onnx").read_bytes() == small.read_bytes()


def test_both_files_say_what_they_are(file: Path, small: Path) -> None:
    for path in (file, small):
        session = Session(path, (ROW,), {"layout": LAYOUT, "system": "lsst"})
        assert (session.identity.name, session.identity.version) == ("lightcurve", "0.1.0")
        assert session.labels == SIX_BAND
        assert SAID.items() <= session.said.items()


def test_neither_file_tells_anything_of_the_machine(file: Path, small: Path) -> None:
    for path in (file, small):
        content = path.read_bytes()
        assert b".py" not in content and str(Path.cwd()).encode() not in content


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no file of this network"):
        loaded(network_file(tmp_path / "other.onnx"))


def test_what_is_no_file_of_a_network_is_refused(tmp_path: Path) -> None:
    for path, content in ((tmp_path / "none.onnx", None), (tmp_path / "text.onnx", b"no network")):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ModelError, match="no file of this network"):
            loaded(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": json.dumps({"width": 16})},
        {"shape": json.dumps({"depth": 16})},
        {"labels": "SNIa"},
        {"labels": json.dumps(["one"])},
        {"weights": json.dumps({"head.bias": "nowhere"})},
        {"weights": json.dumps({"nobody's": "rows"})},
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    file: Path, tmp_path: Path, wrong: dict[str, str]
) -> None:
    model = onnx.load(file)
    said = {one.key: one.value for one in model.metadata_props}
    onnx.helper.set_model_props(model, {**said, **wrong})
    onnx.save(model, tmp_path / "wrong.onnx")
    with pytest.raises(ModelError, match=r"wrong\.onnx: is no file of this network"):
        loaded(tmp_path / "wrong.onnx")
