"""A negative distance is none, whatever a survey, or who borrows its shape, means by it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from schemas.decode import Decoder
from tests.schemas import golden, golden_winter

ASTEROID_SEED, ASTEROID = next(
    (seed, record["ssSource"])
    for seed in range(40)
    if (record := golden.rubin_record(seed))["ssSource"]
)
NEGATIVE = (-99.0, -9999.0, -1.0, -0.001)


@pytest.mark.parametrize("arcsec", NEGATIVE)
def test_ztfs_negative_distances_are_none(arcsec: float) -> None:
    candidate = {"ssdistnr": arcsec, "distpsnr1": arcsec, "distnr": arcsec, "magnr": 16.0}
    batch = Decoder().decode([golden.ztf_packet(1, candidate=candidate)])
    assert math.isnan(batch.asteroid_distance_arcsec[0])
    assert math.isnan(batch.star_distance_arcsec[0])
    assert math.isnan(batch.template_flux_njy[0])


@pytest.mark.parametrize("arcsec", NEGATIVE)
def test_winters_and_rubins_are_none(arcsec: float) -> None:
    matches = {"ssdistnr": arcsec, "distpsnr1": arcsec, "nmtchps": 3}
    winter = golden_winter.packet(1, candidate=matches)
    asteroid = {"ssObjectId": 7, "ephOffset": arcsec}
    rubin = golden.rubin_packet(ASTEROID_SEED, ssSource=ASTEROID | asteroid)
    batch = Decoder(schemas=golden.GoldenSchemas()).decode([winter, rubin])
    assert np.isnan(batch.asteroid_distance_arcsec).tolist() == [True, True]
    assert np.isnan(batch.star_distance_arcsec).tolist() == [True, True]


def test_ztfs_own_word_for_none_found_is_still_infinite() -> None:
    candidate = {"ssdistnr": -999.0, "distpsnr1": -999.0}
    batch = Decoder().decode([golden.ztf_packet(1, candidate=candidate)])
    assert math.isinf(batch.asteroid_distance_arcsec[0])
    assert math.isinf(batch.star_distance_arcsec[0])
