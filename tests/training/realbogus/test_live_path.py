"""What training measured is what is served: the same scores from bytes, and no mark of drawing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.classifier import Scoring
from classifiers.realbogus import STAMP_PIXELS, WEIGHTS, RealBogus
from schemas.annotation import Annotations
from schemas.batch import AlertBatch, Reason
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_reading import EnrichedReader
from schemas.learned import Learned
from schemas.resampling import resample
from schemas.stage import run_stages
from tests.classifiers.stamped import invented_stamps
from tests.training.realbogus.invented import examples as invented_examples
from tests.training.realbogus.read_back import loaded, scored
from training.packets import packets
from training.realbogus.alerts import dataset
from training.realbogus.alerts.examples import Examples
from training.realbogus.drawing.artefacts import ARTEFACTS, Artefact
from training.realbogus.drawing.ground import DIFFERENCE, Ground
from training.realbogus.drawing.injection import inject
from training.realbogus.drawing.pool import opened_all
from training.realbogus.export import exported
from training.realbogus.model import RealBogusNet

Stamps = NDArray[np.float32]
Draw = Callable[[Ground, np.random.Generator], Stamps]
SAID = {"name": "toy", "version": "0", "seed": "0"}
BATCH = 100
"""Alerts: not as many as training reads at once, for neither may be seen in a score."""
PUBLISHED_EVERY = 10
"""Rows of a batch from one that is published and read back to the next."""
DRAWN_EVERY = 80
"""Alerts from one that is drawn on to the next."""
SAME = 1e-5
MARK_MAX = 0.02


class Published(NamedTuple):
    """One row of a batch, and what a reader finds in the packet made of it."""

    labels: tuple[str, ...]
    scores: Stamps
    read: dict[str, dict[str, float]]


class LivePath:
    """The stream's own way from bytes to scores, run on packets while training reads them."""

    def __init__(self) -> None:
        self.scores: dict[tuple[str, int], list[Stamps]] = defaultdict(list)
        """By survey and alert id; an alert may come in several packets."""
        self.published: list[Published] = []
        self.refused: list[Reason] = []
        self._decoder, self._enricher, self._reader = Decoder(), Enricher(), EnrichedReader()
        self._classifier = RealBogus()

    def watched(self, passing: Iterator[bytes]) -> Iterator[bytes]:
        """The same packets, scored before they pass."""
        while group := list(islice(passing, BATCH)):
            batch = self._decoder.decode(group)
            self.refused += [one.reason for one in batch.rejected]
            run_stages(batch, [Scoring(self._classifier)])
            names = zip(batch.survey.tolist(), batch.alert_id.tolist(), strict=True)
            for name, row in zip(names, batch.scores["realbogus"], strict=True):
                self.scores[name].append(row)
            self._publish(batch)
            yield from group

    def _publish(self, batch: AlertBatch) -> None:
        labels, scores = batch.score_labels["realbogus"], batch.scores["realbogus"]
        learned = Annotations(
            broker_version="0",
            models=[self._classifier.identity],
            ingest_unix_us=np.zeros(len(batch), np.int64),
            publish_unix_us=0,
            learned={"realbogus": Learned.probabilities(labels, scores)},
        )
        rows = np.arange(0, len(batch), PUBLISHED_EVERY)
        for row, packet in zip(rows, self._enricher.encode(batch, learned, rows=rows), strict=True):
            read = self._reader.read(packet).get("gueststar")
            assert read is not None
            self.published.append(Published(labels, scores[row], read["scores"]))


@pytest.fixture(scope="module")
def live() -> LivePath:
    """Filled by `examples`."""
    return LivePath()


