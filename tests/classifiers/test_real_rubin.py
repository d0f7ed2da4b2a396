"""Rubin's first real alerts of known objects, scored as they are served, and what the card says."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.lightcurve import LIGHTCURVE
from training.lightcurve.rubin import MEANT, Line, lines, section, told

AGN_MIN, AGN_OBJECTS = 37, 41


@pytest.fixture(scope="module")
def found(data_folder: Path) -> list[Line]:
    return lines(told(data_folder))


def right(found: list[Line], called: str) -> tuple[int, int]:
    """Objects that SIMBAD calls so and the network too, each time, and all of them."""
    those = [one for one in found if MEANT.get(one.known) == called]
    return sum(one.right or 0 for one in those), sum(len(one.objects) for one in those)


def test_active_galaxies_are_called_so(found: list[Line]) -> None:
    called, objects = right(found, "AGN")
    assert objects == AGN_OBJECTS
    assert called >= AGN_MIN


def test_rr_lyrae_stay_what_they_are(found: list[Line]) -> None:
    assert right(found, "RRL") == (1, 1)


def test_the_card_says_what_is_found(data_folder: Path) -> None:
    assert section(data_folder).strip() in LIGHTCURVE.with_suffix(".md").read_text("utf-8")
