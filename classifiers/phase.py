"""How young is it, how far from its peak, how bright then and soon? Values with 68 % intervals.

`phase.md` beside this file is the network's card: data, figures and limits.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.gathering import history
from classifiers.observations.layout import CONTEXT, CONTEXT_BEGIN, REDSHIFT, ROW
from classifiers.observations.rows import with_history
from classifiers.observations.shared import told
from classifiers.phase_layout import ENDS, EXTRAS, LABELS, LAYOUT, TARGETS, UNTAUGHT
from classifiers.phase_shape import SHAPE, shapes
from classifiers.session import Session
from schemas.batch import AlertBatch
from schemas.columns import BANDS, SYSTEMS
from schemas.learned import Given, Learned
from schemas.prior import shares_of
from schemas.stage import Identity

WEIGHTS = Path(__file__).with_suffix(".onnx")
NAME = "phase"
CLASSIFIERS: Mapping[str, str] = MappingProxyType({"ztf": "supernova", "lsst": "lightcurve"})
"""By photometric system, whose word is taken for what is a transient."""
TRANSIENTS = frozenset(
    {"SNIa", "SNIa-91bg", "SNIax", "SNII", "SNIIn", "SNIbc", "SLSN-I", "TDE", "KN"}
)
TRANSIENT_MIN = 0.5
"""Of these labels together, at the natural prior: what has less is given nothing."""
DETECTIONS_MIN = 2
DETECTED = CONTEXT_BEGIN + CONTEXT.index("detected")
GIVES = (*LABELS, "is_rising", "fade_mag_per_day")
"""Of each of TARGETS its 16 %, 50 % and 84 %, as NAME_low, NAME and NAME_high; whether the peak is
still to come; the alert's band's change over the days ahead, above 0 fainter."""

Floats = NDArray[np.float64]


class PhaseNetwork:
    """Rows, and the shapes that are made of them, to quantiles. All scaling is inside the file."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Open the weights. Raises ModelError where they cannot be served."""
        agreed = {"layout": LAYOUT, "labels": json.dumps(LABELS)}
        self._session = Session(path, (ROW + len(EXTRAS) + SHAPE,), agreed)
        self.identity: Identity = self._session.identity

    def quantiles(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 (n, LABELS) of rows (n, ROW + EXTRAS)."""
        return self._session.run(np.concatenate([rows, shapes(rows)], axis=1))

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        self._session.warm_up()
        shapes(np.zeros((1, ROW + len(EXTRAS)), np.float32))


class Phase:
    """Phase and peak of each transient, as a `schemas.stage.Stage`."""

    def __init__(
        self, served: Collection[str] = tuple(CLASSIFIERS.values()), path: Path = WEIGHTS
    ) -> None:
        """served: the classifiers that are; a system whose own is not is given nothing."""
        self._network = PhaseNetwork(path)
        self._systems = {one: name for one, name in CLASSIFIERS.items() if name in served}
        self.identity: Identity = self._network.identity
        self.gives = (Given(NAME, "values", GIVES),)
        self.reads: tuple[str, ...] = (
            *("photometric_system", "mjd", "band", "light_curve", "forced_photometry"),
            *("age_days", "detections", *REDSHIFT),
            *(f"learned.{name}" for name in self._systems.values()),
        )

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, GIVES), NaN for what is not called a transient."""
        found = np.full((len(batch), len(GIVES)), np.nan)
        for place, system in enumerate(CLASSIFIERS):
            if system in self._systems:
                self._of_system(batch, place, system, found)
        return (found,)

    def _of_system(self, batch: AlertBatch, place: int, system: str, found: Floats) -> None:
        of_system = batch.photometric_system == SYSTEMS.index(system)
        if not of_system.any():
            return
        name = self._systems[system]
        asked = np.flatnonzero(of_system & is_transient(name, batch.learned[name]))
        if not len(asked):
            return
        read = told(batch, system)
        asked = asked[read.rows[asked, DETECTED] >= DETECTIONS_MIN]
        whole = with_history(read.rows, history(batch, read.curves))[asked]
        rows = np.column_stack((whole, np.full(len(asked), place, np.float32)))
        given = self._network.quantiles(rows).astype(np.float64)
        given[:, untaught(system)] = np.nan
        found[asked, : len(LABELS)] = given
        found[asked, len(LABELS)] = given[:, LABELS.index("days_to_peak")] > 0
        found[asked, len(LABELS) + 1] = _fading(given, batch.band[asked])

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        self._network.warm_up()


def untaught(system: str) -> list[int]:
    """Columns of LABELS that are not given for a photometric system."""
    names = UNTAUGHT.get(system, ())
    return [place for place in range(len(LABELS)) if TARGETS[place // len(ENDS)] in names]


def is_transient(name: str, learned: Learned) -> NDArray[np.bool_]:
    """Whether a classifier calls it one at its natural prior, (n,); false where it declined."""
    natural = learned.at(name, shares_of(name, learned.columns, "natural"))
    labels = [place for place, label in enumerate(natural.columns) if label in TRANSIENTS]
    return np.asarray(natural.values[:, labels].sum(axis=1) >= TRANSIENT_MIN)


def _fading(given: Floats, band: NDArray[np.int8]) -> Floats:
    """Magnitudes a day between one day and three on, of g and r; NaN in other bands."""
    fade = np.full(len(given), np.nan)
    for one in ("g", "r"):
        own = band == BANDS.index(one)
        soon, later = (LABELS.index(f"mag_{one}_in_{days}d") for days in (1, 3))
        fade[own] = (given[own, later] - given[own, soon]) / 2
    return fade
