"""A job that kills itself at a step: `python -m tests.training.retraining.dying CONFIG TO STEP`.

It makes nothing but a copy of a served file, and notes that it did.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from broker.kafka import KafkaSink
from broker.models.retrains import RetrainRequest
from broker.ports import Output
from classifiers.realbogus import WEIGHTS
from classifiers.reference import with_reference
from gueststar.modelling.place import place_of
from tests.training.retraining.references import reference
from training.retraining.running import run

MADE = "made.txt"
"""In the folder of what is made: a line each time that something was."""
STEPS = (
    *("begin 1", "commit 1", "making", "begin 2", "produce 2", "commit 2"),
    "",
)
"""Before taking; taken; in the midst of making; made; in the transaction; behind it; nowhere."""


def die() -> None:
    """As `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingSink(KafkaSink):
    """Dies before a transaction begins, or behind the call that is named."""

    step = ""
    transactions = 0

    def begin(self) -> None:
        self.transactions += 1
        self._die_at("begin")
        super().begin()

    def produce(self, outputs: Sequence[Output]) -> None:
        super().produce(outputs)
        self._die_at("produce")

    def commit(self) -> None:
        super().commit()
        self._die_at("commit")

    def _die_at(self, what: str) -> None:
        if self.step == f"{what} {self.transactions}":
            die()


def made(step: str, request: RetrainRequest, folder: Path) -> None:
    file = folder / f"{request.name}.onnx"
    file.write_bytes(b"begun")
    if step == "making":
        die()
    file.write_bytes(with_reference(WEIGHTS.read_bytes(), reference(request.version)))
    shutil.copy(WEIGHTS.with_suffix(".md"), file.with_suffix(".md"))
    with (folder.parent / MADE).open("a") as notes:
        notes.write(f"{request.name} {request.version}\n")


def main(config: str, to: str, step: str = "") -> None:
    DyingSink.step = step
    with patch("training.retraining.running.KafkaSink", DyingSink):
        run(place_of(Path(config), None), lambda *of: made(step, *of), Path(to), once=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
