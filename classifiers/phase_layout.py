"""What the network of phases gives, and in what order: the agreement of training and serving."""

from __future__ import annotations

from classifiers.observations.layout import HISTORY, HISTORY_LAYOUT

TARGETS = (
    "days_since_first_light",
    "days_to_peak",
    "days_to_peak_g",
    "days_to_peak_r",
    "peak_mag_g",
    "peak_mag_r",
    "mag_g_in_1d",
    "mag_r_in_1d",
    "mag_g_in_3d",
    "mag_r_in_3d",
)
"""days_to_peak is counted from the alert and above 0 before the peak: in g, or else r, of ZTF's
light curves; of Rubin's, what PLAsTiCC calls the peak, in the rest frame's B."""
DAYS = TARGETS[:4]
UNTAUGHT = {"lsst": ("days_to_peak_g", "days_to_peak_r")}
"""By photometric system: what too few objects taught for its intervals to hold, and is not given.
"""
QUANTILES = (0.15865525, 0.5, 0.84134475)
ENDS = ("low", "", "high")
"""How a value's columns end: 68 % lie between low and high."""
LABELS = tuple(f"{name}_{end}".rstrip("_") for name in TARGETS for end in ENDS)
EXTRAS = (*HISTORY, "system")
"""After a row; of the system ZTF is 0, LSST 1."""
LAYOUT = f"{HISTORY_LAYOUT},system,shape 1"
"""Stands in a served file."""
