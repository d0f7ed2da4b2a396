"""Packets by the instants of their exposures: a night's archive has them in any order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from schemas.decode import Decoder

TOGETHER = 200
"""Packets decoded at once."""


def timed(packets: Iterable[bytes], decoder: Decoder) -> Iterator[tuple[float, bytes]]:
    """Each packet with its exposure's Unix seconds; NaN for one that is no alert."""
    source = iter(packets)
    while together := list(islice(source, TOGETHER)):
        batch = decoder.decode(together)
        seconds = np.full(len(together), math.nan)
        seconds[batch.source_index] = batch.exposed_unix_s
        yield from zip(seconds.tolist(), together, strict=True)


class Ordered:
    """Packets by rising time; what has none goes behind its predecessor.

    They lie in a file without a name below `work`, as large as all of them; in memory are 16 bytes
    each. Close it.
    """

    def __init__(self, packets: Iterable[tuple[float, bytes]], *, work: Path | None = None) -> None:
        self._file = TemporaryFile(dir=work)  # noqa: SIM115 - `close` closes it
        seconds, ends, last = list[float](), [0], -math.inf
        for instant, packet in packets:
            last = last if math.isnan(instant) else instant
            self._file.write(packet)
            seconds.append(last)
            ends.append(self._file.tell())
        self._seconds, self._places = np.array(seconds), np.array(ends, np.int64)

    def __len__(self) -> int:
        return len(self._seconds)

    def __iter__(self) -> Iterator[tuple[float, bytes]]:
        """Each with its instant; -inf for what came before any that has one."""
        for row in np.argsort(self._seconds, kind="stable").tolist():
            begin, end = self._places[row : row + 2].tolist()
            self._file.seek(begin)
            yield float(self._seconds[row]), self._file.read(end - begin)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()
