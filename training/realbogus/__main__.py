"""Makes the real/bogus network: `python -m training.realbogus STEP`, or all steps.

draw     reads the real alerts, draws sources and artefacts on them, and an exam
cross    cross-validates over nights, with several seeds
surveys  holds one network for all surveys against one for each
serve    fits the network that is served
compress measures what smaller forms of it would save and cost
report   writes the card and the pictures
braai    asks braai's public weights about the same alerts, and puts it into answers and card
rubin    teaches Rubin's published layers on the same folds, and puts them into answers and card
all      one after another
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from training.realbogus import answers, braai
from training.realbogus.alerts.dataset import read_examples
from training.realbogus.alerts.splits import training_rows
from training.realbogus.crossing import crossed, set_apart, taught
from training.realbogus.export import exported
from training.realbogus.fitting import Recipe, tuned
from training.realbogus.judging import origin as paragraphs
from training.realbogus.judging.card import Card
from training.realbogus.judging.evaluation import evaluated
from training.realbogus.judging.outcome import Outcome
from training.realbogus.material import EXAM_STAMPS, Material, material
from training.realbogus.model import RealBogusNet
from training.realbogus.pictures.page import drawn
from training.realbogus.rubin import beside
from training.realbogus.rubin import crossing as rubin_layers
from training.realbogus.rubin.model import RubinNet
from training.realbogus.smaller.compression import Judged, Making, made, markdown, study
from training.realbogus.surveys import compared, own_networks, table
from training.steps import CORES, Data, Docs, Out, Rounds, Seed, Seeds, Steps, Work, Workers
from training.steps import steps as steps_of
from training.timing import ROUNDS
from training.workers import CONSOLE

NAME = "realbogus"
VERSION = "0.3.0"
"""Raised whenever the weights change."""
SEEDS = 5
OWN_SEEDS = 1
"""Of the study of one network against one for each survey."""
SLIMMER = ((16, 32, 32), (16, 16, 32))
"""Channels of the pruned forms in the study."""
TUNING_SHARE = 0.2
"""Of the recipe's steps, for a pruned network to find its balance again."""
QUANTISING_STAMPS = 512
"""Of the training, from which eight-bit forms take their scales."""

commands = steps_of()
Kept = Annotated[Path, typer.Option(help="the file for answers out of fold")]
Weights = Annotated[Path, typer.Option(help="braai_d6_m9.weights.h5 of dmitryduev/braai")]
ExamStamps = Annotated[int, typer.Option(help="stamps of the exam, over all folds")]


@commands.command()
def draw(data: Data, work: Work, seed: Seed = 0, exam_stamps: ExamStamps = EXAM_STAMPS) -> None:
    """Read the real alerts and draw on them."""
    work.mkdir(parents=True, exist_ok=True)
    material(read_examples(data), seed, exam_stamps).save(work / "material.npz")


@commands.command()
def cross(
    work: Work, seeds: Seeds = SEEDS, steps: Steps = Recipe.steps, workers: Workers = CORES
) -> None:
    """Score every alert by networks that saw nothing of its night."""
    found = crossed(work / "material.npz", range(seeds), Recipe(steps=steps), workers)
    found.save(work / "outcome.npz")


@commands.command()
def serve(work: Work, out: Out, seed: Seed = 0, steps: Steps = Recipe.steps) -> None:
    """Fit the network that is served, and write it."""
    out.mkdir(parents=True, exist_ok=True)
    some = Material.load(work / "material.npz")
    everything = np.ones(len(some.examples), np.bool_)
    net, calibration = taught(some, everything, Recipe(seed=seed, steps=steps))
    net.calibrate(*calibration)
    exported(net, out / f"{NAME}.onnx", _said(some, seed))


@commands.command()
def surveys(
    work: Work, seeds: Seeds = OWN_SEEDS, steps: Steps = Recipe.steps, workers: Workers = CORES
) -> None:
    """Hold one network for all surveys against one for each."""
    own = own_networks(work / "material.npz", range(seeds), Recipe(steps=steps), workers)
    rows = compared(Outcome.load(work / "outcome.npz"), own, seed=0)
    (work / "surveys.md").write_text(table(rows), encoding="utf-8")


