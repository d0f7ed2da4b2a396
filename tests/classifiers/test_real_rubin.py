"""Rubin's first real alerts of known objects, scored as they are served."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from classifiers.lightcurve import lightcurve
from lake.archives import Archive
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader

LABELS = {"QSO": "AGN", "AGN": "AGN", "AG?": "AGN", "Sy1": "AGN", "RR*": "RRL"}
"""What SIMBAD calls them, and the network's word for that."""
AGN_MIN, AGN_OBJECTS = 37, 41


@pytest.fixture(scope="module")
def tops(data_folder: Path) -> dict[str, Counter[tuple[str, str]]]:
    """By object: how often it is known as one class and called another, or the same."""
    packets = [each.data for each in Archive(data_folder / "lsst" / "lsstcam")]
    batch, reader, network = Decoder().decode(packets), EnrichedReader(), lightcurve()
    scores = network.score(batch)
    found: dict[str, Counter[tuple[str, str]]] = {}
    for row in np.flatnonzero(np.isfinite(scores).all(axis=1)).tolist():
        matches = reader.read(batch.packets[row]).get("xm") or {}
        known = LABELS.get(str(matches.get("simbad_otype")))
        if known:
            told = network.labels[int(np.argmax(scores[row]))]
            found.setdefault(batch.object_id[row], Counter())[known, told] += 1
    return found


def right(tops: dict[str, Counter[tuple[str, str]]], known: str) -> tuple[int, int]:
    """Objects of a class of which every alert was called so, and all of them."""
    those = [each for each in tops.values() if next(iter(each))[0] == known]
    return sum(set(each) == {(known, known)} for each in those), len(those)


def test_active_galaxies_are_called_so(tops: dict[str, Counter[tuple[str, str]]]) -> None:
    called, objects = right(tops, "AGN")
    assert objects == AGN_OBJECTS
    assert called >= AGN_MIN


def test_rr_lyrae_stay_what_they_are(tops: dict[str, Counter[tuple[str, str]]]) -> None:
    assert right(tops, "RRL") == (1, 1)
