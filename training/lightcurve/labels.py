"""The classes of the two networks, in the order of their probabilities."""

from __future__ import annotations

from types import MappingProxyType

SIX_BAND = (
    "SNIa",
    "SNIa-91bg",
    "SNIax",
    "SNII",
    "SNIbc",
    "SLSN-I",
    "TDE",
    "KN",
    "AGN",
    "RRL",
    "M-dwarf",
    "EB",
    "Mira",
    "uLens-Single",
)
"""PLAsTiCC's fourteen of the training set (Kessler et al. 2019, arXiv:1903.11756, table 2)."""

PLASTICC_TARGETS = MappingProxyType(
    dict(zip((90, 67, 52, 42, 62, 95, 15, 64, 88, 92, 65, 16, 53, 6), SIX_BAND, strict=True))
)
"""By PLAsTiCC's `target`."""

GALACTIC = frozenset({"RRL", "M-dwarf", "EB", "Mira", "uLens-Single"})
"""Classes whose PLAsTiCC photo-z is 0, which no survey sends and which training hides."""

SUPERNOVAE = ("SNIa", "SNII", "SNIIn", "SLSN-I", "SNIbc")
"""Spectroscopic types; SNIbc holds IIb."""
DISRUPTION, NUCLEUS, STAR = "TDE", "AGN", "star"
"""Tidal disruptions, active nuclei, and stars of all kinds that vary, cataclysmic ones and novae
among them."""
ZTF = (*SUPERNOVAE, DISRUPTION, NUCLEUS, STAR)
