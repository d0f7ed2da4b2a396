"""What networks learnt from is told by object, and which of them a filter asks by trying it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import learnt as learning
from benchmarks.learnt import Taught, learnt, networks_of, supernova_taught
from benchmarks.real_alerts import RealAlerts
from filters.handmade import handmade
from filters.sources import load_builtin
from tests.filters.builtin.making import batch_of


def test_stamps_are_learnt_of_all_of_ztf_and_of_rubins_with_evidence() -> None:
    batch = handmade(
        object_id=["a", "b", "b", "c", "d"],
        survey=["ztf", "lsst", "lsst", "lsst", "lsst"],
        asteroid_distance_arcsec=[np.inf, np.inf, 0.5, np.inf, np.inf],
    )
    records = [{}, {}, {}, {"tns": "SN Ia"}, {}]
    found = learnt(RealAlerts(batch, records), Taught(frozenset("ad"), known=True))
    assert found["realbogus"].tolist() == [True, True, True, True, False]
    assert found["supernova"].tolist() == [True, False, False, False, True]


def test_a_filters_networks_are_those_whose_answers_it_reads() -> None:
    batch = batch_of({})
    asked = {
        name: networks_of(load_builtin(name), batch)
        for name in ("young_supernovae", "type_ia_supernovae", "solar_system")
    }
    assert asked == {
        "young_supernovae": ("realbogus",),
        "type_ia_supernovae": ("realbogus", "supernova", "lightcurve"),
        "solar_system": (),
    }


def test_what_was_taught_is_read_once_for_a_file_and_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []

    def read(data: Path) -> Taught:
        reads.append(data)
        return Taught(frozenset({"a", "b"}), known=False)

    monkeypatch.setattr(learning, "_read", read)
    cache = tmp_path / "kept" / "learnt.npz"
    assert supernova_taught(tmp_path, cache) == supernova_taught(tmp_path, cache)
    assert len(reads) == 1
    monkeypatch.setattr(learning, "_key", lambda: "another file")
    supernova_taught(tmp_path, cache)
    assert len(reads) == 2
