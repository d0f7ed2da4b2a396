"""What a light curve's row holds, and where: the one agreement of training, serving and graph.

A row is float32: context, features by band, shape by bin and band, variability by lag, then the
observations. Everything is raw: times in days, fluxes in nJy, precisions (one over an error) in
1/nJy, where 0 says that nothing was measured. Scaling is the graph's.
"""

from __future__ import annotations

import hashlib

BANDS = ("u", "g", "r", "i", "z", "y")
"""Those that a row has room for, the first of `schemas.batch.BANDS`: others' points are left out.
"""
TOKENS = 32
"""Observations that a network sees one by one: detections first, those near the peak before others.

The rest it sees in the features alone.
"""
TOKEN_COLUMNS = ("days", "flux", "precision", "band", "detected")
"""Of an observation: days since the first detection, nJy, 1/nJy, place in BANDS, 1 or 0.

A place without an observation has precision 0.
"""

REDSHIFT = ("host_photoz", "host_photoz_err", "distance_modulus")
CONTEXT = (
    "redshift_known",
    *REDSHIFT,
    "points",
    "detected",
    "days_before",
    "days_detected",
    "days_after",
    "days_to_peak",
    "peak_flux",
    "peak_precision",
    "lowest_flux",
    "lowest_precision",
)
"""Of the whole light curve.

days_before: from the first point to the first detection; days_detected: from the first detection
to the last; days_after: from there to the last point. The peak is the detected point that is
highest by its flux less its error, days_to_peak being counted from the first detection.
"""
BAND_FEATURES = (
    "points",
    "detected",
    "mean",
    "precision",
    "scatter",
    "noise",
    "skewness",
    "highest",
    "highest_precision",
    "highest_days",
    "lowest",
    "lowest_precision",
    "lowest_days",
    "days_detected",
)
"""Of one band's points.

mean: weighted by inverse variance, precision: of that mean; scatter: standard deviation; noise:
root mean square of the errors; skewness: of the fluxes, dimensionless; days since the peak of all
bands; days_detected: from the band's first detection to its last.
"""
BIN_EDGES_DAYS = (
    -60.0,
    -30.0,
    -15.0,
    -7.0,
    -2.0,
    2.0,
    7.0,
    14.0,
    21.0,
    30.0,
    45.0,
    65.0,
    100.0,
    200.0,
)
"""Between bins of days since the peak; the first and the last bin are open."""
BINS = len(BIN_EDGES_DAYS) + 1
LAG_EDGES_DAYS = (0.1, 1.5, 5.0, 15.0, 60.0)
LAGS = len(LAG_EDGES_DAYS) + 1
"""Between points of one band that follow one another."""
VARIABILITY = ("pairs", "change", "change_noise")
"""By lag, over all bands: pairs, root mean square of their changes, and of these changes' noise."""

CONTEXT_BEGIN = 0
BAND_BEGIN = CONTEXT_BEGIN + len(CONTEXT)
SHAPE_BEGIN = BAND_BEGIN + len(BANDS) * len(BAND_FEATURES)
LAG_BEGIN = SHAPE_BEGIN + 2 * BINS * len(BANDS)
TOKENS_BEGIN = LAG_BEGIN + LAGS * len(VARIABILITY)
ROW = TOKENS_BEGIN + TOKENS * len(TOKEN_COLUMNS)
FEATURES = TOKENS_BEGIN
"""Numbers before the observations."""
HISTORY = ("days_known", "times_detected")
"""Of an object before what a packet holds, after a row of those networks that are told it.

days_known: since its first detection ever; times_detected: how often the survey detected it.
"""

LAYOUT = hashlib.sha256(
    repr(
        (TOKENS, TOKEN_COLUMNS, CONTEXT, BAND_FEATURES, BIN_EDGES_DAYS, LAG_EDGES_DAYS, VARIABILITY)
    ).encode()
).hexdigest()[:16]
"""Stands in a served file, so that a network never reads rows of another layout."""
HISTORY_LAYOUT = f"{LAYOUT}+{','.join(HISTORY)}"
"""The same, of rows that end with HISTORY."""
