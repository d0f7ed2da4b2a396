"""What `benchmarks.recall` measured, as docs/filters/figures.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_dates import AFTER_DAYS_MAX, BEFORE_DAYS_MAX
from benchmarks.labels import EXPLOSIONS, KINDS, UNKNOWN, Labelled
from benchmarks.real_alerts import lacking_survey_score
from schemas.batch import AlertBatch
from training.tables import NOTHING, wrapped

Mask = NDArray[np.bool_]
BATCH = 256
SIGMA_95 = 1.96
SHARE_OBJECTS_MIN = 10
"""Of fewer objects no share is told, but how many they are."""
LEARNT = " †"


class Goal(NamedTuple):
    """What a filter should find here, and what it means: alerts (n,), and in words."""

    words: str
    alerts: Callable[[Labelled], Mask]
    """Those whose objects it should find."""
    right_words: str
    right: Callable[[Labelled], Mask] | None
    """Those that it may select; None where no label says it."""
    told: Callable[[Labelled], Mask]
    """Those of which something says whether they are right."""


class Share(NamedTuple):
    """Objects of objects."""

    found: int
    of: int

    def __str__(self) -> str:
        """With its interval, where it has enough objects."""
        if self.of < SHARE_OBJECTS_MIN:
            return f"{self.found} of {self.of}" if self.of else NOTHING
        low, high = interval(self.found, self.of)
        return f"{self.found} of {self.of}, {100 * low:.0f}-{high:.0%}"


class Sample(NamedTuple):
    """What a network that the filter asks has learnt, and how the filter does on the rest."""

    network: str
    meant: Share
    """Of the objects that should be found, those that it has learnt from."""
    recall: Share
    judged: Share
    """Of the selected objects that are right or wrong, the same."""
    purity: Share


class Found(NamedTuple):
    """One filter on all alerts."""

    name: str
    goal: Goal
    selected: Mask
    unknown: int
    us: float
    recall: Share
    purity: Share
    told: Share
    """Of the selected objects, those whose label decides."""
    missed: str
    """The clauses that refused the meant objects which were not found."""
    samples: tuple[Sample, ...]


def interval(found: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, 209)."""
    share, z = found / of, SIGMA_95
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def recall_row(found: Found) -> tuple[str, ...]:
    """Of the first table; a figure with objects that a network learnt from is marked."""
    mark = LEARNT if any(one.meant.found for one in found.samples) else ""
    return (found.name, f"{found.recall}{mark}", found.goal.words, found.missed)


def purity_row(found: Found) -> tuple[str, ...]:
    """Of the second table."""
    mark = LEARNT if any(one.judged.found for one in found.samples) else ""
    objects, lacking = found.told.of, found.told.of - found.told.found
    unlabelled = f"{lacking:,} of {objects:,}"
    if objects >= SHARE_OBJECTS_MIN:
        unlabelled += f", {lacking / objects:.0%}"
    counts = (f"{int(found.selected.sum()):,}", f"{found.unknown:,}")
    words = (f"{found.purity}{mark}", found.goal.right_words)
    return (found.name, *counts, unlabelled, *words, f"{found.us:.1f}")


def sample_rows(found: Found) -> Iterator[tuple[str, ...]]:
    """Of the third table: one for each network that the filter asks and that learnt from objects.

    None where nothing is known of the filter's objects.
    """
    for one in found.samples:
        if one.meant.of or one.judged.of:
            learnt = (_plain(one.meant), str(one.recall), _plain(one.judged), str(one.purity))
            yield (found.name, one.network, *learnt)


def _plain(share: Share) -> str:
    """Without an interval: it was counted, not drawn."""
    return f"{share.found} of {share.of}" if share.of else NOTHING


