"""Each network's natural prior, stated with its source: the shares of its labels in its stream.

A prior is data about a stream, not about a network; whoever knows his stream better gives his own
(docs/priors.md). A network that is made anew with other labels has its shares changed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Natural(NamedTuple):
    """The shares of a network's labels in the stream that it is for."""

    shares: Mapping[str, float]
    """Counts will do; each label has one."""
    source: str


def _scaled(counts: Mapping[str, float], total: float) -> dict[str, float]:
    return {label: total * count / sum(counts.values()) for label, count in counts.items()}


SUPERNOVAE: Mapping[str, float] = {
    "SNIa": 3610,
    "SNII": 637,
    "SNIIn": 124,
    "SLSN-I": 35,
    "SNIbc": 330,
}
"""Supernovae with a spectrum and a peak below magnitude 18.5, to which ZTF's Bright Transient
Survey is nearly complete (Fremling et al. 2020, ApJ 895, 32; Perley et al. 2020, ApJ 904, 35),
counted from its list by the types that the network was taught with."""

SUPERNOVAE_SHARE = 0.1
"""Of the alerts of two detections and more, those of supernovae. A working figure: enough that a
supernova which looks like one is called so. On the one plain night at hand (ZTF, 2018-07-13; 498
alerts) it is less, 1.9 +- 0.6 %, by the network's own answers (Saerens et al. 2002, Neural
Computation 14, 21)."""

OTHERS: Mapping[str, float] = {"TDE": 0.06, "AGN": 9, "star": 81}
"""What shares the rest, in these ratios. Of disruptions the Bright Transient Survey has 39 beside
some 7,000 supernovae; that a tenth of the rest are active nuclei is a working figure."""

PLASTICC: Mapping[str, float] = {
    "SNIa": 1_659_831,
    "SNIa-91bg": 40_193,
    "SNIax": 63_664,
    "SNII": 1_000_150,
    "SNIbc": 175_094,
    "SLSN-I": 35_782,
    "TDE": 13_555,
    "KN": 133,
    "AGN": 101_424,
    "RRL": 197_155,
    "M-dwarf": 93_494,
    "EB": 96_572,
    "Mira": 1_453,
    "uLens-Single": 1_303,
}
"""Objects of PLAsTiCC's test set, unblinded; with 13,087 of four classes that no training object
has they are its 3,492,890 (Kessler et al. 2019, PASP 131, 094501, arXiv:1903.11756, table 2)."""

NATURAL: Mapping[str, Natural] = {
    "supernova": Natural(
        {**_scaled(SUPERNOVAE, SUPERNOVAE_SHARE), **_scaled(OTHERS, 1 - SUPERNOVAE_SHARE)},
        "types by ZTF's Bright Transient Survey below magnitude 18.5 (Fremling et al. 2020; Perley"
        " et al. 2020); one alert in ten of a supernova, a working figure",
    ),
    "lightcurve": Natural(
        PLASTICC, "objects of PLAsTiCC's test set (Kessler et al. 2019, arXiv:1903.11756, table 2)"
    ),
}
"""By classifier; one that is not named here has even odds for its natural prior."""

TAUGHT: Mapping[str, Mapping[str, float]] = {
    "realbogus": {
        "real": 4,
        "bad_subtraction": 1,
        "cosmic_ray": 1,
        "bad_pixel": 1,
        "satellite_trail": 1,
    }
}
"""What even odds are where they are not alike by label: real to bogus 1 to 1, as the card says. It
is the natural prior of `realbogus`, too, since a stream's own ratio hangs on the field, and on what
the survey has cut. That the kinds of artefact are alike among themselves is our assumption."""
