"""Apparent magnitudes: of template and difference together, wherever both are known."""

from __future__ import annotations

import math
from typing import Any

import pytest

from schemas.decode import Decoder
from schemas.photometry import AB_ZERO_MAG_NJY
from tests.schemas import golden, golden_winter

ZTF_STAR = {"magnr": 15.5, "distnr": 0.3, "magpsf": 18.1, "isdiffpos": "t"}


def njy(magnitude: float) -> float:
    """The flux of an AB magnitude, nJy."""
    return float(10 ** ((AB_ZERO_MAG_NJY - magnitude) / 2.5))


def ztf(**changes: Any) -> float:  # noqa: ANN401 - values of any field
    """The apparent magnitude of a ZTF star of 15.5 that has brightened, but for `changes`."""
    packet = golden.ztf_packet(1, candidate=ZTF_STAR | changes)
    return float(Decoder().decode([packet]).apparent_magnitude[0])


def rubin(template: float | None, flux: float) -> float:
    """The apparent magnitude of a Rubin alert of these two fluxes, nJy."""
    source = {"templateFlux": template, "psfFlux": flux}
    decoder = Decoder(schemas=golden.GoldenSchemas())
    return float(decoder.decode([golden.rubin_packet(1, diaSource=source)]).apparent_magnitude[0])


def test_a_star_that_brightened_by_a_tenth_has_its_own_magnitude() -> None:
    assert ztf() == pytest.approx(15.5 - 2.5 * math.log10(1 + 10 ** (-2.6 / 2.5)))
    assert ztf() == pytest.approx(15.405, abs=0.001)


def test_a_star_that_faded_is_fainter_than_its_template() -> None:
    assert ztf(isdiffpos="f") == pytest.approx(15.604, abs=0.001)


@pytest.mark.parametrize(
    "changes",
    [
        {"distnr": 1.6},
        {"distnr": None},
        {"magnr": -999.0},
        {"magnr": None},
        {"isdiffpos": "?"},
        {"isdiffpos": "f", "magpsf": 15.4},
    ],
)
def test_without_a_template_a_sign_or_light_there_is_none(changes: dict[str, Any]) -> None:
    assert math.isnan(ztf(**changes))


def test_rubins_is_of_the_templates_flux_at_the_place() -> None:
    assert rubin(njy(20.0), njy(22.5)) == pytest.approx(20 - 2.5 * math.log10(1.1))
    assert rubin(-500.0, 3_000.0) == pytest.approx(AB_ZERO_MAG_NJY - 2.5 * math.log10(2_500))
    assert math.isnan(rubin(None, 3_000.0))
    assert math.isnan(rubin(3_000.0, -3_000.0))


def test_a_survey_without_template_fluxes_has_none() -> None:
    batch = Decoder().decode([golden_winter.packet(1)])
    assert math.isnan(batch.apparent_magnitude[0])
