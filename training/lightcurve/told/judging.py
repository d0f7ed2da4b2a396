"""What a redshift buys, of answers that are kept: the same objects and folds without and with it.

ZTF's types are brought to luminosities that other folds' supernovae have. The six-band network was
asked out of fold without a redshift and with the host's photometric one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from classifiers.luminosities import Luminosities
from classifiers.told_redshift import moduli
from training.arrays import Floats, Ints, Mask
from training.bootstrap import drawn, measured
from training.lightcurve.judging.metrics import class_losses, macro_auc, normalised
from training.lightcurve.judging.outcome import WHOLE, WINDOWS, Redshift
from training.lightcurve.judging.six_band_headlines import asked
from training.lightcurve.labels import GALACTIC, SIX_BAND, SUPERNOVAE
from training.lightcurve.six_band_answers import SixBandAnswers
from training.lightcurve.told.fitting import fitted
from training.lightcurve.told.seen import FILE, Seen
from training.lightcurve.ztf_answers import Answers
from training.tables import figures_under

SECTION = "Headlines"
ROUNDS = 200
FIGURES = ("macro AUC", "balanced accuracy", "flat log-loss")
SPECTRUM_ERR = 0.001
PHOTOMETRIC_ERRS = (0.02, 0.05)
"""By 1 + z."""
WRONG_SHARE = 0.04
TRUE, WRONG, ALL_WRONG = "by a spectrum", "one in 25 another galaxy's", "each another's"
PHOTOMETRIC = tuple(f"photometric, {one} (1 + z)" for one in PHOTOMETRIC_ERRS)
TOLD = (TRUE, *PHOTOMETRIC, WRONG, ALL_WRONG)
SIX_BAND_NAME = "Rubin, simulated, whole"


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card; the networks' answers stand beside the file."""
    answers, seen = Answers.read(path.with_name(Answers.file.name)), Seen.kept(path)
    found = dict(_of_ztf(answers.out_of_fold(), seen))
    return found | dict(
        _of_six_bands(SixBandAnswers.read(path.with_name(SixBandAnswers.file.name)))
    )


def claimed(card: str) -> dict[str, float]:
    """What the card says of each."""
    return figures_under(card, SECTION)


def served(answers: Answers, seen: Seen) -> Luminosities:
    """Of all supernovae with a redshift."""
    rows, seen = matched(answers, seen)
    modulus, _ = moduli(seen.redshift, np.full(len(rows), SPECTRUM_ERR))
    return fitted(SUPERNOVAE, answers.label[rows], seen.magnitude - modulus, seen.days)


def matched(answers: Answers, seen: Seen) -> tuple[Ints, Seen]:
    """Rows of answers, and what was seen on each."""
    place = {key: row for row, key in enumerate(zip(seen.name, seen.asked, strict=True))}
    keys = list(zip(answers.name, answers.asked, strict=True))
    rows = np.array([row for row, key in enumerate(keys) if key in place], np.int64)
    return rows, seen.take(np.array([place[keys[row]] for row in rows.tolist()], np.int64))


def _of_ztf(answers: Answers, seen: Seen) -> Iterator[tuple[str, float]]:
    rows, seen = matched(answers, seen)
    chances = answers.chances()[rows][:, : len(SUPERNOVAE)]
    some = answers.take(rows)
    for told in TOLD:
        weighed = chances * _crossed(some, seen, *_redshifts(seen, told))
        for window in WINDOWS:
            own = some.asked == window
            both = (normalised(one[own]) for one in (chances, weighed))
            names = f"{window}, {told}"
            yield from _compared(names, some.label[own], *both, said=told == TRUE)


def _redshifts(seen: Seen, told: str) -> tuple[Floats, Floats]:
    """Redshifts and errors, as somebody would have been told them, (n,) each; by object."""
    random = np.random.default_rng(TOLD.index(told))
    names, row = np.unique(seen.name, return_inverse=True)
    true = np.zeros(len(names))
    true[row] = seen.redshift
    error = np.full(len(names), SPECTRUM_ERR)
    if told in PHOTOMETRIC:
        error = PHOTOMETRIC_ERRS[PHOTOMETRIC.index(told)] * (1 + true)
        return (true + random.normal(size=len(names)) * error)[row], error[row]
    share = {WRONG: WRONG_SHARE, ALL_WRONG: 1.0}.get(told, 0.0)
    wrong = random.random(len(names)) < share
    return np.where(wrong, random.permutation(true), true)[row], error[row]


def _crossed(some: Answers, seen: Seen, redshift: Floats, error: Floats) -> Floats:
    """Likelihoods (n, types), each by what other folds' objects are with their true redshift."""
    true, _ = moduli(seen.redshift, np.full(len(redshift), SPECTRUM_ERR))
    modulus, spread = moduli(redshift, error)
    found = np.zeros((len(redshift), len(SUPERNOVAE)))
    for fold in np.unique(some.fold):
        own = some.fold == fold
        types = fitted(SUPERNOVAE, some.label[~own], (seen.magnitude - true)[~own], seen.days[~own])
        absolute = (seen.magnitude - modulus)[own]
        found[own] = types.likelihoods(absolute, spread[own], seen.days[own])
    return found


def _of_six_bands(answers: SixBandAnswers) -> Iterator[tuple[str, float]]:
    """Of objects beyond our Galaxy, among classes beyond it: of others a redshift says too much."""
    places = [one for one, name in enumerate(SIX_BAND) if name not in GALACTIC]
    chances = answers.chances()
    found = []
    for told in (Redshift.WITHOUT, Redshift.WITH):
        rows = asked(answers, told, WHOLE)
        rows = rows[np.isin(answers.label[rows], places)]
        found.append(rows[np.argsort(answers.name[rows])])
    without, told_it = found
    assert (answers.name[without] == answers.name[told_it]).all()
    label = np.searchsorted(places, answers.label[without])
    both = (normalised(chances[rows][:, places]) for rows in found)
    yield from _compared(SIX_BAND_NAME, label, *both)


def _compared(
    what: str, label: Ints, without: Floats, told: Floats, *, said: bool = True
) -> Iterator[tuple[str, float]]:
    """Figures without (where not said already) and with, and the gain's standard error."""
    weights = drawn(label, np.random.default_rng(0), ROUNDS)
    if said:
        yield f"{what}: objects", float(len(label))
    for figure in FIGURES:
        one, other = (_figure(figure, each, label, weights) for each in (without, told))
        if said:
            yield f"{what}: {figure} without", float(one[0])
        yield f"{what}: {figure}", float(other[0])
        yield f"{what}: {figure}, standard error of the difference", measured(other - one).error


def _figure(figure: str, chances: Floats, label: Ints, weights: Floats) -> Floats:
    """(1 + ROUNDS,)."""
    if figure == "macro AUC":
        return macro_auc(chances, label, weights)
    if figure == "flat log-loss":
        losses = class_losses(chances, label, chances.shape[1], weights)
        return np.asarray(losses.mean(axis=1))
    return _balanced(chances.argmax(axis=1) == label, label, weights)


def _balanced(right: Mask, label: Ints, weights: Floats) -> Floats:
    """The mean over classes of the share that is called right, (rounds,)."""
    classes = np.unique(label)
    shares = [
        weights[:, label == one] @ right[label == one] / weights[:, label == one].sum(axis=1)
        for one in classes
    ]
    return np.asarray(np.mean(shares, axis=0))
