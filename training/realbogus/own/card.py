"""The card of the network of own telescopes: what it was taught, and how it does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from classifiers.realbogus import RealBogus
from training.realbogus.labels import LABELS
from training.realbogus.own import ROUND_MAX, pairs, stretching
from training.realbogus.own.exam import SECTION
from training.realbogus.own.material import SHARES, STEPS, Surveys
from training.realbogus.own.pairs import Shown
from training.tables import counted, figures_table, markdown, wrapped


def card(
    file: Path, headlines: Mapping[str, float], taught: Shown, surveys: Surveys, asked: int
) -> str:
    """Markdown; `asked` is of how many pairs the headlines are."""
    model = RealBogus(file)
    name, version, sha256 = model.identity.name, model.identity.version, model.identity.sha256
    facts = [
        ["file", f"`{file.name}`, {counted(file.stat().st_size)} bytes"],
        ["sha256", f"`{sha256}`"],
        ["data", f"sha256 of what was taught `{model.said['data']}`"],
        ["seed", model.said["seed"]],
        ["input", "as [realbogus](realbogus.md)'s, whose layers and labels it has"],
        ["licence", "BSD-3-Clause, as the project"],
    ]
    blocks = [
        f"# {name} {version}",
        ABOUT,
        markdown(["", ""], facts),
        "## Data and training",
        markdown(["taught with", "count"], _counts(taught, surveys)),
        _training(taught),
        f"## {SECTION}",
        HELD_OUT.format(pairs=asked),
        figures_table("figure", headlines),
        "## Limits",
        LIMITS,
    ]
    return wrapped("\n\n".join(blocks))


def _counts(taught: Shown, surveys: Surveys) -> list[list[str]]:
    rows = [
        [f"candidates of simulated pairs: {label}", counted(int(np.sum(taught.label == place)))]
        for place, label in enumerate(LABELS)
    ]
    return [
        *rows,
        ["survey alerts, stretched", counted(len(surveys.examples))],
        ["stamps drawn on them, stretched", counted(len(surveys.pool.label))],
    ]


def _training(taught: Shown) -> str:
    count = len(np.unique(taught.pair))
    steps, narrow = counted(STEPS), 1 / stretching.SCALE_MIN
    shares = ", ".join(f"{LABELS[at]} {share:.0%}" for at, share in SHARES.items())
    return f"""Half of each batch are stamps of {counted(count)} simulated pairs that went through
all steps of `telescope/`: {pairs.SIDE} pixels on a side, stars {pairs.FWHM[0]:g} to
{pairs.FWHM[1]:g} pixels wide, in {pairs.ROUND_SHARE:.0%} of the pairs of an ellipticity up to
{ROUND_MAX:g}, in the others up to {pairs.ELLIPTICITY_MAX:g}, in {pairs.COMA_SHARE:.0%} with up to
{pairs.COMA_MAX:.0%} of their light in a tail; the reference's stars a little
otherwise, bent away from the frame's by up to {pairs.BEND_PIXELS:g} pixels and
{pairs.OWN_PIXELS:g} each by itself, their light scattered by up to {pairs.FLUX_SCATTER:.1%}; half
of the frames interpolated before they came, some of no told saturation; sources of S/N
{pairs.SIGNAL[0]:g} to {pairs.SIGNAL[1]:g} of both signs, a quarter in galaxies and a quarter on
stars; rays, hot pixels, pieces of columns and trails. Shares of that half: {shares}. The other
half is what the surveys' network is taught, each stamp widened along a direction of its own, to
{stretching.RATIO_MIN:g} wide by long at most, and its stars up to
{narrow:.1f} times as wide, but for {stretching.AS_IT_IS:.0%}. Where something has
faded, frame and reference change places in both halves, as they do where own telescopes ask
(`telescope/tell.py`). {steps} steps, otherwise as the
surveys' network. Platt's two numbers are of pairs that served nothing else."""


ABOUT = """What a candidate of an own telescope's difference image is. The surveys' network was
taught on round stars of two cameras and loses elongated ones; this one is taught on stars of many
shapes.
[docs/telescope.md](../docs/telescope.md) holds it to a real pair of a camera that it never saw."""

HELD_OUT = """On {pairs} simulated pairs that neither network was taught, at 0.8 and even odds; the
surveys' network beside it is asked about the same stamps. The answers are in
`training/answers/telescope_realbogus.parquet`."""

LIMITS = """- The pairs that it was fitted to were made by the subtraction as it was a little before
  what stars leave was counted as noise that neighbours share, and the survey stamps were stretched
  for version 0.1.0: made again by the same command, some candidates are others, and with them the
  file's hash is another.
- The pairs are simulated by our own hand: what a camera does otherwise is not in them.
- The real pair that it is judged on (GOTO) was looked at before: that its stars are elongated is
  why this network was made, and that they have tails why some of what is taught has. No pixel of
  it was taught.
- It is not for the surveys' alerts: nothing was done to keep what realbogus has learnt of them."""
