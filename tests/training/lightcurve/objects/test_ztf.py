"""ZTF's material is one table with one split, kept as it was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.batch import LightCurves
from training.lightcurve.labels import STAR, ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.others import Others
from training.lightcurve.objects.ztf import SUPERNOVA, Material, together


def objects(prefix: str, label: list[int]) -> Objects:
    count = len(label)
    value = np.ones(count)
    curves = LightCurves(
        np.arange(count + 1),
        value,
        np.ones(count, np.int8),
        value,
        value,
        value,
        np.ones(count, np.bool_),
    )
    names = np.array([f"{prefix}{row}" for row in range(count)])
    return Objects(names, np.array(label, np.int64), curves, np.full((count, 3), np.nan))


@pytest.fixture
def material() -> Material:
    none, before = [ZTF.index(STAR)] * 20, np.ones((20, 2))
    real = Others(objects("ZTF2", none), np.full(20, "star by SIMBAD"), before)
    simulated = Others(objects("simulated ", none), np.full(20, "simulated RRL"), before)
    return together({SUPERNOVA: objects("ZTF1", [0, 1] * 20)}, real, simulated)


def test_supernovae_are_told_from_others_and_real_ones_from_simulated(material: Material) -> None:
    assert material.supernova.tolist() == [True] * 40 + [False] * 40
    assert material.real.tolist() == [True] * 60 + [False] * 20
    assert set(material.kind[:40].tolist()) == {SUPERNOVA}


def test_an_object_more_deals_no_other_anew(material: Material) -> None:
    fewer = together({SUPERNOVA: objects("ZTF1", [0, 1] * 15)})
    assert fewer.fold.tolist() == material.fold[:30].tolist()
    assert fewer.held_out.tolist() == material.held_out[:30].tolist()


def test_whole_light_curves_know_no_history_yet(material: Material) -> None:
    assert np.isnan(material.history[material.whole]).all()
    assert (material.history[~material.whole] == 1).all()


def test_an_object_that_is_both_is_an_error(material: Material) -> None:
    twice = objects("ZTF1", [5] * 40)
    with pytest.raises(ValueError, match="more than one label"):
        together(
            {SUPERNOVA: objects("ZTF1", [0, 1] * 20)},
            Others(twice, np.full(40, "nucleus"), np.ones((40, 2))),
        )


def test_what_is_kept_is_what_was_made(material: Material, tmp_path: Path) -> None:
    material.save(tmp_path / "one.npz")
    again = Material.load(tmp_path / "one.npz")
    assert again.objects.name.tolist() == material.objects.name.tolist()
    for name in ("kind", "fold", "held_out"):
        assert getattr(again, name).tolist() == getattr(material, name).tolist()
