"""Alerts made for one built-in filter: a supernova in its galaxy, but for what a test changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from filters.handmade import Epoch, handmade
from schemas.batch import AlertBatch

NAN, INF = np.nan, np.inf
NOW = 60000.0
FLUX = 50_000.0

Case = Mapping[str, Any]
"""What is other than SUPERNOVA: columns, `history`, and the probabilities by their names."""

SUPERNOVA: Case = {
    "mjd": NOW,
    "band": "r",
    "flux_njy": FLUX,
    "magnitude": 19.65,
    "age_days": 6.0,
    "detections": 4,
    "ra_deg": 192.86,
    "dec_deg": 27.13,
    "star_distance_arcsec": 4.0,
    "star_galaxy_score": 0.1,
    "asteroid_distance_arcsec": INF,
    "template_flux_njy": NAN,
}
LABELS = {
    "realbogus": ("real", "bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail"),
    "supernova": ("SNIa", "SNII", "SNIIn", "SLSN-I", "SNIbc", "TDE", "AGN", "star"),
    "lightcurve": ("SNIa", "SNIa-91bg", "SNIax", "SNII", "SNIbc", "SLSN-I", "TDE", "KN", "AGN"),
}
CHANCES = {
    "real": 0.95,
    "supernova SNIa": NAN,
    "lightcurve SNIa": NAN,
    "lightcurve AGN": NAN,
    "cosmic_ray": 0,
}
"""By label, or by classifier and label where two have it. All others are 0, but that what is no
supernova has what type Ia leaves of 1: a filter changes the prior of all labels together."""
HISTORY = (Epoch(NOW - 6, "r", 20_000.0), Epoch(NOW - 3, "r", 40_000.0))


def batch_of(*cases: Case, later: Sequence[Epoch] = ()) -> AlertBatch:
    """One alert a case. `later` are points after the alert, which some packets hold."""
    columns = {name: [case.get(name, value) for case in cases] for name, value in SUPERNOVA.items()}
    curves = [
        [*case.get("history", HISTORY), Epoch(NOW, "r", case.get("flux_njy", FLUX)), *later]
        for case in cases
    ]
    scores = {
        name: {label: [_chance(case, name, label) for case in cases] for label in labels}
        for name, labels in LABELS.items()
    }
    supernova = scores["supernova"]
    supernova["star"] = [1 - chance for chance in supernova["SNIa"]]
    return handmade(light_curve=curves, scores=scores, values=None, rows=len(cases), **columns)


def _chance(case: Case, classifier: str, label: str) -> float:
    for name in (f"{classifier} {label}", label):
        if name in CHANCES:
            return float(case.get(name, CHANCES[name]))
    return 0.0
