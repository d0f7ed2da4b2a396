"""What is asked of both judges and of users' rankings, on objects that were not learnt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.anomaly import Oddity
from classifiers.embedding_layout import STAMPS_BEGIN, SYSTEMS
from classifiers.labelled_set import LabelledSet
from gueststar.anomalies.taste import Seen, rarity_among
from training.anomaly.answers import BOGUS, RATES, USERS, WITHHELD, Table
from training.anomaly.model import Recipe, calibrated, fitted, is_settled
from training.anomaly.users import RANKINGS, Pool, session
from training.arrays import Floats, Ints, Mask, Singles
from training.embedding.crossing import Job, known_and_asked, network
from training.embedding.fitting import Recipe as EmbeddingRecipe
from training.embedding.fitting import vectors
from training.embedding.labelled import chosen, set_of
from training.embedding.material import CLASSES, PACKET, SIMULATED, Material
from training.embedding.neighbours import nearest
from training.lightcurve.answers import SERVED
from training.realbogus.answers import NOT_DRAWN
from training.realbogus.answers import read as read_realbogus

SOURCES = {"Rubin, simulated": True, "ZTF": False}
SEEDS = 3
POOL_SHARE = 0.8
"""Of the objects held out, drawn anew for each seed."""
SHARE_MAX, MEMBERS_MIN = 0.25, 10
"""Of a class that a user is interested in: most of a pool is no find, and few are no figure."""
SECOND = 2
"""Of the known, to which a distance is taken."""
TAUGHT_STEP = 4
"""Of the views that judges without a class may learn of, each fourth."""
WITHHELD_SHARE = 0.05
"""Of a pool, the class that no network learnt of."""


def joined(rows: Singles, vector: Singles) -> Singles:
    """(n, anomaly.ROW_WIDTH) of the embedding's rows and what it says of them."""
    return np.concatenate([rows[:, :STAMPS_BEGIN], vector], axis=1)


def distances(name: NDArray[np.str_], rows: Singles, known: LabelledSet) -> Floats:
    """(n,), of rows (n, ROW_WIDTH) to the second nearest of known class and their own system.

    As `gueststar.anomalies.nights` has it.
    """
    found, system = np.empty(len(rows)), rows[:, STAMPS_BEGIN - 1]
    for place, one in enumerate(SYSTEMS):
        own, theirs = system == place, known.system == one
        if own.any():
            apart = name[own], known.object_id[theirs]
            vector = rows[own, STAMPS_BEGIN:]
            squares, _ = nearest(vector, known.vector[theirs], SECOND, apart)
            found[own] = np.sqrt(squares[:, SECOND - 1])
    return found


def pool_of(rows: Singles, found: Oddity, features: Singles, distance: Floats) -> Pool:
    """Of rows (n, ROW_WIDTH), what was found of them, their features (n, f), and `distances`."""
    rarity, system = np.empty(len(rows)), rows[:, STAMPS_BEGIN - 1]
    for one in np.unique(system):
        rarity[system == one] = rarity_among(distance[system == one])
    seen = Seen(rarity, found.leaves, rows[:, STAMPS_BEGIN:])
    return Pool(seen, features, found.scores[:, 0].astype(np.float64), found.rarity[:, 0])


def users(some: Material, pool: Pool, about: Mask) -> Iterator[Table]:
    """A session of each user, ranking and seed; `about`: which rows of `some` the pool has."""
    asked = some.take(about)
    for name, simulated in SOURCES.items():
        own = np.flatnonzero((asked.source == SIMULATED) == simulated)
        part, label = pool.take(own), asked.label[own]
        for code in _classes(label):
            for seed in range(SEEDS):
                some_of = _drawn(len(own), POOL_SHARE, seed)
                part_of = part.take(some_of), label[some_of] == code
                yield from _sessions(f"{USERS}:{name}:{CLASSES[code]}", *part_of, seed)


