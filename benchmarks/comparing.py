"""Two enriched records compared value by value."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

import fastavro

from schemas.annotation import SEEN_BEFORE

Record = dict[str, Any]

OWN_WORDS = ("broker_version", "publish_time", "ingest_time", "selected_by")
"""What two brokers must say differently of one alert; the last is the files of their filters."""

SCORE_TOLERANCE = 1e-5
"""A network run on one alert and on many adds in another order."""


def read_record(packet: bytes) -> Record:
    """The one record of an enriched packet, as plain fastavro reads it."""
    (record,) = fastavro.reader(io.BytesIO(packet))
    assert isinstance(record, dict)
    return record


def restricted(one: Record, other: Record) -> Record:
    """The first record with the scores and models of those classifiers alone that ran on both.

    Without the flag of alerts that came before, too: the textbook keeps nothing between batches.
    """
    said = one["gueststar"]
    names = {model["name"] for model in other["gueststar"]["models"]}
    models = [model for model in said["models"] if model["name"] in names]
    scores = {name: each for name, each in said["scores"].items() if name in names}
    flags = [flag for flag in said["flags"] if flag != SEEN_BEFORE]
    return {**one, "gueststar": {**said, "models": models, "scores": scores, "flags": flags}}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The paths at which two records differ, times and names of brokers apart."""
    return list(_differences("", one, other))


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:  # noqa: ANN401 - any value
    if path.rpartition(".")[2] in OWN_WORDS:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from _differences(f"{path}.{name}", one.get(name), other.get(name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{path}[{place}]", *pair)
    elif not _is_same(path, one, other):
        yield f"{path}: {one!r:.80} and {other!r:.80}"


def _is_same(path: str, one: Any, other: Any) -> bool:  # noqa: ANN401 - any value
    if isinstance(one, float) and isinstance(other, float):
        tolerance = SCORE_TOLERANCE if ".scores." in path else 0.0
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=0, abs_tol=tolerance)
    return bool(one == other)
