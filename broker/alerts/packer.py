"""Step 5: who gets which record in which form, and what is done where it is too large.

Every alert ends exactly once. A record that is too large in full goes out lite, flagged
`cutouts-dropped`, since a smaller record in time is worth more than none; an alert that is too
large for one of its topics even so becomes a dead letter, and is then published to none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from broker.alerts.reasons import OUTPUT_TOO_LARGE
from broker.headers import FILTERS
from broker.ports import Headers, Output, header_bytes, size_bytes
from schemas.enriched_framing import FramingName
from schemas.form import Form

NO_NAMES: Final[Mapping[int, bytes]] = MappingProxyType({})

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
    framing: FramingName = "container"
    """Of every topic that `framings` does not name."""
    framings: Mapping[str, FramingName] = field(default_factory=dict)
    embeddings: str = ""
    """Every embedding, where that stage runs; empty: none is published by itself."""

    def shape(self, topic: str, own: Form | None = None) -> Shape:
        """How a topic's records are written; `own` is the form that its filter asks for."""
        return Shape(self.form(topic, own), self.framings.get(topic, self.framing))

    def form(self, topic: str, own: Form | None = None) -> Form:
        """The form of a topic's records: as set, or as its filter says (`own`), or the default.

        Which is lite on `enriched` and full on the filters' topics.
        """
        return self.forms.get(topic) or own or ("lite" if topic == self.enriched else "full")


class Shape(NamedTuple):
    """How a record is written: its form and framing, and flags besides the alert's own."""

    form: Form
    framing: FramingName = "container"
    flags: tuple[str, ...] = ()

    def tried(self) -> tuple[Shape, ...]:
        """What is tried for a topic that wants this one; the first that fits is published."""
        if self.form == "lite":
            return (self,)
        return (self, self._replace(form="lite", flags=(CUTOUTS_DROPPED,)))


class Wish(NamedTuple):
    """What a topic gets of a batch."""

    shape: Shape
    rows: Sequence[int]
    """Rising."""
    names: Mapping[int, bytes] = NO_NAMES
    """Of a topic that filters share, by row: those that selected it, as its records name them."""

    def named(self, rows: Sequence[int], records: Sequence[Record]) -> Sequence[Record]:
        """Records of some rows, each with the filters that it is for."""
        if not self.names:
            return records
        return [one.naming(self.names[row]) for row, one in zip(rows, records, strict=True)]


class Record(NamedTuple):
    """An alert as one topic gets it, and what a topic's limit is held against."""

    key: bytes
    value: bytes
    headers: Headers
    partition_key: bytes | None
    size_bytes: int

    @classmethod
    def of(
        cls, key: bytes, value: bytes, headers: Headers = (), partition_key: bytes | None = None
    ) -> Record:
        """One whose size is counted."""
        return cls(key, value, headers, partition_key, size_bytes(key, value, headers))

    def naming(self, filters: bytes) -> Record:
        """The same for a topic that these filters share."""
        return self._replace(
            headers=(*self.headers, (FILTERS, filters)),
            size_bytes=self.size_bytes + header_bytes(FILTERS, filters),
        )


Encode = Callable[[Sequence[int], Shape], Sequence[Record]]
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


SIZE = attrgetter("size_bytes")


class _Fitted(NamedTuple):
    """What a topic takes of what it should get."""

    rows: Sequence[int]
    """Rising."""
    records: Sequence[Record]
    """Of each row."""
    shortened: frozenset[int] = frozenset()
    """Rows that are lite because full was too large."""
    large: Sequence[int] = ()
    """Rows that no shape made fit; they are not among `rows`."""

    def without(self, large: Mapping[int, str]) -> _Fitted:
        """The same less what is too large for any topic."""
        left = [pair for pair in zip(self.rows, self.records, strict=True) if pair[0] not in large]
        rows, records = [row for row, _ in left], [record for _, record in left]
        return _Fitted(rows, records, self.shortened - large.keys())

    def outputs(self, topic: str) -> Iterator[Output]:
        if not self.records:
            return iter(())
        *fields, _ = zip(*self.records, strict=True)
        return map(Output, repeat(topic), *fields)


