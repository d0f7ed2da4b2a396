"""Step 5: who gets which record in which form, and what is done where it is too large.

Every alert ends exactly once. A record that is too large in full goes out lite, flagged
`cutouts-dropped`, since a smaller record in time is worth more than none; an alert that is too
large for one of its topics even so becomes a dead letter, and is then published to none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from broker.dead_letters import OUTPUT_TOO_LARGE
from broker.ports import Output
from schemas.enriched import Form

CUTOUTS_DROPPED = "cutouts-dropped"
"""The flag of a lite record that stands in for a full one."""


@dataclass(frozen=True)
class Topics:
    """Where things go, and in which form."""

    enriched: str = "enriched"
    """Every alert that is not dead."""
    dead_letters: str = "dead-letters"
    ledger: str = "ledger"
    forms: Mapping[str, Form] = field(default_factory=dict)
    """By topic; unless said here, lite on `enriched` and full on the filters' topics."""

    def form(self, topic: str) -> Form:
        """The form of a topic's records."""
        return self.forms.get(topic, "lite" if topic == self.enriched else "full")


class Shape(NamedTuple):
    """How a record is written: its form, and flags besides the alert's own."""

    form: Form
    flags: tuple[str, ...] = ()


SHAPES: Mapping[Form, tuple[Shape, ...]] = {
    "full": (Shape("full"), Shape("lite", (CUTOUTS_DROPPED,))),
    "lite": (Shape("lite"),),
}
"""What is tried for a topic of each form; the first that fits is published."""

Encode = Callable[[Sequence[int], Shape], Sequence[bytes]]
"""The records of some rows, in one shape."""


class Refused(NamedTuple):
    """A row that cannot be published to each of its topics, and so to none."""

    row: int
    reason: str
    detail: str


class Packed(NamedTuple):
    """What a batch's alerts become."""

    outputs: list[Output]
    published: dict[str, int]
    """By topic: records."""
    shortened: dict[str, int]
    """By topic: published lite because full was too large."""
    refused: list[Refused]
    """These rows are in no output."""


class _Record(NamedTuple):
    value: bytes
    shortened: bool


class Packer:
    """Packs one batch after another for topics of known limits."""

    def __init__(self, topics: Topics, bytes_max: Callable[[str], int]) -> None:
        """`bytes_max`: of a topic, the largest key plus value in bytes (`Sink.bytes_max`)."""
        self._topics = topics
        self._bytes_max = bytes_max

    def pack(
        self,
        keys: Sequence[bytes],
        wanted: Mapping[str, Sequence[int]],
        encode: Encode,
        refused: Sequence[Refused] = (),
    ) -> Packed:
        """`wanted`: the rows for each topic; `keys`: of each row, so that order is kept by it.

        `refused` are known already to have no record, and are not encoded.
        """
        encoded, gone = _Encoded(encode), {each.row for each in refused}
        rows_of = {topic: [r for r in rows if r not in gone] for topic, rows in wanted.items()}
        fitted = {topic: self._fit(topic, rows, keys, encoded) for topic, rows in rows_of.items()}
        large = {r: topic for topic in wanted for r in rows_of[topic] if r not in fitted[topic]}
        outputs: list[Output] = []
        published, shortened = dict[str, int](), dict[str, int]()
        for topic, records in fitted.items():
            live = {row: record for row, record in sorted(records.items()) if row not in large}
            outputs += [Output(topic, keys[row], record.value) for row, record in live.items()]
            published[topic] = len(live)
            if count := sum(record.shortened for record in live.values()):
                shortened[topic] = count
        return Packed(outputs, published, shortened, [*refused, *self._complaints(large)])

    def _fit(
        self, topic: str, rows: Sequence[int], keys: Sequence[bytes], encoded: _Encoded
    ) -> dict[int, _Record]:
        """By row, the first shape that the topic accepts; rows with none are missing."""
        bytes_max = self._bytes_max(topic)
        fitted: dict[int, _Record] = {}
        for tried, shape in enumerate(SHAPES[self._topics.form(topic)]):
            left = [row for row in rows if row not in fitted]
            for row, value in encoded.of(shape, left).items():
                if len(keys[row]) + len(value) <= bytes_max:
                    fitted[row] = _Record(value, shortened=tried > 0)
        return fitted

    def _complaints(self, large: Mapping[int, str]) -> Iterator[Refused]:
        for row, topic in large.items():
            detail = f"over {self._bytes_max(topic)} bytes even lite, for topic {topic}"
            yield Refused(row, OUTPUT_TOO_LARGE, detail)


class _Encoded:
    """One batch's records; each row is encoded once in each shape, when first asked for."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[Shape, dict[int, bytes]] = {}

    def of(self, shape: Shape, rows: Sequence[int]) -> dict[int, bytes]:
        """The records of some rows, in one shape."""
        known = self._known.setdefault(shape, {})
        missing = [row for row in rows if row not in known]
        if missing:
            known.update(zip(missing, self._encode(missing, shape), strict=True))
        return {row: known[row] for row in rows}
