"""What a shadow's messages add up to: the comparison that a promotion holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.models.compared import Compared
from broker.models.labelled import marks, places
from broker.models.records import Comparison

NO_LABELS: Mapping[str, str] = {}


class Joined(NamedTuple):
    """All that was said of the alerts beside the last live version, an alert once."""

    labels: tuple[str, ...]
    objects: NDArray[np.str_]
    alerts: NDArray[np.int64]
    scores: NDArray[np.float32]
    against_scores: NDArray[np.float32]


def same_pair(messages: Sequence[Compared]) -> list[Compared]:
    """Those beside the live version that the last message names; none of none."""
    pair = {each.against_sha256 for each in messages[-1:]}
    return [each for each in messages if each.against_sha256 in pair]


def joined(messages: Sequence[Compared]) -> Joined:
    """At least one message, all of one pair; of an alert that came again the last counts."""
    ids = np.concatenate([each.alert_id for each in messages])
    _, last = np.unique(ids[::-1], return_index=True)
    kept = np.sort(len(ids) - 1 - last)
    return Joined(
        messages[0].labels,
        np.concatenate([each.object_id for each in messages])[kept],
        ids[kept],
        np.concatenate([each.scores for each in messages])[kept],
        np.concatenate([each.against_scores for each in messages])[kept],
    )


def comparison(
    messages: Sequence[Compared], known: Mapping[str, str] = NO_LABELS
) -> Comparison | None:
    """Of a version's messages, in order; `known`: objects' labels. None of none."""
    messages = same_pair(messages)
    if not messages:
        return None
    all_ = joined(messages)
    declined, declined_against = (
        np.isnan(each).any(axis=1) for each in (all_.scores, all_.against_scores)
    )
    both = ~declined & ~declined_against
    truth = np.where(both, places(all_.objects.tolist(), known, all_.labels), -1)
    scored = sum(map(len, messages))
    wall_ms = [each.wall_s * 1e3 for each in messages if each.wall_s]
    return Comparison(
        against=messages[-1].against,
        against_sha256=messages[-1].against_sha256,
        alerts=len(all_.objects),
        agreement=_agreement(all_.scores[both], all_.against_scores[both]),
        declined=float(declined.mean()),
        declined_against=float(declined_against.mean()),
        cost_us=sum(each.cpu_s for each in messages) / scored * 1e6,
        latency_ms_p50=float(np.percentile(wall_ms or [0.0], 50)),
        latency_ms_p99=float(np.percentile(wall_ms or [0.0], 99)),
        faults=sum(each.faults for each in messages),
        marks=marks(all_.scores, truth, all_.objects),
        marks_against=marks(all_.against_scores, truth, all_.objects),
    )


def _agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    return float(np.mean(one.argmax(axis=1) == other.argmax(axis=1))) if len(one) else None