class Packer:
    """Packs one batch after another; what it does grows with what is published, not with topics."""

    def __init__(self, bytes_max: Callable[[str], int]) -> None:
        """`bytes_max`: of a topic, its largest message in bytes (`Sink.bytes_max`)."""
        self._bytes_max = bytes_max

    def pack(
        self, wanted: Mapping[str, Wish], encode: Encode, refused: Sequence[Refused] = ()
    ) -> Packed:
        """`wanted`: what each topic gets; topics without rows cost nothing.

        `refused` are known already to have no record, and are not encoded.
        """
        gone = {each.row for each in refused}
        wishes = _without(wanted, gone) if gone else wanted
        encoded = _Encoded(encode)
        first = defaultdict[Shape, set[int]](set)
        for wish in wishes.values():
            first[wish.shape].update(wish.rows)
        for shape, rows in first.items():
            encoded.prepare(shape, sorted(rows))
        fitted = {
            topic: self._fit(topic, wish, encoded) for topic, wish in wishes.items() if wish.rows
        }
        large = {row: topic for topic, one in fitted.items() for row in one.large}
        if large:
            fitted = {topic: one.without(large) for topic, one in fitted.items()}
        return Packed(
            [output for topic, one in fitted.items() for output in one.outputs(topic)],
            published={topic: len(one.rows) for topic, one in fitted.items() if one.rows},
            shortened={t: len(one.shortened) for t, one in fitted.items() if one.shortened},
            refused=[*refused, *self._complaints(large)],
        )

    def _fit(self, topic: str, wish: Wish, encoded: _Encoded) -> _Fitted:
        """Of each row, the first shape that the topic accepts."""
        bytes_max = self._bytes_max(topic)
        records = wish.named(wish.rows, encoded.of(wish.shape, wish.rows))
        if max(map(SIZE, records)) <= bytes_max:
            return _Fitted(wish.rows, records)
        fitted, shortened = dict[int, Record](), set[int]()
        for tried, shape in enumerate(wish.shape.tried()):
            left = [row for row in wish.rows if row not in fitted]
            tries = wish.named(left, encoded.of(shape, left))
            for row, record in zip(left, tries, strict=True):
                if record.size_bytes <= bytes_max:
                    fitted[row] = record
                    shortened |= {row} if tried else set()
        rows = sorted(fitted)
        large = [row for row in wish.rows if row not in fitted]
        return _Fitted(rows, [fitted[row] for row in rows], frozenset(shortened), large)

    def _complaints(self, large: Mapping[int, str]) -> Iterator[Refused]:
        for row, topic in large.items():
            detail = f"over {self._bytes_max(topic)} bytes even lite, for topic {topic}"
            yield Refused(row, OUTPUT_TOO_LARGE, detail)


def _without(wanted: Mapping[str, Wish], gone: set[int]) -> dict[str, Wish]:
    return {
        topic: wish._replace(rows=[row for row in wish.rows if row not in gone])
        for topic, wish in wanted.items()
    }


class _Encoded:
    """One batch's records; each row is encoded once in each shape, when first asked for."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[Shape, dict[int, Record]] = {}

    def prepare(self, shape: Shape, rows: Sequence[int]) -> dict[int, Record]:
        """Encode those rows that are not known in a shape, all at once."""
        known = self._known.setdefault(shape, {})
        missing = [row for row in rows if row not in known]
        if missing:
            known.update(zip(missing, self._encode(missing, shape), strict=True))
        return known

    def of(self, shape: Shape, rows: Sequence[int]) -> list[Record]:
        """The records of some rows, in one shape."""
        known = self.prepare(shape, rows)
        return [known[row] for row in rows]
