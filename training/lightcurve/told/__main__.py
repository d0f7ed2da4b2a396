"""Learns and judges what a redshift says of types: `python -m training.lightcurve.told all`.

see      reads how bright supernovae with a redshift were on the windows that were asked about
report   fits their luminosities, which are served, and writes the card
all      one after the other
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from classifiers.lightcurve import LightCurveClassifier, lightcurve
from classifiers.luminosities import FILE as LUMINOSITIES
from classifiers.luminosities import Luminosities
from classifiers.told_redshift import ERR_MIN, moduli
from schemas.distances import distance_modulus
from training.arrays import Floats, Singles
from training.lightcurve.judging.metrics import flat_log_loss, normalised
from training.lightcurve.labels import GALACTIC, SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import FOLDER, TRAINING, read_training
from training.lightcurve.objects.splits import six_band_held_out
from training.lightcurve.told import judging
from training.lightcurve.told.card import Beside, card
from training.lightcurve.told.seen import Seen, read_seen
from training.lightcurve.ztf_answers import Answers
from training.steps import Data, Out
from training.steps import steps as steps_of
from training.timing import medians_us

CARD = "told_redshift.md"
BATCH = 256

commands = steps_of()


@commands.command()
def see(data: Data) -> None:
    """Read and keep."""
    read_seen(data).keep()


@commands.command()
def report(data: Data, out: Out = Path("classifiers")) -> None:
    """Fit, write, judge."""
    seen = Seen.kept()
    types = judging.served(Answers.read(Answers.file).out_of_fold(), seen)
    (out / LUMINOSITIES.name).write_text(f"{types.document()}\n", encoding="utf-8")
    some = _held_out(read_training(data))
    beside = Beside(
        types=types,
        us=_cost_us(types, seen),
        seen=len(seen.name),
        held_out=len(some),
        six=_six_bands(lightcurve(out / "lightcurve.onnx"), some, _spectra(data, some)),
    )
    found = judging.headlines()
    (out / CARD).write_text(card(found, beside), encoding="utf-8")


@commands.command(name="all")
def everything(data: Data, out: Out = Path("classifiers")) -> None:
    """Both."""
    see(data)
    report(data, out)


def _cost_us(types: Luminosities, seen: Seen) -> float:
    """Of an alert, BATCH at once, the network's own row and run apart."""
    scores = np.full((len(seen.name), len(types.labels)), 0.2, np.float32)
    numbers = np.column_stack((seen.magnitude, seen.days, seen.redshift)).astype(np.float32)

    def told(rows: Singles) -> Singles:
        magnitude, days, redshift = rows.astype(np.float64).T
        modulus, error = moduli(redshift, np.full(len(rows), 0.001))
        likely = types.likelihoods(magnitude - modulus, error, days)
        return types.updated(types.labels, scores[: len(rows)], likely)

    return medians_us({"told": told}, numbers)["told"][BATCH]


def _held_out(objects: Objects) -> Objects:
    """Beyond our Galaxy, not learnt by the served network."""
    beyond = ~np.isin(np.array(SIX_BAND)[objects.label], list(GALACTIC))
    return objects.take(np.flatnonzero(beyond & six_band_held_out(objects.name)))


def _spectra(data: Path, objects: Objects) -> Floats:
    with gzip.open(data / FOLDER / TRAINING[0], "rt", newline="") as file:
        lines = csv.DictReader(file, skipinitialspace=True)
        said = {one["object_id"].strip(): float(one["hostgal_specz"]) for one in lines}
    return np.array([said[name] for name in objects.name.tolist()])


def _six_bands(
    network: LightCurveClassifier, some: Objects, spectra: Floats
) -> list[tuple[str, float, float]]:
    spectrum = np.column_stack((spectra, np.full(len(some), ERR_MIN), distance_modulus(spectra)))
    shuffled = np.random.default_rng(0).permutation(len(some))
    asked = {
        "nothing": np.full_like(spectrum, np.nan),
        "the host's photometric redshift": some.redshift,
        "the host's redshift by its spectrum": spectrum,
        "another host's photometric redshift": some.redshift[shuffled],
    }
    return [(told, *_judged(network, some, redshift)) for told, redshift in asked.items()]


def _judged(network: LightCurveClassifier, some: Objects, redshift: Floats) -> tuple[float, float]:
    """Flat log-loss and balanced accuracy among the classes beyond our Galaxy."""
    places = [one for one, name in enumerate(SIX_BAND) if name not in GALACTIC]
    scores = network.score_light_curves(some.curves, redshift)[:, places]
    fine = np.isfinite(scores[:, 0])
    label, chances = np.searchsorted(places, some.label[fine]), normalised(scores[fine])
    right = chances.argmax(axis=1) == label
    shares = [float(right[label == one].mean()) for one in np.unique(label)]
    return flat_log_loss(chances, label, len(places)), float(np.mean(shares))


if __name__ == "__main__":
    commands()
