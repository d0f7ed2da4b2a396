"""Decode, score and read, for notebooks and scripts: the same columns that the broker handles."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from classifiers.served import served
from lake import archives
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ModelError
from schemas.learned import labels_of
from schemas.prior import Priors, check_named, prior_of, shares_of
from schemas.schema_folder import SchemaFolder
from schemas.stage import Stage, run_stages


class _Tools(threading.local):
    """What is made once a thread: neither of them may be shared."""

    @cached_property
    def decoder(self) -> Decoder:
        """Keeps the writer schemas that it has met."""
        return Decoder(rescore=True)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Every classifier that is served, in the order of what they read."""
        return served()


_TOOLS = _Tools()

Schemas = SchemaSource | str | os.PathLike[str]
"""Where the writer schemas of packets in Confluent framing (Rubin's) are found by their id: a
folder of MAJOR/MINOR/*.avsc, or any other source."""


def decode(packets: Sequence[bytes], *, schemas: Schemas | None = None) -> AlertBatch:
    """Packets of any survey and framing as columns, in their order; enriched ones too.

    What is no alert is in the batch's `rejected`, with its index and the reason; nothing is
    raised for it, but SchemaError for a folder of schemas that is none.
    """
    return _decoder(schemas).decode(packets)


def score(batch: AlertBatch, *, prior: Priors = "natural") -> None:
    """Let every served classifier score the batch; `batch.learned` grows.

    prior: for which shares of the labels the scores are, "natural", "even", or by classifier one
    of these or a share for each label: {"supernova": {"SNIa": 0.4, ...}}. `batch.with_prior`
    changes it later.
    Raises ModelError where a model's file cannot be served, a classifier raises, or for a prior
    that is none.
    """
    stages = _TOOLS.stages
    labels = labels_of({given.name: given for stage in stages for given in stage.gives})
    check_named(prior, labels)
    wanted = {name: shares_of(name, labels[name], prior_of(prior, name)) for name in labels}
    if faults := run_stages(batch, stages):
        raise ModelError(faults[0].message)
    for name, shares in wanted.items():
        batch.learned[name] = batch.learned[name].at(name, shares)


def read(path: str | os.PathLike[str], *, schemas: Schemas | None = None) -> Iterator[AlertBatch]:
    """The alerts of a packet, a folder, a tar or zip archive, a Parquet table of alerts or a lake.

    Batch by batch, in its order; files of many records are split.
    Raises ArchiveError where there is nothing to read.
    """
    return archives.read(Path(path), decoder=_decoder(schemas))


def _decoder(schemas: Schemas | None) -> Decoder:
    """This thread's own, unless it must look somewhere for schemas."""
    if schemas is None:
        return _TOOLS.decoder
    source = SchemaFolder(Path(schemas)) if isinstance(schemas, str | os.PathLike) else schemas
    return Decoder(schemas=source, rescore=True)
