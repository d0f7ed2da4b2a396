"""What training measured is what is served: the same classes from bytes, for every real alert."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.classifier import Scoring
from classifiers.lightcurve import DETECTIONS, LIGHTCURVE, SUPERNOVA, LightCurveClassifier
from classifiers.observations.gathering import gathered, history
from classifiers.observations.layout import REDSHIFT
from classifiers.observations.rows import rows, with_history
from lake.archives import Archive
from schemas.annotation import Annotations
from schemas.batch import AlertBatch, Reason
from schemas.columns import SYSTEMS
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_reading import EnrichedReader
from schemas.schema_folder import SchemaFolder
from schemas.stage import run_stages
from training.lightcurve.export import loaded
from training.lightcurve.fitting import scored

BATCH = 100
"""Alerts: not as many as training reads at once, for neither may be seen in a score."""
PUBLISHED_EVERY = 10
"""Rows of a batch from one that is published and read back to the next."""
SAME = 1e-5
WEIGHTS = {"lightcurve": LIGHTCURVE, "supernova": SUPERNOVA}
SYSTEM_OF = {"lightcurve": "lsst", "supernova": "ztf"}
TOLD_HISTORY = {"supernova"}
SCORED_MIN = {"lightcurve": 20, "supernova": 1500}
"""Of the real alerts, by how many have two detections."""

pytestmark = [pytest.mark.data, pytest.mark.timeout(1800)]


class Scored(NamedTuple):
    """What one classifier and the training's own network said of some alerts."""

    served: NDArray[np.float32]
    trained: NDArray[np.float32]
    """Of every alert, declined or not."""
    detections: NDArray[np.float32]
    """That its row counts."""
    of_system: NDArray[np.bool_]


class LivePath:
    """The stream's own way from bytes to scores, beside what training makes of the same alerts."""

    def __init__(self, schemas: Path) -> None:
        self.by_name: dict[str, list[Scored]] = {name: [] for name in WEIGHTS}
        self.published: list[tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]] = []
        """What was scored of an alert, and what a reader finds in the packet made of it."""
        self.refused: list[Reason] = []
        self.classifiers = {
            name: LightCurveClassifier(path, SYSTEM_OF[name], history=name in TOLD_HISTORY)
            for name, path in WEIGHTS.items()
        }
        self._decoder = Decoder(schemas=SchemaFolder(schemas))
        self._enricher, self._reader = Enricher(), EnrichedReader()
        self._nets = {name: loaded(path) for name, path in WEIGHTS.items()}

    def run(self, packets: Iterator[bytes]) -> None:
        """Score all of them."""
        while group := list(islice(packets, BATCH)):
            batch = self._decoder.decode(group)
            self.refused += [one.reason for one in batch.rejected]
            run_stages(batch, map(Scoring, self.classifiers.values()))
            for name, found in self.by_name.items():
                found.append(self._scored(batch, name))
            self._publish(batch)

    def _scored(self, batch: AlertBatch, name: str) -> Scored:
        system = SYSTEM_OF[name]
        redshift = np.stack([getattr(batch, column) for column in REDSHIFT], axis=1)
        curves = gathered(batch, system)
        told = rows(curves, redshift)
        if name in TOLD_HISTORY:
            told = with_history(told, history(batch, curves))
        of_system = batch.photometric_system == SYSTEMS.index(system)
        trained = scored(self._nets[name], told)
        return Scored(batch.scores[name], trained, told[:, DETECTIONS], of_system)

    def _publish(self, batch: AlertBatch) -> None:
        learned = Annotations(
            broker_version="0",
            models=[each.identity for each in self.classifiers.values()],
            ingest_unix_us=np.zeros(len(batch), np.int64),
            publish_unix_us=0,
            learned={name: batch.learned[name] for name in WEIGHTS},
        )
        chosen = np.arange(0, len(batch), PUBLISHED_EVERY)
        packed = self._enricher.encode(batch, learned, rows=chosen)
        for row, packet in zip(chosen.tolist(), packed, strict=True):
            read = self._reader.read(packet).get("gueststar")
            assert read is not None
            self.published.append((_said(batch, row), read["scores"]))


def _said(batch: AlertBatch, row: int) -> dict[str, dict[str, float]]:
    """By classifier and label, those that declined left out."""
    return {
        name: dict(zip(batch.score_labels[name], values[row].tolist(), strict=True))
        for name, values in batch.scores.items()
        if not np.isnan(values[row]).any()
    }


@pytest.fixture(scope="module")
def live(data_folder: Path) -> LivePath:
    """Every real alert, out of packets and out of tables, once through."""
    path = LivePath(data_folder / "lsst" / "schemas")
    folders = (data_folder / "ztf", data_folder / "lsst")
    path.run(packet.data for folder in folders for packet in Archive(folder))
    return path


def of(live: LivePath, name: str) -> Scored:
    """All that was scored by one classifier."""
    return Scored(*(np.concatenate(part) for part in zip(*live.by_name[name], strict=True)))


@pytest.mark.parametrize("name", WEIGHTS)
def test_every_real_alert_with_enough_detections_gets_classes(live: LivePath, name: str) -> None:
    found, least = of(live, name), live.classifiers[name].detections_min
    answered = np.isfinite(found.served)
    np.testing.assert_array_equal(answered.all(axis=1), answered.any(axis=1))
    np.testing.assert_array_equal(answered[:, 0], found.detections >= least)
    assert not answered[~found.of_system].any()
    assert answered[:, 0].sum() >= SCORED_MIN[name]
    np.testing.assert_allclose(found.served[answered[:, 0]].sum(axis=1), 1, atol=SAME)


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_live_path_scores_as_training_scores(live: LivePath, name: str) -> None:
    found = of(live, name)
    answered = np.isfinite(found.served[:, 0])
    assert float(np.abs(found.served - found.trained)[answered].max()) < SAME


def test_every_alert_has_the_system_of_one_network(live: LivePath) -> None:
    systems = np.stack([of(live, name).of_system for name in WEIGHTS])
    np.testing.assert_array_equal(systems.sum(axis=0), 1)
    # Packets of an archive that name their schema by a number which its folder lacks.
    # And Rubin's one published example without a time.
    others = [reason for reason in live.refused if reason != Reason.UNKNOWN_SCHEMA]
    assert others == [Reason.NOT_AN_ALERT]


def test_what_a_reader_finds_is_what_was_scored(live: LivePath) -> None:
    assert len(live.published) > 300
    for said, read in live.published:
        assert read == said
