"""Reads the examples of a folder of real alerts, of ZTF and of Rubin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.realbogus import STAMP_PIXELS
from schemas.batch import AlertBatch
from schemas.cutouts import DIFFERENCE, Stamps
from schemas.enriched_reading import EnrichedReader
from schemas.errors import ArchiveError
from schemas.resampling import squared
from training.arrays import Mask
from training.packets import FOLDERS, ZTF_SCALARS, decoded, packets
from training.realbogus.alerts.classes import spectroscopic_classes
from training.realbogus.alerts.examples import Examples, joined
from training.realbogus.alerts.facts import FACTS, Facts
from training.workers import shown

NIGHT_BEGINS_UTC_DAYS = {"ztf": 0.0, "lsst": 0.5}
"""When one night is over and the next not begun: midnight UTC is day at Palomar, noon in Chile."""
CLASS_LETTERS_MAX = 32
"""Room for the longest class here, 22."""
CLASS = f"U{CLASS_LETTERS_MAX}"
KINDS = {
    "field": "int64",
    "simbad": CLASS,
    "spectroscopic": CLASS,
    "dipole": "bool",
    "cosmic_ray": "bool",
    "streak": "bool",
}
"""Of the facts that are no float64, also in a batch without a row."""


def read_examples(folder: Path) -> Examples:
    """Every distinct alert below `folder`/ztf and `folder`/lsst that has all three planes.

    Classes come from the packets and from the lists in `folder`/labels and `folder`/lightcurves,
    where those are. Raises ArchiveError where there is no alert.
    """
    there = [folder / name for name in FOLDERS if (folder / name).is_dir()]
    if not there:
        raise ArchiveError(f"{folder}: has neither ztf/ nor lsst/; name the folder above them")
    reader = EnrichedReader()
    batches = decoded(shown(packets(there), "reading alerts"))
    parts = [_examples(batch, reader) for batch in batches]
    examples = joined(parts) if parts else None
    if not examples:
        raise ArchiveError(f"{folder}: holds no alert with three stamps; name another folder")
    return _classified(examples, spectroscopic_classes(folder))


def _classified(examples: Examples, classes: dict[str, str]) -> Examples:
    """With classes by object where the packets had none."""
    listed = [classes.get(name, "") for name in examples.object_id.tolist()]
    own = examples.spectroscopic
    return replace(examples, spectroscopic=np.where(own == "", np.array(listed, CLASS), own))


def _examples(batch: AlertBatch, reader: EnrichedReader) -> Examples:
    batch = batch.take(np.flatnonzero(_whole(batch.stamps)))
    names = batch.survey.tolist()
    facts = [
        FACTS[name](reader.read(packet)) for name, packet in zip(names, batch.packets, strict=True)
    ]
    begins = np.array([NIGHT_BEGINS_UTC_DAYS[name] for name in names])
    ztf = batch.survey == "ztf"
    return Examples(
        survey=batch.survey,
        stamps=batch.stamps.resampled(STAMP_PIXELS),
        native=_native(batch.stamps),
        alert_id=batch.alert_id,
        object_id=batch.object_id,
        night=np.floor(batch.mjd - begins).astype(np.int64),
        teacher=np.where(ztf, batch.survey_real_score, np.nan),
        survey_score=batch.survey_real_score,
        magnitude=batch.magnitude,
        snr=np.abs(batch.flux_njy) / batch.flux_err_njy,
        asteroid_distance_arcsec=batch.asteroid_distance_arcsec,
        negative=np.where(ztf, batch.flux_njy < 0, batch.spans.difference_reversed),
        **_columns(facts),
    )


def _whole(stamps: Stamps) -> Mask:
    """Which rows have three planes, of one size once edge-cut ones are squared; bool (n,)."""
    sides = stamps.shapes.max(axis=2)
    whole: Mask = (sides == sides[:, :1]).all(axis=1) & (sides[:, 0] > 0)
    return whole


def _native(stamps: Stamps) -> NDArray[np.object_]:
    """(n,) of float32 (3, side, side)."""
    native = np.empty(len(stamps), np.object_)
    for row, planes in enumerate(stamps):
        guide = planes[DIFFERENCE]
        native[row] = np.stack(
            [squared(one, guide if guide.shape == one.shape else one) for one in planes]
        )
    return native


def _columns(facts: Sequence[Facts]) -> dict[str, NDArray[Any]]:
    """The columns of what only the records tell."""
    columns = {
        name: np.array([getattr(one, name) for one in facts], KINDS.get(name, "float64"))
        for name in Facts._fields
    }
    return {**columns, "scalars": columns["scalars"].reshape(len(facts), len(ZTF_SCALARS))}
