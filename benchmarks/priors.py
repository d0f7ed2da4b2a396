"""`python -m benchmarks.priors`: what two priors call the real alerts that are nearest to a stream.

On the one plain night of ZTF at hand: how many alerts get which label at even odds and at the
natural prior, and which share of supernovae the network's own answers imply. Then Rubin's alerts
that SIMBAD holds for active nuclei. docs/priors.md quotes it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.labels import labelled
from benchmarks.night import REAL
from benchmarks.real_alerts import read_real_alerts
from gueststar.batches import read, score
from schemas.learned import Learned
from schemas.natural import NATURAL, SUPERNOVAE
from schemas.prior import EVEN, Named, rescaled, reweighed, shares_of

ROUNDS = 2_000
DRAWS = 200
SEED = 1
NAMED: tuple[Named, ...] = ("even", "natural")


def answered(learned: Learned) -> NDArray[np.float64]:
    """The rows that the network did not decline."""
    found = learned.values[~np.isnan(learned.values).any(axis=1)]
    return np.asarray(found, np.float64)


def called(name: str, learned: Learned) -> dict[Named, Counter[str]]:
    """Alerts by their likeliest label, at each prior."""
    found = {}
    for prior in NAMED:
        values = answered(learned.at(name, shares_of(name, learned.columns, prior)))
        found[prior] = Counter(learned.columns[place] for place in values.argmax(axis=1).tolist())
    return found


def implied(values: NDArray[np.float64], labels: tuple[str, ...], rounds: int = ROUNDS) -> float:
    """The share of supernovae by which the mean answer is that share (Saerens et al. 2002).

    values (n, labels) are at even odds; the types among themselves stay at the natural prior.
    """
    inside, share = [label in SUPERNOVAE for label in labels], 0.1
    for _ in range(rounds):
        prior = rescaled(NATURAL["supernova"].shares, SUPERNOVAE, share)
        wanted = tuple(prior[label] for label in labels)
        answers = reweighed("supernova", labels, values, EVEN, wanted)
        share = float(answers[:, inside].sum(axis=1).mean())
    return share


def main() -> None:
    """Measure and print."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if not Path(named).is_dir() or not named:
        sys.exit("GUESTSTAR_DATA names no folder of real alerts; set it")
    console = Console()
    batches = list(read(Path(named, REAL)))
    for batch in batches:
        score(batch, prior="even")
    parts = [batch.learned["supernova"] for batch in batches]
    whole = parts[0]._replace(values=np.concatenate([part.values for part in parts]))
    values, random = answered(whole), np.random.default_rng(SEED)
    draws = [
        implied(values[random.integers(0, len(values), len(values))], whole.columns, 300)
        for _ in range(DRAWS)
    ]
    console.print(f"a plain night: {len(whole.values)} alerts, {len(values)} scored")
    console.print(called("supernova", whole))
    console.print(
        f"share of supernovae implied: {implied(values, whole.columns):.4f} +- {np.std(draws):.4f}"
    )
    alerts = read_real_alerts(Path(named))
    known = labelled(alerts, Path(named), {})
    rows = np.flatnonzero((known.batch.survey == "lsst") & (known.kind == "active nucleus"))
    nuclei = known.batch.take(rows)
    score(nuclei, prior="even")
    console.print("active nuclei of Rubin's:", called("lightcurve", nuclei.learned["lightcurve"]))


if __name__ == "__main__":
    main()