def _classes(label: Ints) -> list[int]:
    count = np.bincount(label, minlength=len(CLASSES))
    fine = (count >= MEMBERS_MIN) & (count <= SHARE_MAX * len(label))
    return np.flatnonzero(fine).tolist()


def _drawn(count: int, share: float, seed: int) -> Ints:
    return np.sort(np.random.default_rng(seed).permutation(count)[: round(share * count)])


def _sessions(part: str, pool: Pool, interesting: Mask, seed: int) -> Iterator[Table]:
    for place, one in enumerate(RANKINGS.values()):
        found = session(pool, interesting, *one, seed)
        numbers = (place, found.hits, found.top, interesting.sum(), len(interesting))
        names = ("ranking", "hits", "top", "members", "among")
        yield {
            "part": np.array([part]),
            **dict(zip(names, map(np.atleast_1d, numbers), strict=True)),
        }


def withheld(work: Path, some: Material, one: str) -> Iterator[Table]:
    """A class that neither the embedding nor a judge learnt of, rare among objects held out."""
    only = some.take(some.source == SIMULATED)
    net = network(work, only, Job(SERVED, 0, one), EmbeddingRecipe())
    known, about = known_and_asked(only, SERVED, np.ones(len(only.name), np.bool_))
    unseen = only.label == CLASSES.index(one)
    others, members = only.take(about & ~unseen), only.take(unseen & only.asked)
    taught = only.take(np.flatnonzero(known & ~unseen)[::TAUGHT_STEP])
    learnt, apart = is_settled(np.ones(len(taught.name), np.bool_), taught.fold)
    row = joined(taught.rows, vectors(net, taught.rows))
    judges = fitted(row[learnt], Recipe())
    listed = set_of(only.take(chosen(only) & ~unseen), "", partial(vectors, net))
    rates = calibrated(judges.scores(row[apart]), row[apart][:, STAMPS_BEGIN - 1])
    for seed in range(SEEDS):
        wanted = round(WITHHELD_SHARE / (1 - WITHHELD_SHARE) * len(others.name))
        few = members.take(_drawn(len(members.name), min(1.0, wanted / len(members.name)), seed))
        both = Material.joined([others, few])
        rows = joined(both.rows, vectors(net, both.rows))
        found, far = judges.looked_at(rows, rates), distances(both.name, rows, listed)
        pool = pool_of(rows, found, judges.net.read(rows), far)
        interesting = both.label == CLASSES.index(one)
        yield from _sessions(f"{WITHHELD}:{one}", pool, interesting, seed)


def rates(some: Material, rarity: Floats) -> Iterator[Table]:
    """How rare objects held out are called, which is to be as often as it says."""
    for name, simulated in SOURCES.items():
        own = some.held_out & (some.source == (SIMULATED if simulated else PACKET))
        found = rarity[own]
        yield {"part": np.full(len(found), f"{RATES}:{name}"), "rarity": found}


def bogus(some: Material, rarity: Floats, distance: Floats) -> Iterator[Table]:
    """Real packets of ZTF: how odd, how far, and what three networks say of their being real.

    `ours` is out of fold: of a network that has not learnt of the night and field.
    """
    every = read_realbogus()
    said = {name: one[every["drawn"] == NOT_DRAWN] for name, one in every.items()}
    own = (some.source == PACKET) & np.isin(some.alert_id, said["alert_id"])
    rows, ids = np.flatnonzero(own), said["alert_id"]
    order = np.argsort(ids, kind="stable")
    place = order[np.searchsorted(ids[order], some.alert_id[rows])]
    real = {name: said[name][place].astype(np.float64) for name in ("drb", "rb", "ours")}
    for what, which in (("all", np.ones(len(rows), np.bool_)), ("held out", some.held_out[rows])):
        kept = which & (real["rb"] >= 0)
        yield {
            "part": np.full(int(kept.sum()), f"{BOGUS}:{what}"),
            "rarity": rarity[rows][kept],
            "distance": distance[rows][kept],
            **{name: one[kept] for name, one in real.items()},
        }
