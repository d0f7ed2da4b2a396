"""What the real alerts' objects are known to be, and which of them a network has learnt from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.real_alerts import RealAlerts
from schemas.batch import AlertBatch
from training.realbogus.alerts.classes import (
    simbad_class,
    spectroscopic_classes,
    tns_class,
)

Mask = NDArray[np.bool_]

ASTEROID_ARCSEC = 1.5
BY_SPECTRUM = (
    ("SN Ia", "type Ia"),
    ("SN II", "type II"),
    ("SN Ib", "type Ib/c"),
    ("SN Ic", "type Ib/c"),
    ("SLSN", "superluminous"),
    ("TDE", "disruption"),
    ("nova", "cataclysmic"),
    ("CV", "cataclysmic"),
    ("AGN", "active nucleus"),
)
"""How a spectroscopic class begins, and the kind that it is; any other is OTHER."""
OTHER, ASTEROID, STAR, UNCLEAR, UNKNOWN = "other transient", "asteroid", "star", "unclear", ""
SUPERNOVAE = ("type Ia", "type II", "type Ib/c", "superluminous")
KINDS = (
    *SUPERNOVAE,
    *("disruption", OTHER, "cataclysmic", STAR, "active nucleus", ASTEROID, UNCLEAR),
)
"""The order of a table."""
CATACLYSMIC_WORDS = ("CataclyV", "CV*", "Nova")
SUPERNOVA_WORDS = ("SN",)
NUCLEUS_WORDS = ("AGN", "AG?", "QSO", "BLLac", "Blazar", "Seyfert", "Sy1", "Sy2", "LIN")
GALAXY_WORDS = ("Gin", "GlCl", "RadioG", "EmG", "HII_G", "Galaxy", "EmObj", "Lensed", "multiple")
NO_STARS = frozenset(
    {
        *("G", "blu", "Blue", "UV", "IR", "MIR", "NIR", "Radio", "Radio(cm)", "XB", "denseCore"),
        "Transient",
    }
)
"""With GALAXY_WORDS, SIMBAD's classes under which anything may flare up."""


class Labelled(NamedTuple):
    """The alerts, and of the object of each: its kind (n,), and whether a network learnt from it.

    kind: one of KINDS, or UNKNOWN. learnt: the object is in the archive of supernovae that the
    network "supernova" was taught with; 15 % of those were held out, which is not told apart.
    """

    batch: AlertBatch
    kind: NDArray[np.str_]
    learnt: Mask


def labelled(alerts: RealAlerts, data: Path, learnt: frozenset[str]) -> Labelled:
    """Join the labels by object: a spectrum before an asteroid's ephemeris before SIMBAD.

    learnt: the objects that a network was taught with.
    """
    batch, spectra = alerts.batch, spectroscopic_classes(data)
    is_asteroid = (batch.asteroid_distance_arcsec < ASTEROID_ARCSEC).tolist()
    known: dict[str, list[str]] = {}
    for name, record, moving in zip(_names(batch), alerts.records, is_asteroid, strict=True):
        spectrum = spectra.get(name, "") or tns_class(record)
        found = (_by_spectrum(spectrum), ASTEROID if moving else "", _by_place(record))
        first = known.setdefault(name, ["", "", ""])
        known[name] = [one or new for one, new in zip(first, found, strict=True)]
    kinds = {name: next(filter(None, found), UNKNOWN) for name, found in known.items()}
    return Labelled(
        batch,
        np.array([kinds[name] for name in _names(batch)]),
        np.array([name in learnt for name in _names(batch)]),
    )


def _names(batch: AlertBatch) -> list[str]:
    names: list[str] = batch.object_id.tolist()
    return names


def _by_spectrum(spectrum: str) -> str:
    if not spectrum:
        return ""
    return next((kind for begin, kind in BY_SPECTRUM if spectrum.startswith(begin)), OTHER)


def _by_place(record: dict[str, object]) -> str:
    """By SIMBAD's class at that place: what is no nucleus, galaxy or supernova is a star."""
    found = simbad_class(record)
    if not found:
        return ""
    by_words = (
        (NUCLEUS_WORDS, "active nucleus"),
        (CATACLYSMIC_WORDS, "cataclysmic"),
        (GALAXY_WORDS, UNCLEAR),
        (SUPERNOVA_WORDS, OTHER),
    )
    named = (kind for words, kind in by_words if any(word in found for word in words))
    return UNCLEAR if found in NO_STARS else next(named, STAR)
