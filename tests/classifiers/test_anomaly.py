"""Each alert gets its rarity by itself, from its light curve and embedding."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.alert_embedding import AlertEmbedding, StampReader, light_rows_of, rows_of
from classifiers.anomaly import GIVES, NAME, RARITY_MAX, WEIGHTS, Anomaly, Tail
from classifiers.anomaly import rows_of as anomaly_rows_of
from classifiers.embedding_layout import STAMPS_BEGIN
from classifiers.served import served
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.batch import AlertBatch
from schemas.columns import SYSTEMS
from schemas.errors import ModelError
from schemas.stage import run_stage


@pytest.fixture(scope="module")
def stage() -> Anomaly:
    return Anomaly()


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    """Of both systems and of none, with their embeddings."""
    some = crowd(60)
    run_stage(some, AlertEmbedding())
    return some


def test_it_keeps_the_rules_of_every_stage(stage: Anomaly, batch: AlertBatch) -> None:
    check_stage(stage, alerts=batch)


def test_one_in_how_many_is_given_where_there_is_an_embedding(
    stage: Anomaly, batch: AlertBatch
) -> None:
    (found,) = stage.run(batch)
    known = np.isfinite(batch.learned["embedding"].values).all(axis=1)
    assert known.any() and not known.all()
    assert found.shape == (60, len(GIVES))
    assert (found[known] >= 1).all() and (found[known] <= 10**RARITY_MAX).all()
    assert np.isnan(found[~known]).all()


def test_it_reads_what_the_embedding_reads_of_a_light_curve(batch: AlertBatch) -> None:
    whole = rows_of(batch, StampReader())
    assert np.array_equal(whole[:, :STAMPS_BEGIN], light_rows_of(batch), equal_nan=True)
    assert np.array_equal(anomaly_rows_of(batch)[:, :STAMPS_BEGIN], light_rows_of(batch))


def test_it_runs_after_the_embedding_and_not_without() -> None:
    names = [one.identity.name for one in served((), (NAME, "embedding"))]
    assert names == ["embedding", NAME]
    with pytest.raises(ModelError, match="embedding"):
        served((), (NAME,))


def test_it_is_served_beside_the_embedding_that_it_was_taught_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"another embedding")
    with pytest.raises(ModelError, match=hashlib.sha256(other.read_bytes()).hexdigest()):
        Anomaly(WEIGHTS, other)


def test_rarity_rises_with_the_score_and_ends() -> None:
    tail = Tail((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 0.5)
    told = tail.rarity([-1.0, 0.0, 3.0, 6.0, 6.5, 1e9])
    assert told[:2].tolist() == [0, 0]
    assert told[2] == 1 and told[3] == 2
    assert (np.diff(told[1:]) > 0).all() and told[-1] == RARITY_MAX


def test_alerts_of_another_system_get_none(stage: Anomaly, batch: AlertBatch) -> None:
    other = replace(batch, photometric_system=np.full(60, len(SYSTEMS) - 1, np.int8))
    assert np.isnan(stage.run(other)[0]).all()
