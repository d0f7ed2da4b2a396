"""What the cards say in words of how the networks were made; the figures in them are passed in."""

from __future__ import annotations

from classifiers.observations import layout
from classifiers.observations.rows import LIMIT_SIGMAS
from training.lightcurve.calibration import RIDGE
from training.lightcurve.fitting import Recipe
from training.lightcurve.material import ORIGINALS_SHARE
from training.lightcurve.objects.splits import FOLD_SEED, HELD_OUT_SEED, HELD_OUT_SHARE
from training.lightcurve.objects.windows import DETECTIONS_MIN, WINDOW_DAYS
from training.lightcurve.six_band_crossing import MASKED_SHARE
from training.lightcurve.teaching.bank import COPIES
from training.lightcurve.ztf_crossing import (
    REAL_MIN,
    SIMULATED_SHARE,
    UNSIGNED_SHARE,
    WINDOWS_MAX,
)

COMMAND = "make train-lightcurve"
INSIDE = """Everything but the choice of observations and sums over points: units of an object's own
brightness, logarithms, the features' mean and spread, attention, calibration, softmax"""
INPUT = f"""float32 (n, {layout.ROW}): {layout.FEATURES} features of the whole light curve and at
most {layout.TOKENS} observations, raw, in nJy and days"""
ZTF_INPUT = f"""{INPUT}; after them {" and ".join(layout.HISTORY)}: since the first detection ever,
and how often the survey detected the object"""
SIX_BAND_DECLINES = f"""alerts of another photometric system than LSST's, and light curves of fewer
than {DETECTIONS_MIN} detections"""
ZTF_DECLINES = f"""alerts of another photometric system than ZTF's, and windows of fewer than
{DETECTIONS_MIN} detections within {WINDOW_DAYS:g} days"""
SIX_BAND_SPLIT = f"""Five stratified folds (seed {FOLD_SEED}) over all objects, and
{HELD_OUT_SHARE:.0%} of every class held out (seed {HELD_OUT_SEED}). The served network learnt from
the rest alone, so that its own file can be checked on the hold-out. Copies of an object are in its
fold."""
ZTF_SPLIT = f"""Five folds by a hash of ZTF's name, of the archive of supernovae, the disruptions,
the packets of other objects and the simulated ones alike, so that no object lies in two and no
object more or less deals another anew. By another hash {HELD_OUT_SHARE:.0%} were held out, from
which the served network did not learn."""
ZTF_CALIBRATION = f"""A slope and an offset for each label, both linear in the logarithm of one and
the detections in the window, by logistic regression with a ridge of {RIDGE:g} on the out-of-fold
answers of the other folds; the served file's on those of all folds. One slope for all labels
times a power of the detections, tried before, left calibration errors of 0.036, 0.018 and 0.013 at
flat log-losses of 1.417, 1.063 and 1.026. Of three weights of the labels times four ridges, tried
on the out-of-fold answers, nine kept the errors within their limits on all three windows; each
label alike, as everywhere else, was kept. Flat log-loss is at even odds; AUC, precision,
accuracy and calibration error are at the training folds' prior."""
CALIBRATION = """One slope for all logits, fitted on the out-of-fold answers of the other folds; the
served file's on those of all folds. Flat log-loss is from the even prior that is served; AUC,
precision, accuracy and calibration error are at the training folds' prior."""
SIX_BAND_SELECTION = f"""Looks at fold 0 without the hold-out chose the features' bins, the tokens,
the sizes, the dropout and the number of steps. 16, 32 and 64 tokens, and five ways of choosing 32,
differed by no more than two trainings of one form do. The third column masks
{MASKED_SHARE:.0%} of every class."""
ZTF_SPEED = """The light curves are windows of supernovae at +40 days; the machine was busy with
other work. 0.1.0, timed in turn with it there, took 52 µs at batch 32 where this took 54."""
ZTF_COMPRESSION = """As the six-band network's, whose card has the study: int8 weights."""
ZTF_SELECTION = """The recipe is the six-band network's, with more dropout; looks at fold 0 of
0.1.0 led to that, to the number of steps, and to hiding signs. That fold's objects lie in all five
folds now. What 0.2.0 adds (history, labels of what is no supernova, splits by hash) was fitted
once, on 28 November 2026, from one seed; its calibration was chosen a day later, as said above."""
ZTF_MORE_SOURCES = """Tidal disruptions: manyTDE (Mummery, van Velzen et al. 2024, MNRAS 527, 2452,
arXiv:2308.08255), github:sjoertvv/manyTDE@7afa338, no licence stated; its light curves are read and
none is passed on."""


def six_band_recipe(recipe: Recipe) -> str:
    return f"""{recipe.steps:,} steps of {recipe.batch} light curves, AdamW, one-cycle schedule up
to {recipe.learning_rate:g}, the running mean over the last steps' weights taken whatever it gives.
{ORIGINALS_SHARE:.0%} of what is drawn are originals, the rest {COPIES} augmented copies of each:
other redshifts or brightnesses, jittered nights, dropped epochs, fresh noise. Each is worn anew
whenever it is drawn: points dropped, errors grown, three in ten cut some time after the first
detection. The redshift is hidden for half of them. Classes come as the square root of their
numbers, which the loss takes out again. The teacher: boosted trees on features of a Gaussian
process, fitted without the fold and without the object's own, told the redshift when the network
is; the loss goes by the teacher and by the label."""


def ztf_recipe(recipe: Recipe) -> str:
    return f"""{recipe.steps:,} steps of {recipe.batch} windows, as the six-band network but without
a teacher and without copies. At most {WINDOWS_MAX} windows of a supernova, drawn from those that
end at any detection within 200 days of its brightest, each object coming as often as another; and
so of tidal disruptions. {SIMULATED_SHARE:.0%} of stars, and of nuclei what is missing to
{REAL_MIN}, are simulated from PLAsTiCC's variables; of {UNSIGNED_SHARE:.0%} of both the fluxes'
signs are hidden, as the archive of supernovae holds none. Limits are kept as points of no flux with
an error of a {LIMIT_SIGMAS:g}th of the limit."""
