"""What ZTF's networks of one seed answered out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from training.arrays import Ints, Mask
from training.lightcurve import answers
from training.lightcurve.answers import FOLDER
from training.lightcurve.labels import ZTF

FILE = FOLDER / "supernova.parquet"


@dataclass(frozen=True)
class Answers(answers.Answers):
    """k windows; those of one object may be several.

    `asked` is one of WINDOWS, of supernovae, or OTHERS.
    """

    file: ClassVar[Path] = FILE
    labels: ClassVar[tuple[str, ...]] = ZTF
    rounded_to: ClassVar[int] = 128

    kind: NDArray[np.str_]
    """What it is known to be, as the material says."""
    days_known: Ints
    """Since the first detection ever; of a day begun the whole."""
    brighter: Mask
    """Whether its last point is brighter than the reference."""
