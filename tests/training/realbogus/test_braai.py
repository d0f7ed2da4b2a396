"""braai's layers in its own order of axes, its own scale, and its place beside our answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from classifiers.realbogus import WEIGHTS
from schemas.errors import ModelError
from training.realbogus.answers import FILE, NOT_DRAWN, read
from training.realbogus.braai import keep, log_odds, opened, put_into
from training.realbogus.verifying import claimed, headlines

SHAPES = {
    "conv1": (3, 3, 3, 16),
    "conv2": (3, 3, 16, 16),
    "conv3": (3, 3, 16, 32),
    "conv4": (3, 3, 32, 32),
    "fc_1": (1152, 256),
    "fc_out": (256, 1),
}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file as Keras writes it, with invented numbers."""
    random = np.random.default_rng(5)
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        for name, shape in SHAPES.items():
            kernel = random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
            file[f"{name}/{name}/kernel:0"] = kernel.astype(np.float32)
            file[f"{name}/{name}/bias:0"] = random.normal(0, 0.1, shape[-1]).astype(np.float32)
    return tmp_path / "weights.h5"


def by_modules(
    weights: Path, stamps: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> torch.Tensor:
    """The published layers, one after another, with the flattening that Keras does."""
    layers = opened(weights)
    modules: list[nn.Module] = []
    for name, (kernel, bias) in layers.items():
        module = nn.Conv2d(*kernel.shape[2:], 3) if kernel.ndim == 4 else nn.Linear(*kernel.shape)
        turned = kernel.permute(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
        module.load_state_dict({"weight": turned, "bias": bias})
        modules += [module] if name == "fc_out" else [module, nn.ReLU()]
        modules += {"conv2": [nn.MaxPool2d(2)], "conv4": [nn.MaxPool2d(4)]}.get(name, [])
    features, head = nn.Sequential(*modules[:10]), nn.Sequential(*modules[10:])
    seen = torch.from_numpy(stamps / np.linalg.norm(stamps, axis=(2, 3), keepdims=True))
    with torch.no_grad():
        found: torch.Tensor = head(features(seen).permute(0, 2, 3, 1).flatten(1))[:, 0]
    return found


def test_the_layers_are_those_that_were_published(weights: Path) -> None:
    stamps = np.random.default_rng(1).normal(size=(3, 3, 63, 63)).astype(np.float32)
    np.testing.assert_allclose(
        log_odds(opened(weights), stamps), by_modules(weights, stamps), atol=1e-5
    )


def test_a_plane_scores_the_same_in_any_unit_and_without_a_pixel(weights: Path) -> None:
    stamps = np.random.default_rng(1).normal(size=(2, 3, 63, 63)).astype(np.float32)
    layers = opened(weights)
    np.testing.assert_allclose(log_odds(layers, stamps), log_odds(layers, 50 * stamps), atol=1e-5)
    assert np.isfinite(log_odds(layers, np.full_like(stamps, np.nan))).all()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.h5").write_bytes(b"no HDF5")
    with pytest.raises(ModelError, match=r"other\.h5 does not hold braai's layers"):
        opened(tmp_path / "other.h5")


def test_its_scores_stand_beside_ours_and_in_the_card(tmp_path: Path) -> None:
    kept, card = tmp_path / "answers.parquet", tmp_path / "realbogus.md"
    shutil.copy(FILE, kept)
    shutil.copy(WEIGHTS.with_suffix(".md"), card)
    columns = read(kept)
    ids = columns["alert_id"][columns["drawn"] == NOT_DRAWN]
    keep(columns["ours"][columns["drawn"] == NOT_DRAWN], ids, kept)
    for _ in range(2):
        put_into(card, kept)
        assert claimed(card.read_text("utf-8")) == pytest.approx(headlines(kept), abs=1e-4)
    with pytest.raises(ModelError, match="other alerts"):
        keep(np.zeros(len(ids), np.float32), ids[::-1], kept)
