"""Figures of others, with where they come from; the only ones that no stored prediction gives."""

from __future__ import annotations

from typing import NamedTuple

from training.lightcurve.judging.outcome import WINDOWS


class Published(NamedTuple):
    """What a paper says of a model that saw other objects, so nothing to be ahead of."""

    model: str
    source: str
    flat_with: float | None
    flat_without: float | None
    auc: float | None = None
    precision: float | None = None


OTHER_SPLIT = "published, other split"
"""Trained on 75 % and scored on 25 % of PLAsTiCC's test set, which is not at hand."""
PUBLISHED = (
    Published("t2", "arXiv:2105.06178", 0.507, 0.873, 0.98, 0.87),
    Published("tiny t2, clustered", "arXiv:2303.08951", 0.450, None),
)


class Reached(NamedTuple):
    """What boosted trees reached on one of ZTF's windows when the goals were set."""

    flat: float
    macro_auc: float


ZTF_TREES = dict(
    zip(WINDOWS, (Reached(1.483, 0.706), Reached(1.249, 0.851), Reached(1.082, 0.908)), strict=True)
)
"""Measured on the same archive, by object, in the task that asked for this network."""

FLAT_WITH_MAX, FLAT_WITHOUT_MAX = 0.44, 0.61
AUC_MIN, PRECISION_MIN, CALIBRATION_MAX = 0.992, 0.935, 0.02
BEHIND_TREES_GP_MAX = 0.05
BASELINE_WITH_MAX, BASELINE_WITHOUT_MAX = 0.41, 0.59
"""Trees with a Gaussian process that do worse are no baseline to be held against."""
STARS_MAX, OLD_MAX, DISRUPTIONS_MAX = 0.05, 0.02, 0.30
"""Shares of ZTF's stars that brightened, and of what packets have known for a year, that may be
called supernovae; and of disruptions that may be called SLSN-I."""
MACRO_F1_MIN, ACCURACY_MIN = 0.65, 0.85
"""The bar of the field for five types at their own shares (Superphot+, de Soto et al. 2024,
arXiv:2403.07975, has 0.61 and 0.83 on another sample)."""
SIZE_BYTES_MAX = 60_320
TIME_US_MAX = 50.0
"""An alert, on one thread at batch 32, from decoded light curve to probabilities."""
SPOILT_MAX, SELDOM_MAX = 0.03, 0.02
"""By which the loss may rise with gross outliers, and differ where deep fields are thinned."""
LIVE_DIFFERENCE_MAX = 1e-5
"""Between the live path's probabilities and the training code's."""
