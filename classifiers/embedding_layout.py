"""What the embedding reads, in what order, and what it gives: training and serving agree here."""

from __future__ import annotations

import hashlib

from classifiers.observations.layout import HISTORY, HISTORY_LAYOUT, ROW
from schemas.annotation import EMBEDDING

NAME = EMBEDDING
WIDTH = 64
"""Numbers of a vector, whose length is 1."""
EXTRAS = (*HISTORY, "system")
"""After a light curve's row; of the system ZTF is 0, LSST 1."""
SYSTEMS = ("ztf", "lsst")
STAMPS = 128
"""What the real/bogus network's last hidden layer says: 64 channels at the source, then their means
over the stamp. NaN where a stamp is missing."""
CONTEXT = (
    "star_distance_arcsec",
    "star_galaxy_score",
    "template_flux_njy",
    "extinction_ebv",
    "elongation",
    "signal_to_noise",
)
"""Columns of a batch; NaN where they are not known."""
STAMPS_BEGIN = ROW + len(EXTRAS)
CONTEXT_BEGIN = STAMPS_BEGIN + STAMPS
ROW_WIDTH = CONTEXT_BEGIN + len(CONTEXT)
LABELS = tuple(map(str, range(WIDTH)))
LAYOUT = hashlib.sha256(repr((HISTORY_LAYOUT, EXTRAS, STAMPS, CONTEXT)).encode()).hexdigest()[:16]
"""Stands in the file."""
