"""How odd is it? An isolation forest and an autoencoder over light curve and embedding.

What they say is told as a false-alarm rate: one in so many alerts of its survey is this odd.
`anomaly.md` beside this file is the card: data, figures and limits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifiers.alert_embedding import WEIGHTS as EMBEDDING_WEIGHTS
from classifiers.alert_embedding import is_taught, light_rows_of
from classifiers.embedding_layout import LAYOUT as EMBEDDING_LAYOUT
from classifiers.embedding_layout import NAME as EMBEDDING
from classifiers.embedding_layout import STAMPS_BEGIN, SYSTEMS, WIDTH
from classifiers.observations.layout import REDSHIFT
from classifiers.session import Session
from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.stage import Identity

NAME = "anomaly"
WEIGHTS = Path(__file__).with_suffix(".onnx")
ROW_WIDTH = STAMPS_BEGIN + WIDTH
"""A light curve's row as the embedding's has it, then the embedding."""
TREES = 100
JUDGES = ("forest", "autoencoder")
LABELS = (*JUDGES, *(f"leaf_{one}" for one in range(TREES)))
"""What the file gives: the forest's score, 0 to 1, the autoencoder's error, and the leaf of each
tree in which an alert ends."""
GIVES = ("one_in", *(f"{one}_one_in" for one in JUDGES))
"""Of both together, and of each: one in so many alerts is this odd."""
LEVELS = np.log10([1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
"""Between which a score's rarity, log10 of `one_in`, is read off; beyond goes an exponential."""
RARITY_MAX = 6.0
LAYOUT = hashlib.sha256(repr((EMBEDDING_LAYOUT, LABELS)).encode()).hexdigest()[:16]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


class Tail(NamedTuple):
    """How rare scores are in one survey."""

    knots: tuple[float, ...]
    """Scores at LEVELS."""
    scale: float
    """Of the exponential beyond the last."""

    def rarity(self, scores: ArrayLike) -> Floats:
        """log10 of one in how many is so high, RARITY_MAX at most."""
        given = np.asarray(scores, np.float64)
        within = np.interp(given, self.knots, LEVELS)
        above = np.maximum(given - self.knots[-1], 0) / (self.scale * np.log(10))
        return np.asarray(np.minimum(within + above, RARITY_MAX))


class Rates(NamedTuple):
    """How rare the judges' scores are in one survey, and the sum of their rarities."""

    forest: Tail
    autoencoder: Tail
    both: Tail

    def rarities(self, scores: NDArray[np.floating]) -> Floats:
        """(n, GIVES) of scores (n, JUDGES), as `Tail.rarity` has them."""
        forest, error = self.forest.rarity(scores[:, 0]), self.autoencoder.rarity(scores[:, 1])
        return np.column_stack([self.both.rarity(forest + error), forest, error])


def written(rates: Mapping[str, Rates]) -> str:
    """As a file's metadata has them, by system."""
    return json.dumps(rates)


def read(text: str) -> dict[str, Rates]:
    """What `written` wrote."""
    return {
        system: Rates(*(Tail(tuple(knots), scale) for knots, scale in tails))
        for system, tails in json.loads(text).items()
    }


def rarities_of(rates: Mapping[str, Rates], scores: NDArray[np.floating], rows: Singles) -> Floats:
    """(n, GIVES) of scores (n, JUDGES), by each row's system."""
    found = np.zeros((len(rows), len(GIVES)))
    for system, each in rates.items():
        own = rows[:, STAMPS_BEGIN - 1] == SYSTEMS.index(system)
        found[own] = each.rarities(scores[own])
    return found


class Oddity(NamedTuple):
    """What is found of n alerts."""

    rarity: Floats
    """(n, GIVES): log10 of one in how many."""
    leaves: NDArray[np.int16]
    """(n, TREES)."""
    scores: Singles
    """(n, JUDGES), as they are."""


class Anomaly:
    """One in how many alerts is so odd, as a `schemas.stage.Stage`."""

    def __init__(self, path: Path = WEIGHTS, embedding: Path = EMBEDDING_WEIGHTS) -> None:
        """Open the file. Raises ModelError where it cannot be served.

        It was taught what one embedding's file says, and is served beside that alone.
        """
        self.embedding = hashlib.sha256(embedding.read_bytes()).hexdigest()
        agreed = {"layout": LAYOUT, EMBEDDING: self.embedding}
        self._session = Session(path, (ROW_WIDTH,), agreed)
        self.identity: Identity = self._session.identity
        self._rates = read(self._session.said["rates"])
        self.gives = (Given(NAME, "values", GIVES),)
        self.reads: tuple[str, ...] = (
            *("photometric_system", "mjd", "light_curve", "forced_photometry"),
            *("age_days", "detections", *REDSHIFT, f"learned.{EMBEDDING}"),
        )

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, GIVES); NaN rows where there is no embedding."""
        found = np.full((len(batch), len(GIVES)), np.nan)
        known = has_row(batch)
        found[known] = 10 ** self.looked_at(rows_of(batch)[known]).rarity
        return (found,)

    def looked_at(self, rows: Singles) -> Oddity:
        """Of rows (n, ROW_WIDTH)."""
        said = self._session.run(rows)
        scores, leaves = np.split(said, [len(JUDGES)], axis=1)
        return Oddity(rarities_of(self._rates, scores, rows), leaves.astype(np.int16), scores)

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        self._session.warm_up()


def has_row(batch: AlertBatch) -> NDArray[np.bool_]:
    """Which alerts, (n,), are of a photometric system that was taught, and have an embedding."""
    vector = batch.learned[EMBEDDING].values
    return np.asarray(is_taught(batch) & np.isfinite(vector).all(axis=1))


def rows_of(batch: AlertBatch) -> Singles:
    """(n, ROW_WIDTH); of no meaning where `has_row` says no."""
    vector = batch.learned[EMBEDDING].values.astype(np.float32)
    return np.concatenate([light_rows_of(batch), vector], axis=1)
