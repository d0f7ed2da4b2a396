"""What users found and how rare alerts were called, kept small, and the headlines of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.arrays import Floats, Mask
from training.bootstrap import drawn, measured
from training.tables import figures_under

FILE = Path(__file__).parents[1] / "answers" / "anomaly.parquet"
SECTION = "Headlines"
USERS, WITHHELD, RATES, BOGUS = "users", "withheld", "rates", "bogus"
"""The kinds of question; `part` begins with one, and a colon."""
NAMES = (
    *("no learning", "no learning, farthest", "Astronomaly", "Astronomaly, alpha 0.1"),
    *("from the oddest, ten at once", "from the farthest, ten at once", "served"),
)
"""Of the rankings, by their number."""
CALLS = ("ranking", "hits", "top", "members", "among")
NUMBERS = ("rarity", "distance", "drb", "rb", "ours")
NOTHING = -1
LOOKED_AT, TOP = 50, 100
REAL_MIN = 0.5
"""Below this the survey's own score calls an alert bogus."""
BROTLI_LEVEL = 11
Table = Mapping[str, NDArray[np.generic]]


def keep(parts: Sequence[Table], path: Path = FILE) -> None:
    """Write them as one table; a column that a part has not is filled."""
    columns: dict[str, NDArray[np.generic]] = {
        "part": np.concatenate([one["part"] for one in parts])
    }
    for names, kind, missing in ((CALLS, np.int16, NOTHING), (NUMBERS, np.float16, np.nan)):
        for name in names:
            each = [one.get(name, np.full(len(one["part"]), missing)) for one in parts]
            columns[name] = np.concatenate(each).astype(kind)
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    pq.write_table(table, path, compression="brotli", compression_level=BROTLI_LEVEL)


def read(path: Path = FILE) -> dict[str, dict[str, Floats]]:
    """By part, its columns."""
    table = pq.read_table(path)
    columns = {name: table[name].to_numpy().astype(np.float64) for name in (*CALLS, *NUMBERS)}
    part = table["part"].to_numpy().astype(str)
    return {
        one: {name: column[part == one] for name, column in columns.items()}
        for one in dict.fromkeys(part.tolist())
    }


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card."""
    parts = read(path)
    by_kind: dict[str, dict[str, dict[str, Floats]]] = {}
    for part, some in parts.items():
        kind, _, what = part.partition(":")
        by_kind.setdefault(kind, {})[what] = some
    found = dict[str, float]()
    for kind, figures in ((USERS, _users), (WITHHELD, _withheld), (RATES, _rates), (BOGUS, _bogus)):
        found |= dict(figures(by_kind.get(kind, {})))
    return found


def claimed(card: str) -> dict[str, float]:
    """What the card says of each."""
    return figures_under(card, SECTION)


def _users(parts: dict[str, dict[str, Floats]]) -> Iterator[tuple[str, float]]:
    surveys = dict.fromkeys(what.partition(":")[0] for what in parts)
    for survey in surveys:
        own = {what: one for what, one in parts.items() if what.startswith(f"{survey}:")}
        means = np.array([_by_ranking(one["top"], one) for one in own.values()]).T / TOP
        most = [float(np.minimum(one["members"], TOP).mean()) / TOP for one in own.values()]
        yield f"{survey}, users", float(len(own))
        yield f"{survey}, of the top 100 at most", float(np.mean(most))
        hits = np.array([_by_ranking(one["hits"], one) for one in own.values()]).T
        for name, found, share in zip(NAMES, hits, means, strict=True):
            yield f"{survey}, hits in 50 looks, {name}", float(found.mean())
            yield from _with_interval(f"{survey}, of the top 100, {name}", share)
        for name, share in zip(NAMES[:-1], means, strict=False):
            yield from _with_interval(f"{survey}, served less {name}", means[-1] - share)
        for what, shares in zip(own, means.T, strict=True):
            for name, share in zip(NAMES, shares, strict=True):
                yield f"{what.replace(':', ', ')}, of the top 100, {name}", float(share)


def _by_ranking(column: Floats, of: Mapping[str, Floats]) -> list[float]:
    """The mean over the seeds, of each ranking."""
    return [float(column[of["ranking"] == place].mean()) for place in range(len(NAMES))]


def _with_interval(name: str, by_user: Floats) -> Iterator[tuple[str, float]]:
    """The mean over users, who are drawn with replacement."""
    weights = drawn(np.zeros(len(by_user), np.int64), np.random.default_rng(0))
    found = measured(weights @ by_user / len(by_user))
    yield name, found.value
    yield f"{name}, from", found.low
    yield f"{name}, to", found.high


def _withheld(parts: dict[str, dict[str, Floats]]) -> Iterator[tuple[str, float]]:
    for what, some in parts.items():
        yield f"{what} withheld, share of the pool", float((some["members"] / some["among"]).mean())
        for place, name in enumerate(NAMES):
            hits = some["hits"][some["ranking"] == place]
            yield f"{what} withheld, hits in 50 looks, {name}", float(hits.mean())
            yield f"{what} withheld, hits in 50 looks, {name}, lowest", float(hits.min())


def _rates(parts: dict[str, dict[str, Floats]]) -> Iterator[tuple[str, float]]:
    for what, some in parts.items():
        yield f"{what}, alerts held out", float(len(some["rarity"]))
        for one_in in (10, 100):
            share = float((some["rarity"] >= np.log10(one_in)).mean())
            yield f"{what}, share called one in {one_in} or rarer", share


def _bogus(parts: dict[str, dict[str, Floats]]) -> Iterator[tuple[str, float]]:
    for what, some in parts.items():
        said = np.where(some["drb"] >= 0, some["drb"], some["rb"])
        is_bogus, all_of = said < REAL_MIN, np.ones(len(said), np.bool_)
        yield f"real packets, {what}", float(len(said))
        yield f"real packets, {what}, bogus by the survey's score", float(is_bogus.mean())
        for by, place in (("top 50", "rarity"), ("50 farthest", "distance")):
            for name, kept in (("", all_of), (", called real", some["ours"] > 0)):
                share = _among_first(some[place], is_bogus, kept)
                yield f"real packets, {what}{name}, bogus in the {by}", share


def _among_first(height: Floats, is_bogus: Mask, kept: Mask) -> float:
    order = np.argsort(-height[kept], kind="stable")[:LOOKED_AT]
    return float(is_bogus[kept][order].mean())
