"""The embedding's card, written from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.stage import Identity
from training.embedding.answers import SECTION
from training.embedding.crossing import LEFT_OUT
from training.tables import figures_table, markdown, verdict, wrapped

US_MAX = 50.0
AUC_MIN, CLASSES_MIN = 0.80, 3
HEAD = """# embedding {version}

What an alert is like: 64 numbers of its light curve, its stamps and its context. Alerts that are
alike lie close to one another.

| | |
| --- | --- |
| sha256 | `{sha256}` |
| input | {input} |
| output | float32 (n, 64), of length 1; likeness is the cosine |
| file | {kilobytes:.0f} kB, weights in 16 bits |
| speed | {us:.1f} µs an alert, {batch} at once, rows given; {stamps_us:.1f} µs to read stamps |
| declines | photometric systems other than ZTF's and LSST's |
| licence | BSD-3-Clause, as the project |

Made by

```
make train-embedding
```

## Aims

{aims}

## {section}

Of the hold-out, 15 % of all names, from which nothing was learnt: but for the classes left out,
of one network, one seed, so that no error there says what another training would change. The
steps of its fit were chosen after a shorter one had been looked at, on the same hold-out; of
scores of novelty, Mahalanobis' distance and a mixture of ranks were tried on three classes
there, and were no better. Neighbours are searched among what was learnt; 20 of them vote at
even odds. Plain features are those of the light curve's row, each in its own spread, searched
alike. A network that saw no label is the served one after the first of its two courses, asked
alike. The set that is shipped for the stage `neighbours` has a view each of at most 200 objects
of a class and a survey; it is searched by the served network.

A class left out was unknown to a network of its own, which learnt of simulated objects alone,
for fewer steps; its distance is then that to the fifth neighbour of what was learnt, beside
objects of the other classes that were not. No two networks without a class share a fold or a
seed: their mean stands here, the lowest beside it, and a 95 % interval of draws of objects and
of networks, which are few. Where no label was seen, it is the same networks after their first
course. Answers are in training/answers, and `make verify-cards` has these figures again.

{figures}
"""
INPUT = (
    "float32 (n, 593): the row of `supernova` with its history, the system (ZTF 0, LSST 1), 128 "
    "numbers of the real/bogus network's last hidden layer, six of context; NaN where missing; "
    "no redshift"
)
REST = """
## Data

{simulated:,} views of PLAsTiCC's 7,848 training objects, whole, cut short, thinned and noisier;
{archive:,} windows of real supernovae of ZTF (ALeRCE's archive); {packets:,} real alerts of ZTF
and Rubin with their stamps, most without a class. Tidal disruptions of manyTDE are not among
them.

*How it learnt.* First without labels: two views of one object are to be alike and others not;
half of the observations are hidden, and what the other view's features are is to be told; light
curve and stamps of one alert are to find each other. Then the same and, besides, classes'
directions.

## What it is not for

The hold-out of real alerts that have a class and stamps is small and mostly of stars, so what
stamps and context bring is known poorly. No alert of Rubin's with a class was at hand: what is
said of Rubin is of simulated light curves without stamps. An object is hardly ever found again
among a thousand others from a much earlier view: this is no fingerprint. Whole simulated light
curves are asked about; a young object's vector moves as it grows (see the cosines). Vectors of
two versions mean nothing to one another.
"""


class Beside(NamedTuple):
    """What the card says beside the headlines."""

    identity: Identity
    kilobytes: float
    us: Mapping[int, float]
    stamps_us: float
    views: Sequence[int]


def card(found: Mapping[str, float], beside: Beside) -> str:
    """The whole text."""
    batch = max(beside.us)
    simulated, archive, packets = beside.views
    head = HEAD.format(
        version=beside.identity.version,
        sha256=beside.identity.sha256,
        kilobytes=beside.kilobytes,
        us=beside.us[batch],
        stamps_us=beside.stamps_us,
        input=INPUT,
        batch=batch,
        aims=markdown(["what", "aim", "found", "met"], _aims(found, beside.us[batch])),
        section=SECTION,
        figures=figures_table("headline", found),
    )
    return wrapped(head + REST.format(simulated=simulated, archive=archive, packets=packets))


def _aims(found: Mapping[str, float], us: float) -> list[list[str]]:
    auc = [_mean(found, one) for one in LEFT_OUT]
    enough = sum(mean >= AUC_MIN for mean, *_ in auc)
    each = zip(LEFT_OUT, auc, strict=True)
    said = ", ".join(
        f"{name} {one:.2f} ({low:.2f} to {high:.2f})" for name, (one, low, high) in each
    )
    return [
        ["µs an alert, rows given", f"{US_MAX:.0f}", f"{us:.1f}", verdict(us <= US_MAX)],
        [
            f"classes of five with AUC {AUC_MIN:.2f} and more when left out",
            f"{CLASSES_MIN}",
            f"{enough} ({said})",
            verdict(enough >= CLASSES_MIN),
        ],
    ]


def _mean(found: Mapping[str, float], left_out: str) -> tuple[float, float, float]:
    """The AUC of a class left out by distance, and its interval; 0 where none was asked."""
    name = f"{left_out} left out, AUC by distance"
    low, high = (found.get(f"{name}, 95 % {end}", 0.0) for end in ("from", "to"))
    return found.get(name, 0.0), low, high
