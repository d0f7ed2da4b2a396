"""Neighbours are the nearest of the labelled objects, and never the alert's own object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from broker.stage_settings import NeighboursSection, StagesSection
from broker.stages import opened_stages
from classifiers.alert_embedding import WEIGHTS
from classifiers.embedding_layout import LABELS, WIDTH
from classifiers.labelled_set import LabelledSet, read_labelled
from classifiers.neighbours import LABELLED, NAME, NEAREST, VOTERS, Neighbours, named
from classifiers.served import served
from filters.alerts import Alerts
from gueststar.alert import rows
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.batch import AlertBatch
from schemas.columns import SYSTEMS
from schemas.errors import ModelError
from schemas.learned import Learned
from schemas.stage import run_stage
from sky.files import sha256_of

VERSION = sha256_of(WEIGHTS)[:12]
CLASSES = ("AGN", "SNIa", "TDE")


def unit(count: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def labelled(count: int = 90, *, seed: int = 0) -> LabelledSet:
    """Of two systems; the crowd's first objects are among them."""
    place = np.arange(count)
    system, label = np.array(["ztf", "lsst"])[place % 2], np.array(CLASSES)[place % 3]
    names = np.array([f"crowd-{one}" for one in place])
    return LabelledSet(VERSION, system, names, label, unit(count, seed))


def batch() -> AlertBatch:
    """Alerts of both systems and of none, with vectors; every seventh has none."""
    found = crowd(40)
    systems = np.array([SYSTEMS.index("ztf"), SYSTEMS.index("lsst"), -1], np.int8)
    found = replace(found, photometric_system=systems[np.arange(40) % 3])
    vector = unit(40, seed=1)
    vector[::7] = np.nan
    found.learned["embedding"] = Learned("vector", LABELS, vector)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    labelled().write(tmp_path / "set.npz")
    return tmp_path / "set.npz"


def test_what_is_given_is_what_a_plain_search_finds(path: Path) -> None:
    stage, alerts, known = Neighbours(path=path), batch(), read_labelled(path)
    (found,) = stage.run(alerts)
    columns = stage.gives[0].columns
    for row, (name, code) in enumerate(
        zip(alerts.object_id.tolist(), alerts.photometric_system.tolist(), strict=True)
    ):
        vector = alerts.learned["embedding"].values[row].astype(np.float64)
        if code < 0 or np.isnan(vector).any():
            assert np.isnan(found[row]).all()
            continue
        own = np.flatnonzero((known.system == SYSTEMS[code]) & (known.object_id != name))
        apart = np.linalg.norm(known.vector[own] - vector, axis=1)
        order = np.argsort(apart)
        system = known.label[known.system == SYSTEMS[code]]
        votes = dict.fromkeys(CLASSES, 0.0)
        for one in own[order[:VOTERS]]:
            votes[known.label[one]] += 1 / max((system == known.label[one]).sum(), VOTERS)
        told = dict(zip(columns, found[row], strict=True))
        for one in CLASSES:
            assert np.isclose(told[one], votes[one] / sum(votes.values()))
        for rank in range(NEAREST):
            place = own[order[rank]]
            assert told[f"object_{rank + 1}"] == place
            assert CLASSES[int(told[f"class_{rank + 1}"])] == known.label[place]
            assert np.isclose(told[f"distance_{rank + 1}"], apart[order[rank]], atol=1e-3)


def test_an_object_is_never_its_own_neighbour(path: Path) -> None:
    known, alerts = read_labelled(path), crowd(90)
    system = np.array([SYSTEMS.index(one) for one in known.system], np.int8)
    alerts = replace(alerts, photometric_system=system)
    alerts.learned["embedding"] = Learned("vector", LABELS, known.vector)
    run_stage(alerts, Neighbours(path=path))
    nothing = [()] * len(alerts)
    for alert in rows(alerts, [{}] * len(alerts), nothing):
        near = alert.neighbours(path)
        assert len(near) == NEAREST and alert.object_id not in {one.object_id for one in near}
        assert near[0].distance > 0.5, "its own vector is in the set, at no distance"


def test_it_keeps_the_rules_of_every_stage(path: Path) -> None:
    check_stage(Neighbours(path=path), alerts=batch())


def test_a_set_of_few_gives_as_many_as_there_are(tmp_path: Path) -> None:
    labelled(3).write(tmp_path / "few.npz")
    stage, alerts = Neighbours(path=tmp_path / "few.npz"), batch()
    run_stage(alerts, stage)
    told = Alerts(alerts).value(NAME, "distance_2")
    lsst = np.flatnonzero(alerts.photometric_system == SYSTEMS.index("lsst"))
    assert np.isnan(told[lsst]).all()
    assert np.isfinite(Alerts(alerts).value(NAME, "AGN")).any()


def test_names_are_told_by_the_set_that_was_searched_alone(path: Path, tmp_path: Path) -> None:
    alerts = batch()
    run_stage(alerts, Neighbours(path=path))
    learned = alerts.learned[NAME]
    told = dict(zip(learned.columns, learned.values[1].tolist(), strict=True))
    (first, *_) = named(told, path)
    assert first.distance == told["distance_1"]
    labelled(seed=5).write(tmp_path / "other.npz")
    with pytest.raises(ModelError, match="another set"):
        named(told, tmp_path / "other.npz")
    assert named({}, path) == []


def test_versions_of_the_embedding_are_never_mixed(tmp_path: Path) -> None:
    replace(labelled(), version="0" * 12).write(tmp_path / "old.npz")
    with pytest.raises(ModelError, match="label-set"):
        Neighbours(path=tmp_path / "old.npz")
    with pytest.raises(ModelError, match="needs the stage 'embedding'"):
        Neighbours(("realbogus",))


def test_a_setting_names_the_set_that_is_searched(path: Path) -> None:
    section = StagesSection(names=(NAME, "embedding"), neighbours=NeighboursSection(path))
    (stage,) = opened_stages(section)
    assert stage.identity.sha256 == sha256_of(path)
    assert stage.gives[0].columns[:3] == CLASSES


def test_what_is_no_set_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.npz").write_bytes(b"nothing")
    (tmp_path / "cut.npz").write_bytes(LABELLED.read_bytes()[:200_000])
    for name in ("no.npz", "cut.npz", "missing.npz"):
        with pytest.raises(ModelError, match="no labelled set"):
            read_labelled(tmp_path / name)
    one = labelled(2)
    twice = replace(one, system=one.system[[0, 0]], object_id=one.object_id[[0, 0]])
    with pytest.raises(ModelError, match="twice"):
        twice.write(tmp_path / "twice.npz")


def test_the_set_that_is_shipped_is_of_the_embedding_that_is_served() -> None:
    known = read_labelled(LABELLED)
    assert np.allclose(np.linalg.norm(known.vector, axis=1), 1, atol=2e-3)
    assert {*known.system.tolist()} == {"ztf", "lsst"}
    names = [one.identity.name for one in served((), (NAME, "embedding"))]
    assert names == ["embedding", NAME]
