"""What is tried on a lake: a stage, or a filter, by name and version or of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifiers.classifier import Classifier, Scoring
from classifiers.lightcurve import lightcurve, supernova
from classifiers.realbogus import RealBogus
from classifiers.served import BUILT_IN, in_reading_order, served
from filters.selection import Selection
from filters.sources import active_filter, builtin_names, load_builtin, load_file
from schemas.errors import ModelError
from schemas.learned import Given
from schemas.prior import EVEN
from schemas.stage import Identity, Stage

WEIGHTS: Final = ".onnx"
OPENERS: Mapping[str, Callable[[Path], Classifier]] = {
    "realbogus": RealBogus,
    "lightcurve": lightcurve,
    "supernova": supernova,
}
"""Who opens a file of weights, by the name that stands in it."""


@dataclass(frozen=True)
class Candidate:
    """A stage or a filter, and who it is."""

    identity: Identity
    stage: Stage | None = None
    selection: Selection | None = None

    @property
    def reads_stamps(self) -> bool:
        """Whether packets have to be decoded for it."""
        return self.stage is not None and "stamps" in self.stage.reads

    @property
    def given(self) -> tuple[Given, ...]:
        """What a stage gives; nothing of a filter."""
        return () if self.stage is None else tuple(self.stage.gives)


def candidate_of(named: str) -> Candidate:
    """NAME@VERSION of what is served here, or a file: .onnx, .py, .toml, .filter.

    Raises ModelError, FilterError where there is no such thing, or it has another version.
    """
    name, at, version = named.rpartition("@")
    path = Path(named)
    if not at or path.exists():
        return _of_file(path)
    found = _of_filter(load_builtin(name)) if name in builtin_names() else _of_stage(_served(name))
    if found.identity.version != version:
        raise ModelError(
            f"{name} is here in version {found.identity.version}, not {version}; install that, or"
            " name its file"
        )
    return found


def _of_file(path: Path) -> Candidate:
    if path.suffix != WEIGHTS:
        found = load_file(path)
        if len(found) != 1:
            names = ", ".join(one.name for one in found)
            raise ModelError(f"{path} has several filters ({names}); keep one in a file")
        return _of_filter(found[0])
    refusals = []
    for name, opener in OPENERS.items():
        try:
            opened = opener(path)
        except ModelError as error:
            refusals.append(str(error))
            continue
        if opened.identity.name == name:
            return _of_stage(Scoring(opened, EVEN))
    raise ModelError(refusals[0] if refusals else f"{path} is of no network that is served here")


def _served(name: str) -> Stage:
    """At even odds, as a lake keeps scores."""
    try:
        (stage,) = served((name,), prior="even")
    except ModelError:
        if name in BUILT_IN:
            raise
        (stage,) = in_reading_order(served((), (name,)))
    return stage


def _of_stage(stage: Stage) -> Candidate:
    return Candidate(Identity(*stage.identity), stage=stage)


def _of_filter(selection: Selection) -> Candidate:
    active = active_filter(selection)
    return Candidate(Identity(active.name, active.version, active.sha256), selection=selection)
