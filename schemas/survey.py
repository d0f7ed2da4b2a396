"""How a survey is described: which fields are read from its records, and into what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import FIELD_NAME
from schemas.batch import Floats
from schemas.columns import BANDS, COLUMNS, SYSTEMS

Ints = NDArray[np.int64]
MISSING = -(2**63)
"""In a whole-number leaf: null, or no such field. No survey uses it as a value."""

POINT_ROW, POINT_TABLE, POINT_LEAVES = 0, 1, 2
"""Columns of a point: its row, its history's number, and where its leaves begin."""


class Kind(Enum):
    """What a leaf is read as. The value is what null, or an absent field, becomes."""

    FLOAT = auto()
    """Any number as float64; NaN."""
    INTEGER = auto()
    """A whole number, exact in 64 bits; MISSING."""
    LETTER = auto()
    """The code of a string of one ASCII letter, 0 for any other string; MISSING."""
    SPAN = auto()
    """Where a string's or byte field's content begins and ends; MISSING twice."""
    EXTENT = auto()
    """Where a field's whole encoding, union branch included, begins and ends."""

    @property
    def cells(self) -> int:
        """How many cells of eight bytes it takes."""
        return 2 if self in {Kind.SPAN, Kind.EXTENT} else 1


class Leaf(NamedTuple):
    """One value read from a record.

    `paths` are the names that versions of the schema gave it, dotted from the record's top (or
    a history's item). No version has two of them; of a schema that had, the last on the wire
    that is not null would count.
    """

    name: str
    kind: Kind
    paths: tuple[str, ...]
    required: bool = False
    """A schema that has none of its paths is not an alert's."""


ANNOTATION = Leaf("annotation", Kind.EXTENT, (FIELD_NAME,))
"""What any survey's record has that went through us."""


class History(NamedTuple):
    """An array of records of which each item becomes a point."""

    name: str
    path: str
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Cells:
    """What was read from n records: a table of cells, as whole numbers and as floats alike."""

    slots: Mapping[str, int]
    table: Ints
    numbers: Floats
    """The same cells as floats, or what is made of those."""

    @classmethod
    def of(cls, slots: Mapping[str, int], table: Ints) -> Cells:
        """Cells as they were read."""
        return cls(slots, table, table.view(np.float64))

    def without(self, sentinels: Sequence[float]) -> Cells:
        """With NaN for each of some values, in all leaves of kind FLOAT."""
        found = np.logical_or.reduce([self.numbers == value for value in sentinels])
        return replace(self, numbers=np.where(found, np.nan, self.numbers))

    def ints(self, name: str) -> Ints:
        """A leaf of kind INTEGER or LETTER, int64 (n,)."""
        return self.table[:, self.slots[name]]

    def floats(self, name: str) -> Floats:
        """A leaf of kind FLOAT, float64 (n,)."""
        return self.numbers[:, self.slots[name]]

    def spans(self, name: str) -> Ints:
        """A leaf of kind SPAN or EXTENT, int64 (n, 2)."""
        slot = self.slots[name]
        return self.table[:, slot : slot + 2]

    @property
    def rows(self) -> Ints:
        """Of points: the row each belongs to."""
        return self.table[:, POINT_ROW]


@dataclass(frozen=True)
class Raw:
    """The records of one survey as read, before they are made neutral."""

    buffer: NDArray[np.uint8]
    alerts: Cells
    histories: Mapping[str, Cells]

    def __len__(self) -> int:
        return len(self.alerts.table)


@dataclass(frozen=True, eq=False)
class Survey:
    """One survey's adapter, as a table and the function that makes columns of what it names."""

    name: str
    marks: tuple[str, ...]
    """Dotted paths from the record's top by which its records are recognised: each is in every
    version of its schema, and no other survey has them all."""
    bands: tuple[str, ...]
    """The bands of BANDS that its exposures may be in."""
    system: str
    """The one of SYSTEMS that its fluxes are measured in; "" for one that stands not there."""
    leaves: tuple[Leaf, ...]
    histories: tuple[History, ...]
    cutouts: tuple[str, str, str]
    """Top-level fields of the planes, in the order of PLANES."""
    columns: Callable[[Raw], dict[str, Any]]
    """The columns of the table that are worked out of what was read.

    A leaf called like a column is that column as it stands; of what is neither, nothing is known.
    What is about the packet, or the same for all of the survey's alerts, is no adapter's. And
    `Spans.difference_reversed`: an adapter says which differences are to be turned round. And
    `Spans.pixel_arcsec`, where stamps have no header that tells it.
    """
    left_out: Mapping[str, str]
    """What it makes no column of, by dotted path of a record ("" for the top): blank-separated
    names, or families of them as fnmatch reads them."""
    sentinels: tuple[float, ...] = ()
    """Numbers that say "not measured" in the leaves that are columns."""

    def __post_init__(self) -> None:
        unknown = set(self.bands) - set(BANDS)
        assert not unknown, f"{self.name}: no bands of BANDS are {sorted(unknown)}"
        assert self.system in {*SYSTEMS, ""}, f"{self.name}: {self.system!r} is none of SYSTEMS"

    @property
    def system_code(self) -> int:
        """The index into SYSTEMS, -1 where the system stands not there."""
        return SYSTEMS.index(self.system) if self.system else -1

    @cached_property
    def stated(self) -> tuple[Leaf, ...]:
        """The leaves that are columns."""
        return tuple(leaf for leaf in self.leaves if leaf.name in COLUMNS)

    @property
    def read(self) -> tuple[Leaf, ...]:
        """What is read of an alert itself."""
        return (*self.leaves, ANNOTATION)

    @cached_property
    def slots(self) -> dict[str, int]:
        return _slots(self.read, 0)

    @cached_property
    def history_slots(self) -> dict[str, dict[str, int]]:
        """By history: the first cell of each leaf of a point."""
        return {one.name: _slots(one.leaves, POINT_LEAVES) for one in self.histories}

    @cached_property
    def defaults(self) -> Ints:
        """A row of which nothing was read."""
        return _defaults(self.read, 0)

    @cached_property
    def point_defaults(self) -> Ints:
        """By history: a point of which nothing was read, int64 (histories, cells)."""
        rows = [_defaults(one.leaves, POINT_LEAVES) for one in self.histories]
        width = max(map(len, rows), default=POINT_LEAVES)
        table = np.full((len(rows), width), MISSING)
        for number, row in enumerate(rows):
            table[number, : len(row)] = row
        return table


def _slots(leaves: tuple[Leaf, ...], first: int) -> dict[str, int]:
    slots = {}
    for leaf in leaves:
        slots[leaf.name] = first
        first += leaf.kind.cells
    return slots


def _defaults(leaves: tuple[Leaf, ...], first: int) -> Ints:
    row = np.full(first + sum(leaf.kind.cells for leaf in leaves), MISSING)
    for leaf, slot in zip(leaves, _slots(leaves, first).values(), strict=True):
        if leaf.kind is Kind.FLOAT:
            row[slot : slot + 1].view(np.float64)[0] = np.nan
    return row


NO_SURVEY = Survey("", (), (), "", (), (), ("", "", ""), lambda _: {}, {})
"""Wants nothing: its programs pass over a record of any kind."""
