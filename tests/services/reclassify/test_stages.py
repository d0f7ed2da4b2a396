"""What is served live is asked again of a lake as it was asked then: nothing changes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.served import BUILT_IN, STAGES_BUILT_IN, served
from lake.reading import Lake
from replay.invention import invent
from replay.kinds import Kind
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.errors import ArchiveError
from schemas.learned import Given
from schemas.stage import Identity, run_stages
from services.reclassify.candidate import Candidate, candidate_of
from services.reclassify.revising import Revising, joined, revised
from tests.services.reclassify.test_reclassify import with_origin

ALERTS = 40
FAILING = Identity("failing", "1", "ab" * 32)


def supernovae(path: Path, stages: tuple[str, ...]) -> Lake:
    """A live lake of such, each with what the stages say."""
    packets = [one.packet for one in invent(ALERTS, seed=3, mix={Kind.SUPERNOVA: 1.0})]
    batch = Decoder().decode(packets)
    running = served(tuple(BUILT_IN), stages)
    assert not run_stages(batch, running)
    annotations = Annotations(
        broker_version="test",
        models=[one.identity for one in running],
        ingest_unix_us=np.full(len(batch), 1_763_000_000_000_000),
        publish_unix_us=1_763_000_000_000_001,
        learned=batch.learned,
        filters=[()] * len(batch),
        flags=[()] * len(batch),
    )
    with_origin(path, Enricher().encode(batch, annotations, "full"), ALERTS)
    return Lake(path, decoder=Decoder(rescore=True))


@pytest.fixture(autouse=True)
def _no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.parametrize("stages", [tuple(STAGES_BUILT_IN), ("phase",), ()])
def test_the_stage_that_was_served_changes_nothing(tmp_path: Path, stages: tuple[str, ...]) -> None:
    lake = supernovae(tmp_path / "lake", stages)
    for stage in served(tuple(BUILT_IN), stages):
        name, version, _ = stage.identity
        candidate = candidate_of(f"{name}@{version}")
        found = joined(
            revised(some, Revising(candidate, "revisions", "test", 1e-5)) for some in lake.tables()
        )
        assert (found.rows, len(found.outputs), found.failed) == (ALERTS, 0, 0), name


@dataclass
class Failing:
    """A stage that cannot do with every third alert."""

    identity: Identity = FAILING
    reads: tuple[str, ...] = ("alert_id",)
    gives: tuple[Given, ...] = (Given("failing", "values", ("is",)),)

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float64]]:
        if (batch.alert_id % 3 == 0).any():
            raise ValueError("a third")
        return (np.ones((len(batch), 1)),)

    def warm_up(self) -> None:
        """Nothing is to be done before."""


def test_alerts_on_which_a_stage_fails_are_told_and_left_as_they_are(tmp_path: Path) -> None:
    lake, stage = supernovae(tmp_path / "lake", ()), Failing()
    revising = Revising(Candidate(stage.identity, stage=stage), "revisions", "test")
    found = joined(revised(some, revising) for some in lake.tables())
    third = sum((some.column("alert_id") % 3 == 0).sum() for some in lake.tables())
    assert found.failed == third > 0
    assert len(found.outputs) == ALERTS - third
    assert "a third" in found.fault


def test_a_night_without_what_a_stage_reads_is_refused_by_name(tmp_path: Path) -> None:
    lake = supernovae(tmp_path / "lake", ())
    stage = Failing(reads=("learned.host",))
    revising = Revising(Candidate(stage.identity, stage=stage), "revisions", "test")
    with pytest.raises(ArchiveError, match=r"reads 'host'.*leave the night out"):
        revised(next(iter(lake.tables())), revising)
