"""Cards and pictures of both networks, from what the other steps left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers.observations.layout import LAYOUT
from classifiers.observations.rows import rows
from training.arrays import Ints
from training.lightcurve import sections, six_band_crossing, words, ztf_crossing
from training.lightcurve.export import loaded
from training.lightcurve.fitting import Recipe, scored
from training.lightcurve.judging import outcome as judged
from training.lightcurve.judging.card import Card
from training.lightcurve.judging.evaluation import SixBand, Ztf, six_band, ztf_network
from training.lightcurve.judging.goals import Given
from training.lightcurve.judging.growing import Growing, growing
from training.lightcurve.judging.origin import File, Origin, sources, sources_table
from training.lightcurve.judging.outcome import (
    WHOLE,
    Outcome,
    Predictions,
    Redshift,
    ThreeTypes,
    ZtfOutcome,
)
from training.lightcurve.judging.ztf_card import ZtfCard
from training.lightcurve.labels import SIX_BAND, ZTF
from training.lightcurve.live import Live
from training.lightcurve.making import SIX_BAND_NAME, VERSION, ZTF_NAME, sha256_of
from training.lightcurve.material import Material
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import read_test_supernovae
from training.lightcurve.objects.splits import sha256_of_folds
from training.lightcurve.objects.ztf import Material as ZtfMaterial
from training.lightcurve.pictures.page import Shown, drawn
from training.lightcurve.rivals.t2_crossing import T2Outcome
from training.lightcurve.rivals.teacher import TreesOutcome
from training.lightcurve.rivals.ztf_trees import FILE as ZTF_TREES
from training.lightcurve.six_band_crossing import told_redshift
from training.lightcurve.smaller.compression import Row, markdown

EXAMPLES = ("SNIa", "TDE", "RRL")
"""Of the hold-out, whose light curves are shown beside what the served network says of them."""
EXAMPLE_DETECTIONS = 25
"""About as many, so that there is something to see."""


def rivals(work: Path, some: Material) -> list[Outcome]:
    """What the rivals answered out of fold; one whose fits are not all done is left out."""
    trees, t2 = TreesOutcome.load(work / "trees.npz"), T2Outcome.load(work / "t2.npz")
    found = [
        _outcome(some, judged.TREES_GP, trees.gp_with_z, trees.gp_without_z),
        _outcome(some, judged.TREES, trees.plain_with_z, trees.plain_without_z),
        _outcome(some, judged.T2, t2.with_z, t2.without_z),
    ]
    return [one for one in found if all(np.isfinite(said).all() for said in one.answers.values())]


def _outcome(some: Material, model: str, told: Predictions, untold: Predictions) -> Outcome:
    answers = {(Redshift.WITH, WHOLE): told[None], (Redshift.WITHOUT, WHOLE): untold[None]}
    return Outcome(model, some.objects.label, some.fold, some.held_out, answers)


def test_supernovae(data: Path, file: Path) -> ThreeTypes:
    """What the served network says of PLAsTiCC's test supernovae."""
    objects, net = read_test_supernovae(data), loaded(file)
    answers = {
        told: scored(net, rows(objects.curves, told_redshift(objects, told)))[None]
        for told in (Redshift.WITH, Redshift.WITHOUT)
    }
    return ThreeTypes(objects.label, answers)


def examples(some: Material, file: Path, names: Sequence[str] = EXAMPLES) -> list[Growing]:
    """One object of the hold-out of each class, and what the served network says as it grows."""
    net = loaded(file)

    def score(objects: Objects) -> Predictions:
        return scored(net, rows(objects.curves, objects.redshift))

    return [growing(some.objects.take(np.array([_example(some, name)])), score) for name in names]


def _example(some: Material, name: str) -> int:
    places = np.flatnonzero(some.held_out & (some.objects.label == SIX_BAND.index(name)))
    curves = some.objects.curves
    seen = np.add.reduceat(curves.detected, curves.offsets[:-1])[places]
    return int(places[np.abs(seen - EXAMPLE_DETECTIONS).argmin()])


