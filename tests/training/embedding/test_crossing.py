"""Networks before and after they saw labels, and the set that is shipped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from classifiers.alert_embedding import AlertEmbedding
from classifiers.embedding_layout import ROW_WIDTH, STAMPS_BEGIN
from classifiers.observations.layout import TOKENS_BEGIN
from training.embedding import labelled
from training.embedding.crossing import LEFT_OUT, Job, jobs, network, taught
from training.embedding.fitting import Recipe, fitted, vectors
from training.embedding.material import CLASSES, PACKET, SIMULATED, Material
from training.lightcurve.answers import SERVED

BRIEF = Recipe(unlabelled_steps=2, steps=2, batch=8)


def material(objects: int = 120, views: int = 3) -> Material:
    """Views of objects of all classes, half of them real, every fifth object held out."""
    count = objects * views
    thing = np.arange(count) % objects
    rows = np.random.default_rng(0).uniform(0.1, 2, (count, ROW_WIDTH)).astype(np.float32)
    rows[:, TOKENS_BEGIN : STAMPS_BEGIN - 1] *= 0.5
    rows[:, STAMPS_BEGIN - 1], rows[:, STAMPS_BEGIN:] = thing % 2, np.nan
    return Material(
        name=np.array([f"object{one}" for one in thing]),
        rows=rows,
        label=thing % len(CLASSES),
        source=np.where(thing % 2 == 1, SIMULATED, PACKET),
        asked=np.arange(count) < objects,
        fold=thing % 4,
        held_out=thing % 5 == 0,
        mjd=np.arange(count, dtype=np.float64),
        alert_id=np.zeros(count, np.int64),
    )


def test_a_network_without_labels_is_the_one_that_goes_on_to_learn_them() -> None:
    some = material()
    trunk, whole = fitted(some, BRIEF)
    alone = fitted(some, replace(BRIEF, steps=0))
    np.testing.assert_array_equal(vectors(trunk, some.rows), vectors(alone.whole, some.rows))
    assert not np.array_equal(vectors(trunk, some.rows), vectors(whole, some.rows))


def test_a_network_without_a_class_keeps_what_it_was_before_it_saw_a_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.embedding.crossing.SMALLER", BRIEF)
    job, some = Job(0, 1, LEFT_OUT[0]), material()
    assert not (taught(some, job).label == CLASSES.index(LEFT_OUT[0])).any()
    whole = network(tmp_path, some, job, BRIEF)
    trunk = network(tmp_path, some, job._replace(labelled=False), BRIEF)
    weights = zip(trunk.state_dict().values(), whole.state_dict().values(), strict=True)
    assert not all(torch.equal(one, other) for one, other in weights)


def test_no_two_networks_without_a_class_share_a_fold_or_a_seed() -> None:
    for name in LEFT_OUT:
        own = [job for job in jobs() if job.left_out == name]
        assert len({job.fold for job in own}) == len({job.seed for job in own}) == len(own) > 1
        assert own[0].fold == SERVED


def test_the_shipped_set_has_a_view_of_each_of_some_objects_that_were_taught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(labelled, "OBJECTS_MAX", 3)
    some = material()
    found = labelled.shipped(some, AlertEmbedding())
    assert len({*found.object_id.tolist()}) == len(found)
    apart = {*some.name[some.held_out].tolist()}
    assert not apart & {*found.object_id.tolist()}
    counts = Counter(zip(found.system.tolist(), found.label.tolist(), strict=True))
    assert max(counts.values()) == 3
