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
    """By topic, over what a filter says itself."""

    def form(self, topic: str, own: Form | None = None) -> Form:
        """The form of a topic's records: as set, or as its filter says (`own`), or the default.

        Which is lite on `enriched` and full on the filters' topics.
        """
        return self.forms.get(topic) or own or ("lite" if topic == self.enriched else "full")


class Wish(NamedTuple):
    """What a topic gets of a batch."""

    form: Form
    rows: Sequence[int]
    """Rising."""


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
    """By topic with any: records."""
    shortened: dict[str, int]
    """By topic: published lite because full was too large."""
    refused: list[Refused]
    """These rows are in no output."""


class _Record(NamedTuple):
    value: bytes
    shortened: bool


class Packer:
    """Packs one batch after another; what it does grows with what is published, not with topics."""

    def __init__(self, bytes_max: Callable[[str], int]) -> None:
        """`bytes_max`: of a topic, the largest key plus value in bytes (`Sink.bytes_max`)."""
        self._bytes_max = bytes_max

    def pack(
        self,
        keys: Sequence[bytes],
        wanted: Mapping[str, Wish],
        encode: Encode,
        refused: Sequence[Refused] = (),
    ) -> Packed:
        """`wanted`: what each topic gets; `keys`: of each row, so that order is kept by it.

        `refused` are known already to have no record, and are not encoded. Topics without rows
        cost nothing, and are not asked for their limits.
        """
        gone = {each.row for each in refused}
        wishes = _without(wanted, gone) if gone else wanted
        encoded = _Encoded(encode)
        for form in SHAPES:
            rows = {row for wish in wishes.values() if wish.form == form for row in wish.rows}
            encoded.prepare(SHAPES[form][0], sorted(rows))
        fitted = {
            topic: self._fit(topic, wish, keys, encoded)
            for topic, wish in wishes.items()
            if wish.rows
        }
        large = _large(wishes, fitted)
        if large:
            fitted = {topic: _kept(records, large) for topic, records in fitted.items()}
        outputs = [
            Output(topic, keys[row], record.value)
            for topic, records in fitted.items()
            for row, record in records.items()
        ]
        return Packed(
            outputs,
            published={topic: len(records) for topic, records in fitted.items() if records},
            shortened=_shortened(fitted),
            refused=[*refused, *self._complaints(large)],
        )

    def _fit(
        self, topic: str, wish: Wish, keys: Sequence[bytes], encoded: _Encoded
    ) -> dict[int, _Record]:
        """By row, the first shape that the topic accepts; rows with none are missing."""
        bytes_max = self._bytes_max(topic)
        fitted, left = dict[int, _Record](), wish.rows
        for tried, shape in enumerate(SHAPES[wish.form]):
            records = encoded.of(shape, left)
            for row, value in zip(left, records, strict=True):
                if len(keys[row]) + len(value) <= bytes_max:
                    fitted[row] = _Record(value, shortened=tried > 0)
            if len(fitted) == len(wish.rows):
                break
            left = [row for row in wish.rows if row not in fitted]
        return dict(sorted(fitted.items())) if tried else fitted

    def _complaints(self, large: Mapping[int, str]) -> Iterator[Refused]:
        for row, topic in large.items():
            detail = f"over {self._bytes_max(topic)} bytes even lite, for topic {topic}"
            yield Refused(row, OUTPUT_TOO_LARGE, detail)


def _without(wanted: Mapping[str, Wish], gone: set[int]) -> dict[str, Wish]:
    """The same less some rows."""
    return {
        topic: wish._replace(rows=[row for row in wish.rows if row not in gone])
        for topic, wish in wanted.items()
    }


def _kept(records: Mapping[int, _Record], large: Mapping[int, str]) -> dict[int, _Record]:
    return {row: record for row, record in records.items() if row not in large}


def _large(
    wishes: Mapping[str, Wish], fitted: Mapping[str, Mapping[int, _Record]]
) -> dict[int, str]:
    """By row that is too large for a topic, the last such topic."""
    return {
        row: topic
        for topic, records in fitted.items()
        if len(records) < len(wishes[topic].rows)
        for row in wishes[topic].rows
        if row not in records
    }


def _shortened(fitted: Mapping[str, Mapping[int, _Record]]) -> dict[str, int]:
    """By topic with any: its records that are lite because full was too large."""
    counts = {
        topic: sum(record.shortened for record in records.values())
        for topic, records in fitted.items()
    }
    return {topic: count for topic, count in counts.items() if count}


class _Encoded:
    """One batch's records; each row is encoded once in each shape, when first asked for."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[Shape, dict[int, bytes]] = {}

    def prepare(self, shape: Shape, rows: Sequence[int]) -> dict[int, bytes]:
        """Encode those rows that are not known in a shape, all at once."""
        known = self._known.setdefault(shape, {})
        missing = [row for row in rows if row not in known]
        if missing:
            known.update(zip(missing, self._encode(missing, shape), strict=True))
        return known

    def of(self, shape: Shape, rows: Sequence[int]) -> list[bytes]:
        """The records of some rows, in one shape."""
        known = self.prepare(shape, rows)
        return [known[row] for row in rows]
