"""Rows of a lake to records of the alerts whose verdicts changed: a plain function, to be mapped.

A record has the new verdict under its own name and the old one under `previous_NAME`, each with its
version, in scores or values and in `models`; of a filter in `filters` and `selected_by`. All scores
in it are at even odds, as in the lake.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.alerts.envelopes import described
from broker.alerts.packer import Shape
from broker.ports import Output
from classifiers.served import READS_LEARNED
from lake.layout import ORIGIN
from lake.reading import LakeRows
from schemas.annotation import Annotations, SelectedBy
from schemas.batch import AlertBatch
from schemas.enriched import Enricher
from schemas.errors import ArchiveError
from schemas.form import Form
from schemas.learned import FLOATS, Given, Learned
from schemas.scored import Note, noted, versions
from schemas.stage import Identity, Stage, StageFault, run_stage
from services.reclassify.candidate import Candidate

BOUND: Final = 0.05
"""A verdict changed where a probability, at even odds, or a value differs by more than this."""
REVISION: Final = "gueststar-revision"
"""The header that says which revision a record is: of each there is one on the topic."""
REVISED: Final = "revised"
"""The flag of a record that was published again."""
PREVIOUS: Final = "previous_"
"""How an old verdict's name begins; a name in a lake has no dot."""


class Looked(NamedTuple):
    """What came of some rows."""

    rows: int
    outputs: list[Output]
    """The records of those whose verdicts changed."""
    failed: int = 0
    """Rows on which the stage raised; they are left as they are."""
    fault: str = ""
    """What it said first."""


Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Revising:
    """What is to be done with rows."""

    candidate: Candidate
    topic: str
    broker_version: str
    bound: float = BOUND
    form: Form = "full"

    @property
    def run(self) -> str:
        """Names the run: the same candidate and bound are the same run, whenever it is begun."""
        name, version, sha256 = self.candidate.identity
        return f"{name}@{version}+{sha256[:12]}>{self.bound:g}"


def joined(found: Iterable[Looked]) -> Looked:
    """All of it as one."""
    some = list(found)
    return Looked(
        sum(one.rows for one in some),
        [output for one in some for output in one.outputs],
        sum(one.failed for one in some),
        next((one.fault for one in some if one.fault), ""),
    )


def revised(rows: LakeRows, revising: Revising) -> Looked:
    """What came of those rows.

    Raises ArchiveError where the lake kept no packets of them, was not written live, or has not
    what the stage reads.
    """
    candidate = revising.candidate
    if candidate.selection is not None:
        changed = _selected(rows, candidate) != _was_selected(rows, candidate.identity.name)
        learned, faults = dict[str, Learned](), list[StageFault]()
    else:
        learned, changed, faults = _scored(rows, candidate, revising.bound)
    found = Looked(
        len(rows), [], sum(len(one.rows) for one in faults), faults[0].message if faults else ""
    )
    chosen = np.flatnonzero(changed)
    if not len(chosen):
        return found
    few = rows.take(chosen)
    if not few.part.has_packets:
        raise ArchiveError(
            f"alerts of the night {rows.night} were kept without packets, so they cannot be"
            " published again; leave the night out"
        )
    news = {name: each.take(chosen) for name, each in learned.items()}
    return found._replace(outputs=list(_outputs(few, news, revising)))


def _scored(
    rows: LakeRows, candidate: Candidate, bound: float
) -> tuple[dict[str, Learned], Mask, list[StageFault]]:
    """What a stage says now, where that is another thing than the lake has, and where it failed."""
    stage = candidate.stage_beside(rows.given)
    _require(rows, stage)
    batch = rows.batch(with_packets=candidate.reads_stamps)
    faults = run_stage(batch, stage)
    changed = np.zeros(len(rows), np.bool_)
    learned = {}
    for given in stage.gives:
        learned[given.name] = batch.learned[given.name]
        changed |= differs(_old(rows, given), learned[given.name].values, bound)
    for fault in faults:
        changed[fault.rows] = False
    return learned, changed, faults


def _require(rows: LakeRows, stage: Stage) -> None:
    """Raises ArchiveError where a night has not what a stage reads of others."""
    wanted = (one.split(".", 1)[1] for one in stage.reads if one.startswith(READS_LEARNED))
    if missing := [one for one in wanted if one not in rows.given]:
        raise ArchiveError(
            f"{stage.identity.name!r} reads {missing[0]!r}, of which alerts of the night"
            f" {rows.night} have nothing; leave the night out"
        )


def differs(old: NDArray[np.floating], new: NDArray[np.floating], bound: float) -> Mask:
    """Rows (n) in which a number changed by more than the bound, or came, or went."""
    either = np.isnan(old) != np.isnan(new)
    far = np.abs(np.nan_to_num(new - old, posinf=np.inf, neginf=-np.inf)) > bound
    found: Mask = (either | far).any(axis=1)
    return found


