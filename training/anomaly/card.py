"""The anomaly stage's card, written from what was measured."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gueststar.anomalies.taste import Seen, scores
from schemas.stage import Identity
from training.anomaly.answers import NAMES, SECTION
from training.anomaly.users import ANSWERS, Pool
from training.embedding.crossing import LEFT_OUT
from training.tables import figures_table, markdown, verdict, wrapped

NIGHT = 100_000
"""Alerts of a night, as many as are ranked anew after a label."""
RANKING_S_MAX = 2.0
HITS_MIN, CLASSES_MIN, BOGUS_MAX = 20, 3, 0.2
HEAD = """# anomaly {version}

How odd an alert is: an isolation forest over the light curve's plain features and the embedding,
and an autoencoder's error over both, told as a false-alarm rate.

| | |
| --- | --- |
| sha256 | `{sha256}` |
| input | float32 (n, 523): the embedding's row of a light curve, then the embedding |
| output | float32 (n, 102): the forest's score, the autoencoder's error, a leaf of each tree |
| gives | `one_in`, `forest_one_in`, `autoencoder_one_in`: one in so many alerts is this odd |
| file | {kilobytes:.0f} kB |
| speed | {us:.1f} µs an alert, {batch} at once, rows given |
| declines | photometric systems other than ZTF's and LSST's; alerts without an embedding |
| licence | BSD-3-Clause, as the project |

Made by

```
make train-anomaly
```

## Aims

{aims}

## {section}

Everything is asked of objects held out. **Users** like one class each: every class that has ten
objects and more, and is no more than a quarter, of a survey's held-out objects, of which 80 % are
drawn anew for each of three seeds. They look at 50 objects and answer; judged is which share of
the next hundred they like. Intervals (95 %) are of users, drawn with replacement. The embedding
knew these classes. *Served* is `gueststar anomalies review`: it begins at how far an object is from
the second nearest of known class (of the set that is shipped, or one made alike without the class),
told as one in how many of the pool, and ranks anew after each answer. All others rank anew after
each tenth: *from the farthest* is the same but for that, *from the oddest* begins at `one_in` (as
the commands did before), *Astronomaly* is its algorithm, written anew from its description, on
the same features, with the forest's score for its oddness; *alpha 0.1* is the same with less weight
on distances, which hardly differ among 361 features. Where to begin was chosen on six other classes
without which networks were fitted, on another fold, none of them held out; there both judges'
oddness found 22 in 50 looks and the distance 22 to 26, by its form, sums of the two 20 to 22. What
is found in the first looks is not in the next hundred.

**Withheld** classes were known to nothing: neither to the embedding (the networks of its own
left-out study, simulated light curves alone) nor to forest, autoencoder and calibration, fitted
anew without it; all other classes' held-out objects, and of the class so many, drawn for each of
three seeds, that they are 5 % of the pool. **Rates** say whether alerts held out are called rare as
often as it says. **Bogus** is what ZTF's own score (drb, or rb) puts below 0.5, among the oddest
and among the farthest from what is known: agreement with another network; *called real*, as the
commands do, leaves out what our real/bogus network, of another fold, holds for more likely bogus.
Answers are in training/answers, and `make verify-cards` has these figures again.

{figures}

## Data

Forest and autoencoder learnt of half of the embedding's objects (by fold) that are not held out:
12,000 views each of PLAsTiCC's and of ZTF's supernovae, and half of the real packets. Rates are of
the other half: for ZTF of real packets, for LSST mostly of simulated objects. Beyond one in a
hundred an exponential is laid through the scores.

## What it is not for

Rates are those of these samples: ZTF's packets here were mostly chosen by somebody, and Rubin's
objects are simulated with a training set's shares of classes. "One in 10,000" is an extrapolation
and not a count. The embedding saw all objects but the hold-out, the light curve's features know no
stamps, and stamps enter by the embedding alone.
"""


class Beside(NamedTuple):
    """What the card says beside the headlines."""

    identity: Identity
    kilobytes: float
    us: Mapping[int, float]
    ranking_s: float


def label_to_ranking_s(pool: Pool) -> float:
    """CPU seconds to rank a night anew by 50 answers."""
    random = np.random.default_rng(0)
    night = pool.seen.take(random.integers(len(pool.seen), size=NIGHT))
    answered: Seen = pool.seen.take(random.integers(len(pool.seen), size=ANSWERS))
    began = time.process_time()
    np.argsort(-scores(night, answered, random.random(ANSWERS) < 0.3))
    return time.process_time() - began


def card(found: Mapping[str, float], beside: Beside) -> str:
    """The whole text."""
    batch = max(beside.us)
    return wrapped(
        HEAD.format(
            version=beside.identity.version,
            sha256=beside.identity.sha256,
            kilobytes=beside.kilobytes,
            us=beside.us[batch],
            batch=batch,
            aims=markdown(["what", "aim", "found", "met"], _aims(found, beside.ranking_s)),
            section=SECTION,
            figures=figures_table("headline", found),
        )
    )


def _aims(found: Mapping[str, float], ranking_s: float) -> list[list[str]]:
    hits = [found[f"{one} withheld, hits in 50 looks, {NAMES[-1]}"] for one in LEFT_OUT]
    enough = sum(one >= HITS_MIN for one in hits)
    said = ", ".join(f"{name} {one:.0f}" for name, one in zip(LEFT_OUT, hits, strict=True))
    bogus = {
        f"{by}{what}": found[f"real packets, all{what}, bogus in the {by}"]
        for by in ("top 50", "50 farthest")
        for what in ("", ", called real")
    }
    return [
        [
            f"withheld classes of five with {HITS_MIN} hits in 50 looks",
            f"{CLASSES_MIN}",
            f"{enough} ({said})",
            verdict(enough >= CLASSES_MIN),
        ],
        *(
            [
                f"bogus in real packets' {what}",
                f"{BOGUS_MAX:.0%}",
                f"{one:.0%}",
                verdict(one <= BOGUS_MAX),
            ]
            for what, one in bogus.items()
        ),
        [
            f"CPU s from a label to the next ranking of {NIGHT:,} alerts",
            f"{RANKING_S_MAX:.0f}",
            f"{ranking_s:.2f}",
            verdict(ranking_s <= RANKING_S_MAX),
        ],
    ]
