"""Makes what says how odd an alert is: `python -m training.anomaly STEP`, or all steps.

serve    fits and calibrates both judges on what the embedding learnt of, and writes their file
report   asks them and users' rankings about objects held out; keeps answers, writes the card
all      one after the other

They read the embedding's material: `python -m training.embedding draw` comes first, with the same
--work, and its networks without a class are fitted where they are not there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from classifiers.alert_embedding import WEIGHTS as EMBEDDING_WEIGHTS
from classifiers.alert_embedding import AlertEmbedding
from classifiers.anomaly import LABELS, LAYOUT, NAME, ROW_WIDTH, Anomaly, Rates, written
from classifiers.embedding_layout import NAME as EMBEDDING
from classifiers.embedding_layout import STAMPS_BEGIN
from classifiers.labelled_set import read_labelled
from classifiers.neighbours import LABELLED as KNOWN
from training.anomaly import answers, asking
from training.anomaly.card import Beside, card, label_to_ranking_s
from training.anomaly.forest import appended
from training.anomaly.model import Judges, Recipe, calibrated, fitted, is_settled, settled
from training.anomaly.pictures.ten import drawn
from training.arrays import Mask, Singles
from training.embedding.__main__ import MATERIAL
from training.embedding.crossing import LEFT_OUT
from training.embedding.material import ARCHIVE, PACKET, SIMULATED, Material
from training.export import described, stripped, traced, without_origins
from training.export import written as written_model
from training.serving import sha256_of
from training.steps import Data, Docs, Out, Work
from training.steps import steps as steps_of
from training.timing import medians_us
from training.workers import CONSOLE

VERSION = "0.1.0"
"""Raised whenever the weights change."""
ROWS_MAX = 12_000
"""Of each source, that are learnt; all real packets are fewer."""

commands = steps_of()


@commands.command()
def serve(work: Work, out: Out = Path("classifiers")) -> None:
    """Fit, calibrate, write."""
    some, rows = _read(work)
    learnt, apart = _split(some)
    judges = fitted(rows[learnt], Recipe())
    rates = calibrated(judges.scores(rows[apart]), rows[apart][:, STAMPS_BEGIN - 1])
    exported(judges, rates, out / f"{NAME}.onnx", {"data": sha256_of(rows[learnt], rows[apart])})


def exported(judges: Judges, rates: dict[str, Rates], path: Path, said: dict[str, str]) -> str:
    """Write them as one file; its sha256."""
    whole = {
        **said,
        "name": NAME,
        "version": VERSION,
        "labels": json.dumps(LABELS),
        "layout": LAYOUT,
        "rates": written(rates),
        EMBEDDING: hashlib.sha256(EMBEDDING_WEIGHTS.read_bytes()).hexdigest(),
    }
    model = without_origins(traced(judges.net, (ROW_WIDTH,), "rows"))
    return written_model(stripped(described(appended(model, judges.forest), whole)), path)


@commands.command()
def report(
    data: Data, work: Work, out: Out = Path("classifiers"), docs: Docs = Path("docs/discovery")
) -> None:
    """Judge."""
    some, rows = _read(work)
    stage = Anomaly(out / f"{NAME}.onnx")
    rarity = stage.looked_at(rows).rarity[:, 0]
    about = some.held_out & some.asked & (some.label >= 0)
    features = settled(rows[_split(some)[0]]).read(rows[about])
    far, there = np.full(len(rows), np.nan), about | (some.source == PACKET)
    far[there] = asking.distances(some.name[there], rows[there], read_labelled(KNOWN))
    pool = asking.pool_of(rows[about], stage.looked_at(rows[about]), features, far[about])
    parts = [*asking.users(some, pool, about), *asking.rates(some, rarity)]
    parts += [*asking.bogus(some, rarity, far)]
    parts += [table for one in LEFT_OUT for table in asking.withheld(work, some, one)]
    answers.keep(parts)
    beside = Beside(
        identity=stage.identity,
        kilobytes=(out / f"{NAME}.onnx").stat().st_size / 1e3,
        us=medians_us({NAME: lambda each: stage.looked_at(each).scores}, rows[:2_000])[NAME],
        ranking_s=label_to_ranking_s(pool),
    )
    (out / f"{NAME}.md").write_text(card(answers.headlines(), beside), encoding="utf-8")
    drawn(data, some, rarity, docs / "anomalies.png")
    CONSOLE.print(answers.headlines())


@commands.command(name="all")
def everything(
    data: Data, work: Work, out: Out = Path("classifiers"), docs: Docs = Path("docs/discovery")
) -> None:
    """One after the other."""
    serve(work, out)
    report(data, work, out, docs)


def _read(work: Path) -> tuple[Material, Singles]:
    """The embedding's material, and rows as the judges read them."""
    some = Material.load(work / MATERIAL)
    vector = AlertEmbedding().embedded(some.rows)
    return some, asking.joined(some.rows, vector)


def _split(some: Material) -> tuple[Mask, Mask]:
    """Views that are learnt, and those of other objects by which scores are calibrated."""
    learnt, apart = is_settled(~some.held_out, some.fold)
    random, kept = np.random.default_rng(0), np.zeros(len(learnt), np.bool_)
    for source in range(SIMULATED, PACKET + 1):
        own = random.permutation(np.flatnonzero(learnt & (some.source == source)))
        kept[own[:ROWS_MAX]] = True
    return kept, apart & (some.source != ARCHIVE)


if __name__ == "__main__":
    commands()
