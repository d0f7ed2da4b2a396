"""Makes both light-curve networks: `python -m training.lightcurve STEP`, or all steps.

draw      reads the real objects, makes augmented copies, cuts ZTF's windows
describe  computes the features of the boosted trees, with a Gaussian process and without
teach     fits the trees: rivals, and teachers of the students
rival     fits t2 again, and trees and Superphot+ to ZTF's windows
cross     fits the six-band networks over folds and seeds, and the served one
ztf       fits ZTF's networks over folds and seeds, and the served one
serve     writes the two files that are served; with --only NAME that one alone
compress  measures what smaller forms would save and cost
report    writes the cards and the pictures, and keeps answers; --only as above
stamps    measures what stamps would add to the answers of ZTF's network, and puts it into its card
all       one after another
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from classifiers.observations.layout import HISTORY
from training.lightcurve import reporting, six_band_crossing, ztf_crossing
from training.lightcurve.answers import SERVED
from training.lightcurve.crossing import Job, jobs, opened, seeds_of
from training.lightcurve.fitting import Recipe
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.live import live
from training.lightcurve.making import (
    SIX_BAND_NAME,
    SYSTEMS,
    ZTF_NAME,
    keep_study,
    kept_study,
    said_of,
    served,
    studied,
)
from training.lightcurve.material import BANK, OBJECTS, Material
from training.lightcurve.model import Shape
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.ztf import FILE, read_material
from training.lightcurve.objects.ztf import Material as ZtfMaterial
from training.lightcurve.rivals import (
    superphot,
    superphot_trees,
    t2,
    t2_crossing,
    teacher,
    trees,
    ztf_trees,
)
from training.lightcurve.rivals.bank_rows import GP_FEATURES, PLAIN_FEATURES, featured
from training.lightcurve.rivals.gp_features import NAMES, PLAIN_NAMES
from training.lightcurve.smaller.compression import Row
from training.lightcurve.stamps import ablation, section
from training.lightcurve.stamps import making as making_stamps
from training.lightcurve.teaching import bank
from training.lightcurve.ztf_answers import Answers
from training.lightcurve.ztf_asked import cut_windows
from training.realbogus.fitting import Recipe as StampRecipe
from training.realbogus.material import Material as StampMaterial
from training.steps import CORES, Data, Docs, Out, Rounds, Seed, Seeds, Steps, Work, Workers
from training.steps import steps as steps_of
from training.timing import ROUNDS
from training.workers import CONSOLE

SEEDS = 1
"""Of the six-band network's figures; one network is served."""
STEPS, ZTF_STEPS = 5_000, 12_000
ZTF_SHAPE = Shape(dropout=0.25, history=len(HISTORY), by_detections=True)
TEACHER = trees.Recipe(rounds=130, learning_rate=0.14)
"""Half as many rounds, each twice as far."""
SIX_BAND_SHAPE = Shape(inner=60, by_detections=True)
STUDY = "compression.json"
SERVED_WEIGHTS = f"{Job(SERVED, 0).name}.pt"

commands = steps_of()
Drawn = Annotated[Path, typer.Option(help="folder in which the real/bogus network's `draw` left")]
Copies = Annotated[int, typer.Option(help="augmented copies of each object")]


class Network(StrEnum):
    """The names of the two."""

    SIX_BAND = SIX_BAND_NAME
    ZTF = ZTF_NAME


Only = Annotated[Network | None, typer.Option(help="this network's alone")]
Disruptions = Annotated[
    Path | None, typer.Option(help="a copy of manyTDE; as a rule below the data")
]


@commands.command()
def draw(
    data: Data,
    work: Work,
    *,
    seed: Seed = 0,
    copies: Copies = bank.COPIES,
    workers: Workers = CORES,
    disruptions: Disruptions = None,
) -> None:
    """Read the real objects, copy them, and cut ZTF's windows."""
    work.mkdir(parents=True, exist_ok=True)
    objects = read_training(data)
    objects.save(work / OBJECTS)
    bank.made(objects, seed, count=copies, side_by_side=workers).save(work / BANK)
    read_material(data, np.random.default_rng(seed), disruptions).save(work / FILE)


@commands.command()
def describe(work: Work, workers: Workers = CORES) -> None:
    """Compute what the boosted trees read."""
    found = featured(bank.Bank.load(work / BANK).objects, workers)
    np.save(work / GP_FEATURES, found)
    np.save(work / PLAIN_FEATURES, found[:, [NAMES.index(name) for name in PLAIN_NAMES]])


@commands.command()
def teach(work: Work, workers: Workers = CORES) -> None:
    """Fit the trees: rivals, and teachers."""
    teacher.taught(work, teacher.Teaching(TEACHER, with_z=False), workers)


@commands.command()
def rival(work: Work, workers: Workers = CORES) -> None:
    """Fit t2 again, and trees and Superphot+ to ZTF's windows."""
    some = ZtfMaterial.load(work / FILE)
    t2_crossing.crossed(work, t2.Recipe(), workers)
    ztf_trees.trained(work, some, ztf_trees.WindowTeaching(), workers)
    superphot_trees.trained(work, some, superphot.Fitting())


@commands.command()
def cross(work: Work, seeds: Seeds = SEEDS, steps: Steps = STEPS, workers: Workers = CORES) -> None:
    """Fit the six-band networks."""
    todo = six_band_crossing.jobs(range(seeds))
    six_band_crossing.crossed(work, todo, _six_band_recipe(steps), workers)


