"""What the real alerts are known to be: by a spectrum, an asteroid's ephemeris, or SIMBAD."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_dates import event_dates, of_its_event
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
    ("SN", "untyped supernova"),
    ("TDE", "disruption"),
    ("nova", "cataclysmic"),
    ("CV", "cataclysmic"),
    ("AGN", "active nucleus"),
)
"""How a spectroscopic class begins, and the kind that it is; any other is OTHER."""
OTHER, ASTEROID, STAR, UNCLEAR, UNKNOWN = "other transient", "asteroid", "star", "unclear", ""
SUPERNOVAE = ("type Ia", "type II", "type Ib/c", "superluminous", "untyped supernova")
EXPLOSIONS = (*SUPERNOVAE, "disruption", OTHER)
"""What happens once: a label of these is of one event, others are of a source that stays."""
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
    """The alerts, and what each is known to be, (n,): one of KINDS, or UNKNOWN."""

    batch: AlertBatch
    kind: NDArray[np.str_]
    astray: Mask
    """Alerts (n,) whose object is labelled with an event that they are not of: UNKNOWN."""
    learnt: Mapping[str, Mask]
    """By network that learnt from real objects: the alerts (n,) of those."""


def labelled(alerts: RealAlerts, data: Path, learnt: Mapping[str, Mask]) -> Labelled:
    """Join the labels: a spectrum before an asteroid's ephemeris before SIMBAD.

    A spectrum and SIMBAD speak of the object, an ephemeris of one alert, and the spectrum of an
    explosion of that explosion's alerts (`label_dates`).
    """
    batch = alerts.batch
    spectrum, place = _by_object(alerts, spectroscopic_classes(data))
    moving = (batch.asteroid_distance_arcsec < ASTEROID_ARCSEC).tolist()
    kind = np.array(
        [
            spectrum.get(name) or (ASTEROID if at_asteroid else place.get(name, UNKNOWN))
            for name, at_asteroid in zip(_names(batch), moving, strict=True)
        ]
    )
    astray = np.isin(kind, EXPLOSIONS) & ~of_its_event(batch, event_dates(data))
    return Labelled(batch, np.where(astray, UNKNOWN, kind), astray, learnt)


def _by_object(
    alerts: RealAlerts, spectra: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Objects' kinds by spectrum, and by SIMBAD; of several the first alert's that has one."""
    spectrum: dict[str, str] = {}
    place: dict[str, str] = {}
    for name, record in zip(_names(alerts.batch), alerts.records, strict=True):
        found = _by_spectrum(spectra.get(name, "") or tns_class(record)), _by_place(record)
        for kinds, kind in zip((spectrum, place), found, strict=True):
            if kind:
                kinds.setdefault(name, kind)
    return spectrum, place


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
        (SUPERNOVA_WORDS, "untyped supernova"),
    )
    named = (kind for words, kind in by_words if any(word in found for word in words))
    return UNCLEAR if found in NO_STARS else next(named, STAR)
