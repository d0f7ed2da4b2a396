"""Draws what an evaluation found, so that a person can judge it: every picture of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.style
from matplotlib.figure import Figure

from training.lightcurve.judging.contest import sample_of
from training.lightcurve.judging.evaluation import SEED, SixBand, Ztf
from training.lightcurve.judging.growing import Growing
from training.lightcurve.judging.outcome import SERVED, Outcome
from training.lightcurve.judging.quoted import SIZE_BYTES_MAX
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.pictures.called import (
    reliability_diagrams,
    six_band_confusion,
    ztf_confusion,
)
from training.lightcurve.pictures.examples import light_curves
from training.lightcurve.pictures.losses import by_class, by_days, by_size
from training.lightcurve.smaller.compression import Row
from training.pictures.look import STYLE, save_vector


class Shown(NamedTuple):
    """All that the six-band network's pictures are made from."""

    outcome: Outcome
    """Of the served network."""
    six_band: SixBand
    compression: Sequence[Row]
    examples: Sequence[Growing]
    """Two or three, of objects that the answering networks did not learn from."""


def drawn(shown: Shown, folder: Path) -> list[Path]:
    """Draw every picture of the six-band network into `folder`; its files, as the page has them.

    That of smaller forms stays as it was where none were measured.
    """
    with matplotlib.style.context(["default", STYLE]):
        figures = {
            "examples": light_curves(shown.examples, SIX_BAND),
            "days": by_days(shown.six_band.early),
            "classes": by_class(shown.six_band.lines, shown.six_band.counts),
            "confusion": six_band_confusion(shown.outcome),
            "reliability": reliability_diagrams(shown.outcome, sample_of(shown.outcome, SEED)),
        }
        if shown.compression:
            figures["compression"] = by_size(shown.compression, SIZE_BYTES_MAX)
        return _saved(figures, folder)


def ztf_drawn(found: Ztf, folder: Path) -> list[Path]:
    """The same of ZTF's network."""
    ours = [one for one in found.windows if one.model == SERVED]
    with matplotlib.style.context(["default", STYLE]):
        return _saved({"ztf": ztf_confusion(ours)}, folder)


def _saved(figures: Mapping[str, Figure], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return [save_vector(figure, folder / f"{name}.svg") for name, figure in figures.items()]
