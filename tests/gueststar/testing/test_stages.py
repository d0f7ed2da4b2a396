"""A stage that keeps the rules is let pass, and each rule that one breaks is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.served import served
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.batch import AlertBatch
from schemas.learned import Given, Kind
from schemas.stage import Identity, Stage
from tests.outside.depth import Depth


@dataclass
class Odd(Depth):
    """One that breaks a rule."""

    kind: Kind = "values"
    columns: tuple[str, ...] = ("above_limit_mag",)
    reads: tuple[str, ...] = ("magnitude", "limit_mag")
    identity: Identity = field(default_factory=lambda: Depth.identity)
    name: str = "depth"

    @property
    def gives(self) -> tuple[Given, ...]:  # type: ignore[override]
        return (Given(self.name, self.kind, self.columns),)


class Writing(Depth):
    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float64]]:
        batch.magnitude[:] = 0
        return super().run(batch)


class Averaging(Depth):
    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float64]]:
        (depth,) = super().run(batch)
        return (depth - np.nanmean(depth) if len(depth) else depth,)


class Flat(Depth):
    def run(self, batch: AlertBatch) -> Any:  # noqa: ANN401 - what is wrong
        return (batch.magnitude,)


class Raising(Depth):
    def run(self, batch: AlertBatch) -> Any:  # noqa: ANN401
        raise ZeroDivisionError("of course")


BROKEN: list[tuple[Stage, str]] = [
    (Odd(identity=Identity("depth", "", "12")), "has no version"),
    (Odd(identity=Identity("depth", "1", "12")), "not 64 hexadecimal digits"),
    (Odd(name="my.depth"), "has no dot"),
    (Odd(columns=()), "at least one, and each once"),
    (Odd(kind="probabilities"), "probabilities outside 0 to 1"),
    (Odd(reads=("magnitude",)), "depends on a column that `reads` does not name"),
    (Odd(reads=("colour",)), r"reads \['colour'\], which no batch has"),
    (Writing(), "writes into the alerts"),
    (Averaging(), "depends on the other alerts"),
    (Flat(), r"must be of shape \(\d+, 1\)"),
    (Raising(), "raised ZeroDivisionError: of course"),
]


def test_a_sound_stage_is_let_pass() -> None:
    check_stage(Depth())


def test_our_own_networks_keep_the_rules() -> None:
    batch = crowd()
    for stage in served():
        check_stage(stage, alerts=batch)


@pytest.mark.parametrize(("stage", "line"), BROKEN)
def test_what_is_broken_is_named(stage: Stage, line: str) -> None:
    with pytest.raises(AssertionError, match=line):
        check_stage(stage)
