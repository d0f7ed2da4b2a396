"""Makes the embedding: `python -m training.embedding STEP`, or all steps.

draw     reads simulated and real light curves, cuts and wears them, and reads real alerts
serve    fits the network that is served and writes its file
label    writes the labelled set that is shipped
leave    fits networks each without a class
plant    hides a class that a network was not taught among others, and seeks it as a group
report   asks all of them about objects held out; keeps answers, writes card and pictures
all      one after the other
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from classifiers.alert_embedding import AlertEmbedding, StampReader
from classifiers.embedding_layout import LABELS, LAYOUT, NAME, ROW_WIDTH
from classifiers.neighbours import NAME as NEIGHBOURS
from classifiers.realbogus import STAMP_PIXELS
from schemas.batch import PLANES
from training.embedding import answers
from training.embedding.asking import asked
from training.embedding.card import Beside, card
from training.embedding.crossing import Job, jobs, network
from training.embedding.fitting import Recipe
from training.embedding.labelled import shipped
from training.embedding.material import Material, read_material
from training.embedding.model import EmbeddingNet
from training.embedding.pictures.maps import drawn, grouped
from training.embedding.planted import lines, planted, whole
from training.lightcurve.answers import SERVED
from training.serving import sha256_of, write_served
from training.steps import Data, Docs, Out, Seed, Work
from training.steps import steps as steps_of
from training.timing import medians_us
from training.workers import CONSOLE

VERSION = "0.1.0"
"""Raised whenever the weights change."""
MATERIAL = "material.npz"

commands = steps_of()


@commands.command()
def draw(data: Data, work: Work, seed: Seed = 0) -> None:
    """Read, cut, wear."""
    work.mkdir(parents=True, exist_ok=True)
    read_material(data, np.random.default_rng(seed)).save(work / MATERIAL)


@commands.command()
def serve(work: Work, out: Out = Path("classifiers")) -> None:
    """Fit, write."""
    some = Material.load(work / MATERIAL)
    net = network(work, some, Job(SERVED), Recipe())
    exported(net, out / f"{NAME}.onnx", {"data": sha256_of(some.name, some.rows, some.label)})


@commands.command()
def label(work: Work, out: Out = Path("classifiers")) -> None:
    """Write what the stage "neighbours" searches."""
    some, stage = Material.load(work / MATERIAL), AlertEmbedding(out / f"{NAME}.onnx")
    shipped(some, stage).write(out / f"{NEIGHBOURS}.npz")


@commands.command()
def leave(work: Work) -> None:
    """Fit networks each without a class."""
    some = Material.load(work / MATERIAL)
    for job in jobs():
        network(work, some, job, Recipe())


@commands.command()
def plant(work: Work, docs: Docs = Path("docs/discovery")) -> None:
    """Hide and seek."""
    some = Material.load(work / MATERIAL)
    found = list(planted(work, some, Recipe()))
    for line in lines(found):
        CONSOLE.print(line)
    last = {one.left_out: one.members for one in found if len(one.members)}
    grouped(whole(some), last, docs)


@commands.command()
def report(work: Work, out: Out = Path("classifiers"), docs: Docs = Path("docs/discovery")) -> None:
    """Judge."""
    some = Material.load(work / MATERIAL)
    answers.keep(list(asked(work, some, [SERVED], Recipe())))
    stage = AlertEmbedding(out / f"{NAME}.onnx")
    probe = some.rows[:: max(len(some.rows) // 2_000, 1)]
    shape = (256, len(PLANES), STAMP_PIXELS, STAMP_PIXELS)
    images = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    beside = Beside(
        identity=stage.identity,
        kilobytes=(out / f"{NAME}.onnx").stat().st_size / 1e3,
        us=medians_us({NAME: stage.embedded}, probe)[NAME],
        stamps_us=medians_us({NAME: StampReader().read}, images)[NAME][256],
        views=np.bincount(some.source).tolist(),
    )
    (out / f"{NAME}.md").write_text(card(answers.headlines(), beside), encoding="utf-8")
    drawn(network(work, some, Job(SERVED), Recipe()), some, docs)
    CONSOLE.print(answers.headlines())


@commands.command(name="all")
def everything(
    data: Data,
    work: Work,
    out: Out = Path("classifiers"),
    docs: Docs = Path("docs/discovery"),
) -> None:
    """One after the other."""
    draw(data, work)
    serve(work, out)
    label(work, out)
    leave(work)
    report(work, out, docs)


def exported(net: EmbeddingNet, path: Path, said: dict[str, str]) -> str:
    """Write the network in 16 bits; the file's sha256."""
    whole = {
        **said,
        "name": NAME,
        "version": VERSION,
        "labels": json.dumps(LABELS),
        "layout": LAYOUT,
        "stamps": StampReader().sha256,
    }
    return write_served(net, ROW_WIDTH, whole, path)


if __name__ == "__main__":
    commands()