def _old(rows: LakeRows, given: Given) -> NDArray[np.floating]:
    """What the lake has of what a stage gives, (n, columns); NaN where it has nothing."""
    known = rows.given.get(given.name)
    columns = [
        rows.learned_column(given.name, one)
        if known is not None and one in known.columns
        else np.full(len(rows), np.nan)
        for one in given.columns
    ]
    return np.stack(columns, axis=1).astype(FLOATS[given.kind])


def _selected(rows: LakeRows, candidate: Candidate) -> Mask:
    assert candidate.selection is not None
    found: Mask = candidate.selection.evaluate(rows).selected
    return found


def _was_selected(rows: LakeRows, name: str) -> Mask:
    return np.array([name in each for each in _filters(rows)], np.bool_)


def _filters(rows: LakeRows) -> Sequence[Sequence[str]]:
    found: Sequence[Sequence[str]] = rows.column("filters").tolist()
    return found


def _outputs(rows: LakeRows, news: Mapping[str, Learned], revising: Revising) -> Iterator[Output]:
    """Alike but for what their packets were scored by; `models` are of a whole batch."""
    batch = rows.batch()
    notes = noted(batch)
    by_models: dict[tuple[Identity, ...], list[int]] = {}
    for row, note in enumerate(notes):
        by_models.setdefault(_models(note), []).append(row)
    places = [rows.column(name).tolist() for name in ORIGIN]
    for models, chosen in by_models.items():
        at = np.array(chosen, np.int64)
        few = batch.take(at)
        alike = [notes[row] for row in chosen]
        selected = _selected_by(few, alike, revising.candidate)
        annotations = Annotations(
            broker_version=revising.broker_version,
            models=_named(models, revising.candidate),
            ingest_unix_us=rows.column("ingest_unix_us")[at],
            publish_unix_us=round(time.time() * 1e6),
            learned=_old_and_new(rows.take(at), {n: each.take(at) for n, each in news.items()}),
            filters=[tuple(one.filter for one in by) for by in selected],
            flags=[(*note.get("flags", ()), REVISED) for note in alike],
            selected_by=selected,
        )
        written = Enricher().write(few, annotations, revising.form)
        for row, one in zip(chosen, written, strict=True):
            place = ":".join(str(column[row]) for column in places)
            yield _output(batch, row, one.value, place, revising)


def _output(batch: AlertBatch, row: int, value: bytes, place: str, revising: Revising) -> Output:
    survey = str(batch.survey[row])
    schema = batch.schemas[int(batch.schema[row])]
    headers = described(survey, schema.fingerprint, Shape(revising.form))
    named = f"{revising.run}|{survey}:{int(batch.alert_id[row])}|{place}"
    return Output(
        revising.topic,
        str(batch.object_id[row]).encode(),
        value,
        (*headers, (REVISION, named.encode())),
    )


def _selected_by(
    batch: AlertBatch, notes: Sequence[Note], candidate: Candidate
) -> list[tuple[SelectedBy, ...]]:
    """The filters that selected each alert, a new one among them."""
    selected = [versions(note) for note in notes]
    if candidate.selection is None:
        return selected
    own = SelectedBy(*candidate.identity)
    chosen = candidate.selection.evaluate(batch).selected.tolist()
    return [_reselected(one, own, now=now) for one, now in zip(selected, chosen, strict=True)]


def _reselected(
    was: tuple[SelectedBy, ...], own: SelectedBy, *, now: bool
) -> tuple[SelectedBy, ...]:
    """The same with a filter's new verdict, and its old one beside it where it had selected."""
    others = tuple(one for one in was if one.filter != own.filter)
    old = tuple(
        one._replace(filter=PREVIOUS + own.filter) for one in was if one.filter == own.filter
    )
    return (*others, *old, *((own,) if now else ()))


def _old_and_new(rows: LakeRows, news: Mapping[str, Learned]) -> dict[str, Learned]:
    """All that is known of the rows, at even odds."""
    every = {name: Given(name, one.kind, one.columns) for name, one in rows.given.items()}
    found = {n: Learned(one.kind, one.columns, _old(rows, one)) for n, one in every.items()}
    for name, new in news.items():
        if name in found:
            found[PREVIOUS + name] = found[name]
        found[name] = new
    return found


def _models(note: Note) -> tuple[Identity, ...]:
    return tuple(
        Identity(one["name"], one["version"], one["sha256"]) for one in note.get("models", ())
    )


def _named(models: Sequence[Identity], candidate: Candidate) -> list[Identity]:
    """What scored before, and what scores now in its place."""
    if candidate.stage is None:
        return [*models]
    own = candidate.identity
    kept = [
        one._replace(name=PREVIOUS + one.name) if one.name == own.name else one for one in models
    ]
    return [*kept, own]
