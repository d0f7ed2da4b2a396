"""Objects of known class with their embeddings, in a file: among them an alert's nearest are found.

One vector an object. The file says which embedding made them: vectors of two are never compared.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError

OBJECTS_MAX: Final = 20_000
"""Of a set: what an alert costs rises with their number."""
CLASSES_MAX: Final = 64
COLUMNS: Final = ("version", "system", "object_id", "label", "vector")
UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error)
"""What NumPy raises for a file that is no archive of arrays, or a damaged one."""
Names = NDArray[np.str_]


@dataclass(frozen=True)
class LabelledSet:
    """n objects, each once in its photometric system."""

    version: str
    """The first digits of the sha256 of the embedding's file."""
    system: Names
    """(n,), of `schemas.columns.SYSTEMS`."""
    object_id: Names
    label: Names
    vector: NDArray[np.float32]
    """(n, numbers), of length 1."""
    sha256: str = ""
    """Of the file that it was read from."""

    def __len__(self) -> int:
        return len(self.object_id)

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that any object has, sorted."""
        return tuple(np.unique(self.label).tolist())

    def write(self, path: Path) -> None:
        """As a file, the numbers in 16 bits. Raises ModelError where it is too large."""
        self.check(path)
        columns = {name: getattr(self, name) for name in COLUMNS}
        with path.open("wb") as file:
            np.savez_compressed(file, **columns | {"vector": self.vector.astype(np.float16)})

    def check(self, path: Path) -> None:
        """Raises ModelError where it is empty, too large, uneven, or has an object twice."""
        if not 0 < len(self) <= OBJECTS_MAX or len(self.classes) > CLASSES_MAX:
            raise ModelError(
                f"{path}: {len(self):,} objects of {len(self.classes)} classes; a labelled set has"
                f" 1 to {OBJECTS_MAX:,} of at most {CLASSES_MAX}"
            )
        if {len(self.system), len(self.label), len(self.vector)} != {len(self)}:
            raise ModelError(f"{path}: its columns are of unlike lengths; make it again")
        if len({*zip(self.system.tolist(), self.object_id.tolist(), strict=True)}) < len(self):
            raise ModelError(f"{path}: has an object twice; keep one vector of each")


class Labelled(NamedTuple):
    """One of a set, as it is near an alert."""

    distance: float
    """Between vectors of length 1: 0 the same, 1.41 nothing in common."""
    label: str
    object_id: str


def read_labelled(path: Path) -> LabelledSet:
    """What `write` wrote. Raises ModelError where there is no such file, or it is none."""
    try:
        content = path.read_bytes()
        with np.load(BytesIO(content), allow_pickle=False) as kept:
            version, system, object_id, label, vector = (kept[name] for name in COLUMNS)
    except UNREADABLE as error:
        raise ModelError(
            f"{path}: is no labelled set ({error}); make one with `gueststar label-set`"
        ) from error
    numbers, sha256 = vector.astype(np.float32), hashlib.sha256(content).hexdigest()
    found = LabelledSet(str(version), system, object_id, label, numbers, sha256)
    found.check(path)
    return found
