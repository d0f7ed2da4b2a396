"""What stamps might tell beside the light curve, and of which objects each can be asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Ints
from training.lightcurve.labels import SUPERNOVAE, ZTF
from training.lightcurve.ztf_answers import Answers

CIRCULAR = "star by Pan-STARRS"
"""Known by a star in another survey's image of the place, which is what a template shows."""
TYPES = tuple(range(len(SUPERNOVAE)))


class Question(NamedTuple):
    """Groups of labels to be told apart, at even odds."""

    name: str
    groups: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]
    """Of each group, places in ZTF."""
    without: str = ""
    """A kind of object that is not asked about."""

    def rows(self, answers: Answers) -> Ints:
        """(k,): the answers that it can be asked of."""
        asked = [one for group in self.labels for one in group]
        return np.flatnonzero(np.isin(answers.label, asked) & (answers.kind != self.without))

    def label(self, answers: Answers) -> Ints:
        """(k,): the group of each answer."""
        return np.asarray(np.argmax([np.isin(answers.label, one) for one in self.labels], axis=0))

    def base(self, chances: Floats) -> Floats:
        """(k, groups): logits of the light curve alone, of its chances at even odds of labels."""
        parts = [chances[:, list(group)].mean(axis=1) for group in self.labels]
        return np.asarray(np.log(np.stack(parts, axis=1)))


SNIA, OTHER_TYPES = TYPES[:1], TYPES[1:]
GROUPS = (TYPES, (ZTF.index("AGN"),), (ZTF.index("star"),))
NAMES = ("supernova", "nucleus", "star")
QUESTIONS = (
    Question("five types", SUPERNOVAE, tuple((one,) for one in TYPES)),
    Question("SNIa or another type", ("SNIa", "another"), (SNIA, OTHER_TYPES)),
    Question("supernova, nucleus or star", NAMES, GROUPS),
    Question("the same, stars by SIMBAD alone", NAMES, GROUPS, CIRCULAR),
)
