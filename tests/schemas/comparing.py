"""A decoded batch held to the plain reference, leaf by leaf."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from schemas.batch import AlertBatch, LightCurves
from tests.schemas.reference import columns
from tests.schemas.reference_parts import Point

RELATIVE_ERROR_MAX = 1e-13
"""Of what goes through a power or a logarithm; all else is equal to the bit."""
DERIVED = {
    *("flux_njy", "flux_err_njy", "magnitude", "magnitude_err", "template_flux_njy"),
    *("asteroid_distance_arcsec", "apparent_magnitude"),
}


def assert_same(batch: AlertBatch, records: Sequence[dict[str, Any]]) -> None:
    """Every column of every row is what the plain reference makes of fastavro's record."""
    assert not batch.rejected
    assert len(batch) == len(records)
    for row, record in enumerate(records):
        for name, expected in columns(record).items():
            _assert_column(batch, row, name, expected)


def _assert_column(batch: AlertBatch, row: int, name: str, expected: Any) -> None:  # noqa: ANN401
    if name == "stamps":
        assert stamps_of(batch, row) == expected
        return
    got = getattr(batch.spans if name == "difference_reversed" else batch, name)
    if isinstance(got, LightCurves):
        _assert_points(got.of(row), expected)
    elif name in DERIVED:
        assert _close(got[row], expected), (row, name, got[row], expected)
    else:
        assert _equal(got[row], expected), (row, name, got[row], expected)


def _assert_points(curve: LightCurves, expected: list[Point]) -> None:
    assert curve.offsets[-1] == len(expected)
    table = [np.array(column) for column in zip(*expected, strict=True)] or [np.empty(0)] * 6
    mjd, band, flux, error, limit, detected = table
    for got, wanted in ((curve.mjd, mjd), (curve.band, band), (curve.limit_mag, limit)):
        np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(curve.detected, detected)
    for got, wanted in ((curve.flux_njy, flux), (curve.flux_err_njy, error)):
        np.testing.assert_allclose(got, wanted, rtol=RELATIVE_ERROR_MAX)


def stamps_of(batch: AlertBatch, row: int) -> list[bytes | None]:
    """The FITS bytes of the planes, None where there are none."""
    return [
        batch.buffer[begin:end].tobytes() if begin >= 0 else None
        for begin, end in batch.spans.stamp[row]
    ]


def _equal(got: Any, expected: Any) -> bool:  # noqa: ANN401 - a cell of any column
    if isinstance(expected, float) and math.isnan(expected):
        return bool(np.isnan(got))
    return bool(got == expected)


def _close(got: float, expected: float) -> bool:
    return _equal(got, expected) or abs(got - expected) <= RELATIVE_ERROR_MAX * abs(expected)
