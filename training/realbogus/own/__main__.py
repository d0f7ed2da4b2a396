"""Makes the real/bogus network of own telescopes: `python -m training.realbogus.own STEP`.

pairs    simulates pairs of frames of cameras of many kinds, and takes their candidates' stamps
survey   reads the real alerts, draws on them, and stretches their stamps
serve    fits the network to both, calibrates it on pairs set apart, and writes it
report   asks it about pairs that it was not taught, keeps the answers and writes the card
all      one after another
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from training.arrays import keep
from training.realbogus.alerts.dataset import read_examples
from training.realbogus.answers import log_odds
from training.realbogus.calibration import Calibration, calibrated, evenly
from training.realbogus.export import exported
from training.realbogus.fitting import Recipe, fitted, logits
from training.realbogus.labels import REAL
from training.realbogus.model import RealBogusNet
from training.realbogus.own import exam
from training.realbogus.own.card import card
from training.realbogus.own.material import STEPS, Surveys, lessons_of_pairs, pairs, surveys
from training.realbogus.own.pairs import Shown
from training.serving import sha256_of
from training.steps import Data, Out, Seed, Steps, Work, Workers
from training.steps import steps as steps_of

NAME, VERSION = "telescope_realbogus", "0.2.0"
TAUGHT, CALIBRATING, ASKED = 72, 8, 12
"""Pairs; some cannot be subtracted."""
CALIBRATING_FROM, ASKED_FROM = 500, 10_000
"""The first seeds of those that are calibrated on, and that are asked about."""
EVERY = 6
"""Of the real alerts one in so many is taken, and all that drb calls bogus."""
Kept = Annotated[Path, typer.Option(help="the file for answers about pairs that were not taught")]
Count = Annotated[int, typer.Option("--pairs", help="simulated pairs to learn from")]

commands = steps_of()


@commands.command(name="pairs")
def simulate(work: Work, count: Count = TAUGHT, workers: Workers = 1) -> None:
    """Simulate pairs to learn from, to calibrate on and to be asked about."""
    work.mkdir(parents=True, exist_ok=True)
    pairs(range(count), workers).save(work / "taught.npz")
    calibrating = range(CALIBRATING_FROM, CALIBRATING_FROM + CALIBRATING)
    pairs(calibrating, workers).save(work / "calibrating.npz")
    pairs(range(ASKED_FROM, ASKED_FROM + ASKED), workers).save(work / "asked.npz")


@commands.command()
def survey(data: Data, work: Work, seed: Seed = 0) -> None:
    """Read the real alerts, draw on them, and stretch their stamps."""
    work.mkdir(parents=True, exist_ok=True)
    examples = read_examples(data)
    some = examples.low | (np.arange(len(examples)) % EVERY == 0)
    surveys(examples.take(some), seed).save(work / "survey.npz")


@commands.command()
def serve(work: Work, out: Out, seed: Seed = 0, steps: Steps = STEPS) -> None:
    """Fit the network, calibrate it, and write it."""
    taught, real = Shown.load(work / "taught.npz"), Surveys.load(work / "survey.npz")
    lessons = [*real.lessons(np.ones(len(real.examples), np.bool_)), *lessons_of_pairs(taught)]
    net = fitted(lessons, Recipe(seed=seed, steps=steps))
    calibration = _calibration(net, Shown.load(work / "calibrating.npz"))
    net.calibrate(*calibration)
    asked = logits(net, Shown.load(work / "asked.npz").images)
    keep(work / "answers.npz", {"own": log_odds(calibration.probabilities(asked)[:, REAL])})
    data = sha256_of(*(one.images for one in lessons))
    said = {"name": NAME, "version": VERSION, "seed": str(seed), "data": data}
    exported(net, out / f"{NAME}.onnx", {**said, "pairs": str(len(np.unique(taught.pair)))})


@commands.command()
def report(work: Work, out: Out, kept: Kept = exam.FILE) -> None:
    """Ask about pairs that were not taught; keep the answers, write the card."""
    with np.load(work / "answers.npz") as answers:
        asked = Shown.load(work / "asked.npz")
        exam.keep(asked, answers["own"], kept)
    taught, real = Shown.load(work / "taught.npz"), Surveys.load(work / "survey.npz")
    text = card(
        out / f"{NAME}.onnx", exam.headlines(kept), taught, real, len(np.unique(asked.pair))
    )
    (out / f"{NAME}.md").write_text(text, encoding="utf-8")


@commands.command(name="all")
def all_steps(  # noqa: PLR0917 - the steps' own options
    data: Data, work: Work, out: Out, seed: Seed = 0, steps: Steps = STEPS,
    count: Count = TAUGHT, workers: Workers = 1,
) -> None:  # fmt: skip
    """Every step, one after another."""
    simulate(work, count, workers)
    survey(data, work, seed)
    serve(work, out, seed, steps)
    report(work, out)


def _calibration(net: RealBogusNet, some: Shown) -> Calibration:
    """On pairs set apart, sources and others evenly."""
    real = some.label == REAL
    return calibrated(logits(net, some.images), real, evenly(real))


if __name__ == "__main__":
    commands()
