"""What the embedding said of objects that it never saw, kept small, and the headlines of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.arrays import Floats
from training.bootstrap import measured, over_seeds
from training.embedding.neighbours import auc, auc_drawn, balanced
from training.tables import figures_under

FILE = Path(__file__).parents[1] / "answers" / "embedding.parquet"
SECTION = "Headlines"
NOTHING = -1
FALSE_ALARMS = 0.01
SEED = 0
"""Of the draws of an interval."""
BROTLI_LEVEL = 11
CLASSES_OF, ONLY, AGAIN, NEW, STABLE = "class", "only", "again", "new", "stable"
TRUNK, SHIPPED = "trunk", "shipped"
"""The kinds of question; `part` begins with one, and a colon."""
CALLS = ("label", "said", "plain", "served")
"""Small whole numbers: places of classes, or yes and no; NOTHING where nobody answered."""
SCORES = ("distance", "doubt", "plain_distance", "trunk_distance")
Table = Mapping[str, NDArray[np.generic]]
Asked = Callable[[str, dict[str, Floats]], Iterator[tuple[str, float]]]


def keep(parts: list[Table], path: Path = FILE) -> None:
    """Write them as one table; a column that a part has not is filled."""
    columns = {"part": np.concatenate([one["part"] for one in parts])}
    for name in CALLS:
        columns[name] = np.concatenate([_of(one, name, NOTHING) for one in parts]).astype(np.int8)
    for name in SCORES:
        columns[name] = np.concatenate([_of(one, name, np.nan) for one in parts]).astype(np.float16)
    order = np.argsort(columns["part"], kind="stable")
    table = pa.table({name: pa.array(column[order]) for name, column in columns.items()})
    pq.write_table(table, path, compression="brotli", compression_level=BROTLI_LEVEL)


def _of(part: Table, name: str, missing: float) -> NDArray[np.generic]:
    return part.get(name, np.full(len(part["part"]), missing))


def read(path: Path = FILE) -> dict[str, dict[str, Floats]]:
    """By part, its columns."""
    table = pq.read_table(path)
    columns = {name: table[name].to_numpy() for name in (*CALLS, *SCORES)}
    part = table["part"].to_numpy().astype(str)
    return {
        one: {name: column[part == one].astype(np.float64) for name, column in columns.items()}
        for one in np.unique(part).tolist()
    }


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card."""
    return dict(_all(read(path)))


def claimed(card: str) -> dict[str, float]:
    """What the card says of each."""
    return figures_under(card, SECTION)


def _all(parts: Mapping[str, dict[str, Floats]]) -> Iterator[tuple[str, float]]:
    for part, some in parts.items():
        kind, _, what = part.partition(":")
        if kind == NEW:
            continue
        asked: Mapping[str, Asked] = {
            CLASSES_OF: _class,
            TRUNK: partial(_besides, "neighbours by a network that saw no label"),
            SHIPPED: partial(_besides, "neighbours in the set that is shipped"),
            ONLY: _only,
            AGAIN: _again,
            STABLE: _stable,
        }
        yield from asked[kind](what, some)
    left_out = [part.split(":")[1] for part in parts if part.startswith(f"{NEW}:")]
    for name in dict.fromkeys(left_out):
        yield from _new(name, [parts[one] for one in parts if one.startswith(f"{NEW}:{name}:")])


def _class(what: str, some: dict[str, Floats]) -> Iterator[tuple[str, float]]:
    label, both = some["label"].astype(int), some["served"] != NOTHING
    yield f"{what}, objects", float(both.sum())
    for name in ("said", "plain", "served"):
        said = some[name][both].astype(int)
        yield f"{what}, balanced accuracy, {WHOSE[name]}", balanced(label[both], said)
    error = _error(label[both], some["said"][both].astype(int))
    yield f"{what}, balanced accuracy, standard error", error


def _besides(whose: str, what: str, some: dict[str, Floats]) -> Iterator[tuple[str, float]]:
    label, said = some["label"].astype(int), some["said"].astype(int)
    yield f"{what}, balanced accuracy, {whose}", balanced(label, said)


WHOSE = {
    "said": "neighbours by embedding",
    "plain": "neighbours by plain features",
    "served": "served classifier",
}


def _error(label: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    """Of a balanced accuracy, by the objects of each class."""
    shares = [(said[label == one] == one) for one in np.unique(label)]
    variances = [one.mean() * (1 - one.mean()) / len(one) for one in shares]
    return float(np.sqrt(np.sum(variances)) / len(variances))


def _only(what: str, some: dict[str, Floats]) -> Iterator[tuple[str, float]]:
    label = some["label"].astype(int)
    yield f"real alerts asked about, by {what}", float(len(label))
    yield f"real alerts, balanced accuracy by {what}", balanced(label, some["said"].astype(int))


def _again(what: str, some: dict[str, Floats]) -> Iterator[tuple[str, float]]:
    yield f"same object, {what}, among", float(len(some["said"]))
    yield f"same object, {what}, recall@1", float(some["said"].mean())
    yield f"same object, {what}, recall@1 by plain features", float(some["plain"].mean())


def _new(what: str, networks: Sequence[dict[str, Floats]]) -> Iterator[tuple[str, float]]:
    """Means over the networks that did not learn the class, and how far these are apart."""
    yield f"{what} left out, networks", float(len(networks))
    for name, words in SAID_BY.items():
        found = [auc(one[name], one["label"] == 1) for one in networks]
        yield f"{what} left out, AUC by {words}", float(np.mean(found))
        yield f"{what} left out, AUC by {words}, lowest", float(np.min(found))
    low, high = _interval(networks)
    yield f"{what} left out, AUC by distance, 95 % from", low
    yield f"{what} left out, AUC by distance, 95 % to", high
    yield f"{what} left out, found at 1 % false alarms", float(np.mean([*map(_found, networks)]))


def _interval(networks: Sequence[dict[str, Floats]]) -> tuple[float, float]:
    """Of the mean AUC: objects are drawn, and networks.

    The unseen objects are the same in all networks, in one order, and so are drawn alike.
    """
    figures = [
        auc_drawn(one["distance"], one["label"] == 1, (SEED, place + 1))
        for place, one in enumerate(networks)
    ]
    mean = measured(over_seeds(np.array(figures), np.random.default_rng(SEED)))
    return mean.low, mean.high


def _found(some: dict[str, Floats]) -> float:
    """The share of the unseen that lie farther out than all but FALSE_ALARMS of the others."""
    unseen, distance = some["label"] == 1, some["distance"]
    limit = np.quantile(distance[~unseen], 1 - FALSE_ALARMS)
    return float((distance[unseen] > limit).mean())


SAID_BY = {
    "distance": "distance",
    "doubt": "neighbours' doubt",
    "plain_distance": "distance of plain features",
    "trunk_distance": "distance, no label seen",
}


def _stable(what: str, some: dict[str, Floats]) -> Iterator[tuple[str, float]]:
    yield f"one object, {what}, median cosine", float(np.median(some["distance"]))
    yield f"two objects, {what}, median cosine", float(np.median(some["doubt"]))
