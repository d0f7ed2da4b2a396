"""References that make one file of a model differ from another."""

from __future__ import annotations

import numpy as np

from classifiers.reference import Reference, reference_of


def reference(number: int) -> Reference:
    """A few alerts', another for each number."""
    values = np.random.default_rng(number).normal(size=400)
    return reference_of([(np.full(400, "ztf/g"), {"science_median": values})])
