"""What the network of supernovae is taught, as the benchmark of the filters tells it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import taught as benchmark
from tests.training.lightcurve.objects.test_ztf import objects
from training.arrays import Mask
from training.lightcurve.labels import NOT_SHOWN, ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.others import Others
from training.lightcurve.objects.ztf import Material, together


def by_name(own: Objects) -> Mask:
    held_out: Mask = np.char.endswith(own.name, "0")
    return held_out


def by_row(own: Objects) -> Mask:
    held_out: Mask = np.arange(len(own)) % 4 == 0
    return held_out


@pytest.fixture(params=[by_name, by_row])
def split(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The training's split replaced by one of these, whose name is given."""

    def again(supernovae: Objects, *others: Others) -> Material:
        material = together(supernovae, *others)
        return replace(material, held_out=request.param(material.objects))

    none = [ZTF.index(NOT_SHOWN)] * 20
    real = Others(objects("ZTF2", none), np.full(20, "asteroid"))
    simulated = Others(objects("simulated ", none), np.full(20, "simulated RRL"))
    material = again(objects("ZTF1", [0, 1] * 20), real, simulated)
    monkeypatch.setattr(benchmark, "together", again)
    monkeypatch.setattr(benchmark, "read_material", lambda data, random: material)
    return str(request.param.__name__)


def test_what_was_held_out_is_left_out_only_where_names_alone_decide(split: str) -> None:
    names, known = benchmark.taught(Path())
    assert known == (split == "by_name")
    assert len(names) == (54 if known else 60)
    assert ("ZTF110" in names) != known
    assert not any(name.startswith("simulated") for name in names)