@commands.command()
def ztf(
    work: Work, seeds: Seeds = SEEDS, steps: Steps = ZTF_STEPS, workers: Workers = CORES
) -> None:
    """Fit ZTF's networks."""
    ztf_crossing.crossed(work, jobs(range(seeds)), _ztf_recipe(steps), workers)


@commands.command()
def serve(work: Work, out: Out, *, seeds: Seeds = SEEDS, only: Only = None) -> None:
    """Write the files that are served."""
    out.mkdir(parents=True, exist_ok=True)
    if only != Network.ZTF:
        some, nets = Material.load(work), work / six_band_crossing.NETS
        given = six_band_crossing.gathered(work, some, seeds_of(nets, seeds)).calibration
        net = opened(nets / SERVED_WEIGHTS, SIX_BAND_SHAPE)
        served(net, given, out, SIX_BAND_NAME, said_of(SIX_BAND_NAME, some.objects, seed=0))
    if only != Network.SIX_BAND:
        other, nets = ZtfMaterial.load(work / FILE), work / ztf_crossing.NETS
        given = ztf_crossing.gathered(work, other, seeds_of(nets, seeds)[0]).calibration()
        net = opened(nets / SERVED_WEIGHTS, ZTF_SHAPE)
        served(net, given, out, ZTF_NAME, said_of(ZTF_NAME, other.objects, seed=0))


@commands.command()
def compress(
    work: Work, seeds: Seeds = SEEDS, steps: Steps = STEPS, rounds: Rounds = ROUNDS
) -> None:
    """Measure smaller forms of the served six-band network on the hold-out."""
    some, nets = Material.load(work), work / six_band_crossing.NETS
    net = opened(nets / SERVED_WEIGHTS, SIX_BAND_SHAPE)
    net.calibrate(six_band_crossing.gathered(work, some, seeds_of(nets, seeds)).calibration)
    keep_study(studied(work, net, some, _six_band_recipe(steps), rounds), work / STUDY)


@commands.command()
def report(
    data: Data,
    work: Work,
    out: Out,
    docs: Docs,
    *,
    seeds: Seeds = SEEDS,
    steps: Steps = STEPS,
    ztf_steps: Steps = ZTF_STEPS,
    rounds: Rounds = ROUNDS,
    only: Only = None,
) -> None:
    """Write the cards and the pictures of what was found."""
    for name in [only.value] if only else SYSTEMS:
        six = name == SIX_BAND_NAME
        nets = work / (six_band_crossing.NETS if six else ztf_crossing.NETS)
        timed = Objects.load(work / OBJECTS) if six else _timed(work)
        made = reporting.Made(
            data,
            work,
            out,
            docs,
            name,
            _six_band_recipe(steps) if six else _ztf_recipe(ztf_steps),
            seeds_of(nets, seeds),
            live(data, out / f"{name}.onnx", SYSTEMS[name], timed, rounds),
        )
        if six:
            reporting.six_band_report(made, Material.load(work), _study(work))
        else:
            reporting.ztf_report(made, ZtfMaterial.load(work / FILE))
        CONSOLE.print((out / f"{name}.md").read_text(encoding="utf-8"))


@commands.command()
def stamps(data: Data, drawn: Drawn, out: Out) -> None:
    """Measure stamps beside the light curve, on the answers that are kept."""
    some, recipe = StampMaterial.load(drawn / "material.npz"), StampRecipe()
    found = making_stamps.made(data, some, Answers.read(), recipe)
    found.told.keep()
    section.put_into(out / f"{ZTF_NAME}.md", ablation.FILE, found.words, found.could)


def _timed(work: Path) -> Objects:
    """Windows of supernovae as ZTF's packets have them."""
    some = ZtfMaterial.load(work / FILE)
    return cut_windows(some, some.supernova)[WINDOWS[-1]].objects


@commands.command(name="all")
def all_steps(
    data: Data,
    work: Work,
    out: Out,
    docs: Docs,
    *,
    workers: Workers = CORES,
    seed: Seed = 0,
    seeds: Seeds = SEEDS,
    copies: Copies = bank.COPIES,
    steps: Steps = STEPS,
    ztf_steps: Steps = ZTF_STEPS,
    rounds: Rounds = ROUNDS,
    disruptions: Disruptions = None,
) -> None:
    """Every step, one after another."""
    draw(data, work, seed=seed, copies=copies, workers=workers, disruptions=disruptions)
    describe(work, workers)
    teach(work, workers)
    rival(work, workers)
    cross(work, seeds, steps, workers)
    ztf(work, seeds, ztf_steps, workers)
    serve(work, out, seeds=seeds)
    compress(work, seeds, steps, rounds)
    report(data, work, out, docs, seeds=seeds, steps=steps, ztf_steps=ztf_steps, rounds=rounds)


def _study(work: Path) -> tuple[Row, ...]:
    """Empty where smaller forms were not measured."""
    path = work / STUDY
    return kept_study(path) if path.is_file() else ()


def _six_band_recipe(steps: int) -> Recipe:
    return Recipe(steps=steps, shape=SIX_BAND_SHAPE, more=steps)


def _ztf_recipe(steps: int) -> Recipe:
    return Recipe(steps=steps, shape=ZTF_SHAPE)


if __name__ == "__main__":
    commands()
