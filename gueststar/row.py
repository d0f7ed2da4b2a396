"""One row of a batch, in the batch's own names: what pictures and tables are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import SelectedBy
from schemas.batch import AlertBatch, LightCurves
from schemas.columns import Columns
from schemas.prior import (
    Priors,
    by_label,
    check_named,
    in_order,
    prior_of,
    reweighed,
    shares_of,
)

Scores = Mapping[str, Mapping[str, float]]
"""Probabilities by classifier and label."""


@dataclass(frozen=True, slots=True)
class Row(Columns[str, int, int, int, str, float]):
    """A row of `AlertBatch`, codes by their names; empty where unknown.

    A missing value is NaN; in a distance, "looked and found none" is +inf.
    """

    scores: Scores
    """By classifier and label: `alert.scores["realbogus"]["real"]`; empty where it declined."""
    priors: Scores
    """By classifier, the shares of its labels for which its scores are; even odds where there are
    none."""
    filters: tuple[str, ...]
    """The filters that selected it, by name."""
    selected_by: tuple[SelectedBy, ...]
    """The same filters, each with its version, sha256, and the catalogues that it asked."""
    batch: AlertBatch = field(repr=False, compare=False)
    """The batch that it came in; kept for the images, so keep few alerts for long."""
    row: int = field(repr=False, compare=False)

    def with_prior(self, prior: Priors) -> Self:
        """The same alert with its scores brought to another prior; no network is asked again.

        prior: "natural", "even", or by classifier one of these or a share for each label.
        Raises ModelError for a classifier that has not scored, or a label that it has not.
        """
        check_named(prior, self.scores)
        scores, priors = {}, {}
        for name, found in self.scores.items():
            labels, values = tuple(found), np.array([[*found.values()]])
            given = in_order(labels, self.priors.get(name, {}))
            wanted = shares_of(name, labels, prior_of(prior, name))
            (row,) = reweighed(name, labels, values, given, wanted).tolist()
            scores[name] = dict(zip(labels, row, strict=True))
            priors[name] = by_label(labels, wanted)
        return replace(self, scores=scores, priors=priors)

    @property
    def values(self) -> Mapping[str, Mapping[str, float]]:
        """By stage and column: `alert.values["gaia"]["distance_arcsec"]`; NaN: not known."""
        return {
            name: dict(zip(each.columns, each.values[self.row].tolist(), strict=True))
            for name, each in self.batch.learned.items()
            if each.kind == "values"
        }

    @property
    def vectors(self) -> Mapping[str, NDArray[np.float32]]:
        """By stage; NaN throughout where it gave none."""
        learned = self.batch.learned.items()
        return {name: each.values[self.row] for name, each in learned if each.kind == "vector"}

    @property
    def light_curve(self) -> LightCurves:
        """Its history and this detection: columns of one entry a point, by rising mjd."""
        return self.batch.light_curve.of(self.row)

    @property
    def forced_photometry(self) -> LightCurves:
        """Forced photometry at its position; no points where the survey sends none."""
        return self.batch.forced_photometry.of(self.row)

    @property
    def stamps(self) -> Sequence[NDArray[np.float32]]:
        """Science, template and difference at native size; shape (0, 0) where one is missing.

        The lite form, which the topic of all alerts has by default, carries none.
        """
        return self.batch.stamps[self.row]

    @property
    def packet(self) -> bytes:
        """The message as it came from Kafka."""
        return self.batch.packets[self.row]
