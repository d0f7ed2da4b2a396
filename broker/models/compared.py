"""What a shadow and the live one said of a batch: a message of the topic of comparisons.

JSON, but for the scores, which are float32 in little-endian order as base64: so they are what was
said, to the last bit, at a fifth of the bytes and of the time of numbers as text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.headers import JSON
from broker.json_records import RecordError
from broker.ports import Message, Output

ROWS_MAX: Final = 500
"""Alerts in one message: 130 kB where both give fourteen labels."""


@dataclass(frozen=True)
class Compared:
    """Of n alerts."""

    name: str
    version: int
    sha256: str
    """Of the shadow's file."""
    against: str
    """The live one's version, as its file says."""
    against_sha256: str
    labels: tuple[str, ...]
    cpu_s: float
    """Of the shadow; in the first message of a batch, 0 in others."""
    wall_s: float
    faults: int
    """Alerts on which the shadow raised; it scored none of them."""
    alert_id: NDArray[np.int64]
    object_id: NDArray[np.str_]
    scores: NDArray[np.float32]
    """(n, labels), at the prior that is published; a NaN row where it declined."""
    against_scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.alert_id)

    def output(self, topic: str) -> Output:
        return Output(topic, f"{self.name}/{self.version}".encode(), self.encode(), JSON)

    def encode(self) -> bytes:
        document = {
            **vars(self),
            "alert_id": self.alert_id.tolist(),
            "object_id": self.object_id.tolist(),
            "scores": _text(self.scores),
            "against_scores": _text(self.against_scores),
        }
        return json.dumps(document).encode()


def in_messages(one: Compared) -> Iterator[Compared]:
    """A batch in messages of ROWS_MAX alerts; what it cost stands in the first."""
    for begin in range(0, len(one), ROWS_MAX):
        part = slice(begin, begin + ROWS_MAX)
        cut = replace(
            one,
            alert_id=one.alert_id[part],
            object_id=one.object_id[part],
            scores=one.scores[part],
            against_scores=one.against_scores[part],
        )
        yield replace(cut, cpu_s=0.0, wall_s=0.0, faults=0) if begin else cut


def read_compared(messages: Sequence[Message]) -> Iterator[Compared]:
    """What messages hold; one that is none is passed over."""
    for message in messages:
        try:
            yield _read(message.value)
        except RecordError:
            continue


def _read(value: bytes) -> Compared:
    try:
        document: dict[str, Any] = json.loads(value)
        shape = (len(document["alert_id"]), len(document["labels"]))
        return Compared(
            **{
                **document,
                "labels": tuple(document["labels"]),
                "alert_id": np.array(document["alert_id"], np.int64),
                "object_id": np.array(document["object_id"], np.str_),
                "scores": _numbers(document["scores"], shape),
                "against_scores": _numbers(document["against_scores"], shape),
            }
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise RecordError(f"no comparison: {error}") from error


def _text(values: NDArray[np.float32]) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def _numbers(text: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape).astype(np.float32)