@commands.command()
def compress(
    work: Work, seed: Seed = 0, steps: Steps = Recipe.steps, rounds: Rounds = ROUNDS
) -> None:
    """Measure smaller forms of a network on the night that it did not see."""
    some, recipe = Material.load(work / "material.npz"), Recipe(seed=seed, steps=steps)
    rows = training_rows(some.examples, some.fold, 0)
    net, calibration = taught(some, rows, recipe)
    same, _ = set_apart(some, rows, seed)
    short = replace(recipe, steps=max(round(TUNING_SHARE * steps), 1))
    net.calibrate(*calibration)
    said = _said(some, seed)
    making = Making(
        build=RealBogusNet,
        fine_tune=lambda slim: tuned(slim, same, short),
        export=lambda one, path: exported(one, path, said),
    )
    stamps = some.examples.stamps
    spread = np.flatnonzero(rows)[:: max(int(rows.sum()) // QUANTISING_STAMPS, 1)]
    files = made(net, making, SLIMMER, stamps[spread], work)
    sides = (some.fold == 0) & (some.examples.low | some.examples.high)
    rows_found = study(files, Judged(stamps[sides], some.examples.high[sides]), rounds)
    (work / "compression.md").write_text(markdown(rows_found), encoding="utf-8")


@commands.command()
def report(work: Work, out: Out, docs: Docs, kept: Kept = answers.FILE, seed: Seed = 0) -> None:
    """Write the card, the first seed's answers and the pictures of what was found."""
    some, found = Material.load(work / "material.npz"), Outcome.load(work / "outcome.npz")
    file = out / f"{NAME}.onnx"
    tables = paragraphs.Tables(*map(_text, (work / "surveys.md", work / "compression.md")))
    seeds = tuple(range(len(found.scored.ours)))
    origin = paragraphs.origin(file, _said(some, seed), some, seeds, tables)
    card = Card(origin, evaluated(found))
    (out / f"{NAME}.md").write_text(card.text(), encoding="utf-8")
    place = {int(one): row for row, one in enumerate(some.examples.alert_id)}
    drawn(found, lambda ids: some.examples.stamps[[place[int(one)] for one in ids]], docs)
    answers.write(found, kept)
    CONSOLE.print(card.text())


@commands.command(name="braai")
def rival(data: Data, out: Out, weights: Weights, kept: Kept = answers.FILE) -> None:
    """Put braai beside ours."""
    examples = read_examples(data)
    scores = braai.log_odds(braai.opened(weights), examples.stamps)
    braai.keep(scores, examples.alert_id, kept)
    braai.put_into(out / f"{NAME}.md", kept)


@commands.command()
def rubin(
    data: Data,
    work: Work,
    out: Out,
    *,
    kept: Kept = answers.FILE,
    seed: Seed = 0,
    steps: Steps = Recipe.steps,
    exam_stamps: ExamStamps = EXAM_STAMPS,
) -> None:
    """Put Rubin's layers, taught as ours, beside ours."""
    some = material(read_examples(data), seed, exam_stamps, RubinNet)
    found, tried = rubin_layers.crossed(some, steps)
    beside.keep(found, some, kept)
    beside.put_into(out / f"{NAME}.md", kept, tried, steps)


@commands.command(name="all")
def all_steps(
    data: Data,
    work: Work,
    out: Out,
    docs: Docs,
    *,
    kept: Kept = answers.FILE,
    workers: Workers = CORES,
    seed: Seed = 0,
    seeds: Seeds = SEEDS,
    steps: Steps = Recipe.steps,
    exam_stamps: ExamStamps = EXAM_STAMPS,
    rounds: Rounds = ROUNDS,
) -> None:
    """Every step, one after another."""
    draw(data, work, seed, exam_stamps)
    cross(work, seeds, steps, workers)
    surveys(work, min(seeds, OWN_SEEDS), steps, workers)
    serve(work, out, seed, steps)
    compress(work, seed, steps, rounds)
    report(work, out, docs, kept, seed)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _said(some: Material, seed: int) -> dict[str, str]:
    data = some.examples.sha256()
    return {"name": NAME, "version": VERSION, "seed": str(seed), "data": data}


if __name__ == "__main__":
    commands()
