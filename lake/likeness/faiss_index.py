"""The one door to faiss: an inverted index of vectors of length 1, built, kept and asked."""

# faiss is an extra, and loaded by who asks for an index alone.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.errors import QuestionError

Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

CELLS_PER_ROOT: Final = 2.0
"""Cells for each square root of the number of vectors."""
TRAINING_PER_CELL: Final = 64
PROBED_SHARE: Final = 0.02
PROBED_MIN: Final = 32
"""Cells that are searched: this share of all, and so many at least."""
SEED: Final = 1


class Indexed(Protocol):
    """What finds the nearest of some vectors."""

    def nearest(self, asked: Singles, count: int) -> tuple[Singles, Ints]:
        """Cosines and rows, (n, count) each, the likest first; row -1 where there are no more."""
        ...


class Exact:
    """All of them, looked at one by one."""

    def __init__(self, vectors: Singles) -> None:
        self._vectors = vectors

    def nearest(self, asked: Singles, count: int) -> tuple[Singles, Ints]:
        """As `Indexed`."""
        cosine = asked @ self._vectors.T
        few = min(count, cosine.shape[1])
        rows = np.argsort(-cosine, axis=1, kind="stable")[:, :few]
        missing = ((0, 0), (0, count - few))
        found = np.take_along_axis(cosine, rows, axis=1)
        return np.pad(found, missing, constant_values=-2), np.pad(rows, missing, constant_values=-1)


class Inverted:
    """Cells around means of the vectors, of which a query looks into the nearest few."""

    def __init__(self, index: Any) -> None:  # noqa: ANN401 - faiss has no types
        self._index = index
        cells = int(index.nlist)
        index.nprobe = min(cells, max(PROBED_MIN, round(PROBED_SHARE * cells)))

    @classmethod
    def built(cls, vectors: Singles) -> Inverted:
        """Of these, on one thread: the same vectors in the same order give the same index."""
        faiss = _faiss()
        count, width = vectors.shape
        cells = max(1, min(int(CELLS_PER_ROOT * count**0.5), count // 40))
        coarse = faiss.IndexFlatIP(width)
        index = faiss.IndexIVFFlat(coarse, width, cells, faiss.METRIC_INNER_PRODUCT)
        index.cp.seed, index.cp.max_points_per_centroid = SEED, TRAINING_PER_CELL
        index.train(np.ascontiguousarray(vectors))
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> Inverted:
        """What `write` wrote. Raises QuestionError where it cannot be read."""
        try:
            faiss = _faiss()
            # Mapped: of a million vectors a search reads the cells that it probes alone.
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP))
        except RuntimeError as error:
            line = str(error).splitlines()[0]
            raise QuestionError(f"{path} is no index ({line}); make it again") from error

    def write(self, path: Path) -> None:
        """As a file."""
        _faiss().write_index(self._index, str(path))

    def nearest(self, asked: Singles, count: int) -> tuple[Singles, Ints]:
        """As `Indexed`; of the cells that are probed."""
        cosine, rows = self._index.search(np.ascontiguousarray(asked), count)
        return cosine, rows


def _faiss() -> Any:  # noqa: ANN401
    """Raises QuestionError where it is not installed."""
    try:
        import faiss
    except ImportError:
        raise QuestionError(
            "an index needs faiss: install gueststar[similar]; without an index all are compared"
        ) from None
    faiss.omp_set_num_threads(1)
    return faiss
