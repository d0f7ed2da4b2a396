"""Cards and pictures of both networks, from what the other steps left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers.observations.layout import HISTORY_LAYOUT, LAYOUT
from classifiers.observations.rows import rows
from training.arrays import Ints
from training.lightcurve import sections, six_band_crossing, words, ztf_crossing
from training.lightcurve.export import loaded
from training.lightcurve.fitting import Recipe, scored
from training.lightcurve.judging import outcome as judged
from training.lightcurve.judging.card import Card
from training.lightcurve.judging.evaluation import six_band, ztf_network
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
from training.lightcurve.making import SIX_BAND_NAME, VERSIONS, sha256_of
from training.lightcurve.material import Material
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import read_test_supernovae
from training.lightcurve.objects.splits import sha256_of_folds
from training.lightcurve.objects.ztf import Material as ZtfMaterial
from training.lightcurve.pictures.page import Shown, drawn, ztf_drawn
from training.lightcurve.rivals import superphot_trees
from training.lightcurve.rivals.t2_crossing import T2Outcome
from training.lightcurve.rivals.teacher import TreesOutcome
from training.lightcurve.rivals.ztf_trees import FILE as ZTF_TREES
from training.lightcurve.six_band_answers import FILE as SIX_BAND_ANSWERS
from training.lightcurve.six_band_crossing import told_redshift
from training.lightcurve.smaller.compression import Row, markdown
from training.lightcurve.ztf_answers import FILE as ANSWERS

EXAMPLES = ("SNIa", "TDE", "RRL")
"""Of the hold-out, whose light curves are shown beside what the served network says of them."""
EXAMPLE_DETECTIONS = 25
"""About as many, so that there is something to see."""


def rivals(work: Path, some: Material) -> list[Outcome]:
    """What the rivals answered out of fold; one whose fits are not all done is left out."""
    trees = TreesOutcome.load(work / "trees.npz")
    found = [
        _outcome(some, judged.TREES_GP, trees.gp_with_z, trees.gp_without_z),
        _outcome(some, judged.TREES, trees.plain_with_z, trees.plain_without_z),
    ]
    if (work / "t2.npz").is_file():
        t2 = T2Outcome.load(work / "t2.npz")
        found.append(_outcome(some, judged.T2, t2.with_z, t2.without_z))
    return [one for one in found if one.answers]


def _outcome(some: Material, model: str, told: Predictions, untold: Predictions) -> Outcome:
    """At the settings that all folds were fitted at."""
    tried = {(Redshift.WITH, WHOLE): told[None], (Redshift.WITHOUT, WHOLE): untold[None]}
    answers = {key: said for key, said in tried.items() if np.isfinite(said).all()}
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
    docs: Path
    name: str
    """Of the classifier."""
    recipe: Recipe
    seeds: tuple[int, ...]
    """Of the networks of which all folds were fitted."""
    live: Live

    @property
    def file(self) -> Path:
        """That is served."""
        return self.out / f"{self.name}.onnx"

    def given(self) -> Given:
        """Figures that are measured on the file itself."""
        size = self.file.stat().st_size
        return Given(size, self.live.time_us[32], self.live.difference)


def six_band_report(made: Made, some: Material, compression: tuple[Row, ...]) -> None:
    """Write the six-band network's card and draw its pictures."""
    ours = six_band_crossing.gathered(made.work, some, made.seeds)
    answers = six_band_crossing.answers_of(made.work, some, made.seeds[0])
    answers.keep(SIX_BAND_ANSWERS)
    found = six_band(
        [ours.served, ours.float_form, *rivals(made.work, some)],
        six_band_crossing.novelties(made.work, some, made.seeds[0], ours.calibration),
        test_supernovae(made.data, made.file),
        made.given(),
        answers=answers,
        cases=ours.cases,
        checked=[six_band_crossing.hold_out(made.work, some, ours.calibration)],
    )
    origin = _origin(made, some.objects, some.fold, _compression(compression))
    card = Card(origin, found, sections.text(made.data))
    made.file.with_suffix(".md").write_text(card.text(), encoding="utf-8")
    drawn(Shown(ours.served, found, compression, examples(some, made.file)), made.docs)


def ztf_report(made: Made, some: ZtfMaterial) -> None:
    """Keep the answers of ZTF's networks, write their card and draw their picture."""
    answers = ztf_crossing.gathered(made.work, some, made.seeds[0])
    answers.keep(ANSWERS)
    learnt = ztf_crossing.of_what_it_learnt(loaded(made.file), some)
    rivals = [ZtfOutcome.load(made.work / ZTF_TREES), *superphot_trees.kept(made.work)]
    known = [one.of_names(answers.name) for one in rivals]
    found = ztf_network(answers, learnt, known, made.given())
    origin = _origin(made, some.objects, some.fold, words.ZTF_COMPRESSION)
    made.file.with_suffix(".md").write_text(ZtfCard(origin, found).text(), encoding="utf-8")
    ztf_drawn(found, made.docs)


def _compression(found: Sequence[Row]) -> str:
    return f"{markdown(found)}\n\n{KEPT}" if found else words.SIX_BAND_COMPRESSION


def _origin(made: Made, objects: Objects, fold: Ints, compression: str) -> Origin:
    name, file = made.name, made.file
    six = name == SIX_BAND_NAME
    labels = SIX_BAND if six else ZTF
    return Origin(
        name=name,
        version=VERSIONS[name],
        file=File.of(file),
        weights=sum(one.numel() for one in loaded(file).parameters()),
        data_sha256=sha256_of(objects),
        folds_sha256=sha256_of_folds(fold),
        seed=made.recipe.seed,
        seeds=made.seeds if six else made.seeds[:1],
        layout=LAYOUT if six else HISTORY_LAYOUT,
        command=words.COMMAND,
        input=words.INPUT if six else words.ZTF_INPUT,
        inside=words.INSIDE,
        declines=words.SIX_BAND_DECLINES if six else words.ZTF_DECLINES,
        counts=dict(zip(labels, np.bincount(objects.label, minlength=len(labels)), strict=True)),
        sources=_sources(made.data, six=six),
        recipe=(words.six_band_recipe if six else words.ztf_recipe)(made.recipe),
        split=words.SIX_BAND_SPLIT if six else words.ZTF_SPLIT,
        calibration=words.CALIBRATION if six else words.ZTF_CALIBRATION,
        selection=words.SIX_BAND_SELECTION if six else words.ZTF_SELECTION,
        speed=made.live.said() if six else f"{made.live.said()} {words.ZTF_SPEED}",
        compression=compression,
    )


def _sources(data: Path, *, six: bool) -> str:
    table = sources_table(sources(data, SIX_BAND_SOURCES if six else ZTF_SOURCES))
    return table if six else f"{table}\n\n{words.ZTF_MORE_SOURCES}"