@pytest.fixture(scope="module")
def examples(data_folder: Path, live: LivePath) -> Examples:
    """What training reads of every real packet; each packet is read from its file once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "packets", lambda folders: live.watched(packets(folders)))
        return dataset.read_examples(data_folder)


@pytest.mark.data
def test_every_packet_scores_through_the_live_path_as_training_scores_it(
    examples: Examples, live: LivePath
) -> None:
    ours = scored(loaded(WEIGHTS), examples.stamps)
    names = zip(examples.survey.tolist(), examples.alert_id.tolist(), strict=True)
    apart = [
        float(np.abs(row - one).max())
        for name, one in zip(names, ours, strict=True)
        for row in live.scores[name]
    ]
    assert len(apart) >= len(examples)
    assert max(apart) < SAME
    # Packets that name their schema by a number only; neither path was given any.
    # And Rubin's one published example without a time.
    others = [reason for reason in live.refused if reason != Reason.UNKNOWN_SCHEMA]
    assert others == [Reason.NOT_AN_ALERT]


@pytest.mark.data
def test_only_an_alert_that_training_cannot_use_is_declined(
    examples: Examples, live: LivePath
) -> None:
    used = set(zip(examples.survey.tolist(), examples.alert_id.tolist(), strict=True))
    rows = [(name in used, row) for name, scores in live.scores.items() for row in scores]
    answered = np.isfinite([row for _, row in rows])
    np.testing.assert_array_equal(answered.all(axis=1), answered.any(axis=1))
    np.testing.assert_array_equal(answered.all(axis=1), [known for known, _ in rows])


@pytest.mark.data
def test_what_a_reader_finds_is_what_was_scored(examples: Examples, live: LivePath) -> None:
    assert len(live.published) * PUBLISHED_EVERY >= len(examples)
    for labels, scores, read in live.published:
        given = dict(zip(labels, scores.tolist(), strict=True))
        assert read == ({"realbogus": given} if np.isfinite(scores).all() else {})


def test_a_network_that_was_neither_fitted_nor_calibrated_is_read_back(tmp_path: Path) -> None:
    """Its file leaves out every bias that is zero, and the two numbers of its calibration."""
    net, stamps = RealBogusNet((4, 8, 12)).eval(), invented_stamps(20, seed=3, amplitude=20)
    exported(net, tmp_path / "toy.onnx", SAID)
    again = loaded(tmp_path / "toy.onnx")
    assert again.channels == net.channels
    np.testing.assert_allclose(scored(again, stamps), scored(net, stamps), atol=1e-6)


def a_source(ground: Ground, random: np.random.Generator) -> Stamps:
    """Of the alert's own sign, with no strength."""
    return inject(ground, random, 0.0, negative=ground.sign < 0)


def weakest(kind: Artefact) -> Draw:
    """The artefact with no strength."""
    return lambda ground, random: kind.draw(ground, random, 0.0)


DRAWS = {"a source": a_source, **{name: weakest(kind) for name, kind in ARTEFACTS.items()}}


def as_read(stamps: Stamps) -> Stamps:
    """Native stamps (3, side, side) at the size that the network reads."""
    return stamps if stamps.shape[-1] == STAMP_PIXELS else resample(stamps, STAMP_PIXELS)


def marks(examples: Examples) -> dict[str, float]:
    """How far, at most, a score is moved by drawing each thing with no strength."""
    served, grounds = RealBogus(), opened_all(examples)
    other = examples.stamps.copy()
    other[:, DIFFERENCE] *= -1
    untouched, turned = served.score_stamps(examples.stamps), served.score_stamps(other)
    moved = {}
    for name, draw in DRAWS.items():
        drawn = [as_read(draw(one, np.random.default_rng(row))) for row, one in enumerate(grounds)]
        stamps = np.stack(drawn)
        # Some things are seen on fadings only, some on brightenings only, whatever the alert was.
        signs = np.sign(stamps[:, DIFFERENCE]) * np.sign(examples.stamps[:, DIFFERENCE])
        was_turned = np.nansum(signs, axis=(1, 2)) < 0
        expected = np.where(was_turned[:, None], turned, untouched)
        moved[name] = float(np.abs(served.score_stamps(stamps) - expected).max())
    return moved


@pytest.mark.data
def test_drawing_with_no_strength_leaves_the_score_of_a_real_stamp(examples: Examples) -> None:
    assert max(marks(examples.take(np.arange(0, len(examples), DRAWN_EVERY))).values()) < MARK_MAX


def test_drawing_with_no_strength_leaves_the_score_of_an_invented_stamp() -> None:
    found = marks(invented_examples(8, seed=4))
    assert len(found) == len(ARTEFACTS) + 1
    assert max(found.values()) < MARK_MAX
