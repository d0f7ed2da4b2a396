"""A lake in small pieces, each looked at by whoever: plain facts that other processes open, too.

What comes of a piece is records; who publishes them is one process, so that each is there once
however often a worker of a cluster dies and its piece is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from lake.partitions import Partition, partitions
from lake.reading import Lake, LakeRows
from schemas.decode import Decoder
from schemas.errors import ModelError
from schemas.stage import Identity
from services.reclassify.candidate import Candidate, candidate_of
from services.reclassify.revising import Looked, Revising, joined, revised

PIECE_ROWS: Final = 2_048
"""Of a piece at most: what comes of one is sent whole."""
TOGETHER: Final = 512
"""Rows that are looked at together."""


class Piece(NamedTuple):
    """Rows of one group of one part of a lake."""

    of: Partition
    """Of that part alone."""
    group: int
    begin: int
    end: int

    def tables(self) -> Iterator[LakeRows]:
        """Its rows, TOGETHER at a time. Raises ArchiveError."""
        (part,) = self.of.open().parts
        whole = LakeRows(part, self.group, Decoder(rescore=True))
        for begin in range(self.begin, self.end, TOGETHER):
            yield whole.take(np.arange(begin, min(begin + TOGETHER, self.end)))


class Asked(NamedTuple):
    """What another process is to do with pieces; it has the candidate under the same name."""

    named: str
    """As `candidate_of` takes it; a file stands under the path that it has here."""
    identity: Identity
    topic: str
    broker_version: str
    bound: float

    @classmethod
    def of(cls, named: str, revising: Revising) -> Asked:
        """The same, to be sent."""
        where = str(Path(named).resolve()) if Path(named).exists() else named
        known = revising.candidate.identity
        return cls(where, known, revising.topic, revising.broker_version, revising.bound)

    def revising(self) -> Revising:
        """As it is here. Raises ModelError where another candidate has the name."""
        found = _opened(self.named)
        if found.identity != self.identity:
            raise ModelError(
                f"{self.named} is {found.identity.sha256[:12]} at a worker, and"
                f" {self.identity.sha256[:12]} where this was begun; install one gueststar on both"
            )
        return Revising(found, self.topic, self.broker_version, self.bound)


def pieces(lake: Lake) -> Iterator[Piece]:
    """All of a lake, in the order of its rows."""
    standing = [(whole, one) for whole in partitions(lake) for one in whole.parts]
    for part, (whole, one) in zip(lake.parts, standing, strict=True):
        alone = whole._replace(parts=(one,))
        for group in range(part.groups):
            begin, end = part.span(group)
            for at in range(0, end - begin, PIECE_ROWS):
                yield Piece(alone, group, at, min(at + PIECE_ROWS, end - begin))


def look(piece: Piece, asked: Asked) -> Looked:
    """What comes of a piece. Raises ArchiveError, ModelError."""
    revising = asked.revising()
    return joined(revised(some, revising) for some in piece.tables())


@cache
def _opened(named: str) -> Candidate:
    return candidate_of(named)
