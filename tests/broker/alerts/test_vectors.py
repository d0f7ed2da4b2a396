"""Each alert that is published has its embedding published once, in the same batch's outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import EMBEDDING as NAME
from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.stage import Identity
from schemas.vector_records import read
from tests.broker.alerts.test_pipeline import limits, processed
from tests.broker.fakes import TOPICS, packet

VECTORS = "vectors"
SHA256 = "ab" * 32


class Embeds:
    """Gives each alert its own id, but nothing to every third."""

    identity = Identity(NAME, "1", SHA256)
    reads = ("alert_id",)
    gives = (Given(NAME, "vector", ("a", "b")),)

    def run(self, batch: AlertBatch) -> Sequence[NDArray[Any]]:
        ids = batch.alert_id.astype(np.float32)
        found = np.column_stack([ids, -ids])
        found[batch.alert_id % 3 == 0] = np.nan
        return (found,)

    def warm_up(self) -> None:
        """Nothing."""


def test_each_live_alert_with_a_vector_has_one_record_under_its_objects_key() -> None:
    topics = replace(TOPICS, embeddings=VECTORS)
    found = processed([packet(one) for one in range(1, 8)], stages=[Embeds()], topics=topics)
    outputs = [one for one in found.outputs if one.topic == VECTORS]
    (vectors,) = read([one.value for one in outputs])
    assert vectors.version == SHA256[:12]
    assert (vectors.alert_id % 3 != 0).all() and len(vectors) == len(set(vectors.alert_id.tolist()))
    assert np.array_equal(vectors.vector[:, 0], vectors.alert_id.astype(np.float32))
    names = [one.key for one in outputs]
    assert names == [name.encode() for name in vectors.object_id.tolist()]


def test_a_dead_alert_has_none() -> None:
    topics = replace(TOPICS, embeddings=VECTORS)
    packets = [packet(one) for one in range(1, 8)]
    small = limits(**{TOPICS.enriched: 1})
    found = processed(packets, stages=[Embeds()], topics=topics, bytes_max=small)
    assert found.dead and not [one for one in found.outputs if one.topic == VECTORS]


def test_without_a_topic_none_is_published() -> None:
    found = processed([packet(1)], stages=[Embeds()])
    assert {one.topic for one in found.outputs} <= {TOPICS.enriched, "bright"}
