"""Each alert gets a vector of length 1, by itself, and two files' vectors are told apart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.alert_embedding import WEIGHTS, AlertEmbedding, StampReader, rows_of
from classifiers.embedding_layout import (
    CONTEXT,
    CONTEXT_BEGIN,
    LABELS,
    NAME,
    ROW_WIDTH,
    STAMPS_BEGIN,
    WIDTH,
)
from classifiers.observations.gathering import history
from classifiers.observations.layout import ROW
from classifiers.observations.shared import told
from classifiers.served import served
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.columns import SYSTEMS
from schemas.errors import ModelError
from schemas.stage import run_stage
from schemas.vector_records import read, vectors_of, written


@pytest.fixture(scope="module")
def stage() -> AlertEmbedding:
    return AlertEmbedding()


def test_a_vector_has_length_one_and_does_not_hang_on_its_neighbours(stage: AlertEmbedding) -> None:
    batch = crowd(9)
    (whole,) = stage.run(batch)
    known = ~np.isnan(whole).any(axis=1)
    assert whole.shape == (9, WIDTH) and known.any()
    assert np.allclose(np.linalg.norm(whole[known], axis=1), 1, atol=1e-5)
    (alone,) = stage.run(batch.take(np.array([4])))
    assert np.allclose(alone[0], whole[4], atol=1e-5, equal_nan=True)


def test_it_keeps_the_rules_of_every_stage(stage: AlertEmbedding) -> None:
    check_stage(stage)


def test_rows_are_the_classifiers_rows_with_what_was_before_and_no_redshift() -> None:
    batch = replace(crowd(6), photometric_system=np.full(6, SYSTEMS.index("ztf"), np.int8))
    rows = rows_of(batch, StampReader())
    curves, shared = told(batch, "ztf")
    assert rows.shape == (6, ROW_WIDTH)
    assert np.array_equal(rows[:, 4:ROW], shared[:, 4:])
    assert (rows[:, :4] == 0).all()
    assert np.allclose(rows[:, ROW : STAMPS_BEGIN - 1], history(batch, curves), rtol=1e-6)
    assert not np.isinf(rows[:, CONTEXT_BEGIN:]).any()
    assert rows.shape[1] - CONTEXT_BEGIN == len(CONTEXT)


def test_a_system_that_was_not_taught_gets_none(stage: AlertEmbedding) -> None:
    batch = replace(crowd(3), photometric_system=np.full(3, -1, np.int8))
    assert np.isnan(stage.run(batch)[0]).all()


def test_stamps_are_read_as_missing_where_a_plane_is() -> None:
    stamps = np.random.default_rng(0).normal(size=(2, 3, 63, 63)).astype(np.float32)
    stamps[1, 2] = np.nan
    said = StampReader().read(stamps)
    assert np.isfinite(said[0]).all() and np.isnan(said[1]).all()


def test_it_is_served_beside_the_real_bogus_file_that_it_was_taught_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    sha256 = StampReader().sha256.encode()
    content = WEIGHTS.read_bytes()
    assert sha256 in content
    other.write_bytes(content.replace(sha256, hashlib.sha256(b"another").hexdigest().encode()))
    with pytest.raises(ModelError, match="stamps"):
        AlertEmbedding(other)


def test_a_setting_names_it_and_its_records_hold_what_it_gave(stage: AlertEmbedding) -> None:
    (given,) = [one for one in served((), (NAME,)) if one.identity.name == NAME]
    assert given.gives[0].columns == LABELS and given.identity == stage.identity
    batch = crowd(5)
    run_stage(batch, stage)
    vectors = vectors_of(batch, stage.identity.sha256)
    (again,) = read(written(vectors))
    assert again.version == stage.identity.sha256[:12]
    assert np.array_equal(again.vector, vectors.vector)
