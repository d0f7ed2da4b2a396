"""The model card: what a network is, what it was made from, how well it does, where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from filters.clauses import FADED_SCORE_MIN, REAL_SCORE_MIN
from training.bootstrap import CLEAR_ERRORS, ROUNDS
from training.realbogus.judging import tables
from training.realbogus.judging.agreement import (
    CLOUDED_NIGHT,
    DRB_HIGH_MIN,
    DRB_LOW_MAX,
    NIGHT_LOW_MIN,
    OURS,
    RICHEST,
    TAUGHT_BY_DRB,
)
from training.realbogus.judging.calibration_figures import BINS
from training.realbogus.judging.contest import FIELD_NIGHTS_MIN
from training.realbogus.judging.evaluation import Evaluation
from training.realbogus.judging.headlines import headlines
from training.realbogus.judging.recall import REFUSED
from training.realbogus.judging.working_point import BEFORE, PASSING_MAX
from training.realbogus.labels import LABELS
from training.realbogus.verifying import RECOMPUTED
from training.tables import figures_table, markdown, wrapped

PICTURES = "../docs/realbogus.md"


@dataclass(frozen=True)
class Origin:
    """What only whoever made the file can say; paragraphs are Markdown."""

    name: str
    version: str
    size_bytes: int
    sha256: str
    data_sha256: str
    """Of ids, scores and pixels that were learnt from."""
    seed: int
    """Of the served network."""
    seeds: tuple[int, ...]
    """Of the networks that the figures come from."""
    stamp_pixels: int
    inside: str
    """What the graph does before, in and after the network, in one line."""
    recipe: str
    training: Mapping[str, int]
    """How many examples of each kind it was taught with."""
    splits: str
    calibration: str
    selection: str
    """How often the recipe was chosen, and on what."""
    surveys: str
    """A table of one network against one for each survey, and which was kept."""
    compression: str
    """A table of its forms, and which was kept."""
    declines: str = "a NaN row where one of the planes is missing or has no finite pixel"
    licence: str = "BSD-3-Clause, as the project"


@dataclass(frozen=True)
class Card:
    """All that the card says; the figures come from one evaluation and are not typed by hand."""

    origin: Origin
    evaluation: Evaluation

    def text(self) -> str:
        parts = (
            self._what(),
            self._origin(),
            self._aims(),
            self._agreement(),
            self._seeds(),
            self._recall(),
            self._thresholds(),
            self._working_point(),
            self._simulated(),
            self._flags(),
            self._calibration(),
            f"## One network or two\n\n{self.origin.surveys.strip()}",
            f"## Compression\n\n{self.origin.compression.strip()}",
            self._recomputed(),
            self._limits(),
        )
        return wrapped("\n\n".join(parts))

    def _what(self) -> str:
        said, side = self.origin, self.origin.stamp_pixels
        return f"""# {said.name} {said.version}

Scores an alert's three stamps: is there a source in the difference image, and if not, what is it?
Taught by evidence that alerts are real, by injected sources and by drawn artefacts. No stamp it
learnt from was checked by a person. Pictures, and its worst mistakes: \
[docs/realbogus.md]({PICTURES}).

| | |
|---|---|
| file | `{said.name}.onnx`, {said.size_bytes:,} bytes |
| sha256 | `{said.sha256}` |
| data | sha256 of ids, scores and pixels `{said.data_sha256}` |
| seed | {said.seed}; the figures come from {len(said.seeds)} networks a fold, of seeds \
{", ".join(map(str, said.seeds))} |
| input | science, template and difference, float32 (n, 3, {side}, {side}), counts as sent, NaN \
where there is no pixel; the difference is positive where the detection is |
| output | probabilities, float32 (n, {len(LABELS)}): {", ".join(LABELS)}. Real against bogus is \
the first against the sum of the rest |
| inside the file | {said.inside} |
| declines | {said.declines} |
| licence | {said.licence} |"""

    def _origin(self) -> str:
        said = self.origin
        counts = markdown(
            ["taught with", "count"],
            [[kind, f"{count:,}"] for kind, count in said.training.items()],
        )
        return f"""## Data and training

{counts}

{said.recipe.strip()}

**Splits.** {said.splits.strip()}

