"""For which shares of the labels a row of probabilities is: stated, checked, and changed.

By Bayes' theorem a probability is a likelihood times a prior, summed to 1. So what was said at one
prior is brought to another by the ratio of their shares (Saerens et al. 2002, Neural Computation
14, 21, equation 2.4); no network is asked again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError
from schemas.natural import NATURAL, TAUGHT
from schemas.suggestion import nearest

Shares = tuple[float, ...]
"""One share a label, in their order, each a float32's value, of sum 1; or EVEN."""
EVEN: Final[Shares] = ()
"""Even odds, at which the networks are taught: all labels alike, but for those of TAUGHT. What says
nothing of a prior is at it."""
SHARE_MIN: Final = 1e-9
"""From a smaller one a float32 would hardly be brought back."""
KEPT_MAX: Final = 256
"""Priors that are kept once they were checked."""
Named = Literal["natural", "even"]
Prior = Named | Mapping[str, float]
"""A classifier's prior as a user names it: by name, or a share for each of its labels."""
Priors = Named | Mapping[str, Prior]
"""Several classifiers': one name for all, or by classifier; who is not named has the natural."""


def prior_of(priors: Priors, classifier: str) -> Prior:
    """One classifier's among several's."""
    if isinstance(priors, Mapping):
        return priors.get(classifier, "natural")
    return priors


def check_named(priors: Priors, classifiers: Collection[str]) -> None:
    """Raises ModelError for a prior of a classifier that is none of these."""
    for name in priors if isinstance(priors, Mapping) else ():
        if name not in classifiers:
            raise ModelError(
                f"a prior of {name!r} is given, which scores nothing{nearest(name, classifiers)}"
            )


def shares_of(classifier: str, labels: Sequence[str], prior: Prior) -> Shares:
    """A prior by label, in the order of `labels`; EVEN where all are alike.

    Even odds are the natural prior where nobody has stated one for just these labels, as of an
    older network's. Raises ModelError, which names the label and the remedy, for a label that is
    unknown, missing, or of no share.
    """
    if isinstance(prior, Mapping):
        return _checked(classifier, tuple(labels), tuple(prior.items()))
    if prior not in get_args(Named):
        raise ModelError(
            f"no prior is called {prior!r}: write 'natural', 'even', or a share for each label"
        )
    stated = NATURAL.get(classifier)
    if prior == "even" or stated is None or stated.shares.keys() != set(labels):
        return EVEN
    return _checked(classifier, tuple(labels), tuple(stated.shares.items()))


def by_label(labels: Sequence[str], shares: Shares) -> dict[str, float]:
    """Shares as a record has them: by label, and nothing for even odds."""
    return dict(zip(labels, shares, strict=True)) if shares else {}


def in_order(labels: Sequence[str], shares: Mapping[str, float]) -> Shares:
    """The same read back: a share a label, or EVEN where there are none."""
    return tuple(shares[label] for label in labels) if shares else EVEN


def rescaled(
    shares: Mapping[str, float], labels: Collection[str], total: float
) -> dict[str, float]:
    """The same shares, but that these labels sum to `total` and all others to the rest of 1.

    Within either group the ratios stay. `total` lies above 0 and below 1, and so do the labels.
    """
    inside = sum(share for label, share in shares.items() if label in labels)
    outside = sum(shares.values()) - inside
    return {
        label: share * (total / inside if label in labels else (1 - total) / outside)
        for label, share in shares.items()
    }


def reweighed(
    classifier: str,
    labels: tuple[str, ...],
    values: NDArray[Any],
    given: Shares,
    wanted: Shares,
) -> NDArray[Any]:
    """Probabilities (n, labels) at the prior `given`, brought to the prior `wanted`.

    Of the same type, rows summing to 1; a NaN row stays one. The same array where nothing changes.
    """
    if given == wanted:
        return values
    weighed: NDArray[Any] = values * _ratio(classifier, labels, given, wanted, values.dtype.str)
    weighed /= weighed.sum(axis=1, keepdims=True)
    return weighed


@lru_cache(maxsize=KEPT_MAX)
def _ratio(
    classifier: str, labels: tuple[str, ...], given: Shares, wanted: Shares, kind: str
) -> NDArray[Any]:
    odds = _even_odds(classifier, labels)
    return np.asarray(np.asarray(wanted or odds) / np.asarray(given or odds), kind)


@lru_cache(maxsize=KEPT_MAX)
def _even_odds(classifier: str, labels: tuple[str, ...]) -> Shares:
    """Even odds as a share for each label."""
    taught = TAUGHT.get(classifier, {})
    shares = taught if taught.keys() == set(labels) else dict.fromkeys(labels, 1.0)
    return _kept(shares[label] / sum(shares.values()) for label in labels)


@lru_cache(maxsize=KEPT_MAX)  # filters ask for the same ones of every batch
def _checked(
    classifier: str, labels: tuple[str, ...], prior: tuple[tuple[str, float], ...]
) -> Shares:
    said, of = dict(prior), f"the prior of {classifier!r}"
    for label in said:
        if label not in labels:
            raise ModelError(f"{of} has a label {label!r} too many{nearest(label, labels)}")
    for label in labels:
        if label not in said:
            raise ModelError(f"{of} lacks {label!r}; give each label a share")
    total = math.fsum(said.values())
    for label, share in said.items():
        if not SHARE_MIN * total <= share < math.inf:
            raise ModelError(
                f"{of} gives {label!r} {share} of {total}; a share is {SHARE_MIN} of all at least"
            )
    found = _kept(said[label] / total for label in labels)
    return EVEN if found == _even_odds(classifier, labels) else found


def _kept(shares: Iterable[float]) -> Shares:
    """As float32, which records have: who reads one shall find the very same."""
    return tuple(float(np.float32(share)) for share in shares)
