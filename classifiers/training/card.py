"""The model card: what a network is, what it was made from, how well it does, where it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.training.evaluation import RICHEST, ROUNDS, Recall, Row
from classifiers.training.fitting import Recipe
from classifiers.training.model import CROP_PIXELS, LABELS, STAMP_PIXELS


@dataclass(frozen=True)
class Card:
    """All that the card says; the figures come from one run and are not typed by hand."""

    said: Mapping[str, str]
    """The file's metadata."""
    sha256: str
    size_bytes: int
    recipe: Recipe
    folds: int
    alerts: int
    low: int
    rows: Sequence[Row]
    asteroids: Recall

    def text(self) -> str:
        """The card in Markdown."""
        return "\n\n".join([self._what(), self._origin(), self._figures(), LIMITS]) + "\n"

    def _what(self) -> str:
        return f"""# {self.said["name"]} {self.said["version"]}

Scores an alert's three stamps: is there a source in the difference image, or an artefact? A first
network, **taught by another network's scores**, to be replaced by one that is taught better.

| | |
|---|---|
| file | `{self.said["name"]}.onnx`, {self.size_bytes:,} bytes |
| sha256 | `{self.sha256}` |
| input | science, template and difference, float32 (n, 3, {STAMP_PIXELS}, {STAMP_PIXELS}), \
counts as sent, NaN where there is no pixel |
| output | probabilities, float32 (n, {len(LABELS)}): {", ".join(LABELS)} |
| inside the file | each plane's sky and noise from 64 pixels (median, MAD), a bounded stretch, \
the middle {CROP_PIXELS} pixels, four convolutions of stride 2, a head, softmax |
| declines | a NaN row where one of the planes is missing or has no finite pixel |
| licence | BSD-3-Clause, as the project |"""

    def _origin(self) -> str:
        return f"""## Data and training

{self.alerts:,} public ZTF alerts with a drb (version d6_m7), {self.low} of them below 0.5; sha256 \
of ids, scores and pixels `{self.said["data"]}`.
The teacher's own score is the target, so its doubt is taught too. Stamps are turned and mirrored
at random. {self.recipe.epochs} epochs of AdamW, batches of {self.recipe.batch}, highest learning \
rate {self.recipe.learning_rate}, weight decay {self.recipe.weight_decay}, seed \
{self.recipe.seed}; the last epoch is taken.

The figures come from {self.folds} networks of the same recipe, each scoring the alerts of a fold
that it did not see. No fold shares a night of a field or an object with another. The served
network is fitted to all alerts, so measuring it on these alerts again would flatter it. The
recipe (crop, stretch, epochs, decay) was settled on a handful of such runs over the same folds, so
the figures are a little better than fresh nights would give."""

    def _figures(self) -> str:
        names = list(self.rows[0].auc)
        lines = [
            f"| {row.part} | {row.alerts:,} | {row.low} | "
            + " | ".join(str(row.auc[name]) for name in names)
            + " |"
            for row in self.rows
        ]
        head = f"| alerts | count | drb < 0.5 | {' | '.join(names)} |"
        rule = "|---|---|---|" + "---|" * len(names)
        return "\n".join([FIGURES, "", head, rule, *lines, "", self._recall()])

    def _recall(self) -> str:
        found = self.asteroids
        return (
            f"Of {found.known} known asteroids that drb never scored (their packets are older than "
            f"it, so it did not choose them), {found.passed} score above {found.threshold:.3f}: "
            "there, 95 % of the held-out alerts with drb below 0.5 are refused."
        )


FIGURES = f"""## Agreement with drb

Agreement, **not truth**: no alert here was checked by a person. AUC of telling drb >= 0.5 from
drb < 0.5, with a 95 % interval from {ROUNDS:,} draws of whole field-nights. Beside the network: \
ZTF's older score
(rb), and what needs no network at all: the magnitude, the science stamp's median (sky), the sign.
0.5 is no information; a column far from it on either side is a shortcut that the data offer."""

LIMITS = f"""## Limits

- The teacher is drb. Where drb is wrong, this network was taught to be wrong.
- About a hundred alerts have a drb below 0.1, and most of those come from {RICHEST} field-nights \
whose sky
  level alone gives them away. Scaling each plane by its own sky hides the level from the
  network; the table shows what is left when those field-nights are held out.
- Alerts with a high drb were mostly picked by filters that ask for a high drb: there are few
  faint, doubtful ones, and rates of false alarms on a whole night are not measured.
- More of the low-scored alerts fade than of the others, so a fading source may score lower for its
  sign alone.
- It never saw a stamp of Rubin's. It will score one, resampled, and that score means nothing yet.
- Probabilities are the teacher's, not calibrated on anything else."""
