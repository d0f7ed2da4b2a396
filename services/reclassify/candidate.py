"""What is tried on a lake: a stage, or a filter, by name and version or of a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from classifiers.classifier import Classifier
from classifiers.lightcurve import lightcurve, supernova
from classifiers.realbogus import RealBogus
from classifiers.served import BUILT_IN, STAGES_BUILT_IN, alone
from filters.selection import Selection
from filters.sources import active_filter, builtin_names, load_builtin, load_file
from schemas.errors import ModelError
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
    again: Callable[[frozenset[str]], Stage] | None = None
    """The stage for alerts of which what stands under these names is known, which it may read."""

    @property
    def reads_stamps(self) -> bool:
        """Whether packets have to be decoded for it."""
        return self.stage is not None and "stamps" in self.stage.reads

    def stage_beside(self, learned: Collection[str]) -> Stage:
        """The stage for alerts of which this is known."""
        assert self.stage is not None
        return self.stage if self.again is None else self.again(frozenset(learned))


def candidate_of(named: str) -> Candidate:
    """NAME@VERSION of what is served here, or a file: .onnx, .py, .toml, .filter.

    Raises ModelError, FilterError where there is no such thing, or it has another version.
    """
    name, at, version = named.rpartition("@")
    path = Path(named)
    if not at or path.exists():
        return _of_file(path)
    found = _of_filter(load_builtin(name)) if name in builtin_names() else _of_stage(name)
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
            return _of_stage(opened)
    raise ModelError(refusals[0] if refusals else f"{path} is of no network that is served here")


def _of_stage(named: str | Classifier) -> Candidate:
    """At even odds, as a lake keeps scores."""
    stage = alone(named, (*BUILT_IN, *STAGES_BUILT_IN))
    return Candidate(Identity(*stage.identity), stage, again=cache(partial(alone, named)))


def _of_filter(selection: Selection) -> Candidate:
    active = active_filter(selection)
    return Candidate(Identity(active.name, active.version, active.sha256), selection=selection)
