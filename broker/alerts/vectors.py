"""Embeddings by themselves: a small record of each alert that is published and has one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from broker.alerts.packer import Packed
from broker.ports import Output
from schemas.annotation import EMBEDDING
from schemas.batch import AlertBatch
from schemas.stage import Stage
from schemas.vector_records import vectors_of, written


def vector_outputs(
    batch: AlertBatch, stages: Sequence[Stage], packed: Packed, topic: str
) -> list[Output]:
    """One for each row that is no dead letter; none without a topic, or where nothing embeds."""
    made = [stage.identity.sha256 for stage in stages if stage.identity.name == EMBEDDING]
    if not (topic and made and len(batch)):
        return []
    gone = [each.row for each in packed.refused]
    live = np.delete(np.arange(len(batch)), gone) if gone else None
    vectors = vectors_of(batch if live is None else batch.take(live), made[0])
    keys = (name.encode() for name in vectors.object_id.tolist())
    return [Output(topic, key, record) for key, record in zip(keys, written(vectors), strict=True)]
