"""The card of the network of phases and peaks, written from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from classifiers.observations.layout import ROW
from classifiers.phase_layout import EXTRAS, TARGETS
from classifiers.phase_shape import SHAPE
from schemas.stage import Identity
from training.phase.judging import SECTION, SYSTEMS
from training.tables import figures_table, markdown, verdict, wrapped

COVERED = (0.65, 0.71)
PEAK_DAYS_MAX = 2.5
US_MAX = 15.0
HEAD = """# phase {version}

How young, how far from its peak, how bright then and soon: quantiles of ten values, of a light
curve's row.

| | |
| --- | --- |
| sha256 | `{sha256}` |
| input | {input} |
| output | float32 (n, 30): of each value its 16 %, 50 % and 84 %, in days and AB magnitudes |
| inside the file | scaling, ages of points, calibration |
| file | {kilobytes:.0f} kB, weights in 16 bits |
| speed | {us:.1f} µs an alert, {batch} at once, rows given, shapes made, CPU of a busy machine |
| declines | as the classifiers whose rows it reads, and all that they do not call a transient |
| licence | BSD-3-Clause, as the project |

Made by

```
make train-phase
```

## Aims

{aims}

An aim of coverage is met where the least and the most covered bin lie within; ± is that bin's own
standard error, by draws of objects.

**The rivals.** Boosted trees on the features of the same rows (LightGBM, L1); the brightest point
so far; and SALT2 (Guy et al. 2007, A&A 466, 11), fitted by sncosmo to the same cuts, with the files
called salt2-k21-frag. The template knows what the network does not: that the supernova is of type
Ia, and its true redshift, by a spectrum of the Bright Transient Survey for ZTF's, and the
simulation's own for Rubin's. It is fitted to points with a flux, in all bands within its
wavelengths, with the population's priors of stretch and colour, from four starts. The peak is that
of its g, or else r, found as the truth is found, for ZTF, and its own date for Rubin. PLAsTiCC's
type Ia were simulated with SALT2 itself, so there it meets its own light curves. ZTF's truth shares
its noise with the network's rows, and the ways of a cubic are what the network was taught.

**ZTF's peaks it dates as well as SALT2 from five days before them on, and better once they are
long over; Rubin's SALT2 dates better**, as it has the redshift and is told the type. The network
needs neither, speaks of all transients with intervals, and costs a ten-thousandth of a fit. Days
are counted from the peak of a cubic through the points that are known, of the same days about it as
the truth's, so errors at +20 d are what that cubic changes as later points come: as before, of what
a finished light curve says. The cubic alone errs by 0.08 d there and by 0.80 d at +5 d.

`python -m training.phase rival` makes the fits where the template's files and the filters'
transmissions are at hand: the wheels jax-bandflux 1.0.0 and bayesn-td 0.1.1 have them.

## {section}

Of objects held out, none of which was learnt or calibrated on, each cut at up to six of its
detections at random. Errors are medians of absolute values, days or magnitudes; the standard errors
are those of the difference of both medians, by draws of the same objects. Ages and magnitudes are
in four bins of like number. Answers are in training/answers, and `make verify-cards` has these
figures again.

{figures}
"""
INPUT = (
    f"float32 (n, {ROW + len(EXTRAS) + SHAPE}): the row of `supernova`, its history included; the "
    "system, ZTF 0 or LSST 1; and the row's shape, as `classifiers/phase_shape.py` has it"
)
REST = """
## Data

{counts}

