"""What the six-band network answered out of fold, of what the served classifier would answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from training.lightcurve.answers import FOLDER, Answers
from training.lightcurve.labels import SIX_BAND

FILE = FOLDER / "lightcurve.parquet"


@dataclass(frozen=True)
class SixBandAnswers(Answers):
    """Each `asked` as six_band_crossing's questions are called."""

    file: ClassVar[Path] = FILE
    labels: ClassVar[tuple[str, ...]] = SIX_BAND
    rounded_to: ClassVar[int] = 8