SIX_BAND_SOURCES = ("plasticc/",)
ZTF_SOURCES = (
    "lightcurves/alerce_ztf_sne_by_type.tar.xz",
    "plasticc/plasticc_train",
    "ztf/",
)
KEPT = "The served form keeps int8 weights with the rest in 16 bits."


@dataclass(frozen=True)
class Made:
    """What the steps before left for one report."""

    data: Path
    work: Path
    out: Path
    recipe: Recipe
    ztf_recipe: Recipe
    seeds: tuple[int, ...]
    """Of the six-band networks of which all folds were fitted."""
    ztf_seeds: tuple[int, ...]
    compression: tuple[Row, ...]
    live: Mapping[str, Live]
    """By the classifier's name."""

    def given(self, name: str) -> Given:
        """Figures that are measured on the file itself."""
        live = self.live[name]
        size = (self.out / f"{name}.onnx").stat().st_size
        return Given(size, live.time_us[32], live.difference)


def six_band_report(made: Made, some: Material) -> tuple[Outcome, SixBand]:
    """Write the six-band network's card; what the pictures are made of."""
    ours = six_band_crossing.gathered(made.work, some, made.seeds)
    file = made.out / f"{SIX_BAND_NAME}.onnx"
    found = six_band(
        [ours.served, ours.float_form, *rivals(made.work, some)],
        six_band_crossing.novelties(made.work, some, made.seeds[0], ours.slope),
        test_supernovae(made.data, file),
        made.given(SIX_BAND_NAME),
        checked=[six_band_crossing.hold_out(made.work, some, ours.slope)],
    )
    origin = _origin(made, SIX_BAND_NAME, some.objects, some.fold)
    file.with_suffix(".md").write_text(
        Card(origin, found, sections.text(made.data)).text(), encoding="utf-8"
    )
    return ours.served, found


def ztf_report(made: Made, some: ZtfMaterial) -> Ztf:
    """Write ZTF's card; what the pictures are made of."""
    ours = ztf_crossing.gathered(made.work, some, made.ztf_seeds)
    trees = ZtfOutcome.load(made.work / ZTF_TREES)
    found = ztf_network([ours.outcome, trees], made.given(ZTF_NAME))
    origin = _origin(made, ZTF_NAME, some.objects, some.fold)
    (made.out / f"{ZTF_NAME}.md").write_text(ZtfCard(origin, found).text(), encoding="utf-8")
    return found


def pictures(
    made: Made, some: Material, outcome: Outcome, found: tuple[SixBand, Ztf], docs: Path
) -> None:
    shown = examples(some, made.out / f"{SIX_BAND_NAME}.onnx")
    drawn(Shown(outcome, *found, made.compression, shown), docs)


def _origin(made: Made, name: str, objects: Objects, fold: Ints) -> Origin:
    file = made.out / f"{name}.onnx"
    six = name == SIX_BAND_NAME
    labels = SIX_BAND if six else ZTF
    return Origin(
        name=name,
        version=VERSION,
        file=File.of(file),
        weights=sum(one.numel() for one in loaded(file).parameters()),
        data_sha256=sha256_of(objects),
        folds_sha256=sha256_of_folds(fold),
        seed=(made.recipe if six else made.ztf_recipe).seed,
        seeds=made.seeds if six else made.ztf_seeds,
        layout=LAYOUT,
        command=words.COMMAND,
        input=words.INPUT,
        inside=words.INSIDE,
        declines=words.SIX_BAND_DECLINES if six else words.ZTF_DECLINES,
        counts=dict(zip(labels, np.bincount(objects.label, minlength=len(labels)), strict=True)),
        sources=sources_table(sources(made.data, SIX_BAND_SOURCES if six else ZTF_SOURCES)),
        recipe=words.six_band_recipe(made.recipe) if six else words.ztf_recipe(made.ztf_recipe),
        split=words.SIX_BAND_SPLIT if six else words.ZTF_SPLIT,
        calibration=words.CALIBRATION,
        selection=words.SIX_BAND_SELECTION if six else words.ZTF_SELECTION,
        speed=made.live[name].said(),
        compression=f"{markdown(made.compression)}\n\n{KEPT}" if six else words.ZTF_COMPRESSION,
    )
