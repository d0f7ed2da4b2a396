"""Makes the network of phases and peaks: `python -m training.phase STEP`, or all steps.

draw     reads the real and simulated light curves and cuts them at random
serve    fits the network, calibrates it on a fold apart, and writes the file that is served
rival    fits SALT2's template to what report asks, where its files are at hand
report   asks that file and its rivals about objects held out; keeps answers, writes the card
all      one after the other, but for rival
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from classifiers.observations.layout import CONTEXT, CONTEXT_BEGIN, ROW
from classifiers.phase import PhaseNetwork
from classifiers.phase_layout import EXTRAS, LABELS, LAYOUT, TARGETS
from classifiers.phase_shape import SHAPE
from training.phase import judging
from training.phase.card import Beside, card
from training.phase.fitting import Recipe, calibrate, fitted
from training.phase.material import Material, read_each, read_material
from training.phase.model import PhaseNet
from training.phase.pictures.alerts import OBJECTS, drawn_alerts
from training.phase.pictures.curves import drawn
from training.phase.rivals.trees import guessed
from training.serving import sha256_of, write_served
from training.steps import Data, Docs, Out, Seed, Steps, Work
from training.steps import steps as steps_of
from training.timing import medians_us
from training.workers import CONSOLE

NAME = "phase"
VERSION = "0.2.0"
"""Raised whenever the weights change."""
CALIBRATING_FOLD = 0
KEPT_CUTS = 6
"""Of each object held out."""
MATERIAL, SALT2 = "material.npz", "salt2.npy"
Templates = Annotated[Path, typer.Option(help="folder of SALT2's files, salt2_template_0.dat ...")]
Filters = Annotated[
    Path, typer.Option(help="folder of transmissions: ZTF/p48g.txt, LSST/total_g.dat ...")
]

commands = steps_of()


@commands.command()
def draw(data: Data, work: Work, seed: Seed = 0) -> None:
    """Read and cut."""
    work.mkdir(parents=True, exist_ok=True)
    read_material(data, np.random.default_rng(seed)).save(work / MATERIAL)


@commands.command()
def serve(
    work: Work, out: Out = Path("classifiers"), seed: Seed = 0, steps: Steps = Recipe.steps
) -> None:
    """Fit, calibrate, write."""
    some = Material.load(work / MATERIAL)
    apart = some.fold == CALIBRATING_FOLD
    net = fitted(some.take(~some.held_out & ~apart), Recipe(seed=seed, steps=steps))
    calibrate(net, some.take(~some.held_out & apart))
    exported(
        net,
        out / f"{NAME}.onnx",
        {"seed": str(seed), "data": sha256_of(some.name, some.rows, some.truth)},
    )


def exported(net: PhaseNet, path: Path, said: dict[str, str]) -> str:
    """Write the network in 16 bits; the file's sha256."""
    whole = {
        **said,
        "name": NAME,
        "version": VERSION,
        "labels": json.dumps(LABELS),
        "layout": LAYOUT,
    }
    return write_served(net, ROW + len(EXTRAS) + SHAPE, whole, path)


@commands.command()
def rival(data: Data, work: Work, templates: Templates, filters: Filters) -> None:
    """Fit SALT2 to the type Ia supernovae that are asked about."""
    from training.phase.rivals.fits import fitted as fitted_templates  # noqa: PLC0415

    some = Material.load(work / MATERIAL)
    asked = _few(some.take(some.held_out))
    truth = asked.truth[:, TARGETS.index("days_to_peak")]
    known = {"is_ia": asked.is_ia.astype(np.float64), "days_to_peak": truth}
    rows = np.flatnonzero(np.any([one for _, one in judging.ia_at(known)], axis=0))
    np.save(work / SALT2, fitted_templates(data, asked, rows, templates, filters))


@commands.command()
def report(
    data: Data, work: Work, out: Out = Path("classifiers"), docs: Docs = Path("docs/phase")
) -> None:
    """Judge the file that is served."""
    some = Material.load(work / MATERIAL)
    taught = ~some.held_out & (some.fold != CALIBRATING_FOLD)
    asked = _few(some.take(some.held_out))
    network = PhaseNetwork(out / f"{NAME}.onnx")
    answers = _answers(network, asked, guessed(some.take(taught), asked.rows))
    if (work / SALT2).exists():
        answers = {**answers, "SALT2": np.load(work / SALT2)}
    judging.keep(answers)
    beside = Beside(
        identity=network.identity,
        taught=_counted(some.take(taught)),
        held_out=_counted(asked),
        kilobytes=(out / f"{NAME}.onnx").stat().st_size / 1e3,
        us=medians_us({NAME: network.quantiles}, asked.rows)[NAME],
    )
    (out / f"{NAME}.md").write_text(card(judging.headlines(), beside), encoding="utf-8")
    drawn(judging.read(), asked, docs)
    drawn_alerts(network, read_each(data, np.random.default_rng(0), OBJECTS), docs)
    CONSOLE.print(judging.headlines())


@commands.command(name="all")
def everything(
    data: Data,
    work: Work,
    out: Out = Path("classifiers"),
    docs: Docs = Path("docs/phase"),
) -> None:
    """One after the other."""
    draw(data, work)
    serve(work, out)
    report(data, work, out, docs)


def _few(some: Material) -> Material:
    """At most KEPT_CUTS of an object, drawn at random."""
    random = np.random.default_rng(1)
    order = random.permutation(len(some.name))
    _, row = np.unique(some.name[order], return_inverse=True)
    by_object = np.argsort(row, kind="stable")
    begins = np.searchsorted(row[by_object], np.arange(row.max() + 1))
    rank = np.arange(len(row)) - begins[row[by_object]]
    return some.take(np.sort(order[by_object[rank < KEPT_CUTS]]))


def _answers(network: PhaseNetwork, asked: Material, trees: np.ndarray) -> judging.Answers:
    given = network.quantiles(asked.rows).astype(np.float64).reshape(len(asked.name), -1, 3)
    span, peak = (
        asked.rows[:, CONTEXT_BEGIN + CONTEXT.index(name)].astype(np.float64)
        for name in ("days_detected", "days_to_peak")
    )
    found: dict[str, np.ndarray] = {
        "object": np.unique(asked.name, return_inverse=True)[1].astype(np.float64),
        "system": asked.system.astype(np.float64),
        "is_ia": asked.is_ia.astype(np.float64),
        "mag": asked.mag,
        "age": span,
        "trees": trees,
        "brightest": peak - span,
    }
    for place, target in enumerate(TARGETS):
        found[target] = asked.truth[:, place]
        for column, end in enumerate(("low", "middle", "high")):
            found[f"{target}_{end}"] = given[:, place, column]
    return found


def _counted(some: Material) -> list[tuple[int, int]]:
    """Objects and cuts, by system."""
    systems = range(len(judging.SYSTEMS))
    return [
        (len(np.unique(some.name[some.system == one])), int((some.system == one).sum()))
        for one in systems
    ]


if __name__ == "__main__":
    commands()