**Calibration.** {said.calibration.strip()}

**Selection.** {said.selection.strip()}"""

    def _aims(self) -> str:
        return f"""## What it had to reach

{tables.aims_table(self.evaluation.aims)}

All figures: the mean over the networks of one seed each, as one network is served. In brackets the
95 % interval from {ROUNDS:,} draws of whole field-nights with replacement; each draw draws the
seeds as well, and reads its thresholds off anew. {tables.BY_ALERT} marks where fewer than
{FIELD_NIGHTS_MIN} field-nights could be drawn: alerts were drawn instead, and as they are not
independent, the interval is too narrow."""

    def _agreement(self) -> str:
        found = self.evaluation.agreement
        return f"""## Agreement with drb

Agreement, **not truth**: drb is another network's score, and as ours is taught with drb's word on
alerts of other nights, agreement is in part imitation. Of {found.alerts:,} ZTF alerts with a drb,
the AUC of
telling those of {DRB_HIGH_MIN} or more (high) from those below
{DRB_LOW_MAX} (low); the {found.between:,} between are left out, but in the lines that say so. Each
was scored by networks that saw nothing of its night nor of its object; {found.declined:,} were
declined and take no part.
The night with the most alerts comes first; each other that holds {NIGHT_LOW_MIN} low ones or more
has a line.

Beside ours stand the same network {TAUGHT_BY_DRB}, ZTF's older score (rb), trees on the packet's
own numbers, and what needs no model: magnitude (higher is fainter) and the median of the science
stamp. These last two are as they are, not turned round: 0.5 is no information, and a column far
from it **on either side** is a shortcut that the data offer.

{tables.agreement_table(found)}

A difference under the same draws, in AUC and in standard errors; clear is {CLEAR_ERRORS:g} errors
above zero.

{tables.gains_table(found)}"""

    def _seeds(self) -> str:
        everything = (*self.evaluation.agreement.seeds, self.evaluation.simulated.seeds)
        return f"""## Seeds

The same recipe from other seeds; spread is the standard deviation. The last column is the AUC of
their mean probability, which is **not** what is served.

{tables.seeds_table(everything, self.origin.seeds)}"""

    def _recall(self) -> str:
        found = self.evaluation.recall
        return f"""## Recall

Of alerts with evidence that they are real, how many score above the threshold where
{100 * REFUSED:g} % of the low-drb alerts **of other nights** are refused: {found.background:,} of
them, from {found.background_field_nights:,} field-nights, before an alert's own night is left out.
Each score has its own threshold. drb did not choose the asteroids without one. A SIMBAD class says
that something known is near, which does not prove a good subtraction. Where all or none passed,
the interval ends where so many independent alerts would have it end, as draws cannot go beyond
what was seen.

{tables.recall_table(found)}"""

    def _thresholds(self) -> str:
        found = self.evaluation.false_positives
        return f"""## Thresholds

What passes where so many false positives do. A rate is measured only where it lets one alert or
more pass. Of {found.count:,} low-drb alerts a threshold that none passes says no more than
that the rate is below {100 * found.rate_max:.1f} % (95 % confidence, were they independent;
they share field-nights, so the bound is higher). Rates on the exam's artefacts are **simulated**,
and its mix of artefacts is not a night's.

{tables.thresholds_table(found)}"""

    def _working_point(self) -> str:
        found = self.evaluation.working_point
        strict = " and ".join(f"{limit:.3f} ({sign})" for sign, limit in found.strict.items())
        return f"""## At the filters' threshold

What passes of ZTF's alerts, each scored out of fold: above {BEFORE}, which filters asked for until
version 0.2.0 of this network without a measurement; and above what they ask for now,
{REAL_SCORE_MIN} of an alert that is brighter than its template and {FADED_SCORE_MIN} of one that
has faded. These two were read off these very answers so that at most {100 * PASSING_MAX:g} % of the
low alerts of a sign pass (the lowest thresholds that do so: {strict}), so the last column flatters
by what a few alerts move.

{tables.working_point_table(found)}"""

    def _recomputed(self) -> str:
        return f"""## {RECOMPUTED}