ZTF: real supernovae that a spectrum classified (ALeRCE's archive), in g and r, cut as packets are,
30 days before a detection. Rubin: transients of PLAsTiCC's training set and supernovae of its test
set, simulated, cut at a detection with all that came before. A fold of five calibrates; 15 % of all
names are held out, as for the classifiers.

*What is true.* A peak of a band is that of a cubic through the finished light curve about its
brightest point, where points stand on both sides and its time is known to 1.5 days; of a bump that
fades more slowly than it rose it lies up to a day late. `days_to_peak`
is that of g, or else of r, for ZTF; for PLAsTiCC the simulation's own date, in the rest frame's B.
So the truth of ZTF shares its noise with what is read after the peak: errors there are of what a
finished light curve says, not of the star. First light lies midway between the first detection and
an image at most 5 days before that would have shown it: what is fainter is not known. A magnitude
ahead is a line between two detections at most 5 days apart.

*What was wrong with 0.1.0:* days were counted from the alert, in an inverse hyperbolic sine of
five, in which an error of a day at +20 d is a twentieth; and of single points the layers saw
learnt means, which resolve no date. On the fold that calibrates, at +5 d and +20 d of ZTF's type
Ia and for all of Rubin's, 0.1.0 errs by 0.57, 0.61 and 5.1 d; a network of 1,500 steps that counts
from the cubic's peak by 0.78, 0.21 and 4.5 d; told the cubics and the fluxes on fixed days besides
by 0.56, 0.20 and 4.3 d; and after 10,000 steps in which dates weigh twice by 0.47, 0.18 and 3.9 d.
In the graph these sums took 25 µs an alert more, as a compiled loop beside it they take 4 µs. The
weights were fitted when the graph made them, in 32 bits; made again they are those of sums in 64,
which differ by less than 0.003 in 999 numbers of 1,000.

*Looked at:* beside 0.1.0, one whose points tell all six bands apart was judged on
these cuts, where the served one has one place for i, z and y; calibrated by the alert's own
magnitude, not the brightest so far, and by two folds, not one. Its dates were as good for Rubin and
a tenth of a day worse for ZTF after the peak, and as many bins of coverage missed: 0.655 to 0.722
for ZTF and 0.648 to 0.696 for Rubin. Bins of some 150 objects held out say no more than ± 0.02, and
so do those that calibrate; more objects would cure what no calibration of these can.

## What it is not for

Light curves of anything but transients: what it says of a variable star means nothing, which is why
the stage gives none there. Bands other than g and r, in which Rubin's peaks and magnitudes were
learnt from few objects, deep fields above all: `days_to_peak_g` and `_r` are not given for Rubin,
as the intervals of 0.1.0 held 51 and 44 % of the truths. Objects with two peaks. Times without
detections: it speaks of the moment of an alert. Rubin's real sky: what was learnt is simulated.
"""


class Beside(NamedTuple):
    """What the card says beside the headlines."""

    identity: Identity
    taught: Sequence[tuple[int, int]]
    held_out: Sequence[tuple[int, int]]
    kilobytes: float
    us: Mapping[int, float]


def card(found: Mapping[str, float], beside: Beside) -> str:
    """The whole text."""
    batch = max(beside.us)
    head = HEAD.format(
        version=beside.identity.version,
        sha256=beside.identity.sha256,
        kilobytes=beside.kilobytes,
        us=beside.us[batch],
        batch=batch,
        aims=markdown(["what", "aim", "found", "met"], _aims(found, beside.us[batch])),
        input=INPUT,
        section=SECTION,
        figures=figures_table("headline", found),
    )
    return wrapped(head + REST.format(counts=_counts(beside)))


def _counts(beside: Beside) -> str:
    rows = [
        [system, *(f"{one:,}" for pair in pairs for one in pair)]
        for system, *pairs in zip(SYSTEMS, beside.taught, beside.held_out, strict=True)
    ]
    return markdown(["system", "objects", "cuts", "objects held out", "cuts asked"], rows)


def _aims(found: Mapping[str, float], us: float) -> Iterator[list[str]]:
    for system in SYSTEMS:
        days = found[f"Ia at +10 d, date of peak, median error, {system}"]
        yield [
            f"Ia at +10 d, date of peak, {system}",
            f"at most {PEAK_DAYS_MAX} d",
            f"{days:.2f} d",
            verdict(days <= PEAK_DAYS_MAX),
        ]
    for system in SYSTEMS:
        for when in ("+5 d", "+20 d"):
            yield _beside(found, "trees", when, system)
            if f"Ia at {when}, date of peak, SALT2, {system}" in found:
                yield _beside(found, "SALT2", when, system)
    for system in SYSTEMS:
        for target in TARGETS:
            share = found.get(f"{target}, covered by 68 %, {system}")
            if share is not None:
                yield [
                    f"{target}, 68 % cover, {system}",
                    "0.65 to 0.71",
                    f"{share:.3f}",
                    verdict(COVERED[0] <= share <= COVERED[1]),
                ]
        for what in ("age", "mag"):
            yield _by_bins(found, what, system)
    yield ["an alert", f"at most {US_MAX:.0f} µs", f"{us:.1f} µs", verdict(us <= US_MAX)]


def _by_bins(found: Mapping[str, float], what: str, system: str) -> list[str]:
    names = [f"days_to_peak, {which} covered bin of {what}" for which in ("least", "most")]
    low, high = (found[f"{name}, {system}"] for name in names)
    errors = [found[f"{name}, standard error, {system}"] for name in names]
    return [
        f"days_to_peak, 68 % cover by {what}, {system}",
        "0.65 to 0.71",
        f"{low:.3f} ± {errors[0]:.3f} to {high:.3f} ± {errors[1]:.3f}",
        verdict(COVERED[0] <= low and high <= COVERED[1]),
    ]


def _beside(found: Mapping[str, float], rival: str, when: str, system: str) -> list[str]:
    """Better than SALT2 is asked at +5 days, and level with whoever it is else."""
    whole = found[f"Ia at {when}, date of peak, median error, {system}"]
    named = f"Ia at {when}, median error on these of {rival}, {system}"
    ours, theirs = found.get(named, whole), found[f"Ia at {when}, date of peak, {rival}, {system}"]
    error = found[f"Ia at {when}, standard error beside {rival}, {system}"]
    better = rival == "SALT2" and when == "+5 d"
    return [
        f"Ia at {when}, beside {rival}, {system}",
        "better" if better else "no worse",
        f"{ours:.2f} d, {rival} {theirs:.2f} ± {error:.2f}",
        verdict(ours < theirs if better else ours <= theirs + error),
    ]
