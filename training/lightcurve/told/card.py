"""The card of what a redshift buys, written from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from classifiers.luminosities import ELSE_MAG, ELSE_SHARE, ELSE_WIDTH_MAG, Luminosities
from classifiers.told_redshift import ERR_MIN
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.told.judging import ALL_WRONG, FIGURES, SECTION, SIX_BAND_NAME, TOLD, TRUE
from training.tables import figures_table, markdown, verdict, wrapped

US_MAX = 2.0
TEXT = """# What the light-curve networks make of a redshift

Where the stage `redshift` is served, `lightcurve` and `supernova` read what it found, with its
error, and say so: `value("supernova_redshift", "source")` is where the redshift is from that was
read, NaN where none was. The scores have the names that they always have. Without a redshift both
say exactly what they say without this stage.

- **`lightcurve`** was taught photometric redshifts with their errors, hidden for half of what it
  learnt, and reads the stage's in the same places. Errors below {err_min} are taken for that, the
  least that it was taught.
- **`supernova`** was taught none. By Bayes' theorem each of its five types is multiplied by how
  often a supernova of that type, seen for as many days, is as luminous as the redshift makes it:
  a normal distribution, wider by the distance's error, and for {else_share:.0%} of it a wide one
  ({else_mag} ± {else_width}), as one host in 25 is another galaxy. The five types' share of all
  stays what it was: how luminous disruptions and nuclei are was not learnt.

| type | mean absolute magnitude on the first day | after 20 days | width |
| --- | ---: | ---: | ---: |
{types}

An alert with a redshift costs {us:.2f} µs more, 256 at once (aim: at most {us_max:.0f}: {met}).

Made by

```
make told-redshift
```

## In short

ZTF's five types, alone and renormalised, at even odds, out of fold: the same objects and folds,
with luminosities of the other folds' supernovae. ± is the standard error of the difference by
draws of objects of each type. The Bright Transient Survey has the redshift of {seen:,} windows.

{short}

A photometric redshift is drawn about the true one with its error, and told so. *{all_wrong}*: every
redshift is another supernova's, and said to be a spectrum's: that costs much, and the stage gives
none where the host is ambiguous. Rubin's are PLAsTiCC's objects beyond our Galaxy, whole light
curves, with the host's photometric redshift, among the nine classes beyond it.

The six-band network's served file, of its {held_out} objects held out and beyond our Galaxy:

{six}

## {section}

The answers are in training/answers, and `make verify-cards` has these figures again.

{figures}

## What it is not for

The luminosities are those of a magnitude-limited survey's supernovae at its redshifts (below about
0.15), without a correction for the redshift of the light and without their hosts' dust; of a much
deeper or nearer sample they are others. The brightest point so far is taken, in g or r, of the last
30 days: of an old supernova that faded for weeks it is too faint. Supernovae in no catalogue's
galaxy have no redshift and gain nothing.
"""


class Beside(NamedTuple):
    """What the card says beside the headlines."""

    types: Luminosities
    us: float
    seen: int
    held_out: int
    six: Sequence[tuple[str, float, float]]
    """What the six-band network was told, its flat log-loss and balanced accuracy."""


def card(found: Mapping[str, float], beside: Beside) -> str:
    """The whole text."""
    text = TEXT.format(
        err_min=ERR_MIN,
        else_share=ELSE_SHARE,
        else_mag=ELSE_MAG,
        else_width=ELSE_WIDTH_MAG,
        types="\n".join(_types(beside.types)),
        us=beside.us,
        us_max=US_MAX,
        met=verdict(beside.us <= US_MAX),
        seen=beside.seen,
        short=markdown(["asked", "told", *FIGURES], _short(found)),
        all_wrong=ALL_WRONG,
        held_out=beside.held_out,
        six=markdown(
            ["told", "flat log-loss", "balanced accuracy"],
            [[told, f"{loss:.3f}", f"{right:.3f}"] for told, loss, right in beside.six],
        ),
        section=SECTION,
        figures=figures_table("headline", found),
    )
    return wrapped(text)


def _types(one: Luminosities) -> Iterator[str]:
    later = one.mean + one.slope * 3.045
    for label, *numbers in zip(one.labels, one.mean, later, one.width, strict=True):
        yield f"| {label} | {' | '.join(f'{number:.2f}' for number in numbers)} |"


def _short(found: Mapping[str, float]) -> Iterator[list[str]]:
    for window in WINDOWS:
        without = f"{window}, {TRUE}: {{}} without"
        yield [window, "nothing", *(f"{found[without.format(one)]:.3f}" for one in FIGURES)]
        for told in TOLD:
            yield [window, told, *_with(found, f"{window}, {told}")]
    without = f"{SIX_BAND_NAME}: {{}} without"
    yield [SIX_BAND_NAME, "nothing", *(f"{found[without.format(one)]:.3f}" for one in FIGURES)]
    yield [SIX_BAND_NAME, "photometric, the host's", *_with(found, SIX_BAND_NAME)]


def _with(found: Mapping[str, float], what: str) -> list[str]:
    return [
        f"{found[f'{what}: {one}']:.3f} ± "
        f"{found[f'{what}: {one}, standard error of the difference']:.3f}"
        for one in FIGURES
    ]