Each of these comes out of `training/answers/realbogus.parquet`, the answers out of fold of the
first seed, without torch and without alerts: `training.realbogus.verifying.headlines`.

{figures_table("figure", headlines(self.evaluation))}"""

    def _simulated(self) -> str:
        found = self.evaluation.simulated
        return f"""## Simulated

Injected sources against drawn artefacts: **simulated**, {found.stamps:,} stamps, drawn by other
code than the training's onto stamps of nights that the networks did not see; {found.declined:,}
were declined and take no part. S/N is that of what was drawn, in the difference.

{tables.simulated_table(found)}

What they are called, by the likeliest label; sources above the same S/N, all artefacts.

{tables.confusion_table(found.confusion)}

Where purity and completeness meet, were there as many artefacts as sources, all of S/N above 5; and
the share that is found at that threshold, by S/N.

{tables.meetings_table(found.meetings)}"""

    def _flags(self) -> str:
        found = self.evaluation.flags
        return f"""## Rubin's flags

Not simulated, and as they are: a flag says what Rubin's pipeline thought. Share of each label, and
in brackets its mean probability, on {found.alerts:,} Rubin and DECam alerts
({found.declined:,} declined). An alert may have several flags.

{tables.flags_table(found)}

AUC of {found.asteroids:,} known asteroids without a flag against {found.flagged:,} flagged
alerts: {tables.figure(found.auc)}."""

    def _calibration(self) -> str:
        found = self.evaluation.calibrations
        bins = "\n\n".join(tables.reliability_table(one) for one in found)
        return f"""## Calibration

The calibrated P(real) of alerts out of fold against drb (agreement, the alerts between left out)
and of the exam (simulated). Probabilities are **for even odds**: where real and bogus are as likely
before the stamps are seen. In a stream with r real alerts for each bogus one, multiply P / (1 - P)
by r. The alerts with a drb are therefore weighed so that each side counts half. The error is the
expected one over {BINS} equal bins; drawn anew it comes out a little higher, as noise adds
distance.

{tables.calibration_table(found)}

{bins}"""

    def _limits(self) -> str:
        agreed, unchosen = self.evaluation.agreement, self.evaluation.recall.headline
        pooled = agreed.pooled
        sky, magnitude = (pooled.auc[name].value for name in ("median sky", "magnitude"))
        return f"""## Limits

- Nobody has checked the stamps that it is measured on. Where it disagrees with drb, either may be
  wrong.
- There are {pooled.low:,} low-drb alerts, from {pooled.field_nights:,} field-nights,
  {agreed.from_the_richest:,} of them from {RICHEST}. A rate of false positives below
  {100 / pooled.low:.1f} % cannot be read off them, and rates on a whole night are not measured.
- Sky and magnitude alone reach AUC {sky:.2f} and {magnitude:.2f} over all nights: how the alerts
  were collected is in every pooled figure. A single night's line is the fairer one.
- Alerts with a high drb were mostly picked by filters that ask for one: few are faint or doubtful.
- Of {unchosen.known:,} asteroids without a drb, from {unchosen.field_nights:,} field-nights,
  {unchosen.faded:,} are fadings: recall on fadings rests on weaker evidence.
- Drawn artefacts are what we could think of. The exam's figures say how well it tells these, not
  how many of them a night holds.
- Of Rubin's alerts {self.evaluation.flags.flagged:,} carry a flag: enough to see a failure, not to
  measure a rate.
- Night {agreed.test_night} is a development set: recipes were chosen on it, more than once. What
  confirms is the audit of 28 November 2026, of version 0.2.0 on packets held out from development:
  AUC 0.958 (0.904 to 0.992) of drb's low against its high ones, where rb has 0.926, but of 10 low
  alerts.
- Night {CLOUDED_NIGHT} was exposed through clouds: nearly every star of it is left over in the
  difference. drb calls most of its alerts real, this network most of them bogus since it is taught
  what clouds leave, and that lesson was drawn after looking at this night's alerts. So the line
  without it is the fairer one, and what the lesson does for another such night is not measured.
- All figures, {tables.figure(agreed.headline.auc[OURS])} on {agreed.headline.part} among
  them, are of networks that were taught without the nights they score. The served one is taught
  with all, and measuring it on these alerts again would flatter it."""