def selected_kinds(found: Found, known: Labelled) -> list[int]:
    """Selected objects by kind, in the order of KINDS, those without a label last.

    An object of several kinds is of the first of them.
    """
    order = (*KINDS, UNKNOWN)
    kinds: dict[str, str] = {}
    for row in np.flatnonzero(found.selected):
        name, kind = str(known.batch.object_id[row]), str(known.kind[row])
        kinds[name] = min(kind, kinds.get(name, UNKNOWN), key=order.index)
    return [list(kinds.values()).count(kind) for kind in order]


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(known: Labelled, all_found: Sequence[Found], everything: AlertBatch) -> str:
    """The page; `everything` has the alerts that were left out, too."""
    batch = known.batch
    kinds = [
        (found.name, *(str(count or "") for count in selected_kinds(found, known)))
        for found in all_found
    ]
    return wrapped(
        TEXT.format(
            alerts=len(batch),
            ztf=int((batch.survey == "ztf").sum()),
            lsst=int((batch.survey == "lsst").sum()),
            objects=_objects(batch, np.ones(len(batch), np.bool_)),
            lacking=int(lacking_survey_score(everything).sum()),
            all_ztf=int((everything.survey == "ztf").sum()),
            left_out=len(everything) - len(batch),
            labelled=_objects(batch, known.kind != UNKNOWN),
            astray=_objects(batch, known.astray),
            rubin_explosions=_objects(
                batch, (batch.survey == "lsst") & np.isin(known.kind, EXPLOSIONS)
            ),
            before=BEFORE_DAYS_MAX,
            after=AFTER_DAYS_MAX,
            few=SHARE_OBJECTS_MIN,
            batch=BATCH,
            recall=markdown(RECALL, [recall_row(found) for found in all_found]),
            purity=markdown(PURITY, [purity_row(found) for found in all_found]),
            samples=markdown(SAMPLES, [row for found in all_found for row in sample_rows(found)]),
            kinds=markdown(("filter", *KINDS, "no label"), kinds),
        )
    )


def _objects(batch: AlertBatch, rows: Mask) -> int:
    return len(set(batch.object_id[rows].tolist()))


RECALL = ("filter", "found", "labelled, and meant", "missed at")
PURITY = ("filter", "alerts", "unknown", "without a label", "right", "right are", "µs")
SAMPLES = (
    *("filter", "network", "meant: learnt", "found of the others"),
    *("judged: learnt", "right of the others"),
)
TEXT = """# Built-in filters on real alerts

Written by `make figures` (`python -m benchmarks.recall`); no figure here is typed by hand.

{alerts:,} alerts of {objects:,} objects, each once: {ztf:,} of ZTF and {lsst:,} of Rubin.
{left_out:,} more of ZTF were left out: packets whose history was rewritten to test another broker,
a month's points at one instant. **These are no survey's rates.** Most of the folders were picked by
their owners to fire filters, {lacking:,} of all {all_ztf:,} alerts of ZTF have no drb, and Rubin's
are of two small programmes.

{labelled:,} objects have a label: a spectroscopic class (Bright Transient Survey, Transient Name
Server, Superphot+, ALeRCE's archive), a known asteroid within 1.5 arcsec of the alert, or SIMBAD's
class there.

**Labels of another outburst are left out.** A supernova or disruption happens once; an alert years
from it is of something else at that place. So such a label holds from {before} days before to
{after} days after its discovery or peak, where a list says when, else for {after} days from the
first detection. {astray} objects have alerts for which it does not hold: they count as without a
label. Stars and nuclei stay, and an asteroid's label is the one alert's; SIMBAD's classes are of
the place, and do not say that what flared up there is the star or nucleus.

What is found or right are objects, which count where any of their alerts does. A share has Wilson's
binomial 95 % interval; of fewer than {few} objects none is told. † marks what is in-sample: a
network that the filter asks has learnt from some of these objects.

## Recall

What should be found are labelled objects with an alert that the filter is for. "Missed at" are the
clauses that refused the others.

{recall}

## Purity

Selected objects without a label, or with a class of SIMBAD's under which anything may flare up, as
a galaxy's, are neither right nor wrong; "right" is counted among the others. They are no fair
sample: a spectrum is taken of what looks like a supernova. Unknown are alerts that were refused by
what was not measured.
µs is CPU time an alert at batch {batch}, of both surveys, on the machine that wrote this.

{purity}

## In and out of sample

For each network that a filter asks, how many of these objects it has learnt from, and the figures
of the others. "Judged" are the selected objects that are right or wrong.

{samples}

- `realbogus` was told of every alert of ZTF whether it is real (by drb, evidence or rb), and of
  Rubin's alerts with an asteroid or a spectrum. So the others are Rubin's, whose labels are
  SIMBAD's, {rubin_explosions} of them of an explosion: what is right there is seldom labelled.
- `supernova` learnt from known supernovae and from objects that are none, by the
  answers that its training keeps; what was held out counts as not learnt.
- `lightcurve` learnt from simulated light curves alone.

## Not measured

- A known asteroid is labelled by the column that `solar_system` reads, and `artefacts` is held to
  another network's score: agreement, not truth.
- No kilonova, no afterglow and no hostless transient is labelled as one here.

## What was selected

Objects by what they are known to be. Most have no label: neither right nor wrong.

{kinds}
"""
