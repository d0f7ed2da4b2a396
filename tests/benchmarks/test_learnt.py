"""What networks learnt from is told by object, and which of them a filter asks by trying it."""

from __future__ import annotations

import numpy as np

from benchmarks.learnt import learnt, networks_of, supernova_taught
from benchmarks.real_alerts import RealAlerts
from filters.handmade import handmade
from filters.sources import load_builtin
from tests.filters.builtin.making import batch_of
from training.lightcurve.answers import SERVED
from training.lightcurve.ztf_answers import Answers


def test_stamps_are_learnt_of_all_of_ztf_and_of_rubins_with_evidence() -> None:
    batch = handmade(
        object_id=["a", "b", "b", "c", "d"],
        survey=["ztf", "lsst", "lsst", "lsst", "lsst"],
        asteroid_distance_arcsec=[np.inf, np.inf, 0.5, np.inf, np.inf],
    )
    records = [{}, {}, {}, {"tns": "SN Ia"}, {}]
    found = learnt(RealAlerts(batch, records), frozenset("ad"))
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


def test_what_was_held_out_was_not_taught() -> None:
    kept = Answers.read()
    taught = supernova_taught()
    assert taught == set(kept.name[kept.fold != SERVED].tolist()) - set(
        kept.name[kept.fold == SERVED].tolist()
    )
    assert len(taught) > 7000
